package syncing_test

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/bulk"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// bulkRunner works on the office's bulk syncs.
func (o *office) bulkRunner(l eventstore.Store, h *syncing.Handler) *bulk.Runner {
	inventory := &bulk.Inventory{Account: o.client, Connected: bulk.Connection(l), Count: smokeball.WithCount, Now: o.now}
	h.Inventory, o.meter = inventory, &bulk.Meter{}
	r := &bulk.Runner{Ledger: l, Views: bulkRows{storedIn(o.rows)}, Inventory: inventory, Estimate: o.previews().Bulk, Meter: o.meter,
		Attempt: func(ctx context.Context, f domain.FirmID) context.Context {
			return smokeball.WithPriority(ctx, f, smokeball.Bulk)
		}, Window: 16, Now: o.now, Log: quiet}
	o.bulks = bulk.Service{Ledger: l, Now: o.now, NewID: o.newID, Notify: r.Notify}
	return r
}

// bulkRows are the rows as the runner knows them.
type bulkRows struct{ *projections.Views }

func (v bulkRows) ActiveBulks() ([]bulk.Ref, error) {
	rows, err := v.Views.Bulks.ActiveBulks()
	refs := make([]bulk.Ref, len(rows))
	for i, r := range rows {
		refs[i] = bulk.Ref{Firm: r.Firm, ID: r.ID}
	}
	return refs, err
}

func (v bulkRows) Choose(f domain.FirmID, s domain.BulkScope) (list []domain.MatterID, err error) {
	if s.Matters != nil {
		return s.Matters, nil
	}
	err = v.Matters.EachMatter(f, func(r projections.MatterRow) bool { list = append(list, r.ID); return true })
	return list, err
}

func (v bulkRows) SyncState(f domain.FirmID, id domain.SyncID) (bulk.State, bool, error) {
	e, ok, err := v.Syncs.Sync(f, id)
	s := bulk.State{Status: e.Status}
	if e.Error != nil {
		s.Code = e.Error.Code
	}
	for _, step := range e.Steps {
		s.Linked = s.Linked || (step.Name == domain.StepMatter && step.Outcome == domain.OutcomeMatched)
	}
	return s, ok, err
}

// inBulk tells a story of bulk syncs in an office that gets webhooks and syncs nothing by itself.
func (o *office) inBulk() {
	o.Helper()
	o.stop()
	o.bulky = true
	o.start()
	o.hooks()
	o.choose(func(s *domain.Settings) {
		s.OnDocumentApproved, s.OnMatterCreated, s.OnMatterUpdated = false, false, false
	})
}

// caseNo is the n-th of many matters, each of a client of its own.
func caseNo(n int) domain.MatterData {
	return accident(func(m *domain.MatterData) {
		m.ID, m.CaseNumber, m.Title = domain.MatterID(fmt.Sprintf("m_%05d", n)), fmt.Sprintf("CH-%05d", n), fmt.Sprintf("Case %d", n)
		m.Client = domain.ClientData{ID: domain.ClientID(fmt.Sprintf("c_%05d", n)), Version: 1, FirstName: "Pat", LastName: fmt.Sprintf("Doe%d", n), Email: fmt.Sprintf("pat%d@example.com", n)}
	})
}

var boss = domain.User{Subject: "u_boss", Name: "Folasade Osei", Firm: oak, Role: domain.FirmAdmin}

// allAtOnce begins a bulk sync.
func (o *office) allAtOnce(r bulk.Request) domain.BulkID {
	o.Helper()
	r.Scope.All = r.Scope.Matters == nil
	id, _, err := o.bulks.Start(o.Context(), boss, r)
	o.must(err)
	return id
}

// bulkRow is how a bulk sync stands.
func (o *office) bulkRow(id domain.BulkID) projections.BulkRow {
	o.Helper()
	row, _, err := storedIn(o.rows).Bulks.Bulk(oak, id)
	o.must(err)
	return row
}

// bulkIs waits until a bulk sync is of a status.
func (o *office) bulkIs(id domain.BulkID, s domain.BulkStatus, within time.Duration) projections.BulkRow {
	o.Helper()
	for end := time.Now().Add(cmp.Or(within, time.Hour)); ; time.Sleep(250 * time.Millisecond) {
		row := o.bulkRow(id)
		if row.Progress.Status == s {
			return row
		}
		if time.Now().After(end) || row.Progress.Status.Over() {
			o.Fatalf("the bulk sync is %+v, want %s\n%s", row, s, o.dump())
		}
	}
}

// requestsMade counts all requests that Smokeball met.
func (o *office) requestsMade() (n int) {
	for _, c := range o.sim.Counts().ByRoute {
		n += c
	}
	return n
}
