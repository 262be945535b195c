package console

import (
	"cmp"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// mappingForm is the form of one mapping, with what was typed and its faults.
type mappingForm struct {
	domain.Mapping
	Area   string // a practice area to tick; "": it is typed
	Place  string // a jurisdiction to tick; "": it is typed
	Known  bool   // the firm has the mapping
	Groups []typeGroup
	Roles  []option
	Faults map[string]string // by field
	Other  string            // what is wrong with no field

	Tried    *reading.CostedDryRun // what saving it would change; nil: not asked yet
	Removing bool                  // Tried is about removing it
	Next     int                   // the revision that saving makes
}

// typeGroup are the matter types of one practice area.
type typeGroup struct {
	Category string
	Types    []typeOption
}

// typeOption is a matter type to choose.
type typeOption struct {
	option
	Roles string // one per line
}

// First is the field that gets the focus: the first one with a fault, else the matter type.
func (f mappingForm) First() string {
	for _, name := range []string{"case_type", "practice_area", "jurisdiction", "matter_type_id", "client_role"} {
		if f.Faults[name] != "" {
			return name
		}
	}
	if f.CaseType == "" {
		return "case_type"
	}
	return "matter_type_id"
}

// newMappingID is chosen with the form: a form that is sent twice makes one mapping.
func newMappingID() domain.MappingID {
	return domain.MappingID("map_" + strings.ToLower(rand.Text()[:16]))
}

// newMappingForm is the form for w; wrong is why w was rejected, or nil.
func newMappingForm(c reading.CaseTypes, w domain.Mapping, wrong *domain.Rejection) *mappingForm {
	_, known := c.Mappings.Find(w.ID)
	f := &mappingForm{Mapping: w, Known: known, Faults: map[string]string{}, Next: c.Mappings.Revision + 1}
	f.Groups, f.Roles = choices(c.Types, w)
	if wrong == nil {
		f.outdated(c.Types)
		return f
	}
	for _, fault := range wrong.Faults {
		f.Faults[strings.TrimPrefix(fault.Field, "/")] = words.Sentence(words.Capital(fault.Reason))
	}
	if len(wrong.Faults) == 0 || f.Faults["id"] != "" {
		f.Other = failureText(wrong.Failure) + " " + wrong.Failure.Remedy
	}
	return f
}

// offering keeps what the form offered to tick: an area and a place that a matter has.
func (f *mappingForm) offering(field func(name string) string) *mappingForm {
	f.Area, f.Place = cmp.Or(field("area"), f.PracticeArea), cmp.Or(field("place"), f.Jurisdiction)
	return f
}

// outdated adds at its field what has become wrong with a mapping of the firm.
func (f *mappingForm) outdated(types []domain.MatterType) {
	if !f.Known {
		return
	}
	_, faults := f.Check(types)
	for _, fault := range faults {
		f.Faults[strings.TrimPrefix(fault.Field, "/")] = "What was chosen " + words.Sentence(fault.Reason)
	}
}

// choices are the matter types that matters may be of, by practice area, and all roles
// that clients have in them.
func choices(types []domain.MatterType, w domain.Mapping) (groups []typeGroup, roles []option) {
	usable := slices.DeleteFunc(slices.Clone(types), func(t domain.MatterType) bool { return !t.Usable() })
	slices.SortStableFunc(usable, func(a, b domain.MatterType) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Location, b.Location))
	})
	var names []string
	for _, t := range usable {
		if n := len(groups); n == 0 || groups[n-1].Category != t.Category {
			groups = append(groups, typeGroup{Category: t.Category})
		}
		g := &groups[len(groups)-1]
		g.Types = append(g.Types, typeOption{option{t.ID, placed(t), t.ID == w.MatterTypeID}, strings.Join(t.Roles, "\n")})
		names = append(names, t.Roles...)
	}
	slices.Sort(names)
	roles = []option{{Label: "The matter type’s default"}}
	for _, n := range slices.Compact(names) {
		roles = append(roles, option{n, n, n == w.ClientRole})
	}
	return groups, roles
}

// placed is a matter type's name with its location.
func placed(t domain.MatterType) string {
	if t.Location == "" {
		return t.Name
	}
	return t.Name + ", " + t.Location
}

// typedMapping is the mapping that a form's fields describe.
func typedMapping(field func(name string) string) domain.Mapping {
	typed := func(name string) string { return strings.TrimSpace(field(name)) }
	return domain.Mapping{ID: domain.MappingID(typed("id")), CaseType: typed("case_type"), PracticeArea: typed("practice_area"),
		Jurisdiction: typed("jurisdiction"), MatterTypeID: typed("matter_type_id"), ClientRole: typed("client_role")}
}
