package reading

import (
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
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
	Status      *string              `json:"status" doc:"What Smokeball was last seen to have; what it was told, where it was not seen yet."`
	TypeID      *string              `json:"matter_type_id"`
	TypeName    *string              `json:"matter_type"`
	Confirmed   bool                 `json:"confirmed" doc:"It, and its last change, was seen there."`
	ConfirmedAt *time.Time           `json:"confirmed_at"`
	ConfirmedBy *domain.Proof        `json:"confirmed_by"`
}

// MatterBody is a matter as both sides have it, and what happened to it.
type MatterBody struct {
	MatterSummary
	PracticeArea string            `json:"practice_area"`
	Jurisdiction string            `json:"jurisdiction"`
	Client       domain.ClientData `json:"client"`
	Fields       []fieldBody       `json:"fields"`
	Documents    []documentBody    `json:"documents"`
	Timeline     []momentBody      `json:"timeline" doc:"The last 100 moments, newest first."`
}

// documentBody is an approved document.
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

// momentBody is something that happened to the matter.
type momentBody struct {
	At       time.Time      `json:"at"`
	Event    string         `json:"event"`
	Text     string         `json:"text"`
	Sync     *domain.SyncID `json:"sync_id"`
	Position uint64         `json:"position"`
}

// Summary is the row as a list shows it.
func Summary(r projections.MatterRow) MatterSummary {
	d := r.Matter.Data
	return MatterSummary{
		ID: r.ID, Firm: r.Firm, Title: d.Title, CaseNumber: d.CaseNumber, CaseType: d.CaseType, Status: d.Status,
		Version: d.Version, ClientName: d.Client.Name(), Position: r.Position,
		Sync:      lastSyncBody{ID: Known(r.LastSync), Status: Known(r.Status), Error: r.Failure},
		Smokeball: inSmokeball(r),
	}
}

func inSmokeball(r projections.MatterRow) smokeballMatter {
	l := r.Matter.Smokeball
	b := smokeballMatter{ID: Known(l.ID), Confirmed: l.Confirmed, Contacts: []domain.SmokeballID{}, Files: []domain.SmokeballID{},
		Status: Known(l.Sent.Status), TypeID: Known(l.Sent.MatterTypeID), TypeName: Known(r.TypeName),
		ConfirmedAt: Known(r.Confirmed), ConfirmedBy: Known(r.Proof)}
	if v := l.There.Values; v != nil {
		b.Status, b.TypeID = Known(v.Status), Known(v.TypeID)
		if v.TypeName != "" {
			b.TypeName = &v.TypeName
		}
	}
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

// MatterOf is the row as both sides have the matter.
func MatterOf(rows ports.Matters, r projections.MatterRow) (MatterBody, error) {
	list, err := rows.MatterFields(r)
	return matterWith(r, list), err
}

func matterWith(r projections.MatterRow, list []projections.Field) MatterBody {
	d := r.Matter.Data
	b := MatterBody{MatterSummary: Summary(r), PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction, Client: d.Client,
		Fields: fieldBodies(list), Documents: []documentBody{}, Timeline: []momentBody{}}
	for _, doc := range r.Matter.Documents {
		b.Documents = append(b.Documents, documentBody{
			ID: doc.Data.ID, FileName: doc.Data.FileName, SizeBytes: doc.Data.SizeBytes, SHA256: doc.Data.SHA256,
			ApprovedBy: doc.Data.ApprovedBy, ApprovedAt: doc.Data.ApprovedAt,
			State: documentState(doc), File: Known(doc.File), Error: doc.Failure,
		})
	}
	for _, m := range slices.Backward(r.Timeline) {
		b.Timeline = append(b.Timeline, momentBody{At: m.At, Event: m.Event, Text: m.Text, Sync: Known(m.Sync), Position: m.Position})
	}
	return b
}

// MatterQuery is a page of a firm's matters; its problem names the parameter that is wrong.
func MatterQuery(text, status string, page Paging) (projections.MatterQuery, error) {
	q := projections.MatterQuery{Text: text, Status: domain.Status(status), Limit: page.Limit}
	if status != "" && !slices.Contains(Statuses(), status) {
		return q, problem.Invalid("query.status", "must be one of "+strings.Join(Statuses(), ", "))
	}
	var err error
	q.Before, err = page.Before()
	return q, err
}

// Matter is one matter of the firm, or a Rejection (Unknown).
func Matter(rows ports.Matters, firm domain.FirmID, id domain.MatterID) (projections.MatterRow, error) {
	row, ok, err := rows.Matter(firm, id)
	if err == nil && !ok {
		err = Unknown("matter", "Look for it in the list of matters; CaseHug may not have announced it yet.")
	}
	return row, err
}
