package syncing

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// creation asks Smokeball to create something, under an intent: the intent is recorded right
// before the call, the outcome after it. Where the answer is lost, the intent stays open, and a
// search settles it. T is what Smokeball answers.
type creation[T any] struct {
	intend Intend // records the intent; ErrTaken: somebody else has recorded one
	call   func(context.Context, Intend) (T, error)
	made   func(context.Context, T) error                 // records what Smokeball accepted
	undo   func(context.Context, *domain.CallError) error // records that certainly nothing was created
	failed func(context.Context, error) result            // goes on after that; nil: the piece fails
}

// ask makes the call. A kill at any instruction leaves an open intent, or none.
func (c creation[T]) ask(ctx context.Context) result {
	made, err := c.call(ctx, c.intend)
	if err == nil {
		return decided(c.made(context.WithoutCancel(ctx), made))
	}
	ce := domain.AsCallError(err)
	if ce == nil || ce.Unsettled {
		return decided(err)
	}
	if e := c.undo(context.WithoutCancel(ctx), ce); e != nil {
		return fails(errors.Join(err, e))
	}
	if c.failed == nil {
		return fails(err)
	}
	return c.failed(ctx, err)
}

// search settles an intent whose answer was lost: it looks until Smokeball shows what was asked
// for, or can no longer show it. T is what a look finds.
type search[T any] struct {
	attempt *attempt
	look    func(context.Context) (found T, ok bool, err error)
	open    func(context.Context) (bool, error) // whether nobody else has settled the intent
	found   func(context.Context, T) result     // records what was found
	abandon func(context.Context) error         // records that it is no longer looked for
}

// looks is how often a search looks for something whose creation is in doubt.
var looks = retry.Backoff{First: 500 * time.Millisecond, Limit: 8 * time.Second}

// run looks until the search is settled. Its time limit starts at the first look, because the call
// may have waited long for its slot after the intent was recorded.
func (s search[T]) run(ctx context.Context) result {
	until := s.attempt.now().Add(s.attempt.waits.Visible)
	for pause := looks.First; ; pause = looks.Next(pause) {
		found, ok, err := s.look(ctx)
		switch {
		case err == nil && ok:
			return s.found(ctx, found)
		case err == nil && !s.attempt.now().Before(until):
			return decided(s.abandon(ctx)).or(again)
		case err != nil && !s.passes(err, until):
			return fails(err)
		}
		if err := s.attempt.pause(ctx, s.pause(pause, until)); err != nil {
			return fails(err)
		}
		if open, err := s.open(ctx); err != nil || !open {
			return fails(err).or(again)
		}
	}
}

// passes reports whether a look failed only for a passing fault, so that it is repeated
// and the wait for what may still show up does not start over with each fault.
func (s search[T]) passes(err error, until time.Time) bool {
	return passing(err) && s.attempt.now().Before(until.Add(s.attempt.waits.Visible))
}

// passing reports whether err is a fault after which the same call may succeed.
func passing(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && (ce.Class == domain.Retryable || ce.Class == domain.Allowance)
}

// pause is the pause before the next look, of which one is made when the time is over.
func (s search[T]) pause(pause time.Duration, until time.Time) time.Duration {
	if left := until.Sub(s.attempt.now()); left > 0 {
		return min(pause, left+time.Millisecond)
	}
	return looks.First
}
