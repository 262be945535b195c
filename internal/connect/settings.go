package connect

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// ChangeSettings keeps s as the firm's settings and returns the ledger position that
// includes them. seen is the revision that the change was made from; nil: whatever it is.
// Settings that are not valid are a Rejection (Invalid) with their faults, a revision that
// is no longer the newest a Conflict, with the position that includes the newer one.
func (d *Service) ChangeSettings(ctx context.Context, by domain.User, s domain.Settings, seen *int) (uint64, error) {
	if faults := s.Check(); len(faults) > 0 {
		return 0, &domain.Rejection{Reason: domain.Invalid, Faults: faults, Failure: domain.Failure{Code: domain.CodeInvalidRequest,
			Message: "The settings are not valid", Remedy: "Correct the fields that are named."}}
	}
	_, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.SettingsStream(by.Firm),
		func(p domain.Preferences) ([]domain.Event, error) {
			if seen == nil {
				return p.Change(s, by.Subject), nil
			}
			return p.ChangeFrom(*seen, s, by.Subject)
		})
	return uint64(head.Seq), err
}
