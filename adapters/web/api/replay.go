package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// ReplayDoc describes a replay.
const ReplayDoc = "Goes through the history of the firm's matters once more, newest first, as if its mappings had always been others: a change as for a dry run, or none for the mappings of today. " +
	"Of each matter it tells which matter type it got and would have got, and which calls its syncs would have made. Of syncs that wait for a matter type and would go on, the first ten of an answer are gone through as a preview does. Nothing is sent and nothing is recorded."

// Replays tells what would have become of matters.
type Replays struct {
	Reader    reading.ReplayReader
	Allowance ports.Allowance
	Progress  ports.Progress
}

type replayInput struct {
	FirmPath
	reading.Paging
	Matter string `query:"matter" doc:"Only this matter."`
	Body   *dryRunGiven
}

// ReplayBody is a part of a replay.
type ReplayBody struct {
	Items    []ReplayedBody       `json:"items" doc:"Newest matters first."`
	Estimate reading.EstimateBody `json:"estimate" doc:"Of the calls of the syncs in this answer that would go on now."`
	About    bool                 `json:"estimate_is_rough" doc:"Some of these syncs were not gone through: their calls are null, and as many as the others have on average."`
	Next     *string              `json:"next_cursor" doc:"The cursor of the rest; null at the end."`
	Revision int                  `json:"revision" doc:"Of the firm's mappings, that the change was tried against."`
	Position uint64               `json:"position" doc:"The ledger position that the list of matters includes."`
}

// ReplayedBody is a matter in a replay.
type ReplayedBody struct {
	ID         domain.MatterID      `json:"matter_id"`
	CaseNumber string               `json:"case_number"`
	Title      string               `json:"title"`
	CaseType   string               `json:"case_type"`
	Outcome    domain.ReplayOutcome `json:"outcome" enum:"not_synced,same,other_matter_type,would_wait,would_go_on,waits"`
	Syncs      int                  `json:"syncs" doc:"How often a sync of it was started."`
	Was        *chosenBody          `json:"was" doc:"The matter type that its syncs chose last; null: none did."`
	Would      *wouldBody           `json:"would" doc:"What the mappings that are tried give; null: no sync came to choose."`
	Calls      []ReplayedCallBody   `json:"calls" nullable:"true" doc:"The calls that write, which its syncs would have made, oldest first; of a sync that would go on, all calls that it would make now. null: not gone through."`
	Withheld   int                  `json:"withheld_calls" doc:"Calls of its history that would not have been made, because it would have waited."`
}

// wouldBody is what mappings give, where a sync asked.
type wouldBody struct {
	_          struct{}      `nullable:"true"`
	TypeID     *string       `json:"matter_type_id"`
	TypeName   *string       `json:"matter_type_name"`
	How        string        `json:"how" enum:"custom,exact,normalised,unmapped" doc:"As in a dry run."`
	Mapping    *resolvedRule `json:"mapping" doc:"The mapping that decides; null: none does."`
	ClientRole string        `json:"client_role" doc:"Empty: the matter type's default."`
}

type chosenBody struct {
	_          struct{} `nullable:"true"`
	TypeID     string   `json:"matter_type_id"`
	TypeName   string   `json:"matter_type_name"`
	ClientRole string   `json:"client_role" doc:"Empty: the matter type's default."`
}

// ReplayedCallBody is a call in a replay.
type ReplayedCallBody struct {
	At      *time.Time      `json:"at" doc:"When the history has it; null: it would be made now."`
	Sync    *domain.SyncID  `json:"sync_id"`
	Method  string          `json:"method"`
	Path    string          `json:"path"`
	Body    json.RawMessage `json:"body" doc:"Of a past call only what mappings decide; null: nothing of it."`
	Changed bool            `json:"changed" doc:"It would have had another body."`
	Why     string          `json:"why"`
}

// Firm replays the firm's history.
func (r Replays) Firm(ctx context.Context, in *replayInput) (*answer[ReplayBody], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	position := r.Progress.Position() // before the rows, which may include more but never less
	page, err := r.Reader.Replay(ctx, auth.Actor(ctx, in.firm()), q)
	if x := domain.AsRejection(err); x != nil {
		return nil, problem.Rejected(x) // a replay is no command: its rejection is not recorded
	}
	if err != nil {
		return nil, err
	}
	rate := r.Allowance.Usage(in.firm()).PerSecond
	b := ReplayBody{Items: []ReplayedBody{}, Estimate: page.Estimate(rate), About: page.About, Next: reading.Cursor(page.Next), Revision: page.Now.Revision, Position: position}
	for _, m := range page.Items {
		b.Items = append(b.Items, replayedOf(m))
	}
	return &answer[ReplayBody]{Body: b}, nil
}

func (in *replayInput) query() (q reading.ReplayQuery, err error) {
	q = reading.ReplayQuery{Matter: domain.MatterID(in.Matter), Limit: in.Limit}
	if q.Before, err = in.Before(); err != nil {
		return q, err
	}
	if in.Body != nil && !in.Body.empty() {
		c, err := in.Body.change()
		q.Change = &c
		return q, err
	}
	return q, nil
}

// empty reports whether no change is given.
func (b dryRunGiven) empty() bool {
	return b.TriedMapping == (TriedMapping{}) && b.Remove == nil && b.Mappings == nil
}

func replayedOf(m reading.ReplayedMatter) ReplayedBody {
	d := m.Matter.Data
	b := ReplayedBody{ID: m.ID, CaseNumber: d.CaseNumber, Title: d.Title, CaseType: d.CaseType, Outcome: m.Outcome, Syncs: m.Syncs, Withheld: m.Withheld}
	if m.Was.TypeID != "" {
		b.Was = &chosenBody{TypeID: m.Was.TypeID, TypeName: m.Was.TypeName, ClientRole: m.Was.Role}
	}
	if m.Outcome != domain.ReplayNone {
		r := resolved(m.Replay.Then)
		b.Would = &wouldBody{TypeID: r.TypeID, TypeName: r.TypeName, How: r.How, Mapping: r.Mapping, ClientRole: r.ClientRole}
	}
	switch {
	case m.Goes != nil:
		b.Calls = []ReplayedCallBody{}
		for _, c := range m.Goes.Calls {
			b.Calls = append(b.Calls, ReplayedCallBody{Method: c.Method, Path: c.Path, Body: c.Body, Why: reading.Why(c.Op)})
		}
	case m.Outcome != domain.ReplayGoes:
		b.Calls = []ReplayedCallBody{}
		for _, c := range m.Calls {
			b.Calls = append(b.Calls, ReplayedCallBody{At: &c.At, Sync: &c.Sync, Method: c.Method, Path: c.Path, Body: c.Body, Changed: c.Changed, Why: reading.Why(c.Op)})
		}
	}
	return b
}
