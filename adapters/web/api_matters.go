package web

import (
	"context"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// MatterSummary is a matter as a list shows it.
type MatterSummary struct {
	ID         domain.MatterID `json:"matter_id"`
	Firm       domain.FirmID   `json:"firm_id"`
	Title      string          `json:"title"`
	CaseNumber string          `json:"case_number"`
	CaseType   string          `json:"case_type"`
	Status     string          `json:"status" doc:"In CaseHug: active, pending or closed; empty while CaseHug has not announced the matter."`
	Version    int             `json:"version"`
	ClientName string          `json:"client_name"`
	Sync       lastSyncBody    `json:"sync"`
	Smokeball  smokeballMatter `json:"smokeball"`
	Position   uint64          `json:"position" doc:"The ledger position of its first event: newer matters have higher ones."`
}

// lastSyncBody is the matter's sync that runs, waits, or ended last.
type lastSyncBody struct {
	ID     *domain.SyncID  `json:"id"`
	Status *domain.Status  `json:"status"`
	Error  *domain.Failure `json:"error"`
}

// smokeballMatter is what Smokeball has of the matter.
type smokeballMatter struct {
	ID          *domain.SmokeballID  `json:"matter_id"`
	Contacts    []domain.SmokeballID `json:"contact_ids"`
	Files       []domain.SmokeballID `json:"file_ids"`
	Status      *string              `json:"status" doc:"What Smokeball was last told or had."`
	TypeID      *string              `json:"matter_type_id"`
	TypeName    *string              `json:"matter_type"`
	Confirmed   bool                 `json:"confirmed" doc:"It, and its last change, was seen there."`
	ConfirmedAt *time.Time           `json:"confirmed_at"`
	ConfirmedBy *domain.Proof        `json:"confirmed_by"`
}

// matterBody is a matter as both sides have it, and what happened to it.
type matterBody struct {
	MatterSummary
	PracticeArea string            `json:"practice_area"`
	Jurisdiction string            `json:"jurisdiction"`
	Client       domain.ClientData `json:"client"`
	Fields       []fieldBody       `json:"fields"`
	Documents    []documentBody    `json:"documents"`
	Timeline     []momentBody      `json:"timeline" doc:"The last 100 moments, newest first."`
}

type documentBody struct {
	ID         domain.DocumentID   `json:"document_id"`
	FileName   string              `json:"file_name"`
	SizeBytes  *int64              `json:"size_bytes"`
	SHA256     string              `json:"sha256"`
	ApprovedBy string              `json:"approved_by"`
	ApprovedAt *time.Time          `json:"approved_at"`
	State      string              `json:"state" enum:"waiting,announced,uploaded,confirmed,failed"`
	File       *domain.SmokeballID `json:"smokeball_file_id"`
	Error      *domain.Failure     `json:"error"`
}

type momentBody struct {
	At       time.Time      `json:"at"`
	Event    string         `json:"event"`
	Text     string         `json:"text"`
	Sync     *domain.SyncID `json:"sync_id"`
	Position uint64         `json:"position"`
}

func summary(r projections.MatterRow) MatterSummary {
	d := r.Matter.Data
	return MatterSummary{
		ID: r.ID, Firm: r.Firm, Title: d.Title, CaseNumber: d.CaseNumber, CaseType: d.CaseType, Status: d.Status,
		Version: d.Version, ClientName: d.Client.Name(), Position: r.Position,
		Sync:      lastSyncBody{ID: known(r.LastSync), Status: known(r.Status), Error: r.Failure},
		Smokeball: inSmokeball(r),
	}
}

func inSmokeball(r projections.MatterRow) smokeballMatter {
	l := r.Matter.Smokeball
	b := smokeballMatter{ID: known(l.ID), Confirmed: l.Confirmed, Contacts: []domain.SmokeballID{}, Files: []domain.SmokeballID{},
		Status: known(l.Sent.Status), TypeID: known(l.Sent.MatterTypeID), TypeName: known(r.TypeName),
		ConfirmedAt: known(r.Confirmed), ConfirmedBy: known(r.Proof)}
	for _, id := range r.Matter.Contacts {
		b.Contacts = append(b.Contacts, id)
	}
	slices.Sort(b.Contacts)
	for _, d := range r.Matter.Documents {
		if d.File != "" {
			b.Files = append(b.Files, d.File)
		}
	}
	return b
}

func matterOf(r projections.MatterRow) matterBody {
	d := r.Matter.Data
	b := matterBody{MatterSummary: summary(r), PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction, Client: d.Client,
		Fields: fields(r), Documents: []documentBody{}, Timeline: []momentBody{}}
	for _, doc := range r.Matter.Documents {
		b.Documents = append(b.Documents, documentBody{
			ID: doc.Data.ID, FileName: doc.Data.FileName, SizeBytes: doc.Data.SizeBytes, SHA256: doc.Data.SHA256,
			ApprovedBy: doc.Data.ApprovedBy, ApprovedAt: doc.Data.ApprovedAt,
			State: documentState(doc), File: known(doc.File), Error: doc.Failure,
		})
	}
	for _, m := range slices.Backward(r.Timeline) {
		b.Timeline = append(b.Timeline, momentBody{At: m.At, Event: m.Event, Text: m.Text, Sync: known(m.Sync), Position: m.Position})
	}
	return b
}

type mattersInput struct {
	Reading
	Paging
	Text   string `query:"q" maxLength:"200" doc:"In id, title, case number or client name, without regard to case."`
	Status string `query:"status" doc:"Of the matter's last sync."`
}

func (in mattersInput) query() (projections.MatterQuery, error) {
	q := projections.MatterQuery{Text: in.Text, Status: domain.Status(in.Status), Limit: in.Limit}
	if in.Status != "" && !isWord(statusWords, in.Status) {
		return q, invalid("query.status", "must be one of "+spokenList(statusWords))
	}
	var err error
	q.Before, err = in.before()
	return q, err
}

func (s *site) listMatters(_ context.Context, in *mattersInput) (*answer[list[MatterSummary]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	rows, next, err := s.Views.Matters(in.firm(), q)
	items := make([]MatterSummary, 0, len(rows))
	for _, r := range rows {
		items = append(items, summary(r))
	}
	return &answer[list[MatterSummary]]{Body: listOf(items, next)}, err
}

type matterInput struct {
	Reading
	Matter string `path:"matter" doc:"The matter's id in CaseHug."`
}

func (s *site) getMatter(_ context.Context, in *matterInput) (*answer[matterBody], error) {
	row, err := s.matter(in.firm(), domain.MatterID(in.Matter))
	return &answer[matterBody]{Body: matterOf(row)}, err
}

// matter is one matter of the firm, or a Rejection (Unknown).
func (s *site) matter(firm domain.FirmID, id domain.MatterID) (projections.MatterRow, error) {
	row, ok, err := s.Views.Matter(firm, id)
	if err == nil && !ok {
		err = unknown("matter", "Look for it in the list of matters; CaseHug may not have announced it yet.")
	}
	return row, err
}
