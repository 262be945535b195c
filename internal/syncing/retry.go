package syncing

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// retryLater lets the sync wait for its next attempt, or fails it after too long a time.
func (r *run) retryLater(ctx context.Context, step domain.Step, ce *domain.CallError) result {
	if since := r.attempt.m.Current.Troubled; !since.IsZero() && r.attempt.now().Sub(since) > r.attempt.waits.RetryFor {
		f := ce.Failure
		f.Remedy = "We stopped trying after " + r.attempt.waits.RetryFor.String() + ". " + retryRemedy(f.Code)
		return r.fail(ctx, domain.SyncFailed{Sync: r.attempt.current.Sync, Step: step, Failure: f})
	}
	pause := ce.After
	if !ce.NotSent {
		pause = max(pause, backoff(ce.Class).Delay(r.attempt.m.Current.Faults+1))
	}
	return r.deferred(ctx, domain.SyncDeferred{Sync: r.attempt.current.Sync, Step: step, Failure: ce.Failure, Until: r.attempt.now().Add(pause)})
}

// retryRemedy says of a sync that was given up when to try it again.
func retryRemedy(c domain.Code) string {
	switch c {
	case domain.CodeInternal:
		return "CaseHug's operators find the reason in the engine's log. Click Retry in the sync history once they have mended it."
	case domain.CodeDocumentUnavailable:
		return "Click Retry in the sync history once the document can be fetched."
	}
	return "Click Retry in the sync history once Smokeball works again."
}

// retryOwnFault retries a sync that met a fault of the engine like one that met a fault of
// Smokeball, so that people see why it does not go on, and it ends.
func (r *run) retryOwnFault(ctx context.Context, step domain.Step, err error) result {
	ours := &domain.CallError{Op: "work on the sync", Class: domain.Retryable, Err: err, Failure: domain.Failure{
		Code:    domain.CodeInternal,
		Message: "The engine itself fails at this sync",
		Remedy:  "We try again by ourselves. If it goes on, CaseHug's operators find the reason in the engine's log.",
	}}
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
