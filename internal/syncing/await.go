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

// hintRead is the first pause where a webhook is expected to come first.
const hintRead = 2 * time.Second

// awaited is something that Smokeball accepted and has to show.
type awaited struct {
	what    string
	id      domain.SmokeballID
	request domain.RequestID // of the call that Smokeball accepted
	since   time.Time        // when it did
	also    []domain.Stream  // where facts about it appear, beside the matter's stream
	// told reports that the facts have it: a webhook showed it, or it is no longer awaited.
	told func(context.Context) (bool, error)
	// refused records Smokeball's word that the call failed after all, which looks bore out.
	refused func(ctx context.Context, message string) error
	// shown records that a webhook has shown it. Nil: a webhook about it is no proof, but a
	// reason to look at once.
	shown func(context.Context) error
	// look reads it, and records it where it is there.
	look func(context.Context) (bool, error)
}

// await looks with growing pauses until a is there, by a fact, by a webhook that is on
// record or by its own read, and fails after the time that Smokeball is given.
func (t *attempt) await(ctx context.Context, a awaited) error {
	defer t.Notifier.subscribe(t.changed, append(a.also, t.notices(a.id))...)()
	pause, err := t.firstPause(ctx)
	if err != nil {
		return err
	}
	given := t.Now().Add(t.left(a.since))
	for looked := a.since; ; pause = reads.Next(pause) {
		if done, err := t.listen(ctx, a, looked, t.Now().Add(pause)); done || err != nil {
			return err
		}
		looked = t.Now()
		there, err := a.look(t.confirming(ctx))
		if there || (err != nil && !domain.IsNotThere(err)) {
			return err
		}
		if t.Now().After(given) {
			if done, err := t.listen(ctx, a, looked, t.Now()); done || err != nil {
				return err // told at the last moment
			}
			return notConfirmed(a.what, a.id, t.Waits.Confirm)
		}
	}
}

func (t *attempt) confirming(ctx context.Context) context.Context {
	if t.Confirming == nil {
		return ctx
	}
	return t.Confirming(ctx)
}

// left is what is left of the time that Smokeball is given to show what it accepted. A
// clock that was set back does not make it longer.
func (t *attempt) left(since time.Time) time.Duration {
	return t.Waits.Confirm - min(max(t.Now().Sub(since), 0), t.Waits.Confirm)
}

// listen waits until a is settled by what is on record, or until it is time to look. News
// of other things in the meantime costs no call. A webhook that says the call failed is
// not signed: it counts only if a read that would show what can still show up did not show a.
func (t *attempt) listen(ctx context.Context, a awaited, looked, until time.Time) (done bool, err error) {
	for {
		if done, err := a.told(ctx); done || err != nil {
			return done, err
		}
		n, err := t.webhooksAbout(ctx, a.id)
		if err != nil {
			return false, err
		}
		if message, failed := n.Refusal(a.request); failed {
			settled := a.since.Add(t.Waits.Visible)
			switch {
			case n.Last.After(looked):
				return false, nil
			case !looked.Before(settled):
				return true, a.refused(ctx, message)
			}
			until = sooner(until, settled)
		}
		if a.shown != nil && n.Shows(a.request) {
			return true, a.shown(ctx)
		}
		if !t.Now().Before(until) || (a.shown == nil && n.Last.After(looked)) {
			return false, nil
		}
		if err := t.pause(ctx, until.Sub(t.Now())); err != nil {
			return false, err
		}
	}
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// notices is the stream of Smokeball's webhooks about a resource.
func (t *attempt) notices(id domain.SmokeballID) domain.Stream {
	return domain.NoticeStream(t.firm, noticeID(id))
}

// webhooksAbout are Smokeball's webhooks about a resource.
func (t *attempt) webhooksAbout(ctx context.Context, id domain.SmokeballID) (domain.Notices, error) {
	n, _, err := eventstore.Load[domain.Notices](ctx, t.Ledger, t.notices(id))
	return n, err
}

// firstPause is short where nothing but our own read can tell, and longer where
// Smokeball's webhook saves us the read.
func (t *attempt) firstPause(ctx context.Context) (time.Duration, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, t.Ledger, domain.ConnectionStream(t.firm))
	if c.Subscription != "" {
		return hintRead, err
	}
	return reads.First, err
}
