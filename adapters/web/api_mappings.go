package web

import (
	"context"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// MappingBody says what a case type becomes in Smokeball. What does not apply is null.
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
	Items    []caseTypeBody  `json:"items"`
	Revision int             `json:"revision" doc:"Counts the changes of the firm's mappings, from 1."`
	Trouble  *domain.Failure `json:"matter_types_error" doc:"Why Smokeball's matter types can't be told: the list then lacks defaults and flags; else null."`
	Next     *string         `json:"next_cursor" doc:"Always null: the list is whole."`
	PastPosition
}

func mappingOf(r caseType) MappingBody {
	b := MappingBody{ID: known(r.ID), CaseType: r.CaseType, PracticeArea: r.PracticeArea, Jurisdiction: r.Jurisdiction,
		TypeID: known(r.MatterTypeID), TypeName: known(r.TypeName), ClientRole: r.ClientRole, Kind: r.Kind()}
	if r.Flagged != nil {
		b.Flagged, b.FlagRemedy = &r.Flagged.Words, &r.Flagged.Remedy
	}
	if k := r.Kept; k != nil {
		b.Revision, b.RevisedBy, b.RevisedAt = &k.Revision, known(k.By), known(k.At)
	}
	return b
}

func (s *site) listMappings(ctx context.Context, in *ReadingPast) (*answer[mappingsBody], error) {
	if in.AsOf != "" {
		return s.pastMappings(ctx, in)
	}
	c, err := s.caseTypes(ctx, in.firm())
	b := mappingsBody{Items: []caseTypeBody{}, Revision: c.Mappings.Revision, Trouble: c.Trouble}
	for _, r := range c.Rows {
		b.Items = append(b.Items, caseTypeBody{MappingBody: mappingOf(r), Matters: &r.Matters, Waiting: &r.Waiting, Nearest: append([]string{}, r.Nearest...)})
	}
	return &answer[mappingsBody]{Body: b}, err
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

// MappingGiven is a mapping as a caller gives it. What it does not know is refused: a
// word that is misspelt would make the mapping apply to more matters than was meant.
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

func (s *site) putMapping(ctx context.Context, in *mappingInput) (*change[mappingChange], error) {
	return s.reviseMapping(ctx, in.firm(), in.Body.mapping(in.id()))
}

// putNamelessMapping makes the mapping for these matters, or changes the one that there is.
func (s *site) putNamelessMapping(ctx context.Context, in *namelessMapping) (*change[mappingChange], error) {
	return s.reviseMapping(ctx, in.firm(), in.Body.mapping(domain.MappingID(in.Body.ID)))
}

func (s *site) reviseMapping(ctx context.Context, firm domain.FirmID, w domain.Mapping) (*change[mappingChange], error) {
	released, err := s.released(ctx, firm, domain.MappingChange{Revise: &w})
	if err != nil {
		return nil, err
	}
	k, position, err := s.Mappings.ReviseMapping(ctx, userOf(ctx), w)
	if err != nil {
		return nil, err
	}
	b := mappingOf(caseType{Mapping: k.Mapping, Kept: &k, TypeName: k.TypeName, How: domain.HowCustom})
	return changed(position, mappingChange{b, released}), nil
}

// removedMapping is the answer where a mapping was taken back.
type removedMapping struct {
	Position uint64 `json:"position" doc:"The ledger position that includes the change."`
	Released int    `json:"released" doc:"Syncs that waited for a matter type and go on, because a default counts again."`
}

func (s *site) deleteMapping(ctx context.Context, in *MappingPath) (*change[removedMapping], error) {
	released, err := s.released(ctx, in.firm(), domain.MappingChange{Remove: in.id()})
	if err != nil {
		return nil, err
	}
	position, err := s.Mappings.RemoveMapping(ctx, userOf(ctx), in.id())
	if err != nil {
		return nil, err
	}
	return changed(position, removedMapping{position, released}), nil
}

// matterTypeBody is one of the account's matter types.
type matterTypeBody struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Category string   `json:"category" doc:"The practice area."`
	Location string   `json:"location"`
	Type     string   `json:"type" enum:"matter,lead"`
	Roles    []string `json:"roles" doc:"What a client may be in such a matter."`
	Deleted  bool     `json:"deleted"`
}

type matterTypesInput struct {
	Reading
	Text string `query:"q" maxLength:"200" doc:"In name or category, without regard to case."`
}

func (s *site) listMatterTypes(ctx context.Context, in *matterTypesInput) (*answer[list[matterTypeBody]], error) {
	types, err := s.matterTypes(ctx, in.firm())
	if err != nil {
		return nil, err
	}
	var items []matterTypeBody
	for _, t := range types {
		if !mentions(t, in.Text) {
			continue
		}
		b := matterTypeBody{ID: t.ID, Name: t.Name, Category: t.Category, Location: t.Location, Type: "matter", Roles: append([]string{}, t.Roles...), Deleted: t.Deleted}
		if t.Lead {
			b.Type = "lead"
		}
		items = append(items, b)
	}
	return &answer[list[matterTypeBody]]{Body: listOf(items, 0)}, nil
}

func mentions(t domain.MatterType, q string) bool {
	q = strings.ToLower(strings.TrimSpace(q))
	return strings.Contains(strings.ToLower(t.Name), q) || strings.Contains(strings.ToLower(t.Category), q)
}
