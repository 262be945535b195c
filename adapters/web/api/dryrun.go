package api

import (
	"cmp"
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// DryRunDoc describes what a dry run takes.
const DryRunDoc = "Give one mapping as in PUT (with its id if the firm has it; without, it stands for the firm's mapping of the same matters, or is new), " +
	"or remove, or mappings as the whole new list. Nothing is recorded or sent. Of the syncs that would go on, the first four are gone through as a preview does, which reads."

type dryRunInput struct {
	FirmPath
	reading.Paging
	Body dryRunGiven
}

// dryRunGiven is a change to try: a mapping, remove, or mappings.
type dryRunGiven struct {
	TriedMapping
	Remove   *string         `json:"remove,omitempty" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"The id of a mapping to take back, alone."`
	Mappings *[]TriedMapping `json:"mappings,omitempty" maxItems:"500" doc:"The whole list that would take the place of the firm's mappings, alone; empty: no mapping."`
}

// TriedMapping is a mapping that may be without an id.
type TriedMapping struct {
	ID           *string `json:"id,omitempty" nullable:"true" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Of the firm's mapping; left out: a new one."`
	CaseType     *string `json:"case_type,omitempty" maxLength:"1000" doc:"Needed for a mapping."`
	PracticeArea *string `json:"practice_area,omitempty" nullable:"true" maxLength:"1000" doc:"Only matters of this practice area; empty: of any."`
	Jurisdiction *string `json:"jurisdiction,omitempty" nullable:"true" maxLength:"1000" doc:"Only matters of this jurisdiction; empty: of any."`
	TypeID       *string `json:"matter_type_id,omitempty" maxLength:"200" doc:"A matter type of the firm's Smokeball account. Needed for a mapping."`
	ClientRole   *string `json:"client_role,omitempty" nullable:"true" maxLength:"200" doc:"One of the matter type's roles; empty: its default."`
}

func (m TriedMapping) mapping() domain.Mapping {
	return domain.Mapping{ID: domain.MappingID(text(m.ID)), CaseType: text(m.CaseType), PracticeArea: text(m.PracticeArea), Jurisdiction: text(m.Jurisdiction),
		MatterTypeID: text(m.TypeID), ClientRole: text(m.ClientRole)}
}

// change is the one change of the body.
func (b dryRunGiven) change() (domain.MappingChange, error) {
	var c domain.MappingChange
	given := 0
	if b.TriedMapping != (TriedMapping{}) {
		w := b.mapping()
		c.Revise, given = &w, given+1
	}
	if b.Remove != nil {
		c.Remove, given = domain.MappingID(*b.Remove), given+1
	}
	if b.Mappings != nil {
		list := []domain.Mapping{}
		for _, m := range *b.Mappings {
			list = append(list, m.mapping())
		}
		c.Whole, given = &list, given+1
	}
	if given != 1 {
		return c, problem.Invalid("", "needs one change: a mapping with case_type and matter_type_id, or remove, or mappings")
	}
	return c, nil
}

// dryRunBody is what a change would do.
type dryRunBody struct {
	Counts   dryRunCounts `json:"counts" doc:"Exact, of all of the firm's matters."`
	Items    []triedBody  `json:"items" doc:"The matters that the change concerns, newest first."`
	Estimate *costBody    `json:"estimate" doc:"What the change takes: the calls of the syncs that would go on. null: they can't be gone through now, or this is not the first part."`
	Next     *string      `json:"next_cursor" doc:"The cursor of the rest; null at the end."`
	Revision int          `json:"revision" doc:"Of the firm's mappings, that the change was tried against."`
	Position uint64       `json:"position" doc:"The ledger position that the answer includes."`
}

// costBody is what a change takes of Smokeball's allowance.
type costBody struct {
	_       struct{} `nullable:"true"`
	Syncs   int      `json:"syncs" doc:"That would go on."`
	Calls   int      `json:"calls" doc:"That they make."`
	Seconds float64  `json:"seconds" doc:"With the whole allowance to itself."`
	Rough   bool     `json:"rough" doc:"Some of the syncs were not gone through: as many calls as the others have on average."`
}

type dryRunCounts struct {
	Matters   int `json:"matters" doc:"Matters that were looked at."`
	Concerned int `json:"concerned" doc:"Matters of which the mappings would say something else, or whose sync would go on."`
	Changed   int `json:"changed" doc:"Matters that would get another matter type, or whose client another role."`
	Released  int `json:"released" doc:"Syncs that wait for a matter type and would go on."`
	Stopped   int `json:"stopped" doc:"Matters that have a matter type now and would wait for one."`
	Kept      int `json:"kept" doc:"Matters concerned that are in Smokeball and keep their type."`
}

// triedBody is a matter under the change.
type triedBody struct {
	ID           domain.MatterID `json:"matter_id"`
	CaseNumber   string          `json:"case_number"`
	Title        string          `json:"title"`
	CaseType     string          `json:"case_type"`
	PracticeArea string          `json:"practice_area"`
	Jurisdiction string          `json:"jurisdiction"`
	Now          resolvedBody    `json:"now" doc:"What the firm's mappings say today."`
	Then         resolvedBody    `json:"then" doc:"What they would say after the change."`
	Changes      bool            `json:"changes" doc:"It would get another matter type, or its client another role."`
	Released     bool            `json:"released" doc:"Its sync waits for a matter type and would go on."`
	Stops        bool            `json:"stops" doc:"Its next sync would wait for a matter type."`
	Keeps        bool            `json:"keeps_type" doc:"It is in Smokeball and keeps its type: Smokeball can't change it."`
	Has          *string         `json:"smokeball_matter_type_id" doc:"The type that it has in Smokeball; null: it is not there."`
	HasName      *string         `json:"smokeball_matter_type_name"`
	Calls        *int            `json:"calls" doc:"Calls that the change makes for it: those of its sync, if that would go on. null: not gone through."`
	Message      string          `json:"message" doc:"What becomes of it, for people."`
}

// resolvedBody is the matter type that mappings or defaults give.
type resolvedBody struct {
	TypeID     *string       `json:"matter_type_id"`
	TypeName   *string       `json:"matter_type_name"`
	How        string        `json:"how" enum:"custom,exact,normalised,unmapped" doc:"custom: by a mapping; exact: by the same name; normalised: by a similar name; unmapped: not at all."`
	Mapping    *resolvedRule `json:"mapping" doc:"The mapping that decides, also where its matter type is gone; null: none does."`
	ClientRole string        `json:"client_role" doc:"Empty: the matter type's default."`
	Nearest    []string      `json:"nearest" doc:"Names of matter types that come near, where there is none. A sync takes none of them by itself."`
}

type resolvedRule struct {
	_            struct{}          `nullable:"true"`
	ID           *domain.MappingID `json:"id" doc:"null: the mapping was given without one."`
	CaseType     string            `json:"case_type"`
	PracticeArea string            `json:"practice_area"`
	Jurisdiction string            `json:"jurisdiction"`
}

func resolved(r domain.Resolution) resolvedBody {
	b := resolvedBody{TypeID: reading.Known(r.Type.ID), TypeName: reading.Known(r.Type.Name), How: cmp.Or(string(r.How), "unmapped"), ClientRole: r.Role(), Nearest: append([]string{}, r.Nearest...)}
	if k := r.Mapping; k != nil {
		b.Mapping = &resolvedRule{CaseType: k.CaseType, PracticeArea: k.PracticeArea, Jurisdiction: k.Jurisdiction}
		if k.Named() {
			b.Mapping.ID = reading.Known(k.ID)
		}
	}
	return b
}

// DryRun tries a change without making it.
func (m Mappings) DryRun(ctx context.Context, in *dryRunInput) (*answer[dryRunBody], error) {
	c, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	before, err := in.Before()
	if err != nil {
		return nil, err
	}
	position := m.Progress.Position() // before the rows, which may include more but never less
	v, err := m.DryRuns.Try(ctx, auth.Actor(ctx, in.firm()), c, before, in.Limit)
	if r := domain.AsRejection(err); r != nil {
		return nil, problem.Rejected(r) // a dry run is no command: its rejection is not recorded
	}
	if err != nil {
		return nil, err
	}
	b := dryRunBody{Items: []triedBody{}, Next: reading.Cursor(v.Next), Revision: v.Now.Revision, Position: position,
		Counts: dryRunCounts{v.Matters, v.Concerned, v.Changed, v.Released, v.Stopped, v.Kept}}
	if v.Cost != nil {
		b.Estimate = &costBody{Syncs: v.Cost.Syncs, Calls: v.Cost.Calls, Seconds: v.Estimate.Seconds, Rough: v.Cost.About}
	}
	for _, i := range v.Items {
		t := triedOf(i)
		if n, known := v.Calls(i); known {
			t.Calls = &n
		}
		b.Items = append(b.Items, t)
	}
	return &answer[dryRunBody]{Body: b}, nil
}

func triedOf(m reading.MatterImpact) triedBody {
	d := m.Matter.Data
	return triedBody{ID: m.ID, CaseNumber: d.CaseNumber, Title: d.Title, CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction,
		Now: resolved(m.Now), Then: resolved(m.Then), Changes: m.Changes, Released: m.Released, Stops: m.Stops, Keeps: m.Keeps,
		Has: reading.Known(m.Has.ID), HasName: reading.Known(m.Has.Name), Message: m.Says()}
}
