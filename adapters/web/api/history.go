package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

type historyInput struct {
	Reading
	reading.Paging
	Matter  string    `query:"matter_id"`
	Status  []string  `query:"status,explode" doc:"One or more of queued, running, waiting, confirming, succeeded, failed, skipped, cancelled; repeated or separated by commas."`
	Trigger string    `query:"trigger" doc:"What asked for the sync."`
	From    time.Time `query:"from" doc:"Queued at or after."`
	To      time.Time `query:"to" doc:"Queued before."`
	Text    string    `query:"q" maxLength:"200" doc:"In ids, title, case number or error, without regard to case."`
}

func (in historyInput) query() (projections.HistoryQuery, error) {
	q := projections.HistoryQuery{Matter: domain.MatterID(in.Matter), Trigger: domain.Trigger(in.Trigger),
		From: in.From, To: in.To, Text: in.Text, Limit: in.Limit}
	if in.Trigger != "" && !slices.Contains(reading.Triggers(), in.Trigger) {
		return q, problem.Invalid("query.trigger", "must be one of "+strings.Join(reading.Triggers(), ", "))
	}
	var err error
	if q.Status, err = reading.StatusesOf(in.Status); err != nil {
		return q, err
	}
	q.Before, err = in.Before()
	return q, err
}

// History is a firm's sync history.
type History struct {
	Rows  ports.History
	Kept  reading.Kept
	Syncs ports.Syncs
}

// List lists syncs, newest first.
func (h History) List(_ context.Context, in *historyInput) (*answer[list[projections.Entry]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	page, err := h.Rows.History(in.firm(), q)
	body := listOf(page.Entries, page.Next)
	body.Partial = page.Partial
	return &answer[list[projections.Entry]]{Body: body}, err
}

type syncInput struct {
	Reading
	ID string `path:"id" doc:"The sync's id."`
}

// Get answers with one sync.
func (h History) Get(_ context.Context, in *syncInput) (*answer[projections.Entry], error) {
	e, err := reading.Sync(h.Rows, h.Kept, in.firm(), domain.SyncID(in.ID))
	return &answer[projections.Entry]{Body: e}, err
}

// syncBody names the sync that a request led to.
type syncBody struct {
	ID       domain.SyncID `json:"id"`
	Sync     domain.SyncID `json:"sync_id" doc:"The same as id."`
	Status   domain.Status `json:"status"`
	Position uint64        `json:"position" doc:"The ledger position that includes the request."`
}

type retryInput struct {
	FirmPath
	ID string `path:"id" doc:"The ended sync's id."`
}

// Retry asks for another sync of the matter.
func (h History) Retry(ctx context.Context, in *retryInput) (*change[syncBody], error) {
	id, position, err := h.Syncs.Retry(ctx, auth.User(ctx), domain.SyncID(in.ID))
	if err != nil {
		return nil, err
	}
	return requested(h.Rows, in.firm(), id, position)
}

type cancelInput struct {
	FirmPath
	ID string `path:"id" doc:"The sync's id; it is queued or waits."`
}

// Cancel cancels a sync.
func (h History) Cancel(ctx context.Context, in *cancelInput) (*change[syncBody], error) {
	id := domain.SyncID(in.ID)
	position, err := h.Syncs.Cancel(ctx, auth.User(ctx), id)
	if err != nil {
		return nil, err
	}
	return changed(position, syncBody{ID: id, Sync: id, Status: domain.Cancelled, Position: position}), nil
}

// requested is the sync that a request led to: queued, unless the rows show that it is
// further already.
func requested(rows ports.History, firm domain.FirmID, id domain.SyncID, position uint64) (*change[syncBody], error) {
	b := syncBody{ID: id, Sync: id, Status: domain.Queued, Position: position}
	e, ok, err := rows.Sync(firm, id)
	if ok && !e.Status.Ended() {
		b.Status = e.Status
	}
	return changed(position, b), err
}
