package syncing

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// decision decides which facts a matter's stream is to have.
type decision = func(domain.Matter) ([]domain.Event, error)

// notes are what the next append to the matter's stream records beside its own facts.
type notes struct {
	decisions []decision
	first     before   // commits to other streams, which it writes first; nil: none
	recorded  []func() // called when it is recorded
}

// note applies what f decides to the attempt's state, and leaves it to the next append to the
// matter's stream to record it. Facts that no call separates share an append in this way: each one
// costs a flush to disk. A kill loses only what the next attempt finds out again, so the outcome of
// a call that changed something is never noted but recorded at once.
func (t *attempt) note(f decision) error {
	facts, err := f(t.m)
	if err != nil {
		return err
	}
	t.apply(&t.m, facts)
	if len(facts) > 0 {
		t.noted.decisions = append(t.noted.decisions, f)
	}
	return nil
}

// noteAfter notes facts of this attempt that follow from a commit to another stream, which the
// append writes first. recorded is called afterwards.
func (t *attempt) noteAfter(first before, recorded func(), facts ...domain.Event) error {
	if err := t.noteFacts(facts...); err != nil {
		return err
	}
	t.noted.first = inOrder(t.noted.first, first)
	t.noted.recorded = append(t.noted.recorded, recorded)
	return nil
}

// noteFacts notes facts of this attempt.
func (t *attempt) noteFacts(facts ...domain.Event) error { return t.note(t.ofAttempt(facts)) }

// plan repeats the noted decisions on m, which may have newer facts, and returns theirs. It fails
// if another engine has begun the attempt that this one was to begin.
func (t *attempt) plan(m *domain.Matter) (facts []domain.Event, err error) {
	for _, f := range t.noted.decisions {
		more, err := f(*m)
		if err != nil {
			return nil, err
		}
		t.apply(m, more)
		facts = append(facts, more...)
	}
	if now, _ := m.CurrentAttempt(); len(facts) > 0 && now != t.current {
		return nil, domain.ErrNotCurrent
	}
	return facts, nil
}

func (t *attempt) apply(m *domain.Matter, facts []domain.Event) {
	at := t.now().UTC()
	for _, e := range facts {
		*m = m.Apply(e, at)
	}
}

// recordNoted appends what was noted, if anything was.
func (t *attempt) recordNoted(ctx context.Context) error {
	return t.recordNotedAfter(ctx, nothingBefore)
}

// recordNotedAfter appends what was noted, if anything was, and before it the commits to other
// streams that first returns.
func (t *attempt) recordNotedAfter(ctx context.Context, first before) error {
	if len(t.noted.decisions) == 0 {
		return nil
	}
	return t.decideAfter(ctx, func(domain.Matter) ([]domain.Event, error) { return nil, nil }, first)
}

// before returns the commit to another stream that an append writes before its own facts, or nil.
type before = func(ctx context.Context, again bool) (*eventstore.Commit, error)

func nothingBefore(context.Context, bool) (*eventstore.Commit, error) { return nil, nil }

// inOrder are the commits of both, those of one before those of the other. They concern different
// streams. nil: none.
func inOrder(one, other before) before {
	if one == nil {
		return other
	}
	return func(ctx context.Context, again bool) (*eventstore.Commit, error) {
		earlier, err := one(ctx, again)
		if err != nil {
			return nil, err
		}
		later, err := other(ctx, again)
		if err != nil || later == nil {
			return earlier, err
		}
		last := later
		for last.First != nil {
			last = last.First
		}
		last.First = earlier
		return later, nil
	}
}

// commitTo is the commit to a stream that decide makes of what the stream has.
func commitTo[A eventstore.Aggregate[A]](ledger eventstore.Store, stream domain.Stream, decide func(A) ([]domain.Event, error)) before {
	return func(ctx context.Context, _ bool) (*eventstore.Commit, error) {
		a, head, err := eventstore.Load[A](ctx, ledger, stream)
		if err != nil {
			return nil, err
		}
		events, err := decide(a)
		if err != nil || len(events) == 0 {
			return nil, err
		}
		return &eventstore.Commit{Stream: stream, Last: head, Events: events}, nil
	}
}
