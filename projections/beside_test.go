package projections_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// TestANewVersionIsMadeBesideTheOldOne: while a view of a new version is folded, the rows of the
// version before answer, and the views say so. Then the new rows are those of views that
// never were of another version.
func TestANewVersionIsMadeBesideTheOldOne(t *testing.T) {
	for _, view := range []string{bucket(projections.History, 0), bucket(projections.DueWork, 0), bucket(projections.Resources, 0)} {
		t.Run(view, func(t *testing.T) {
			l := aStory(t)
			path := filepath.Join(t.TempDir(), "views.db")
			want := closedAfter(t, path, l)
			at := l.last()
			edit(t, path, func(tx *bbolt.Tx, _ *projections.MemoryKeys) error { return rename(tx, view, view+"0") })
			l.tell(t, domain.MatterStream(oak, "m_3"), requested("s_3", domain.TriggerManual))

			v := open(t, path)
			if got := v.Rebuilding(); !slices.Equal(got, []string{view}) || v.Position() != at {
				t.Fatalf("rebuilding are %v at position %d; want %s at %d", got, v.Position(), view, at)
			}
			answers(t, v)
			slow := &gated{ledger: l, until: make(chan struct{})}
			run(t, v, slow)
			answers(t, v)
			close(slow.until)
			caughtUp(t, v, l)
			answers(t, v)
			if got := v.Rebuilding(); len(got) > 0 {
				t.Errorf("%v are still rebuilding", got)
			}
			same(t, "after the rebuild", rows(t, v), rows(t, folded(t, l)))
			if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a file is left beside: %v", err)
			}
			if len(want) == 0 {
				t.Error("the story has no rows")
			}
		})
	}
}

// TestRefoldMakesTheRowsOfTheLedgerAsItIs: rows that the ledger no longer explains are gone, with the
// file that had them.
func TestRefoldMakesTheRowsOfTheLedgerAsItIs(t *testing.T) {
	l := aStory(t)
	path := filepath.Join(t.TempDir(), "views.db")
	closedAfter(t, path, l)
	edit(t, path, func(tx *bbolt.Tx, _ *projections.MemoryKeys) error {
		return tx.Bucket([]byte(bucket(projections.Audit, 0))).Bucket([]byte("rows")).Put([]byte("f_oak/stray"), []byte(`{"firm":"f_oak"}`))
	})
	was, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	v := open(t, path)
	run(t, v, l)
	if err := v.Refold(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers(t, v)
	same(t, "folded again", rows(t, v), rows(t, folded(t, l)))
	if is, err := os.Stat(path); err != nil || os.SameFile(was, is) {
		t.Errorf("it is the same file, or %v", err)
	}
}

// answers checks that rows of the story are there.
func answers(t *testing.T, v *projections.Views) {
	t.Helper()
	page, err := v.Syncs.History(oak, projections.HistoryQuery{Status: []domain.Status{domain.Succeeded}})
	if err != nil || len(page.Entries) != 1 {
		t.Errorf("the history has %d syncs that succeeded, %v", len(page.Entries), err)
	}
	if q := v.Work.Queue(oak); q.Waiting == 0 {
		t.Errorf("the queue is %+v", q)
	}
}

// rename gives a view's bucket and checkpoint another version.
func rename(tx *bbolt.Tx, name, to string) error {
	b, err := tx.CreateBucket([]byte(to))
	if err != nil {
		return err
	}
	err = tx.Bucket([]byte(name)).ForEachBucket(func(k []byte) error {
		in, err := b.CreateBucket(k)
		if err != nil {
			return err
		}
		return tx.Bucket([]byte(name)).Bucket(k).ForEach(in.Put)
	})
	progress := tx.Bucket([]byte("checkpoints"))
	return errors.Join(err, progress.Put([]byte(to), progress.Get([]byte(name))), tx.DeleteBucket([]byte(name)), progress.Delete([]byte(name)))
}

// gated is a ledger whose events before the newest are not read until it is opened.
type gated struct {
	*ledger
	until chan struct{}
}

func (g *gated) Tail(ctx context.Context, after eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		select {
		case <-g.until:
		case <-ctx.Done():
			return
		}
		g.ledger.Tail(ctx, after)(yield)
	}
}

// TestAFileThatHasGrownGetsSmaller: rows that were changed again and again leave free pages; the
// file is renewed while the views fold and answer, and keeps what it has.
func TestAFileThatHasGrownGetsSmaller(t *testing.T) {
	l := newLedger()
	path := filepath.Join(t.TempDir(), "views.db")
	v := open(t, path)
	v.Careless()
	v.RenewFrom(64 << 10)
	run(t, v, l)
	for i := range 60 {
		id := domain.SyncID(fmt.Sprintf("s_%d", i))
		l.tell(t, domain.MatterStream(oak, domain.MatterID(fmt.Sprintf("m_%d", i))), append([]domain.Event{created(), approved()}, wholeSync(id)...)...)
		caughtUp(t, v, l)
		if e, ok, err := v.Syncs.Sync(oak, id); !ok || err != nil || e.Status != domain.Succeeded {
			t.Fatalf("%s is %v, %v", id, e.Status, err)
		}
	}
	waitFor(t, func() bool { return v.Renewed() > 0 })
	caughtUp(t, v, l)
	other := folded(t, l)
	if got, want := rows(t, v), rows(t, other); !maps.Equal(got, want) {
		same(t, "after the renewal", got, want)
	}
}

func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it did not come about")
}
