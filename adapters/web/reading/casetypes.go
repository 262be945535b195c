package reading

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// CaseTypes is what a firm's case types become in Smokeball.
type CaseTypes struct {
	Mappings domain.Mappings
	Types    []domain.MatterType  // of the account
	Trouble  *projections.Failure // why the account's types can't be read
	Rows     []CaseTypeRow
	Read     int // matters that were looked at
}

// CaseTypeRow is what one case type becomes, and how many of the matters that were looked at
// have it.
type CaseTypeRow struct {
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

// MappingReader reads case types and tries changes of their mappings.
type MappingReader struct {
	Firms    ports.Connections
	Matters  ports.Matters
	Counts   ports.MatterCounts
	Mappings ports.Mappings
}

// CaseTypes reads the firm's own mappings and the case types of its matters. If
// Smokeball can't be asked, the defaults are missing and the rest is complete.
func (m MappingReader) CaseTypes(ctx context.Context, firm domain.FirmID) (CaseTypes, error) {
	row, err := m.Firms.Connection(firm)
	if err != nil {
		return CaseTypes{}, err
	}
	counts, err := m.Counts.CaseTypes(firm)
	if err != nil {
		return CaseTypes{}, err
	}
	c := CaseTypes{Mappings: row.Mappings}
	c.Types, err = m.MatterTypes(ctx, firm)
	if c.Trouble = TroubleOf(err); c.Trouble == nil && err != nil {
		return CaseTypes{}, err
	}
	c.gather(counts)
	return c, nil
}

// MatterTypes reads the account's types. A person waits for them, so it has AnswerTimeout.
func (m MappingReader) MatterTypes(ctx context.Context, firm domain.FirmID) ([]domain.MatterType, error) {
	ctx, cancel := context.WithTimeout(ctx, AnswerTimeout)
	defer cancel()
	return m.Mappings.MatterTypes(ctx, firm)
}

// TroubleOf is why Smokeball can't be asked; nil where err is about something else.
func TroubleOf(err error) *projections.Failure {
	if r := domain.AsRejection(err); r != nil {
		return projections.FailureOf(&r.Failure)
	}
	if ce := domain.AsCallError(err); ce != nil {
		return projections.FailureOf(&ce.Failure)
	}
	return nil
}

// gather makes the rows: one per mapping, and one per other case type of the matters.
func (c *CaseTypes) gather(counts []projections.CaseTypeCount) {
	rows := map[string]*CaseTypeRow{}
	for _, k := range c.Mappings.Kept {
		rows[ownKey(k.ID)] = c.custom(k)
	}
	for _, n := range counts {
		c.Read += n.Number
		c.count(rows, n)
	}
	for _, r := range rows {
		c.Rows = append(c.Rows, *r)
	}
	slices.SortFunc(c.Rows, func(a, b CaseTypeRow) int {
		return cmp.Or(cmp.Compare(urgency(a), urgency(b)), cmp.Compare(sortKey(a), sortKey(b)), cmp.Compare(a.ID, b.ID))
	})
}

// count adds matters to the row of their case type, and adds the row if it is missing. A
// default is not known without the account's types.
func (c *CaseTypes) count(rows map[string]*CaseTypeRow, n projections.CaseTypeCount) {
	d := n.Newest.Matter.Data
	key := "default\n" + domain.Mapping{CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction}.Key()
	if k, ok := c.Mappings.For(d); ok {
		key = ownKey(k.ID)
	} else if rows[key] == nil {
		if c.Trouble != nil {
			return
		}
		rows[key] = c.byDefault(d)
	}
	rows[key].Matters += n.Number
	rows[key].Waiting += n.Waiting
}

func ownKey(id domain.MappingID) string { return "own\n" + string(id) }

// custom is the row of one of the firm's own mappings.
func (c *CaseTypes) custom(k domain.KeptMapping) *CaseTypeRow {
	r := &CaseTypeRow{Mapping: k.Mapping, Kept: &k, How: domain.HowCustom, TypeName: k.TypeName}
	if c.Trouble != nil {
		return r
	}
	t, _ := c.find(k.MatterTypeID)
	r.TypeName, r.Area, r.Flagged = cmp.Or(t.Name, k.TypeName), areaOf(t), k.Flag(c.Types)
	return r
}

// areaOf is a matter type's practice area and place, such as Personal Injury, IL.
func areaOf(t domain.MatterType) string {
	if t.Category == "" || t.Location == "" {
		return t.Category + t.Location
	}
	return t.Category + ", " + t.Location
}

func (c *CaseTypes) find(id string) (domain.MatterType, bool) {
	i := slices.IndexFunc(c.Types, func(t domain.MatterType) bool { return t.ID == id })
	if i < 0 {
		return domain.MatterType{}, false
	}
	return c.Types[i], true
}

// byDefault is the row of a case type that the firm has no mapping for.
func (c *CaseTypes) byDefault(d domain.MatterData) *CaseTypeRow {
	found := domain.ResolveMatterType(c.Types, domain.Mappings{}, d)
	return &CaseTypeRow{Mapping: domain.Mapping{CaseType: strings.TrimSpace(d.CaseType), PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction, MatterTypeID: found.Type.ID},
		TypeName: found.Type.Name, Area: areaOf(found.Type), How: found.How, Nearest: found.Nearest}
}

// glance is how long a page about something else waits for the account's types.
const glance = 500 * time.Millisecond

// Unmapped is how many case types have no matter type, for pages beside that of the
// mappings; 0 if that can't be read at once.
func (m MappingReader) Unmapped(ctx context.Context, firm domain.FirmID) int {
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	c, err := m.CaseTypes(ctx, firm)
	if err != nil || c.Trouble != nil {
		return 0
	}
	return c.Counts()["unmapped"]
}

// Kind is custom, default or unmapped.
func (r CaseTypeRow) Kind() string {
	switch {
	case r.Kept != nil:
		return "custom"
	case r.How == "":
		return "unmapped"
	}
	return "default"
}

// urgency sorts first what somebody has to look at.
func urgency(r CaseTypeRow) int {
	if r.How == "" || r.Flagged != nil {
		return 0
	}
	return 1
}

func sortKey(r CaseTypeRow) string {
	return strings.ToLower(r.CaseType + "\n" + r.PracticeArea + "\n" + r.Jurisdiction)
}

// Counts are the numbers of rows by kind.
func (c CaseTypes) Counts() map[string]int {
	n := map[string]int{}
	for _, r := range c.Rows {
		n[r.Kind()]++
	}
	return n
}
