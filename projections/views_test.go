package projections_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// aStory is a ledger with something for every view.
func aStory(t *testing.T) *ledger {
	t.Helper()
	l := newLedger()
	l.tell(t, domain.ConnectionStream(oak), authorized)
	l.tell(t, domain.MatterStream(oak, matterOfMaria), append([]domain.Event{created(), approved()}, wholeSync("s_1")...)...)
	l.tell(t, domain.MatterStream(oak, "m_2"), requested("s_2", domain.TriggerManual))
	l.tell(t, domain.ClientStream(oak, "c_77"), domain.ClientUpdated{Origin: ref("e-8"), Client: rivera(1).Client})
	l.tell(t, domain.DeadLetterStream(oak, "dl_1"), domain.DeadLettered{Subject: "casehug.f_oak.matter.created"})
	return l
}

func rows(t *testing.T, v *projections.Views) map[string]string {
	t.Helper()
	all, err := v.Dump()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// same compares all that two files hold.
func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			t.Errorf("%s: the row %q is\n%s, want\n%s", what, key, got[key], want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: the row %q is too much", what, key)
		}
	}
}

// TestRestart: views go on from where they were, and fold nothing twice.
func TestRestart(t *testing.T) {
	l := aStory(t)
	path := filepath.Join(t.TempDir(), "views.db")
	before := closedAfter(t, path, l)
	stopped := l.last()
	l.tell(t, domain.WebhookStream(oak, "r1"), domain.SmokeballWebhookReceived{Origin: ref("w-1")})

	v := open(t, path)
	if v.Position() != stopped {
		t.Errorf("opened again, the views are at %d, want %d", v.Position(), stopped)
	}
	same(t, "opened again", rows(t, v), before)
	run(t, v, l)
	caughtUp(t, v, l)
	if got := l.tailed(); !slices.Equal(got, []eventstore.Seq{0, eventstore.Seq(stopped)}) {
		t.Errorf("the ledger was followed from %v, want from 0 and then from %d", got, stopped)
	}
	same(t, "after the restart", rows(t, v), rows(t, folded(t, l)))
}

// closedAfter folds a ledger into a file, closes it, and returns what it holds.
func closedAfter(t *testing.T, path string, l *ledger) map[string]string {
	t.Helper()
	v, err := projections.Open(path, keysOf(path))
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, v, l)
	caughtUp(t, v, l)
	stop()
	all := rows(t, v)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRedeliveredEvents: events which the rows include change nothing.
func TestRedeliveredEvents(t *testing.T) {
	l := aStory(t)
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	v.Careless()
	stop := run(t, v, l)
	caughtUp(t, v, l)
	stop() // nobody else folds then
	before := rows(t, v)
	all, _ := l.after(0)
	for _, list := range [][]eventstore.Envelope{all, all[len(all)-1:], all[:3]} {
		if err := v.Take(list); err != nil {
			t.Fatal(err)
		}
		same(t, "after a redelivery", rows(t, v), before)
	}
	if v.Position() != l.last() {
		t.Errorf("the views went back to %d", v.Position())
	}
}

// TestDeletedFile: the file can be made again from the ledger.
func TestDeletedFile(t *testing.T) {
	l := aStory(t)
	path := filepath.Join(t.TempDir(), "views.db")
	before := closedAfter(t, path, l)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	same(t, "made again", closedAfter(t, path, l), before)
}

