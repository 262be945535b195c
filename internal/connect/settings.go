package connect

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Preferences keeps a firm's settings and its case type mappings.
type Preferences struct {
	store eventstore.Store
	now   func() time.Time
	types MatterTypes
}

// ChangeSettings keeps s as the firm's settings and returns the ledger position that
// includes them. seen is the revision that the change was made from; nil: whatever it is.
// Settings that are not valid are a Rejection (Invalid) with their faults, a revision that
// is no longer the newest a Conflict, with the position that includes the newer one.
func (pr *Preferences) ChangeSettings(ctx context.Context, by domain.User, s domain.Settings, seen *int) (uint64, error) {
	if faults := s.Check(); len(faults) > 0 {
		return 0, &domain.Rejection{Reason: domain.Invalid, Faults: faults, Failure: domain.Failure{Code: domain.CodeInvalidRequest,
			Message: "The settings are not valid", Remedy: "Correct the fields that are named."}}
	}
	_, head, err := eventstore.Execute(ctx, pr.store, pr.now, domain.SettingsStream(by.Firm),
		func(p domain.Preferences) ([]domain.Event, error) {
			if seen == nil {
				return domain.SignedBy(p.Change(s, by.Subject), by), nil
			}
			facts, err := p.ChangeFrom(*seen, s, by.Subject)
			return domain.SignedBy(facts, by), err
		})
	return uint64(head.Seq), err
}
