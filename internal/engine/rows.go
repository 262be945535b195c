package engine

import (
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/bulk"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/readback"
	"github.com/casehug/smokeball-sync/projections"
)

// Each part reads the rows that its port names, and no others.

// syncRows are the rows as the attempts and their scheduler know them.
type syncRows struct {
	*projections.Progress
	projections.WorkRows
	projections.RouteRows
}

func syncRowsOf(v *projections.Views) syncRows { return syncRows{v.Progress, v.Work, v.Routes} }

// stallRows are the rows in which stalled syncs are found.
type stallRows struct {
	projections.WorkRows
	projections.SyncRows
}

// activityRows are the rows of tasks and appointments that are to be read.
type activityRows struct {
	*projections.Progress
	projections.ActivityRows
	projections.RouteRows
}

// unreadRows are the rows of matters and contacts that are to be read.
type unreadRows struct {
	*projections.Progress
	projections.ResourceRows
}

// goneRows are the rows of contacts that are gone from Smokeball.
type goneRows struct {
	*projections.Progress
	projections.GoneContactRows
}

// settledRows are the rows of differences that the owner of the field settles.
type settledRows struct {
	*projections.Progress
	projections.ConnectionRows
	projections.DriftRows
}

// checkRows are the rows of checks that people asked for, and of what these have read.
type checkRows struct {
	*projections.Progress
	projections.CheckRows
	projections.ResourceRows
}

// currentRows are the rows that a firm's connection is described by.
type currentRows struct {
	*projections.Progress
	projections.ConnectionRows
	projections.WorkRows
	projections.DriftRows
}

func currentRowsOf(v *projections.Views) currentRows {
	return currentRows{v.Progress, v.Connections, v.Work, v.Drift}
}

// firmRows are the rows as the connection service and its reconciler know them.
type firmRows struct {
	*projections.Progress
	connections projections.ConnectionRows
}

func (r firmRows) FollowFirms() (changed func(fn func(connect.FirmState)) error, stop func()) {
	rows, stop := r.connections.Follow()
	return func(fn func(connect.FirmState)) error {
		return rows(func(c projections.ConnectionRow) { fn(firmState(c)) })
	}, stop
}

func (r firmRows) FirmState(f domain.FirmID) (connect.FirmState, error) {
	row, err := r.connections.Connection(f)
	return firmState(row), err
}

func firmState(c projections.ConnectionRow) connect.FirmState {
	return connect.FirmState{Firm: c.Firm, Connection: c.Connection, Heard: c.WebhookActivity()}
}

// ids are the firms that have a row.
func (r firmRows) ids() (list []domain.FirmID, err error) {
	err = r.connections.EachConnection(func(c projections.ConnectionRow) { list = append(list, c.Firm) })
	return list, err
}

func (r firmRows) Heard(f domain.FirmID) (domain.WebhookActivity, error) {
	row, err := r.connections.Connection(f)
	return row.WebhookActivity(), err
}

// sweptRows are the rows as the sweeper knows them.
type sweptRows struct {
	*projections.Progress
	projections.ResourceRows
	connections projections.ConnectionRows
	sweeps      sweeps
}

func (r sweptRows) FollowSwept() (changed func(fn func(readback.SweptFirm)) error, stop func()) {
	rows, stop := r.connections.Follow()
	return func(fn func(readback.SweptFirm)) error {
		every := r.sweeps.Every()
		return rows(func(row projections.ConnectionRow) { fn(sweptFirm(row, every)) })
	}, stop
}

func (r sweptRows) SweptFirm(f domain.FirmID) (readback.SweptFirm, error) {
	row, err := r.connections.Connection(f)
	return sweptFirm(row, r.sweeps.Every()), err
}

func sweptFirm(row projections.ConnectionRow, every time.Duration) readback.SweptFirm {
	return readback.SweptFirm{SweepNeeds: row.SweepNeeds(every, time.Now()), Sweeps: row.Sweeps}
}

// bulkRows are the rows as bulk syncs know them.
type bulkRows struct {
	*projections.Progress
	bulks   projections.BulkRows
	syncs   projections.SyncRows
	matters projections.MatterRows
}

func bulkRowsOf(v *projections.Views) bulkRows {
	return bulkRows{v.Progress, v.Bulks, v.Syncs, v.Matters}
}

func (r bulkRows) ActiveBulks() ([]bulk.Ref, error) {
	rows, err := r.bulks.ActiveBulks()
	refs := make([]bulk.Ref, len(rows))
	for i, r := range rows {
		refs[i] = bulk.Ref{Firm: r.Firm, ID: r.ID}
	}
	return refs, err
}

func (r bulkRows) Choose(f domain.FirmID, s domain.BulkScope) ([]domain.MatterID, error) {
	if s.Matters != nil {
		return s.Matters, nil
	}
	return reading.ChooseMatters(r.matters, r.matters, f, s)
}

func (r bulkRows) SyncState(f domain.FirmID, id domain.SyncID) (bulk.State, bool, error) {
	e, ok, err := r.syncs.Sync(f, id)
	s := bulk.State{Status: e.Status}
	if e.Error != nil {
		s.Code = e.Error.Code
	}
	for _, step := range e.Steps {
		s.Linked = s.Linked || (step.Name == domain.StepMatter && step.Outcome == domain.OutcomeMatched)
	}
	return s, ok, err
}
