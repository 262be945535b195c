package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// The words of the contract. Some of them nothing has yet; asking for them is not
// wrong, it finds nothing.
const (
	statusWords  = "queued running waiting confirming succeeded failed skipped cancelled"
	triggerWords = "matter_created matter_updated document_approved client_updated manual bulk retry reconcile"
)

type historyInput struct {
	Reading
	Paging
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
	if in.Trigger != "" && !isWord(triggerWords, in.Trigger) {
		return q, invalid("query.trigger", "must be one of "+spokenList(triggerWords))
	}
	var err error
	if q.Status, err = statusesOf(in.Status); err != nil {
		return q, err
	}
	q.Before, err = in.before()
	return q, err
}

// statusesOf reads statuses that are repeated, separated by commas, or both.
func statusesOf(values []string) ([]domain.Status, error) {
	var statuses []domain.Status
	for word := range strings.SplitSeq(strings.Join(values, ","), ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		if !isWord(statusWords, word) {
			return nil, invalid("query.status", "must be one of "+spokenList(statusWords))
		}
		statuses = append(statuses, domain.Status(word))
	}
	return statuses, nil
}

// Statuses are the statuses that a history can be narrowed by.
func Statuses() []string { return strings.Fields(statusWords) }

// Triggers are the triggers that a history can be narrowed by.
func Triggers() []string { return strings.Fields(triggerWords) }

func isWord(words, word string) bool { return slices.Contains(strings.Fields(words), word) }

func spokenList(words string) string { return strings.Join(strings.Fields(words), ", ") }

func (s *site) listHistory(_ context.Context, in *historyInput) (*answer[list[projections.Entry]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	page, err := s.Views.History(in.firm(), q)
	return &answer[list[projections.Entry]]{Body: listOf(page.Entries, page.Next)}, err
}

type syncInput struct {
	Reading
	ID string `path:"id" doc:"The sync's id."`
}

func (s *site) getSync(_ context.Context, in *syncInput) (*answer[projections.Entry], error) {
	e, err := s.sync(in.firm(), domain.SyncID(in.ID))
	return &answer[projections.Entry]{Body: e}, err
}

// sync is one entry of the firm's history, or a Rejection (Unknown).
func (s *site) sync(firm domain.FirmID, id domain.SyncID) (projections.Entry, error) {
	e, ok, err := s.Views.Sync(firm, id)
	if err == nil && !ok {
		err = unknown("sync", "Look for it in the sync history.")
	}
	return e, err
}

// syncBody says which sync a request led to.
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

func (s *site) retrySync(ctx context.Context, in *retryInput) (*change[syncBody], error) {
	id, position, err := s.Syncs.Retry(ctx, userOf(ctx), domain.SyncID(in.ID))
	if err != nil {
		return nil, err
	}
	return s.requested(in.firm(), id, position)
}

type cancelInput struct {
	FirmPath
	ID string `path:"id" doc:"The sync's id; it is queued or waits."`
}

func (s *site) cancelSync(ctx context.Context, in *cancelInput) (*change[syncBody], error) {
	id := domain.SyncID(in.ID)
	position, err := s.Syncs.Cancel(ctx, userOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return changed(position, syncBody{ID: id, Sync: id, Status: domain.Cancelled, Position: position}), nil
}

// requested answers with the sync that a request led to: queued, unless the rows
// know already that it is further.
func (s *site) requested(firm domain.FirmID, id domain.SyncID, position uint64) (*change[syncBody], error) {
	b := syncBody{ID: id, Sync: id, Status: domain.Queued, Position: position}
	e, ok, err := s.Views.Sync(firm, id)
	if ok && !e.Status.Ended() {
		b.Status = e.Status
	}
	return changed(position, b), err
}
