package syncing

import (
	"context"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// recordActivity decides to read a task or an appointment that a webhook named, unless the
// webhook says that its matter is not linked.
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

// Activities reads the tasks, appointments and files that webhooks named, so that those of
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
		File(ctx context.Context, f domain.FirmID, matter, id domain.SmokeballID) (domain.SmokeballFile, error)
		Files(ctx context.Context, f domain.FirmID, matter domain.SmokeballID) ([]domain.SmokeballFile, error)
	}
	// Attempt marks a firm's calls as background work; nil: they are not marked.
	Attempt func(ctx context.Context, f domain.FirmID) context.Context
	Now     func() time.Time
	Log     *slog.Logger
}

// rest is the pause before a firm's next read after a failed one.
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
	read := map[domain.EventRef]bool{} // with another file of their matter
	for _, u := range list {
		if read[u.Notice.Origin] {
			continue
		}
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
		files := filesWith(list, u)
		for _, other := range files {
			read[other.Notice.Origin] = true
		}
		at, err := a.read(ctx, u, files)
		if err != nil { // Smokeball's or the ledger's: what was named stays unread
			pause := rest
			if ce := domain.AsCallError(err); ce != nil {
				pause = max(rest, ce.After)
			}
			resting[u.Firm] = a.Now().Add(pause)
			a.Log.Info("a task, an appointment or a file can't be read now; retrying", "firm", u.Firm, "resource", u.Notice.Resource, "err", err)
			continue
		}
		position = max(position, at)
	}
	return position, err
}

// read looks at one activity, or at files of one matter, and records what they are.
func (a Activities) read(ctx context.Context, u domain.UnreadActivity, files []domain.UnreadActivity) (uint64, error) {
	calls := ctx
	if a.Attempt != nil {
		calls = a.Attempt(ctx, u.Firm)
	}
	if u.Notice.Kind == domain.File {
		return a.readFiles(ctx, calls, files)
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

// gone reports whether Smokeball no longer has the activity, or no longer shows it to us.
func gone(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && (ce.Class == domain.NotThere || ce.Class == domain.NotPermitted || ce.Class == domain.Permanent)
}
