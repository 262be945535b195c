package retention

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Service changes how long firms keep things.
type Service struct {
	Ledger   eventstore.Store
	Now      func() time.Time
	Defaults domain.RetentionTimes // of firms that chose nothing
}

// Change has a firm keep things as long as choose makes of its current choice. It returns the new choice
// and the ledger position that includes it. One that is not valid is a Rejection (Invalid) with its faults.
func (s Service) Change(ctx context.Context, by domain.User, choose func(domain.Retention) domain.Retention) (r domain.Retention, position uint64, err error) {
	_, head, err := eventstore.Execute(ctx, s.Ledger, s.Now, domain.RetentionStream(by.Firm), func(now domain.KeptBy) ([]domain.Event, error) {
		r = choose(now.Retention)
		if faults := r.Check(); len(faults) > 0 {
			return nil, &domain.Rejection{Reason: domain.Invalid, Faults: faults, Failure: domain.Failure{Code: domain.CodeInvalidRequest,
				Message: "Things can’t be kept that long", Remedy: "Correct the fields that are named."}}
		}
		return now.Change(r, by), nil
	})
	return r, uint64(head.Seq), err
}

// Times is how long a firm keeps things that chose r.
func (s Service) Times(r domain.Retention) domain.RetentionTimes { return r.Over(s.Defaults) }
