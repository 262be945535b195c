package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Aggregate is a value folded from the events of one stream.
type Aggregate[A any] interface {
	// Apply returns the aggregate after e. It neither validates nor fails.
	Apply(e domain.Event, at time.Time) A
}

// conflictTries bounds how often Execute decides again. Each conflict means that
// somebody else made progress, so a writer that loses this often is being starved.
const conflictTries = 50

// conflictWait is before the next try where the progress does not show yet: a cluster
// refuses a writer from when another one's commit is on its way to the nodes' disks.
const conflictWait = 100 * time.Millisecond

// Load folds a stream. A stream without events yields the zero aggregate.
func Load[A Aggregate[A]](ctx context.Context, s Store, stream domain.Stream) (A, Head, error) {
	var a A
	var head Head
	for env, err := range s.Read(ctx, stream) {
		if err != nil {
			return a, head, fmt.Errorf("load %s: %w", stream, err)
		}
		a, head = a.Apply(env.Event, env.At), env.Head()
	}
	return a, head, nil
}

// Execute reads a stream, folds it, lets decide say which facts follow, and appends
// them. On a conflict it begins again with what is there now. It returns the
// aggregate with the new facts applied and the stream's head; where decide yields
// nothing, nothing is written. now gives the time of the facts.
func Execute[A Aggregate[A]](ctx context.Context, s Store, now func() time.Time, stream domain.Stream,
	decide func(A) ([]domain.Event, error)) (A, Head, error) {
	return ExecuteAfter(ctx, s, now, stream, decide, func(context.Context, bool) (*Commit, error) { return nil, nil })
}

// ExecuteAfter is Execute for facts before which another stream must hold others: first gives
// those, or nil. From the second try on it learns that this is a retry, so that it may
// guess at first how the other stream is, which spares the reading of it.
func ExecuteAfter[A Aggregate[A]](ctx context.Context, s Store, now func() time.Time, stream domain.Stream,
	decide func(A) ([]domain.Event, error), first func(ctx context.Context, again bool) (*Commit, error)) (A, Head, error) {
	var before Head
	for try := range conflictTries {
		a, head, err := Load[A](ctx, s, stream)
		if err != nil {
			return a, head, err
		}
		events, err := decide(a)
		if err != nil || len(events) == 0 {
			return a, head, err
		}
		claim, err := first(ctx, try > 0)
		if err != nil {
			return a, head, err
		}
		at := now().UTC().Round(0) // as it will be read back
		next, err := s.Append(ctx, Commit{Stream: stream, Last: head, At: at, Events: events, First: claim})
		if errors.Is(err, ErrConflict) {
			if err := giveWay(ctx, try > 0 && head == before); err != nil {
				return a, head, err
			}
			before = head
			continue
		}
		if err != nil {
			return a, head, fmt.Errorf("append to %s: %w", stream, err)
		}
		for _, e := range events {
			a = a.Apply(e, at)
		}
		return a, next, nil
	}
	var a A
	return a, Head{}, fmt.Errorf("append to %s: lost %d races in a row: %w", stream, conflictTries, ErrConflict)
}

// giveWay lets another writer finish whose progress does not show.
func giveWay(ctx context.Context, hidden bool) error {
	if !hidden {
		return nil
	}
	return retry.Wait(ctx, conflictWait)
}
