package eventstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/nats-io/nats.go/jetstream"
)

func TestJetStreamBehindItsMark(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.mark")
	nc := connect(t, runServer(t, t.TempDir()))
	store := openJetStream(t, nc, eventstore.JetStreamConfig{MarkFile: path})
	grow(t, store, 5)
	closeStore(t, store)
	if got, err := os.ReadFile(path); err != nil || string(got) != "5\n" {
		t.Fatalf("the mark holds %q, %v", got, err)
	}
	deleteLedger(t, nc)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.OpenJetStream(t.Context(), js, eventstore.JetStreamConfig{MarkFile: path}); !errors.Is(err, eventstore.ErrDamaged) {
		t.Fatalf("open a ledger that is empty again: %v", err)
	}
}

// An existing stream gets what the ledger needs and keeps the rest.
func TestJetStreamKeepsOtherSettings(t *testing.T) {
	nc := connect(t, runServer(t, t.TempDir()))
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: eventstore.LedgerStream, Description: "ours",
		Subjects: []string{"ledger.>"}, MaxBytes: 1 << 30, MaxAge: time.Hour, Discard: jetstream.DiscardOld})
	if err != nil {
		t.Fatal(err)
	}
	store := openJetStream(t, nc, eventstore.JetStreamConfig{})
	got := ledgerStream(t, nc).CachedInfo().Config
	if got.Description != "ours" || got.MaxBytes != 1<<30 {
		t.Errorf("settings lost: %+v", got)
	}
	if got.MaxAge != 0 || got.Discard != jetstream.DiscardNew || !got.DenyDelete || !got.DenyPurge || !got.AllowAtomicPublish {
		t.Errorf("settings not as needed: %+v", got)
	}
	grow(t, store, 1)
}

// A full stream refuses, and says so; there is no conflict and nothing is dropped.
func TestJetStreamFull(t *testing.T) {
	nc := connect(t, runServer(t, t.TempDir()))
	store := openJetStream(t, nc, eventstore.JetStreamConfig{})
	grow(t, store, 3)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	limited := ledgerStream(t, nc).CachedInfo().Config
	limited.MaxBytes = 100_000
	if _, err := js.UpdateStream(t.Context(), limited); err != nil {
		t.Fatal(err)
	}
	if failures := appendLarge(t, store, 2); failures != 2 {
		t.Fatalf("%d of 2 large events are refused", failures)
	}
	grow(t, store, 1)
	if n, _, err := eventstore.Load[counter](t.Context(), store, one); err != nil || n != 4 {
		t.Fatalf("%d events, %v", n, err)
	}
}
