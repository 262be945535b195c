package web

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// caseTypes are what a firm's case types become in Smokeball.
type caseTypes struct {
	Mappings domain.Mappings
	Types    []domain.MatterType // of the account
	Trouble  *domain.Failure     // why the account's types can't be told
	Unsaved  string              // in trouble: the address that brings back what was typed
	Rows     []caseType
	Read     int // matters that were looked at
}

// caseType is what one case type becomes, and how many of the matters that were looked
// at are of it.
type caseType struct {
	domain.Mapping                     // without an id: not the firm's own
	Kept           *domain.KeptMapping // the firm's own
	TypeName       string
	Area           string       // of the matter type: practice area and place
	How            domain.How   // empty: it has no matter type
	Flagged        *domain.Flag // what is wrong with the firm's own choice
	Nearest        []string
	Matters        int
	Waiting        int // matters whose sync waits for a matter type
}

// mattersLooked is how many of a firm's newest matters are searched for case types.
const mattersLooked = 500

// caseTypes reads the firm's own mappings and the case types of its newest matters. A
// Smokeball that can't be asked leaves the defaults untold, and the rest as it is.
func (s *site) caseTypes(ctx context.Context, firm domain.FirmID) (caseTypes, error) {
	row, err := s.Views.Connection(firm)
	if err != nil {
		return caseTypes{}, err
	}
	matters, _, err := s.Views.Matters(firm, projections.MatterQuery{Limit: mattersLooked})
	if err != nil {
		return caseTypes{}, err
	}
	c := caseTypes{Mappings: row.Mappings, Read: len(matters)}
	c.Types, err = s.matterTypes(ctx, firm)
	if c.Trouble = troubleOf(err); c.Trouble == nil && err != nil {
		return caseTypes{}, err
	}
	c.gather(matters)
	return c, nil
}

// matterTypes are the account's types, had within the patience of somebody who waits.
func (s *site) matterTypes(ctx context.Context, firm domain.FirmID) ([]domain.MatterType, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return s.Mappings.MatterTypes(ctx, firm)
}

// troubleOf is why Smokeball can't be asked; nil where err is about something else.
func troubleOf(err error) *domain.Failure {
	if r := domain.AsRejection(err); r != nil {
		return &r.Failure
	}
	if ce := domain.AsCallError(err); ce != nil {
		return &ce.Failure
	}
	return nil
}

// gather makes the rows: one for each mapping, and one for each other case type that the
// matters have.
func (c *caseTypes) gather(matters []projections.MatterRow) {
	rows := map[string]*caseType{}
	for _, k := range c.Mappings.Kept {
		rows[ownKey(k.ID)] = c.custom(k)
	}
	for _, m := range matters {
		if m.Matter.Known {
			c.count(rows, m)
		}
	}
	for _, r := range rows {
		c.Rows = append(c.Rows, *r)
	}
	slices.SortFunc(c.Rows, func(a, b caseType) int {
		return cmp.Or(cmp.Compare(urgency(a), urgency(b)), cmp.Compare(sortKey(a), sortKey(b)), cmp.Compare(a.ID, b.ID))
	})
}

// count adds a matter to the row of its case type, which is made where there is none. A
// default can't be told without the account's types.
func (c *caseTypes) count(rows map[string]*caseType, m projections.MatterRow) {
	d := m.Matter.Data
	key := "default\n" + domain.Mapping{CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction}.Key()
	if k, ok := c.Mappings.For(d); ok {
		key = ownKey(k.ID)
	} else if rows[key] == nil {
		if c.Trouble != nil {
			return
		}
		rows[key] = c.byDefault(d)
	}
	rows[key].Matters++
	if m.Status == domain.Waiting && m.Failure != nil && m.Failure.Code == domain.CodeMatterTypeUnmapped {
		rows[key].Waiting++
	}
}

func ownKey(id domain.MappingID) string { return "own\n" + string(id) }

// custom is the row of one of the firm's own mappings.
func (c *caseTypes) custom(k domain.KeptMapping) *caseType {
	r := &caseType{Mapping: k.Mapping, Kept: &k, How: domain.HowCustom, TypeName: k.TypeName}
	if c.Trouble != nil {
		return r
	}
	t, _ := c.find(k.MatterTypeID)
	r.TypeName, r.Area, r.Flagged = firstNonEmpty(t.Name, k.TypeName), areaOf(t), k.Flag(c.Types)
	return r
}

// areaOf is a matter type's practice area and place, such as Personal Injury, IL.
func areaOf(t domain.MatterType) string {
	if t.Category == "" || t.Location == "" {
		return t.Category + t.Location
	}
	return t.Category + ", " + t.Location
}

func (c *caseTypes) find(id string) (domain.MatterType, bool) {
	i := slices.IndexFunc(c.Types, func(t domain.MatterType) bool { return t.ID == id })
	if i < 0 {
		return domain.MatterType{}, false
	}
	return c.Types[i], true
}

// byDefault is the row of a case type that the firm says nothing about.
func (c *caseTypes) byDefault(d domain.MatterData) *caseType {
	found := domain.ResolveMatterType(c.Types, domain.Mappings{}, d)
	return &caseType{Mapping: domain.Mapping{CaseType: strings.TrimSpace(d.CaseType), PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction, MatterTypeID: found.Type.ID},
		TypeName: found.Type.Name, Area: areaOf(found.Type), How: found.How, Nearest: found.Nearest}
}

// glance is how long a page about something else waits for the account's types.
const glance = 500 * time.Millisecond

// unmapped is how many case types have no matter type, for the pages beside that of the
// mappings; 0 where that can't be told at once.
func (s *site) unmapped(v pageRequest) int {
	ctx, cancel := context.WithTimeout(v.r.Context(), glance)
	defer cancel()
	c, err := s.caseTypes(ctx, v.firm())
	if err != nil || c.Trouble != nil {
		return 0
	}
	return c.Counts()["unmapped"]
}

// Kind is custom, default or unmapped.
func (r caseType) Kind() string {
	switch {
	case r.Kept != nil:
		return "custom"
	case r.How == "":
		return "unmapped"
	}
	return "default"
}

// urgency puts first what somebody has to look at.
func urgency(r caseType) int {
	if r.How == "" || r.Flagged != nil {
		return 0
	}
	return 1
}

func sortKey(r caseType) string {
	return strings.ToLower(r.CaseType + "\n" + r.PracticeArea + "\n" + r.Jurisdiction)
}

// Counts are the numbers of rows by kind.
func (c caseTypes) Counts() map[string]int {
	n := map[string]int{}
	for _, r := range c.Rows {
		n[r.Kind()]++
	}
	return n
}
