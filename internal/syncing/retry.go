package syncing

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// retryLater makes the sync wait for its next attempt, or fails it when its time for retries is
// over.
func (r *run) retryLater(ctx context.Context, step domain.Step, ce *domain.CallError) result {
	if since := r.attempt.m.Current.Troubled; !since.IsZero() && r.attempt.now().Sub(since) > r.attempt.waits.RetryFor {
		f := ce.Failure.With(func(a *domain.About) { a.StoppedAfter = int64(r.attempt.waits.RetryFor.Seconds()) })
		return r.fail(ctx, domain.SyncFailed{Sync: r.attempt.current.Sync, Step: step, Failure: f})
	}
	pause := ce.After
	if !ce.NotSent {
		pause = max(pause, backoff(ce.Class).Delay(r.attempt.m.Current.Faults+1))
	}
	return r.deferred(ctx, domain.SyncDeferred{Sync: r.attempt.current.Sync, Step: step, Failure: ce.Failure, Until: r.attempt.now().Add(pause)})
}

// retryOwnFault retries a sync that met a fault of the engine like one that met a fault of
// Smokeball, so that people see why it does not go on, and it ends.
func (r *run) retryOwnFault(ctx context.Context, step domain.Step, err error) result {
	ours := &domain.CallError{Op: "work on the sync", Class: domain.Retryable, Err: err, Failure: domain.Failure{Code: domain.CodeInternal, Fault: domain.FaultEngine}}
	switch end := r.retryLater(ctx, step, ours); {
	case end.next == failed:
		return fails(errors.Join(err, end.err))
	case end.ends():
		return end
	}
	r.handler.Log.Error("a sync stopped because of a fault in the engine; the engine retries it", "firm", r.attempt.firm, "matter", r.attempt.id, "sync", r.attempt.current.Sync, "err", err)
	return done
}

// backoff is how long a sync waits after faults of a class. An allowance that is used up is
// restored soon; a Smokeball that is down is called less often.
func backoff(c domain.Class) retry.Backoff {
	if c == domain.Allowance {
		return retry.Backoff{First: 2 * time.Second, Limit: time.Minute}
	}
	return retry.Backoff{First: time.Second, Limit: 5 * time.Minute}
}
