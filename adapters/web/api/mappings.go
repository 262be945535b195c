package api

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Mappings are a firm's case type mappings.
type Mappings struct {
	Reader   reading.MappingReader
	DryRuns  reading.DryRuns
	Mappings ports.Mappings
	Past     reading.Past
	Progress ports.Progress
}

// MappingBody is what a case type becomes in Smokeball. What does not apply is null.
type MappingBody struct {
	ID           *domain.MappingID `json:"id" doc:"Of the firm's own mapping; null for a default."`
	CaseType     string            `json:"case_type"`
	PracticeArea string            `json:"practice_area" doc:"Empty: any."`
	Jurisdiction string            `json:"jurisdiction" doc:"Empty: any."`
	TypeID       *string           `json:"matter_type_id"`
	TypeName     *string           `json:"matter_type_name"`
	ClientRole   string            `json:"client_role" doc:"Empty: the matter type's default."`
	Kind         string            `json:"kind" enum:"custom,default,unmapped"`
	Revision     *int              `json:"revision" doc:"The revision of the firm's mappings that made this one as it is."`
	RevisedBy    *string           `json:"revised_by" doc:"The user who did: sub of their token."`
	RevisedAt    *time.Time        `json:"revised_at"`
	Flagged      *string           `json:"flagged" doc:"What has become wrong with the mapping since, in a few words such as deleted in Smokeball; else null."`
	FlagRemedy   *string           `json:"flag_remedy" doc:"What to do about that, and what happens until then."`
}

// caseTypeBody is a row of the list.
type caseTypeBody struct {
	MappingBody
	Matters *int     `json:"matters" doc:"Of the newest 500, those that this applies to; null for a past moment."`
	Waiting *int     `json:"waiting" doc:"Of these, those whose sync waits for a matter type; null for a past moment."`
	Nearest []string `json:"nearest" doc:"Names of matter types that come near to an unmapped case type."`
}

// mappingsBody is the list: the firm's own mappings, and what other case types become.
type mappingsBody struct {
	Items    []caseTypeBody       `json:"items"`
	Revision int                  `json:"revision" doc:"Counts the changes of the firm's mappings, from 1."`
	Trouble  *projections.Failure `json:"matter_types_error" doc:"Why Smokeball's matter types can't be told: the list then lacks defaults and flags; else null."`
	Next     *string              `json:"next_cursor" doc:"The cursor of the rest; null at the end, and always without limit."`
	PastPosition
}

func mappingOf(r reading.CaseTypeRow) MappingBody {
	b := MappingBody{ID: reading.Known(r.ID), CaseType: r.CaseType, PracticeArea: r.PracticeArea, Jurisdiction: r.Jurisdiction,
		TypeID: reading.Known(r.MatterTypeID), TypeName: reading.Known(r.TypeName), ClientRole: r.ClientRole, Kind: r.Kind()}
	if r.Flagged != nil {
		b.Flagged, b.FlagRemedy = &r.Flagged.Words, &r.Flagged.Remedy
	}
	if k := r.Kept; k != nil {
		b.Revision, b.RevisedBy, b.RevisedAt = &k.Revision, reading.Known(k.By), reading.Known(k.At)
	}
	return b
}

type mappingsInput struct {
	ReadingPast
	reading.WholePaging
}

// List lists the firm's own mappings and what other case types become, now or at a past moment.
func (m Mappings) List(ctx context.Context, in *mappingsInput) (*answer[mappingsBody], error) {
	if in.AsOf != "" {
		return m.past(ctx, in)
	}
	c, err := m.Reader.CaseTypes(ctx, in.firm())
	if err != nil {
		return nil, err
	}
	b := mappingsBody{Items: []caseTypeBody{}, Revision: c.Mappings.Revision, Trouble: c.Trouble}
	rows, next, err := reading.PartOf(in.WholePaging, c.Rows)
	for _, r := range rows {
		b.Items = append(b.Items, caseTypeBody{MappingBody: mappingOf(r), Matters: &r.Matters, Waiting: &r.Waiting, Nearest: append([]string{}, r.Nearest...)})
	}
	b.Next = next
	return &answer[mappingsBody]{Body: b}, err
}

// past lists the firm's own mappings only: what other case types became depended on what
// Smokeball offered then.
func (m Mappings) past(ctx context.Context, in *mappingsInput) (*answer[mappingsBody], error) {
	at, then, err := m.Past.Read(ctx, in.firm(), in.AsOf)
	if err != nil {
		return nil, err
	}
	part, next, err := reading.PartOf(in.WholePaging, then.Row.Mappings.Kept)
	if err != nil {
		return nil, err
	}
	b := mappingsBody{Items: []caseTypeBody{}, Revision: then.Row.Mappings.Revision, Next: next}
	for _, k := range part {
		b.Items = append(b.Items, caseTypeBody{MappingBody: mappingOf(kept(k)), Nearest: []string{}})
	}
	b.PastPosition = provenBy(at, only(then.Settings, isMapping))
	return &answer[mappingsBody]{Body: b}, nil
}

