package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Aggregate is a value folded from the events of one stream.
type Aggregate[A any] interface {
	// Apply returns the aggregate after e. It neither validates nor fails.
	Apply(e domain.Event, at time.Time) A
}

// conflictTries bounds how often Execute decides. Each conflict means that another writer made
// progress, so a writer that loses this often is being starved.
const conflictTries = 50

// conflictWait is the pause before the next try if the other writer's commit cannot be read yet:
// a cluster refuses conflicting writers as soon as a commit is on its way to the nodes' disks.
const conflictWait = 100 * time.Millisecond

// Load folds a stream. A stream without events yields the zero aggregate. Of a long stream it
// reads only the events since the last time.
func Load[A Aggregate[A]](ctx context.Context, s Store, stream domain.Stream) (a A, head Head, err error) {
	r, ok := s.(resumable)
	if !ok {
		return load(stream, a, head, s.Read(ctx, stream))
	}
	era := r.folds().now()
	known, at := recall[A](r.folds(), stream)
	a, head, err = load(stream, known, at, r.readAfter(ctx, stream, at))
	if errors.Is(err, ErrDamaged) && at != (Head{}) { // or a node lags behind the remembered head
		var zero A
		a, head, err = load(stream, zero, Head{}, s.Read(ctx, stream))
	}
	if err == nil {
		remember(r.folds(), era, stream, a, head)
	}
	return a, head, err
}

func load[A Aggregate[A]](stream domain.Stream, a A, head Head, events iter.Seq2[Envelope, error]) (A, Head, error) {
	for env, err := range events {
		if err != nil {
			return a, head, fmt.Errorf("load %s: %w", stream, err)
		}
		a, head = a.Apply(env.Event, env.At), env.Head()
	}
	return a, head, nil
}

// Execute reads a stream, folds it, calls decide and appends the facts that decide returns. On a
// conflict it starts again with the newer events. It returns the aggregate with the new facts
// applied, and the stream's head. If decide returns no facts, Execute writes nothing. now gives
// the time of the facts.
func Execute[A Aggregate[A]](ctx context.Context, s Store, now func() time.Time, stream domain.Stream,
	decide func(A) ([]domain.Event, error)) (A, Head, error) {
	return ExecuteAfter(ctx, s, now, stream, decide, func(context.Context, bool) (*Commit, error) { return nil, nil })
}

// ExecuteAfter is Execute for facts that require a commit to another stream first: first returns
// that commit, or nil. again is true from the second try on. At the first try, first may guess the
// head of the other stream instead of reading it.
func ExecuteAfter[A Aggregate[A]](ctx context.Context, s Store, now func() time.Time, stream domain.Stream,
	decide func(A) ([]domain.Event, error), first func(ctx context.Context, again bool) (*Commit, error)) (A, Head, error) {
	var before Head
	for try := range conflictTries {
		era := eraOf(s)
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
		if r, ok := s.(resumable); ok {
			remember(r.folds(), era, stream, a, next)
		}
		return a, next, nil
	}
	var a A
	return a, Head{}, fmt.Errorf("append to %s: lost %d races in a row: %w", stream, conflictTries, ErrConflict)
}

// eraOf is the era of a store's remembered aggregates.
func eraOf(s Store) uint64 {
	if r, ok := s.(resumable); ok {
		return r.folds().now()
	}
	return 0
}

// giveWay waits for another writer whose commit cannot be read yet.
func giveWay(ctx context.Context, hidden bool) error {
	if !hidden {
		return nil
	}
	return retry.Wait(ctx, conflictWait)
}
