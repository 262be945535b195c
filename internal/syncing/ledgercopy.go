package syncing

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// ledgerCopy is a copy of a ledger: appends go to the copy alone.
type ledgerCopy struct {
	ledger eventstore.Store

	mu      sync.Mutex
	streams map[domain.Stream][]eventstore.Envelope // as they were first read, with what was added
	added   []eventstore.Envelope
}

func newLedgerCopy(l eventstore.Store) *ledgerCopy {
	return &ledgerCopy{ledger: l, streams: map[domain.Stream][]eventstore.Envelope{}}
}

// Read yields the events of one stream, oldest first.
func (c *ledgerCopy) Read(ctx context.Context, s domain.Stream) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		list, err := c.stream(ctx, s)
		if err != nil {
			yield(eventstore.Envelope{}, err)
			return
		}
		for _, env := range list {
			if !yield(env, nil) {
				return
			}
		}
	}
}

// stream is a stream as it is here. It is read from the ledger once, so that what happens there
// meanwhile conflicts with nothing.
func (c *ledgerCopy) stream(ctx context.Context, s domain.Stream) ([]eventstore.Envelope, error) {
	c.mu.Lock()
	list, ok := c.streams[s]
	c.mu.Unlock()
	if ok {
		return list, nil
	}
	for env, err := range c.ledger.Read(ctx, s) {
		if err != nil {
			return nil, err
		}
		list = append(list, env)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, ok := c.streams[s]; ok {
		return now, nil
	}
	c.streams[s] = slices.Clip(list)
	return list, nil
}

// Append adds events to the copy.
func (c *ledgerCopy) Append(ctx context.Context, m eventstore.Commit) (eventstore.Head, error) {
	if m.First != nil {
		first := *m.First
		first.At = m.At
		if _, err := c.Append(ctx, first); err != nil {
			return eventstore.Head{}, err
		}
	}
	list, err := c.stream(ctx, m.Stream)
	if err != nil {
		return eventstore.Head{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var last eventstore.Head
	if len(list) > 0 {
		last = list[len(list)-1].Head()
	}
	if last.Version != m.Last.Version {
		return eventstore.Head{}, eventstore.ErrConflict
	}
	for _, e := range m.Events {
		last = eventstore.Head{Seq: copiedSeq + eventstore.Seq(len(c.added)), Version: last.Version + 1}
		env := eventstore.Envelope{Seq: last.Seq, Stream: m.Stream, Version: last.Version, At: m.At, Event: e}
		list, c.added = append(list, env), append(c.added, env)
	}
	c.streams[m.Stream] = list
	return last, nil
}

// copiedSeq is the position of a copy's first own event, beyond those of any ledger.
const copiedSeq = eventstore.Seq(1) << 62

// Tail completes eventstore.Store; nothing tails a copy.
func (c *ledgerCopy) Tail(context.Context, eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		yield(eventstore.Envelope{}, errors.New("a copy of the ledger has no tail"))
	}
}

// factsOf are the events that were added to a stream.
func (c *ledgerCopy) factsOf(s domain.Stream) (facts []domain.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, env := range c.added {
		if env.Stream == s {
			facts = append(facts, env.Event)
		}
	}
	return facts
}
