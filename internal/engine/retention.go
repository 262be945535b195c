package engine

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retention"
	"github.com/casehug/smokeball-sync/projections"
)

// expiringRows are the rows as the remover knows them.
type expiringRows struct {
	*projections.Progress
	projections.SyncRows
	projections.AuditRows
	projections.DeadLetterRows
	retentions projections.RetentionRows
}

func (r expiringRows) Chosen(f domain.FirmID) (domain.Retention, error) {
	row, err := r.retentions.Retention(f)
	return row.Retention, err
}

// keepingOf is how long firms keep things.
func keepingOf(e *Engine) retention.Service {
	return retention.Service{Ledger: e.store.ledger, Now: time.Now, Defaults: e.cfg.Parsed.Kept}
}

// newRemover removes what has expired.
func newRemover(e *Engine, passed *passed, published *checkpoint) *retention.Remover {
	v := e.store.views
	r := &retention.Remover{Service: keepingOf(e), Log: e.log,
		Rows:  expiringRows{v.Progress, v.Syncs, v.Trail, v.DeadLetters, v.Retentions},
		Firms: func() ([]domain.FirmID, error) { return firmRows{v.Progress, v.Connections}.ids() },
		Told: func(ctx context.Context) (uint64, error) {
			at, err := published.Load(ctx) // by another engine, perhaps
			return max(at, passed.at.Load()), err
		}}
	if e.store.keys != nil {
		r.Destroy = e.store.destroyKeys
	}
	return r
}

// renewerOf has this engine's rows copied after something has left them.
func renewerOf(e *Engine) retention.Renewer {
	v := e.store.views
	return retention.Renewer{Defaults: e.cfg.Parsed.Kept, Newest: v.Retentions.Newest, RenewedUpTo: v.RenewedUpTo, Renew: v.Renew}
}

// retentions are how long firms keep things, as the API knows it.
type retentions struct{ retention.Service }

func (r retentions) ChangeRetention(ctx context.Context, by domain.User, choose func(domain.Retention) domain.Retention) (domain.Retention, uint64, error) {
	return r.Change(ctx, by, choose)
}

// noRetentions is that of an engine that does not run.
type noRetentions struct{ retention.Service }

func (noRetentions) ChangeRetention(context.Context, domain.User, func(domain.Retention) domain.Retention) (domain.Retention, uint64, error) {
	return domain.Retention{}, 0, notRunning("only a running one changes how long things are kept")
}