// kept is one of the firm's own mappings as a row of the list.
func kept(k domain.KeptMapping) reading.CaseTypeRow {
	return reading.CaseTypeRow{Mapping: k.Mapping, Kept: &k, TypeName: k.TypeName, How: domain.HowCustom}
}

func isMapping(e domain.Event) bool {
	switch e.(type) {
	case domain.MappingRevised, domain.MappingRemoved:
		return true
	}
	return false
}

// MappingPath is a request about one of a firm's own mappings.
type MappingPath struct {
	FirmPath
	ID string `path:"id" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"The mapping's id; whoever makes it chooses it."`
}

func (p MappingPath) id() domain.MappingID { return domain.MappingID(p.ID) }

type mappingInput struct {
	MappingPath
	Body MappingGiven
}

// MappingGiven is a mapping as a caller gives it. Unknown members are refused: a misspelt one
// would make the mapping apply to more matters than was meant.
type MappingGiven struct {
	CaseType     string  `json:"case_type" pattern:"\\S" maxLength:"1000"`
	PracticeArea *string `json:"practice_area,omitempty" nullable:"true" maxLength:"1000" doc:"Only matters of this practice area; empty: of any."`
	Jurisdiction *string `json:"jurisdiction,omitempty" nullable:"true" maxLength:"1000" doc:"Only matters of this jurisdiction; empty: of any."`
	TypeID       string  `json:"matter_type_id" pattern:"\\S" maxLength:"200" doc:"A matter type of the firm's Smokeball account."`
	ClientRole   *string `json:"client_role,omitempty" nullable:"true" maxLength:"200" doc:"One of the matter type's roles; empty: its default."`
}

// namelessMapping is a mapping whose id the engine chooses, unless the body has one.
type namelessMapping struct {
	FirmPath
	Body struct {
		MappingGiven
		ID string `json:"id,omitempty" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"The mapping's id; left out: the mapping for the same matters is changed, or a new one made."`
	}
}

func (b MappingGiven) mapping(id domain.MappingID) domain.Mapping {
	return domain.Mapping{ID: id, CaseType: b.CaseType, PracticeArea: text(b.PracticeArea), Jurisdiction: text(b.Jurisdiction),
		MatterTypeID: b.TypeID, ClientRole: text(b.ClientRole)}
}

// mappingChange is a mapping after a change of it.
type mappingChange struct {
	MappingBody
	Released int `json:"released" doc:"Syncs that waited for a matter type and go on."`
}

// Put makes or changes a mapping.
func (m Mappings) Put(ctx context.Context, in *mappingInput) (*change[mappingChange], error) {
	return m.revise(ctx, in.firm(), in.Body.mapping(in.id()))
}

// PutNameless changes the mapping for these matters, or makes one.
func (m Mappings) PutNameless(ctx context.Context, in *namelessMapping) (*change[mappingChange], error) {
	return m.revise(ctx, in.firm(), in.Body.mapping(domain.MappingID(in.Body.ID)))
}

func (m Mappings) revise(ctx context.Context, firm domain.FirmID, w domain.Mapping) (*change[mappingChange], error) {
	released, err := m.Reader.Released(ctx, firm, domain.MappingChange{Revise: &w})
	if err != nil {
		return nil, err
	}
	k, position, err := m.Mappings.ReviseMapping(ctx, auth.User(ctx), w)
	if err != nil {
		return nil, err
	}
	return changed(position, mappingChange{mappingOf(kept(k)), released}), nil
}

// removedMapping is the answer after a mapping was removed.
type removedMapping struct {
	Position uint64 `json:"position" doc:"The ledger position that includes the change."`
	Released int    `json:"released" doc:"Syncs that waited for a matter type and go on, because a default counts again."`
}

// Delete removes a mapping.
func (m Mappings) Delete(ctx context.Context, in *MappingPath) (*change[removedMapping], error) {
	released, err := m.Reader.Released(ctx, in.firm(), domain.MappingChange{Remove: in.id()})
	if err != nil {
		return nil, err
	}
	position, err := m.Mappings.RemoveMapping(ctx, auth.User(ctx), in.id())
	if err != nil {
		return nil, err
	}
	return changed(position, removedMapping{position, released}), nil
}
