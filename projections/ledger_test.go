package projections_test

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// start is when every story begins; each of its events happens a second later.
var start = time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)

// ledger is an eventstore.Store in memory. It keeps no hashes.
type ledger struct {
	mu     sync.Mutex
	events []eventstore.Envelope
	heads  map[domain.Stream]eventstore.Head
	moved  chan struct{}    // closed and replaced when events are added
	tails  []eventstore.Seq // the positions that Tail was asked for
	broken error            // what every Tail yields, where it is set
}

func newLedger() *ledger {
	return &ledger{heads: map[domain.Stream]eventstore.Head{}, moved: make(chan struct{})}
}

func (l *ledger) Append(_ context.Context, c eventstore.Commit) (eventstore.Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	head := l.heads[c.Stream]
	if head != c.Last {
		return eventstore.Head{}, eventstore.ErrConflict
	}
	for _, e := range c.Events {
		head = eventstore.Head{Seq: eventstore.Seq(len(l.events) + 1), Version: head.Version + 1}
		l.events = append(l.events, eventstore.Envelope{Seq: head.Seq, Stream: c.Stream, Version: head.Version, At: c.At, Event: e})
	}
	l.heads[c.Stream] = head
	close(l.moved)
	l.moved = make(chan struct{})
	return head, nil
}

func (l *ledger) Read(_ context.Context, s domain.Stream) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		list, _ := l.after(0)
		for _, env := range list {
			if env.Stream == s && !yield(env, nil) {
				return
			}
		}
	}
}

func (l *ledger) Tail(ctx context.Context, after eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	l.mu.Lock()
	l.tails = append(l.tails, after)
	broken := l.broken
	l.mu.Unlock()
	return func(yield func(eventstore.Envelope, error) bool) {
		for broken == nil {
			list, moved := l.after(after)
			for _, env := range list {
				if !yield(env, nil) {
					return
				}
				after = env.Seq
			}
			select {
			case <-moved:
			case <-ctx.Done():
				return
			}
		}
		yield(eventstore.Envelope{}, broken)
	}
}

func (l *ledger) after(seq eventstore.Seq) ([]eventstore.Envelope, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events[seq:], l.moved
}

func (l *ledger) last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.events))
}

func (l *ledger) tailed() []eventstore.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]eventstore.Seq(nil), l.tails...)
}

// tell appends events to a stream, each a second after the last event of the ledger.
func (l *ledger) tell(t *testing.T, s domain.Stream, events ...domain.Event) {
	t.Helper()
	for _, e := range events {
		l.mu.Lock()
		at := start.Add(time.Duration(len(l.events)) * time.Second)
		l.mu.Unlock()
		l.tellAt(t, at, s, e)
	}
}

// tellAt adds events that happened at one time.
func (l *ledger) tellAt(t *testing.T, at time.Time, s domain.Stream, events ...domain.Event) {
	t.Helper()
	l.mu.Lock()
	head := l.heads[s]
	l.mu.Unlock()
	if _, err := l.Append(t.Context(), eventstore.Commit{Stream: s, Last: head, At: at, Events: events}); err != nil {
		t.Fatal(err)
	}
}
