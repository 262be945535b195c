package engine

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/bulk"
)

// bulkWindow is how many syncs of bulk syncs are on their way at once: other syncs always find a
// worker.
func bulkWindow(perSecond float64) int { return 2 * active(perSecond) / 3 }

// newBulk makes what works on bulk syncs, and what people do with them.
func (e *Engine) newBulk(inventory *bulk.Inventory, p previews, calls *bulk.Meter) (*bulk.Runner, bulkSyncs) {
	r := &bulk.Runner{Ledger: e.store.ledger, Views: bulkRowsOf(e.store.views), Inventory: inventory, Estimate: p.Bulk, Meter: calls, Attempt: unhurried, Window: bulkWindow(e.cfg.Parsed.Rate), Now: time.Now, Log: e.log}
	s := bulk.Service{Ledger: e.store.ledger, Now: time.Now, NewID: randomID, Notify: r.Notify}
	return r, bulkSyncs{s, bulkRowsOf(e.store.views)}
}

// counting marks calls like priority, and counts those of bulk syncs.
func counting(m *bulk.Meter) func(context.Context, domain.FirmID, domain.Trigger, domain.SyncID) context.Context {
	return func(ctx context.Context, f domain.FirmID, t domain.Trigger, s domain.SyncID) context.Context {
		if t == domain.TriggerBulk {
			ctx = smokeball.WithCount(ctx, m.Of(f, s))
		}
		return priority(ctx, f, t)
	}
}

// bulkSyncs are bulk syncs as the API knows them.
type bulkSyncs struct {
	bulk.Service
	rows bulkRows
}

// estimatesWithin is how long somebody who asks for an estimate waits for it.
const estimatesWithin = 3 * time.Second

func (s bulkSyncs) StartBulk(ctx context.Context, by domain.User, r ports.BulkRequest) (domain.BulkID, uint64, error) {
	id, position, err := s.Start(ctx, by, bulk.Request(r))
	if err != nil || !r.Estimates {
		return id, position, err
	}
	until, cancel := context.WithTimeout(ctx, estimatesWithin)
	defer cancel()
	for {
		_, moved := s.rows.Changes()
		row, _, err := s.rows.bulks.Bulk(by.Firm, id)
		if err != nil || row.Progress.Status.Over() {
			return id, position, err
		}
		select {
		case <-moved:
		case <-until.Done():
			return id, position, ctx.Err()
		}
	}
}

func (s bulkSyncs) PauseBulk(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return s.Pause(ctx, by, id)
}

func (s bulkSyncs) ResumeBulk(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return s.Resume(ctx, by, id)
}

func (s bulkSyncs) CancelBulk(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return s.Cancel(ctx, by, id)
}

func (s bulkSyncs) WholeBulk(ctx context.Context, f domain.FirmID, id domain.BulkID) (domain.Bulk, error) {
	return s.Load(ctx, f, id)
}

// noBulks reads bulk syncs and says that only a running engine works on them.
type noBulks struct{ bulkSyncs }

const onlyBulk = "only a running one works on bulk syncs"

func (noBulks) StartBulk(context.Context, domain.User, ports.BulkRequest) (domain.BulkID, uint64, error) {
	return "", 0, notRunning(onlyBulk)
}

func (noBulks) PauseBulk(context.Context, domain.User, domain.BulkID) (uint64, error) {
	return 0, notRunning(onlyBulk)
}

func (noBulks) ResumeBulk(context.Context, domain.User, domain.BulkID) (uint64, error) {
	return 0, notRunning(onlyBulk)
}

func (noBulks) CancelBulk(context.Context, domain.User, domain.BulkID) (uint64, error) {
	return 0, notRunning(onlyBulk)
}
