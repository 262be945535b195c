package syncing

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// takeIn appends what an event means for a stream, after the fact that its id stands for it
// now. An event whose id stands for another one is *domain.Unprocessable, and nothing is appended. An
// engine that is killed between the two leaves an id that stands for an event which comes
// again, and is taken in then.
//
// Ids are rarely used twice, so the first attempt does not check the id: if it is taken, the append
// conflicts, and the second attempt checks.
func takeIn[A eventstore.Aggregate[A]](ctx context.Context, i Intake, e domain.CaseHugEvent, stream domain.Stream,
	decide func(A) ([]domain.Event, error)) (A, eventstore.Head, error) {
	idle := false
	a, head, err := eventstore.ExecuteAfter(ctx, i.Ledger, i.Now, stream,
		func(a A) ([]domain.Event, error) {
			facts, err := decide(a)
			idle = len(facts) == 0
			return facts, err
		},
		func(ctx context.Context, again bool) (*eventstore.Commit, error) { return i.identity(ctx, e, again) })
	if err == nil && idle {
		err = i.checkID(ctx, e) // the stream has seen the id, perhaps of another event
	}
	return a, head, err
}

// identity is the commit that makes the event's id stand for it; nil: it does.
func (i Intake) identity(ctx context.Context, e domain.CaseHugEvent, look bool) (*eventstore.Commit, error) {
	if e.Digest == "" {
		return nil, nil
	}
	var taken domain.Taken
	var head eventstore.Head
	var err error
	stream := domain.EventStream(e.Firm, e.Origin)
	if look {
		taken, head, err = eventstore.Load[domain.Taken](ctx, i.Ledger, stream)
	}
	if err != nil {
		return nil, err
	}
	facts, err := taken.Take(e)
	if err != nil || len(facts) == 0 {
		return nil, err
	}
	return &eventstore.Commit{Stream: stream, Last: head, Events: facts}, nil
}

// checkID refuses an event whose id stands for another one.
func (i Intake) checkID(ctx context.Context, e domain.CaseHugEvent) error {
	_, err := i.identity(ctx, e, true)
	return err
}
