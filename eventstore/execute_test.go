package eventstore_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// busy is a ledger in which another writer's commit is on its way: until then appends are
// refused, and nothing of it can be read.
type busy struct {
	until   time.Time
	refuses int // appends, before that
	appends int
}

func (b *busy) Append(_ context.Context, c eventstore.Commit) (eventstore.Head, error) {
	if b.appends++; time.Now().Before(b.until) || b.appends <= b.refuses {
		return eventstore.Head{}, eventstore.ErrConflict
	}
	return eventstore.Head{Seq: 1, Version: 1}, nil
}

func (*busy) Read(context.Context, domain.Stream) iter.Seq2[eventstore.Envelope, error] {
	return func(func(eventstore.Envelope, error) bool) {}
}

func (*busy) Tail(context.Context, eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return func(func(eventstore.Envelope, error) bool) {}
}

// TestExecuteWaitsForACommitOnItsWay: a writer does not use all its tries up
// while the servers of a cluster still write what it lost against.
func TestExecuteWaitsForACommitOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &busy{until: time.Now().Add(3 * time.Second)}
		_, _, err := eventstore.Execute(t.Context(), store, time.Now, one,
			func(counter) ([]domain.Event, error) { return []domain.Event{domain.SyncReleased{Sync: "s"}}, nil })
		if err != nil {
			t.Errorf("after %d appends: %v", store.appends, err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		store.until = time.Now().Add(time.Hour)
		_, _, err = eventstore.Execute(gone, store, time.Now, one,
			func(counter) ([]domain.Event, error) { return []domain.Event{domain.SyncReleased{Sync: "s"}}, nil })
		if err == nil || time.Now().After(store.until) {
			t.Errorf("who is called off waits on: %v", err)
		}
	})
}

// TestExecuteDecidesAgainAtOnce after the first conflict: what it lost against can usually be read by then.
func TestExecuteDecidesAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, began := &busy{refuses: 1}, time.Now()
		_, _, err := eventstore.Execute(t.Context(), store, time.Now, one,
			func(counter) ([]domain.Event, error) { return []domain.Event{domain.SyncReleased{Sync: "s"}}, nil })
		if took := time.Since(began); err != nil || store.appends != 2 || took > 0 {
			t.Errorf("after %d appends and %s: %v", store.appends, took, err)
		}
	})
}
