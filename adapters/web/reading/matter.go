package reading

import (
	"maps"
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
	Differs    []string        `json:"differs" doc:"Fields of the matter that Smokeball is known to have otherwise."`
	Changing   bool            `json:"changing" doc:"The matter, or its client's contact, may have changed in Smokeball and is being read: until then differs is what was seen before."`
	// State is how the matter stands, in one word.
	State    projections.MatterState `json:"state" enum:"active,waiting,failed,undecided,casehug_only,changing,differs,unread,in_sync" doc:"How the matter stands: its sync is under way, waits or failed; a person has to say which of Smokeball's matters it is; it is not in Smokeball; it may have changed there and is being read (no filter finds these by it); a field differs; it was not read yet; or both sides have the same."`
	LastAt   *time.Time              `json:"last_sync_at" doc:"When its last sync was asked for, began, or ended."`
	Position uint64                  `json:"position" doc:"The ledger position of its first event: newer matters have higher ones."`
}

// lastSyncBody is the matter's sync that runs, waits, or ended last.
type lastSyncBody struct {
	ID     *domain.SyncID       `json:"id"`
	Status *domain.Status       `json:"status"`
	Error  *projections.Failure `json:"error"`
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
	Fields       []FieldBody       `json:"fields"`
	Documents    []documentBody    `json:"documents"`
	Timeline     []momentBody      `json:"timeline" doc:"The last 90 moments, newest first, and then the first 10."`
	Unlinked     *partedBody       `json:"unlinked" doc:"A firm admin unlinked it, and nobody has said since what it is to become: no sync makes another matter by itself."`
}

// documentBody is an approved document.
type documentBody struct {
	ID         domain.DocumentID    `json:"document_id"`
	FileName   string               `json:"file_name"`
	SizeBytes  *int64               `json:"size_bytes"`
	SHA256     string               `json:"sha256"`
	ApprovedBy string               `json:"approved_by"`
	ApprovedAt *time.Time           `json:"approved_at"`
	State      string               `json:"state" enum:"waiting,announced,uploaded,confirmed,failed,removed" doc:"removed: people removed the file in Smokeball; it is uploaded again when CaseHug approves it again."`
	RemovedAt  *time.Time           `json:"removed_at" doc:"When people removed the file in Smokeball; null: nobody did."`
	File       *domain.SmokeballID  `json:"smokeball_file_id"`
	Error      *projections.Failure `json:"error"`
}

// momentBody is something that happened to the matter.
type momentBody struct {
	At       time.Time      `json:"at"`
	Event    string         `json:"event"`
	Text     string         `json:"text"`
	Sync     *domain.SyncID `json:"sync_id"`
	Position uint64         `json:"position"`
	Times    int            `json:"times" doc:"How often the same happened to the sync, such as a try that led to the same wait; at is the last time."`
	First    *time.Time     `json:"first_at" doc:"The first time, if it happened more than once."`
}

// Summary is the row as a list shows it.
func Summary(r projections.MatterRow) MatterSummary {
	d := r.Matter.Data
	return MatterSummary{
		ID: r.ID, Firm: r.Firm, Title: d.Title, CaseNumber: d.CaseNumber, CaseType: d.CaseType, Status: d.Status,
		Version: d.Version, ClientName: d.Client.Name(), Position: r.Position,
		Sync:      lastSyncBody{ID: Known(r.LastSync), Status: Known(r.Status), Error: projections.FailureOf(r.Failure)},
		Smokeball: inSmokeball(r),
		Differs:   append([]string{}, slices.Sorted(maps.Keys(r.Differs))...), Changing: r.Changing, State: r.StateNow(), LastAt: Known(r.SyncAt),
	}
}

func inSmokeball(r projections.MatterRow) smokeballMatter {
	l := r.Matter.Smokeball
	b := smokeballMatter{ID: Known(l.ID), Confirmed: l.Confirmed, Contacts: []domain.SmokeballID{}, Files: []domain.SmokeballID{},
		Status: Known(l.Sent.Status), TypeID: Known(l.Sent.MatterTypeID)}
	if l.ID != "" { // after an unlinking the row still tells of the former matter
		b.TypeName, b.ConfirmedAt, b.ConfirmedBy = Known(r.TypeName), Known(r.Confirmed), Known(r.Proof)
	}
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
		if d.File != "" && d.Removed == nil {
			b.Files = append(b.Files, d.File)
		}
	}
	return b
}

func matterWith(r projections.MatterRow, fields []FieldBody) MatterBody {
	d := r.Matter.Data
	b := MatterBody{MatterSummary: Summary(r), PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction, Client: d.Client,
		Fields: fields, Documents: []documentBody{}, Timeline: []momentBody{}, Unlinked: parted(r.Matter)}
	for _, doc := range r.Matter.Documents {
		removed := time.Time{}
		if doc.Removed != nil {
			removed = doc.Removed.At
		}
		b.Documents = append(b.Documents, documentBody{RemovedAt: Known(removed),
			ID: doc.Data.ID, FileName: doc.Data.FileName, SizeBytes: doc.Data.SizeBytes, SHA256: doc.Data.SHA256,
			ApprovedBy: doc.Data.ApprovedBy, ApprovedAt: doc.Data.ApprovedAt,
			State: documentState(doc), File: Known(doc.File), Error: projections.FailureOf(doc.Failure),
		})
	}
	for _, m := range slices.Backward(r.Timeline) {
		b.Timeline = append(b.Timeline, momentBody{At: m.At, Event: m.Event, Text: m.Words(), Sync: Known(m.Sync), Position: m.Position, Times: max(m.Times, 1), First: Known(m.First)})
	}
	return b
}

// MatterQuery is a page of a firm's matters; its problem names the parameter that is wrong.
func MatterQuery(text, status, state string, page Paging) (projections.MatterQuery, error) {
	q := projections.MatterQuery{Text: text, Status: domain.Status(status), State: projections.MatterState(state), Limit: page.Limit}
	if state != "" && !slices.Contains(projections.MatterStates(), q.State) {
		return q, problem.Invalid("query.state", "must be one of "+stateWords())
	}
	if status != "" && !slices.Contains(Statuses(), status) {
		return q, problem.Invalid("query.status", "must be one of "+strings.Join(Statuses(), ", "))
	}
	var err error
	q.Before, err = page.Before()
	return q, err
}

func stateWords() string {
	var all []string
	for _, s := range projections.MatterStates() {
		all = append(all, string(s))
	}
	return strings.Join(all, ", ")
}

// Matter is one matter of the firm, or a Rejection (Unknown).
func Matter(rows ports.Matters, firm domain.FirmID, id domain.MatterID) (projections.MatterRow, error) {
	row, ok, err := rows.Matter(firm, id)
	if err == nil && !ok {
		err = Unknown("matter", "Look for it in the list of matters; CaseHug may not have announced it yet.")
	}
	return row, err
}
