package main

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
	"github.com/casehug/smokeball-sync/projections"
)

// left is a folder with what a dead engine left: a ledger of a matter that was asked
// for and seen, and a contact that was asked for, and the views of both.
func left(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)
	for stream, events := range map[domain.Stream][]domain.Event{
		domain.MatterStream(firm, "m_0"): {domain.MatterCreated{Matter: domain.MatterData{ID: "m_0", Version: 1, Title: "Rivera"}},
			domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerManual}, domain.MatterAccepted{Sync: "s_1", Matter: "sb1"}, domain.MatterConfirmed{Sync: "s_1", Matter: "sb1"}},
		domain.ContactStream(firm, "key"): {domain.ContactAccepted{Contact: "sb2", Client: "c_0"}},
	} {
		if _, err := ledger.Append(t.Context(), eventstore.Commit{Stream: stream, At: at, Events: events}); err != nil {
			t.Fatal(err)
		}
	}
	views, err := projections.Open(filepath.Join(dir, "views.db"), localKeys(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(views.Run(t.Context(), upTo{ledger, 3}), views.Close(), ledger.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func masterKeyIn(dir string) string { return filepath.Join(dir, "master-key.json") }

func localKeys(t *testing.T, dir string) *sealing.LocalKeys {
	t.Helper()
	v, err := vault.Open(masterKeyIn(dir))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := sealing.OpenLocalKeys(sealing.LocalPath(dir), v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	return keys
}

func reading(t *testing.T, dir string) *eventstore.Bolt {
	t.Helper()
	ledger, err := eventstore.OpenBoltReadOnly(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	return ledger
}

func TestLedgerTellsWhatItAskedForAndSaw(t *testing.T) {
	r, err := known(t.Context(), reading(t, left(t)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.all) != 2 || !r.all["sb1"] || !r.all["sb2"] || len(r.seen) != 1 || !r.seen["sb1"] {
		t.Errorf("asked for %v, seen %v", r.all, r.seen)
	}
}

// TestLedgerTellsWhatItAskedForWithoutAnAnswer: what Smokeball has is explained
// by an intent, and by nothing else.
func TestLedgerTellsWhatItAskedForWithoutAnAnswer(t *testing.T) {
	dir := t.TempDir()
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	doc := domain.DocumentData{ID: "d_0", Matter: "m_0", FileName: "a.pdf", SHA256: "aa"}
	for stream, events := range map[domain.Stream][]domain.Event{
		domain.MatterStream(firm, "m_0"): {domain.MatterCreated{Matter: domain.MatterData{ID: "m_0", Version: 1}}, domain.DocumentApproved{Document: doc},
			domain.MatterAccepted{Sync: "s_1", Matter: "sb1"}, domain.FileCreationStarted{Sync: "s_1", Document: "d_0", Request: "r1"}},
		domain.MatterStream(firm, "m_1"):  {domain.MatterCreated{Matter: domain.MatterData{ID: "m_1", Version: 1}}, domain.MatterCreationStarted{Sync: "s_2", Request: "r2"}},
		domain.ContactStream(firm, "key"): {domain.ContactCreationStarted{Client: "c_0", Request: "r3", Sent: domain.ContactDraft{Email: "a@example.com"}}},
	} {
		if _, err := ledger.Append(t.Context(), eventstore.Commit{Stream: stream, At: time.Unix(0, 0), Events: events}); err != nil {
			t.Fatal(err)
		}
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := known(t.Context(), reading(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	made := effects{"matter m_0": {"sb1"}, "matter m_1": {"sb2"}, "matter m_2": {"sb3"}, "contact a@example.com": {"sb4"},
		"contact b@example.com": {"sb5"}, "file m_0 a.pdf aa": {"sb6"}, "file m_0 a.pdf ": {"sb8"}, "file m_0 a.pdf bb": {"sb7"}}
	want := []string{"contact b@example.com sb5", "file m_0 a.pdf bb sb7", "matter m_2 sb3"}
	if got := made.unexplained(r); !slices.Equal(got, want) {
		t.Errorf("unexplained are %q, want %q", got, want)
	}
}

func TestViewsOfAHalfFoldedLedgerAreAlike(t *testing.T) {
	dir := left(t)
	if where, err := unlike(t.Context(), filepath.Join(dir, "views.db"), masterKeyIn(dir), reading(t, dir)); where != "" || err != nil {
		t.Errorf("differs at %q, %v", where, err)
	}
}

// TestADifferentRowIsFound changes one row, removes one, and adds one.
func TestADifferentRowIsFound(t *testing.T) {
	for name, spoil := range map[string]func(rows *bbolt.Bucket, key []byte) error{
		"changed": func(rows *bbolt.Bucket, key []byte) error { return rows.Put(key, []byte(`{}`)) },
		"removed": func(rows *bbolt.Bucket, key []byte) error { return rows.Delete(key) },
		"added":   func(rows *bbolt.Bucket, _ []byte) error { return rows.Put([]byte("zzz"), []byte(`{}`)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := left(t)
			path := filepath.Join(dir, "views.db")
			spoilRow(t, path, spoil)
			where, err := unlike(context.Background(), path, masterKeyIn(dir), reading(t, dir))
			if err != nil || !strings.Contains(where, "/rows/") {
				t.Errorf("differs at %q, %v; want the row", where, err)
			}
		})
	}
}

func spoilRow(t *testing.T, path string, spoil func(*bbolt.Bucket, []byte) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, view *bbolt.Bucket) error {
			rows := view.Bucket([]byte("rows"))
			if rows == nil {
				return nil
			}
			key, _ := rows.Cursor().First()
			if key == nil {
				return nil
			}
			return spoil(rows, key)
		})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestViewsAheadOfTheLedgerAreFound has the views know of an event that the ledger has lost.
func TestViewsAheadOfTheLedgerAreFound(t *testing.T) {
	dir := left(t)
	path := filepath.Join(dir, "views.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		marks, ahead := tx.Bucket([]byte("checkpoints")), map[string][]byte{}
		err := marks.ForEach(func(view, _ []byte) error {
			ahead[string(view)] = binary.BigEndian.AppendUint64(nil, 1_000_000)
			return nil
		})
		for view, at := range ahead {
			err = errors.Join(err, marks.Put([]byte(view), at))
		}
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	where, err := unlike(t.Context(), path, masterKeyIn(dir), reading(t, dir))
	if err != nil || !strings.Contains(where, "the ledger ends at") {
		t.Errorf("differs at %q, %v; want that the ledger ends before", where, err)
	}
}

func TestALedgerThatLostItsEndIsFound(t *testing.T) {
	dir := left(t)
	if err := os.WriteFile(filepath.Join(dir, "ledger.mark"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.OpenBoltReadOnly(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{}); !errors.Is(err, eventstore.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}
