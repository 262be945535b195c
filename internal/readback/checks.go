package readback

import (
	"context"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Checks marks what people have read again: each mark is worked off by Reader. Marking again
// after a kill does no harm.
type Checks struct {
	Ledger eventstore.Store
	Views  interface {
		// OpenChecks are the checks whose resources are not all marked, by firm.
		OpenChecks() (map[domain.FirmID][]domain.DriftCheckAsked, error)
		// LinkedResources are those of the firm's matters, or of one of them, and of their clients.
		LinkedResources(f domain.FirmID, of domain.MatterID) ([]domain.SmokeballID, error)
		// LinkedMatter is the matter that is linked to the resource, or "".
		LinkedMatter(f domain.FirmID, id domain.SmokeballID) (domain.MatterID, error)
		Changes() (position uint64, moved <-chan struct{})
		Wait(ctx context.Context, position uint64) error
	}
	Now func() time.Time
	Log *slog.Logger
}

// Run marks until ctx ends, and returns nil then.
func (c Checks) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		_, moved := c.Views.Changes()
		open, err := c.Views.OpenChecks()
		if err != nil {
			return err
		}
		for f, list := range open {
			for _, check := range list {
				if err := c.askAll(ctx, f, check); err != nil && ctx.Err() == nil {
					c.Log.Warn("what is to be checked can't be marked now; retrying", "firm", f, "err", err)
				}
			}
		}
		if retry.Wait(ctx, gather) != nil {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-moved:
		case <-time.After(idle):
		}
	}
	return nil
}

// askAll marks the resources of a check, and returns when the rows show it.
func (c Checks) askAll(ctx context.Context, f domain.FirmID, check domain.DriftCheckAsked) error {
	list, err := c.Views.LinkedResources(f, check.Matter)
	if err != nil {
		return err
	}
	for _, id := range list {
		_, _, err := eventstore.Execute(ctx, c.Ledger, c.Now, domain.HintStream(f, id),
			func(h domain.Hints) ([]domain.Event, error) { return h.AskRead(check.Check), nil })
		if err == nil {
			err = c.askFiles(ctx, f, check.Check, id)
		}
		if err != nil {
			return err
		}
	}
	_, head, err := eventstore.Execute(ctx, c.Ledger, c.Now, domain.DriftStream(f),
		func(all domain.DriftChecks) ([]domain.Event, error) { return all.Finish(check.Check, len(list)), nil })
	if err != nil {
		return err
	}
	return c.Views.Wait(ctx, uint64(head.Seq))
}

// askFiles marks the files of a matter's documents, which its read does not show, if it has any in
// Smokeball.
func (c Checks) askFiles(ctx context.Context, f domain.FirmID, check string, id domain.SmokeballID) error {
	matter, err := c.Views.LinkedMatter(f, id)
	if matter == "" || err != nil {
		return err
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, c.Ledger, domain.MatterStream(f, matter))
	if err != nil || m.Smokeball.ID != id || !m.HasFiles() {
		return err
	}
	n := domain.ActivityNoticed{Origin: domain.EventRef{Source: domain.CheckSource, ID: check + "/" + string(id)}, Kind: domain.File, Resource: id, Matter: id, Changed: c.Now().UTC()}
	_, _, err = eventstore.Execute(ctx, c.Ledger, c.Now, domain.ActivityStream(f, id),
		func(a domain.Activities) ([]domain.Event, error) { return a.Notice(n), nil })
	return err
}
