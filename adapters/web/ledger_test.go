package web_test

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// ledger is a log in memory: enough of an eventstore.Store for the views to follow.
type ledger struct {
	mu    sync.Mutex
	log   []eventstore.Envelope
	moved chan struct{}
}

func newLedger() *ledger { return &ledger{moved: make(chan struct{})} }

// add appends events that happened at a time and returns the position that has them.
func (l *ledger) add(at time.Time, s domain.Stream, events ...domain.Event) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		l.log = append(l.log, eventstore.Envelope{Seq: eventstore.Seq(len(l.log) + 1), Stream: s, At: at, Event: e})
	}
	close(l.moved)
	l.moved = make(chan struct{})
	return uint64(len(l.log))
}

// since yields what follows a position, and what is closed when there is more.
func (l *ledger) since(after eventstore.Seq) ([]eventstore.Envelope, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log[after:], l.moved
}

func (l *ledger) Append(context.Context, eventstore.Commit) (eventstore.Head, error) {
	panic("the views only read")
}

// Read yields the events of a stream, oldest first.
func (l *ledger) Read(_ context.Context, s domain.Stream) iter.Seq2[eventstore.Envelope, error] {
	list, _ := l.since(0)
	return func(yield func(eventstore.Envelope, error) bool) {
		for _, e := range list {
			if e.Stream == s && !yield(e, nil) {
				return
			}
		}
	}
}

func (l *ledger) Tail(ctx context.Context, after eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		for {
			list, moved := l.since(after)
			for _, e := range list {
				if after = e.Seq; !yield(e, nil) {
					return
				}
			}
			select {
			case <-moved:
			case <-ctx.Done():
				return
			}
		}
	}
}

// follow opens views that follow the ledger until the test ends.
func follow(t *testing.T, l *ledger) *projections.Views {
	t.Helper()
	views, err := projections.Open(t.TempDir()+"/views.db", &projections.MemoryKeys{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- views.Run(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := views.Close(); err != nil {
			t.Error(err)
		}
	})
	return views
}
