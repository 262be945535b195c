package syncing_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/eventstore/eventstoretest"
)

// ledger is an eventstore.Store in memory, for stories that run thousands of times. What
// is read from it has been through JSON.
type ledger struct {
	mu       sync.Mutex
	log      []eventstore.Envelope
	byStream map[domain.Stream][]eventstore.Envelope
	moved    chan struct{}           // closed and replaced when the log grows
	pause    func(eventstore.Commit) // before a commit is appended; nil: none
	silent   bool                    // Tail yields nothing that is new
}

func newLedger() *ledger {
	return &ledger{byStream: map[domain.Stream][]eventstore.Envelope{}, moved: make(chan struct{})}
}

func TestLedgerInMemory(t *testing.T) {
	eventstoretest.Run(t, func(*testing.T) eventstoretest.Ledger {
		l := newLedger()
		return eventstoretest.Ledger{Store: l, Reopen: func(*testing.T) eventstore.Store { return l }}
	})
}

// pauses lets do run before each commit is appended.
func (l *ledger) pauses(do func(eventstore.Commit)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause = do
}

// setSilent ends or begins again what those see that follow the log.
func (l *ledger) setSilent(silent bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = silent
	l.tell()
}

// tell wakes those that follow the log. l.mu is held.
func (l *ledger) tell() {
	close(l.moved)
	l.moved = make(chan struct{})
}

// wantCodesOnly requires that no fact holds a sentence: what failed, and what a warning is about,
// stands in codes.
func (l *ledger) wantCodesOnly(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.log {
		for _, found := range eventstoretest.Sentences(e.Event) {
			t.Errorf("fact %d of %s holds a sentence: %s", e.Seq, e.Stream, found)
		}
	}
}

// Append implements eventstore.Store.
func (l *ledger) Append(ctx context.Context, c eventstore.Commit) (eventstore.Head, error) {
	if err := refused(ctx, c); err != nil {
		return eventstore.Head{}, err
	}
	l.mu.Lock()
	pause := l.pause
	l.mu.Unlock()
	if pause != nil {
		pause(c)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []eventstore.Envelope
	for _, part := range c.InOrder() {
		part.At = c.At
		more, err := l.envelopes(part, len(l.log)+len(list))
		if err != nil {
			return eventstore.Head{}, err
		}
		list = append(list, more...)
	}
	for _, env := range list {
		l.log, l.byStream[env.Stream] = append(l.log, env), append(l.byStream[env.Stream], env)
	}
	l.tell()
	return list[len(list)-1].Head(), nil
}

// envelopes are the events of one stream's part of a commit, where the log has at events
// before them.
func (l *ledger) envelopes(c eventstore.Commit, at int) ([]eventstore.Envelope, error) {
	var head eventstore.Head
	if had := l.byStream[c.Stream]; len(had) > 0 {
		head = had[len(had)-1].Head()
	}
	if head != c.Last {
		return nil, eventstore.ErrConflict
	}
	var list []eventstore.Envelope
	for _, e := range c.Events {
		name, data, err := domain.Marshal(e)
		if err != nil {
			return nil, err
		}
		if len(data) > eventstore.MaxEventSize {
			return nil, fmt.Errorf("event %s: %w", e.EventName(), eventstore.ErrTooLarge)
		}
		if e, err = domain.Unmarshal(name, data); err != nil {
			return nil, err
		}
		when := c.At.UTC().Round(0)
		head = eventstore.Head{Seq: eventstore.Seq(at + len(list) + 1), Version: head.Version + 1,
			Hash: eventstore.Chain(head.Hash, head.Version+1, when, name, data)}
		list = append(list, eventstore.Envelope{Seq: head.Seq, Stream: c.Stream, Version: head.Version, At: when, Event: e, Hash: head.Hash})
	}
	return list, nil
}

func refused(ctx context.Context, c eventstore.Commit) error {
	if _, err := domain.ParseStream(c.Stream.String()); err != nil {
		return err
	}
	streams, size := map[domain.Stream]bool{}, 0
	for _, part := range c.InOrder() {
		if streams[part.Stream] || len(part.Events) == 0 || c.At.IsZero() {
			return errors.New("each part of a commit needs a time, an event and a stream of its own")
		}
		streams[part.Stream], size = true, size+len(part.Events)
	}
	if size > eventstore.MaxEvents {
		return eventstore.ErrTooLarge
	}
	return ctx.Err()
}

// Read implements eventstore.Store.
func (l *ledger) Read(ctx context.Context, s domain.Stream) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(eventstore.Envelope{}, err)
			return
		}
		for _, env := range l.stream(s) {
			if !yield(env, nil) {
				return
			}
		}
	}
}

// ReadKind implements eventstore.KindReader.
func (l *ledger) ReadKind(ctx context.Context, k domain.Kind, f domain.FirmID) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		for s := range l.streams() {
			if s.Kind != k || s.Firm != f || s.ID == "" {
				continue
			}
			for env, err := range l.Read(ctx, s) {
				if !yield(env, err) || err != nil {
					return
				}
			}
		}
	}
}

// Tail implements eventstore.Store.
func (l *ledger) Tail(ctx context.Context, after eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		if int(after) > l.size() {
			yield(eventstore.Envelope{}, eventstore.ErrDamaged)
			return
		}
		for ctx.Err() == nil {
			list, moved := l.after(after)
			for _, env := range list {
				if ctx.Err() != nil || !yield(env, nil) {
					return
				}
				after = env.Seq
			}
			select {
			case <-moved:
			case <-ctx.Done():
			}
		}
	}
}

func (l *ledger) stream(s domain.Stream) []eventstore.Envelope {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clip(l.byStream[s])
}

// streams are those that have an event.
func (l *ledger) streams() iter.Seq[domain.Stream] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Values(slices.Collect(maps.Keys(l.byStream)))
}

func (l *ledger) after(seq eventstore.Seq) ([]eventstore.Envelope, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.silent {
		return nil, l.moved
	}
	return l.log[seq:len(l.log):len(l.log)], l.moved
}

func (l *ledger) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.log)
}