// TestOtherVersions: a file of a binary with other views becomes one of this
// binary: what it lacks is folded from the start, and what it has too much goes.
func TestOtherVersions(t *testing.T) {
	for name, change := range map[string]func(*bbolt.Tx, *projections.MemoryKeys) error{
		"an older version of a view": func(tx *bbolt.Tx, keys *projections.MemoryKeys) error {
			return errors.Join(tx.DeleteBucket([]byte(bucket(projections.History, 0))), tx.Bucket([]byte("checkpoints")).Delete([]byte(bucket(projections.History, 0))),
				addView(tx, keys, bucket(projections.History, -1)))
		},
		"a view of a newer binary": func(tx *bbolt.Tx, keys *projections.MemoryKeys) error {
			return addView(tx, keys, bucket(projections.History, 1))
		},
		"a view that it lacks": func(tx *bbolt.Tx, _ *projections.MemoryKeys) error {
			return errors.Join(tx.DeleteBucket([]byte(bucket(projections.DueWork, 0))), tx.Bucket([]byte("checkpoints")).Delete([]byte(bucket(projections.DueWork, 0))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := aStory(t)
			path := filepath.Join(t.TempDir(), "views.db")
			want := closedAfter(t, path, l)
			edit(t, path, change)
			same(t, name, closedAfter(t, path, l), want)
		})
	}
}

// addView adds a view with a row and a checkpoint as other binaries have them.
func addView(tx *bbolt.Tx, keys *projections.MemoryKeys, name string) error {
	b, err := tx.CreateBucket([]byte(name))
	if err != nil {
		return err
	}
	in, err := b.CreateBucket([]byte("rows"))
	if err != nil {
		return err
	}
	row, err := projections.Sealed(tx, keys, name, "rows", "f_oak/s_1", `{}`)
	return errors.Join(err, in.Put([]byte("f_oak/s_1"), row),
		tx.Bucket([]byte("checkpoints")).Put([]byte(name), []byte{0, 0, 0, 0, 0, 0, 0, 9}))
}

func edit(t *testing.T, path string, change func(*bbolt.Tx, *projections.MemoryKeys) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(func(tx *bbolt.Tx) error { return change(tx, keysOf(path)) }), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestUpgradeAfterDowngrade: a view is whole when its binary comes back
// after one that does not have the view.
func TestUpgradeAfterDowngrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views.db")
	closedAfter(t, path, newLedger())
	edit(t, path, func(tx *bbolt.Tx, keys *projections.MemoryKeys) error {
		return addView(tx, keys, bucket(projections.History, 1))
	})
	v := open(t, path)
	for key := range rows(t, v) {
		if strings.Contains(key, bucket(projections.History, 1)) {
			t.Errorf("%q is left of a view that this binary does not have", key)
		}
	}
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views.db")
	open(t, path)
	if v, err := projections.Open(path, keysOf(path)); err == nil {
		t.Error("two engines have the same views open", v.Close())
	} else if !strings.Contains(err.Error(), path) {
		t.Errorf("the error does not name the file: %v", err)
	}
}

// TestBrokenLedger: Run returns what the ledger says.
func TestBrokenLedger(t *testing.T) {
	l := newLedger()
	l.broken = fmt.Errorf("position 7: %w", eventstore.ErrDamaged)
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	if err := v.Run(t.Context(), l); !errors.Is(err, eventstore.ErrDamaged) {
		t.Errorf("Run returned %v, want ErrDamaged", err)
	}
}

// TestWait: Wait returns when the position is reached, at once where it was,
// and with the context's error where it is not.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		v := open(t, filepath.Join(t.TempDir(), "views.db"))
		run(t, v, l)
		if err := v.Wait(t.Context(), 0); err != nil {
			t.Errorf("position 0 is not reached: %v", err)
		}
		reached := make(chan error, 1)
		go func() { reached <- v.Wait(t.Context(), 2) }()
		l.tell(t, domain.MatterStream(oak, "m_1"), created())
		synctest.Wait()
		select {
		case err := <-reached:
			t.Fatalf("Wait returned at position %d: %v", v.Position(), err)
		default:
		}
		l.tell(t, domain.MatterStream(oak, "m_1"), approved())
		if err := <-reached; err != nil || v.Position() < 2 {
			t.Errorf("Wait returned %v at position %d", err, v.Position())
		}

		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := v.Wait(ctx, 3); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait for what never comes returned %v", err)
		}
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("Wait returned after %s, want 5s", waited)
		}
	})
}

// TestChanges: the channel closes when the position moves, and only then.
func TestChanges(t *testing.T) {
	l := aStory(t)
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	all, _ := l.after(0)
	at, moved := v.Changes()
	if at != 0 || closed(moved) {
		t.Fatalf("new views are at %d, moved: %v", at, closed(moved))
	}
	if err := v.Take(all[:3]); err != nil {
		t.Fatal(err)
	}
	if !closed(moved) {
		t.Error("the position moved and the channel is open")
	}
	at, moved = v.Changes()
	if err := v.Take(all[:2]); err != nil {
		t.Fatal(err)
	}
	if at != 3 || closed(moved) {
		t.Errorf("the views are at %d, moved: %v; want 3 and no move by what is old", at, closed(moved))
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestRowsAreSeenWhole: whoever was told of a position reads rows of it.
func TestRowsAreSeenWhole(t *testing.T) {
	l := newLedger()
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	v.Careless()
	run(t, v, l)
	for i := range 50 {
		id := domain.SyncID(fmt.Sprintf("s_%d", i))
		l.tell(t, domain.MatterStream(oak, domain.MatterID(fmt.Sprintf("m_%d", i))), requested(id, domain.TriggerManual))
		caughtUp(t, v, l)
		e, ok, err := v.Syncs.Sync(oak, id)
		if err != nil || !ok || !reflect.DeepEqual(e.ID, id) {
			t.Fatalf("at position %d there is no %s: %v", v.Position(), id, err)
		}
	}
}

// bucket is the name of a view's bucket, so many versions later.
func bucket[R any](v projections.View[R], later int) string {
	return fmt.Sprintf("%s.s%d", v.Name, v.Version+later)
}
