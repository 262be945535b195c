package syncing

import (
	"context"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// recordActivity decides to read a task or an appointment that a webhook named,
// unless the webhook says that it belongs to a matter which is not linked.
func (r Webhooks) recordActivity(ctx context.Context, f domain.FirmID, kind domain.ActivityKind, w domain.SmokeballWebhookReceived) error {
	if w.Resource == "" {
		return nil
	}
	if w.Matter != "" {
		if matter, err := r.Routes.MatterFor(f, "", w.Matter); err != nil || matter == "" {
			return err
		}
	}
	_, _, err := eventstore.Execute(ctx, r.Ledger, r.Now, domain.ActivityStream(f, w.Resource),
		func(a domain.Activities) ([]domain.Event, error) {
			return a.Notice(domain.ActivityNoticed{Origin: w.Origin, Kind: kind, Resource: w.Resource}), nil
		})
	return err
}

// Activities reads the tasks and appointments that webhooks named, so that those of
// linked matters stand on their timelines. Several webhooks about one cost one read. It
// runs on the engine that holds the lease of the allowance.
type Activities struct {
	Ledger eventstore.Store
	Views  interface {
		// Unread lists what webhooks named and nobody has read since.
		Unread() ([]domain.UnreadActivity, error)
		MatterOf(f domain.FirmID, id domain.SmokeballID) (domain.MatterID, error)
		Changes() (position uint64, moved <-chan struct{})
		Wait(ctx context.Context, position uint64) error
	}
	Smokeball interface {
		Activity(ctx context.Context, f domain.FirmID, kind domain.ActivityKind, id domain.SmokeballID) (domain.Activity, error)
	}
	// Attempt marks a firm's calls as those that nobody waits for; nil: they are like others.
	Attempt func(ctx context.Context, f domain.FirmID) context.Context
	Now     func() time.Time
	Log     *slog.Logger
}

// rest is how long nothing is read for a firm after a read of its failed.
const rest = time.Minute

// Run reads until ctx ends, and returns nil then.
func (a Activities) Run(ctx context.Context) error {
	resting := map[domain.FirmID]time.Time{}
	for ctx.Err() == nil {
		_, moved := a.Views.Changes()
		position, err := a.readAll(ctx, resting)
		if err != nil {
			return err
		}
		if position > 0 { // else the same would be read again
			_ = a.Views.Wait(ctx, position) // ends early with ctx only
			continue
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-moved:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// readAll reads what can be read now and returns the newest position that it appended,
// 0 where it appended nothing.
func (a Activities) readAll(ctx context.Context, resting map[domain.FirmID]time.Time) (position uint64, err error) {
	list, err := a.Views.Unread()
	for _, u := range list {
		if err != nil || ctx.Err() != nil {
			return position, err
		}
		if a.Now().Before(resting[u.Firm]) {
			continue
		}
		c, _, err := eventstore.Load[domain.Connection](ctx, a.Ledger, domain.ConnectionStream(u.Firm))
		if err != nil {
			return position, err
		}
		if !c.Usable(a.Now()) {
			continue // the ledger says what happens to the connection
		}
		at, err := a.read(ctx, u)
		if ce := domain.AsCallError(err); ce != nil {
			resting[u.Firm] = a.Now().Add(max(rest, ce.After))
			a.Log.Info("a task or an appointment can't be read now; retrying", "firm", u.Firm, "resource", u.Notice.Resource, "err", err)
			continue
		}
		if err != nil {
			return position, err
		}
		position = max(position, at)
	}
	return position, err
}

// read looks at one activity and records what it is.
func (a Activities) read(ctx context.Context, u domain.UnreadActivity) (uint64, error) {
	calls := ctx
	if a.Attempt != nil {
		calls = a.Attempt(ctx, u.Firm)
	}
	is, err := a.Smokeball.Activity(calls, u.Firm, u.Notice.Kind, u.Notice.Resource)
	if gone(err) {
		is, err = domain.Activity{Kind: u.Notice.Kind, Deleted: true}, nil
	}
	if err != nil {
		return 0, err
	}
	matter, err := a.Views.MatterOf(u.Firm, is.Matter)
	if err != nil {
		return 0, err
	}
	_, head, err := eventstore.Execute(ctx, a.Ledger, a.Now, domain.ActivityStream(u.Firm, u.Notice.Resource),
		func(known domain.Activities) ([]domain.Event, error) { return known.Look(u.Notice, matter, is), nil })
	return uint64(head.Seq), err
}

// gone reports an activity that Smokeball has no more, or shows us no more.
func gone(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && (ce.Class == domain.NotThere || ce.Class == domain.NotPermitted || ce.Class == domain.Permanent)
}
