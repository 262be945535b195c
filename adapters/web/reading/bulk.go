package reading

import (
	"math"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// BulkBody is a bulk sync.
type BulkBody struct {
	ID        domain.BulkID     `json:"bulk_sync_id"`
	Status    domain.BulkStatus `json:"status" enum:"estimating,running,paused,done,cancelled"`
	Total     int               `json:"total" doc:"Matters; while it is estimating, those that were looked at so far."`
	Done      int               `json:"done" doc:"Matters whose sync succeeded."`
	Skipped   int               `json:"skipped" doc:"Matters of which Smokeball has everything already."`
	Failed    int               `json:"failed"`
	Waiting   int               `json:"waiting" doc:"Matters whose sync waits for somebody, and goes on by itself then."`
	Undecided int               `json:"undecided" doc:"With link_only: matters of which a person has to say which of Smokeball's matters they are."`
	NotThere  int               `json:"not_there" doc:"With link_only: matters that Smokeball does not have."`
	Linked    int               `json:"linked" doc:"Of those done: matters that Smokeball had already."`
	Calls     BulkCalls         `json:"calls"`
	Eta       *int              `json:"eta_seconds" doc:"null: not known yet."`
	Started   time.Time         `json:"started_at"`
	Finished  *time.Time        `json:"finished_at"`

	By       string       `json:"requested_by"`
	Estimate bool         `json:"estimate_only"`
	LinkOnly bool         `json:"link_only"`
	Expects  BulkExpected `json:"estimate"`
	Position uint64       `json:"position" doc:"The ledger position of its start: newer ones have higher ones."`
}

// BulkCalls counts calls of Smokeball's API.
type BulkCalls struct {
	Estimated int `json:"estimated"`
	Made      int `json:"made" doc:"Calls on record: those of the estimate and those of the syncs. Of the calls that an engine had not put on record when it was killed, those that write are counted by the next one, those that only read are not. A write that was on its way then may be counted though it was not made, or twice."`
}

// BulkExpected is what the estimate found.
type BulkExpected struct {
	NewClients int     `json:"new_clients"`
	Documents  int     `json:"documents"`
	Links      int     `json:"links" doc:"Matters that Smokeball has already, and that would be linked."`
	Lacking    int     `json:"lacking" doc:"Matters whose sync would wait or fail, such as for a mapping."`
	Seconds    float64 `json:"seconds" doc:"With the whole allowance to itself."`
}

// Bulk is the row in the form of the outside contract. rate is the allowance in calls a second.
func Bulk(r projections.BulkRow, now time.Time, rate float64) BulkBody {
	p := r.Progress
	b := BulkBody{ID: r.ID, Status: p.Status, Total: p.Total, Done: p.Results[domain.BulkSucceeded], Skipped: p.Results[domain.BulkSame], Failed: p.Results[domain.BulkFailed],
		Waiting: p.Results[domain.BulkWaits], Undecided: p.Results[domain.BulkUndecided], NotThere: p.Results[domain.BulkNotThere], Linked: p.Linked,
		Calls: BulkCalls{p.Estimated, p.Made}, Started: r.Started, By: r.By, Estimate: r.Estimate, LinkOnly: r.LinkOnly, Position: r.Position,
		Expects: BulkExpected{p.Estimate.NewClient, p.Estimate.Documents, p.Estimate.Links, p.Estimate.Lacking, secondsFor(p.Estimate.Calls, rate)}}
	if !p.Finished.IsZero() {
		b.Finished = &p.Finished
	}
	if left, ok := p.Left(now, rate); ok {
		seconds := int(math.Round(left.Seconds()))
		if !p.Status.Over() {
			seconds = max(1, seconds)
		}
		b.Eta = &seconds
	}
	return b
}

// Through is how many matters have an outcome.
func (b BulkBody) Through() int {
	return b.Done + b.Skipped + b.Failed + b.Waiting + b.Undecided + b.NotThere
}

// BulkOf finds one.
func BulkOf(rows ports.BulkRows, f domain.FirmID, id domain.BulkID) (projections.BulkRow, error) {
	r, ok, err := rows.Bulk(f, id)
	if err == nil && !ok {
		err = Unknown("bulk sync", "Look for it in the list of bulk syncs.")
	}
	return r, err
}

// ReportLine says what came of a matter in a bulk sync.
type ReportLine struct {
	Matter     domain.MatterID      `json:"matter_id"`
	CaseNumber string               `json:"case_number"`
	Outcome    domain.BulkResult    `json:"outcome" doc:"Empty: there is none yet; without a status, too: it was not started."`
	Status     domain.Status        `json:"status" doc:"Of its sync as it is now; empty: it needed none."`
	Sync       *domain.SyncID       `json:"sync_id"`
	Code       string               `json:"code"`
	Message    string               `json:"message"`
	Remedy     string               `json:"remedy"`
	Linked     bool                 `json:"linked"`
	Candidates []domain.SmokeballID `json:"candidates" doc:"Smokeball's matters that may be it; POST …/matters/{matter}/link decides."`
	Calls      int                  `json:"calls_estimated"`
}

// BulkReport lists every matter of a bulk sync.
func BulkReport(b domain.Bulk, matters ports.Matters, history ports.History, f domain.FirmID) ([]ReportLine, error) {
	lines := make([]ReportLine, 0, len(b.Matters))
	for i, m := range b.Matters {
		o := b.Outcomes[i]
		l := ReportLine{Matter: m.ID, Outcome: o.Outcome, Sync: Known(o.Sync), Code: string(o.Code), Linked: o.Linked, Candidates: append([]domain.SmokeballID{}, o.Candidates...), Calls: m.Calls}
		row, _, err := matters.Matter(f, m.ID)
		if err != nil {
			return nil, err
		}
		l.CaseNumber = row.Matter.Data.CaseNumber
		if sync, begun := o.Sync, o.Outcome != ""; sync != "" || !begun {
			if !begun { // it may be on its way, or have ended after the bulk sync was cancelled
				sync = domain.SyncIDFor(f, m.ID, b.Origin())
			}
			e, there, err := history.Sync(f, sync)
			if err != nil {
				return nil, err
			}
			if there {
				l.Sync = Known(sync)
			}
			if l.Status = e.Status; e.Error != nil {
				l.Code, l.Message, l.Remedy = string(e.Error.Code), e.Error.Message, e.Error.Remedy
			}
		}
		if o.Outcome == domain.BulkUndecided {
			l.Code, l.Message, l.Remedy = "link_undecided", "Smokeball has a matter with this case number, and its client does not fit", "A firm admin opens the matter and links it by hand, or gives one of the two another number."
		}
		if l.Code == string(domain.CodeMatterUnknown) && l.Message == "" {
			l.Message, l.Remedy = "CaseHug has not announced this matter", "Check its id."
		}
		lines = append(lines, l)
	}
	return lines, nil
}
