package syncing

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// reads is how often something that Smokeball accepted is read until it is there.
var reads = retry.Backoff{First: 300 * time.Millisecond, Limit: 10 * time.Second}

// firstReadWithWebhooks is the first pause where a webhook is expected to come first.
const firstReadWithWebhooks = 2 * time.Second

// awaited is something that Smokeball accepted and has to show.
type awaited struct {
	what    domain.Thing
	id      domain.SmokeballID
	request domain.RequestID // of the call that Smokeball accepted
	since   time.Time        // when it did
	also    []domain.Stream  // where facts and webhooks about it appear, beside the matter's stream and its own
	// recorded reports whether the ledger has it already, or nothing waits for it any more.
	recorded func(context.Context) (bool, error)
	// refused records that the call failed, after reads confirmed what the webhook said.
	refused func(ctx context.Context, message string) error
	// shown records that a webhook has shown it. Nil: no webhook proves it.
	shown func(context.Context) error
	// shows reports whether the webhooks show it. Nil: one under its request does.
	shows func(domain.Webhooks) bool
	// hinted is the time of the last webhook that is a reason to look at once. Nil: none is.
	hinted func(ctx context.Context, about domain.Webhooks) (time.Time, error)
	// look reads it, and records it if Smokeball shows it.
	look func(context.Context) (bool, result)
}

// watcher waits until Smokeball shows what it accepted.
type watcher struct {
	attempt      *attempt
	notifier     *Notifier
	asConfirming func(context.Context) context.Context // marks calls that only look; nil: all are alike
}

// await looks with growing pauses until a is there, by a fact, by a webhook that is on
// record or by its own read, and fails after the time that Smokeball is given.
func (w *watcher) await(ctx context.Context, a awaited) result {
	defer w.notifier.subscribe(w.attempt.changed, append(a.also, w.attempt.webhookStream(a.id))...)()
	pause, err := w.firstPause(ctx)
	if err != nil {
		return fails(err)
	}
	given := w.attempt.now().Add(w.left(a.since))
	for looked := a.since; ; pause = reads.Next(pause) {
		if done, err := w.listen(ctx, a, looked, w.attempt.now().Add(pause)); done || err != nil {
			return fails(err)
		}
		if err := w.attempt.recordNoted(ctx); err != nil {
			return fails(err)
		}
		looked = w.attempt.now()
		there, r := a.look(w.confirming(ctx))
		if there || (r.ends() && !domain.IsNotThere(r.err)) {
			return r
		}
		if w.attempt.now().After(given) {
			if done, err := w.listen(ctx, a, looked, w.attempt.now()); done || err != nil {
				return fails(err) // it was settled at the last moment
			}
			return fails(notConfirmed(a.what, a.id, w.attempt.waits.Confirm))
		}
	}
}

func (w *watcher) confirming(ctx context.Context) context.Context {
	if w.asConfirming == nil {
		return ctx
	}
	return w.asConfirming(ctx)
}

// left is the remaining time for Smokeball to show what it accepted. A clock that was set back
// does not make it longer.
func (w *watcher) left(since time.Time) time.Duration {
	return w.attempt.waits.Confirm - min(max(w.attempt.now().Sub(since), 0), w.attempt.waits.Confirm)
}

// listen waits until a is settled by what is on record, or until it is time to look. News
// of other things in the meantime costs no call. A webhook that says the call failed is
// not signed: it counts only if a read that would show what can still show up did not show a.
func (w *watcher) listen(ctx context.Context, a awaited, looked, until time.Time) (done bool, err error) {
	for {
		if done, err := a.recorded(ctx); done || err != nil {
			return done, err
		}
		n, err := w.attempt.webhooksAbout(ctx, a.id)
		if err != nil {
			return false, err
		}
		if message, failed := n.Refusal(a.request); failed {
			settled := a.since.Add(w.attempt.waits.Visible)
			switch {
			case n.Last.After(looked):
				return false, nil
			case !looked.Before(settled):
				return true, a.refused(ctx, message)
			}
			until = sooner(until, settled)
		}
		if a.shownIn(n) {
			return true, a.shown(ctx)
		}
		hint, err := a.hint(ctx, n)
		if err != nil || !w.attempt.now().Before(until) || hint.After(looked) {
			return false, err
		}
		if err := w.attempt.pause(ctx, until.Sub(w.attempt.now())); err != nil {
			return false, err
		}
	}
}

// shownIn reports whether the webhooks have shown it.
func (a awaited) shownIn(n domain.Webhooks) bool {
	if a.shows != nil {
		return a.shows(n)
	}
	return a.shown != nil && n.Shows(a.request)
}

func (a awaited) hint(ctx context.Context, n domain.Webhooks) (time.Time, error) {
	if a.hinted == nil {
		return time.Time{}, nil
	}
	return a.hinted(ctx, n)
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// firstPause is short where nothing but our own read can tell, and longer where
// Smokeball's webhook saves us the read.
func (w *watcher) firstPause(ctx context.Context) (time.Duration, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, w.attempt.ledger, domain.ConnectionStream(w.attempt.firm))
	if c.Subscription != "" {
		return firstReadWithWebhooks, err
	}
	return reads.First, err
}
