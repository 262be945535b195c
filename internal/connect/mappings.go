package connect

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// MatterTypes lists the matter types of the firm's account: deleted ones and those of
// leads too. A firm that is not connected has none: a Rejection (Conflict).
func (pr *Preferences) MatterTypes(ctx context.Context, f domain.FirmID) ([]domain.MatterType, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, pr.store, domain.ConnectionStream(f))
	if err != nil {
		return nil, err
	}
	if !c.Usable(pr.now()) {
		return nil, notConnected()
	}
	return pr.types.MatterTypes(ctx, f)
}

// ReviseMapping keeps w as one of the firm's own mappings, under its id, and returns it
// with the ledger position that includes it. Without an id it is the one for the same
// matters. A mapping that does not fit the account is a
// Rejection (Invalid) with its faults, a second one for the same matters a Conflict.
func (pr *Preferences) ReviseMapping(ctx context.Context, by domain.User, w domain.Mapping) (domain.KeptMapping, uint64, error) {
	types, err := pr.MatterTypes(ctx, by.Firm)
	if err != nil {
		return domain.KeptMapping{}, 0, err
	}
	chosen, faults := check(w, types)
	if len(faults) > 0 {
		return domain.KeptMapping{}, 0, domain.Misfit(faults)
	}
	p, head, err := eventstore.Execute(ctx, pr.store, pr.now, domain.SettingsStream(by.Firm),
		func(p domain.Preferences) ([]domain.Event, error) {
			w = p.Mappings.Named(w)
			facts, err := p.Mappings.Revise(w, chosen.Name, by.Subject)
			return domain.SignedBy(facts, by), err
		})
	kept, _ := p.Mappings.Find(w.ID)
	return kept, uint64(head.Seq), err
}

// RemoveMapping takes one of the firm's own mappings back. One that the firm does not
// have is a Rejection (Unknown).
func (pr *Preferences) RemoveMapping(ctx context.Context, by domain.User, id domain.MappingID) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, pr.store, pr.now, domain.SettingsStream(by.Firm),
		func(p domain.Preferences) ([]domain.Event, error) {
			facts := p.Mappings.Remove(id, by.Subject)
			if len(facts) == 0 {
				return nil, domain.NoMapping(id)
			}
			return domain.SignedBy(facts, by), nil
		})
	return uint64(head.Seq), err
}
