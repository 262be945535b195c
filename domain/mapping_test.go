package domain_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// mapped is a mapping of a case type, narrowed by practice area and jurisdiction.
func mapped(id domain.MappingID, caseType, area, place, typeID string) domain.Mapping {
	return domain.Mapping{ID: id, CaseType: caseType, PracticeArea: area, Jurisdiction: place, MatterTypeID: typeID}
}

func revised(w domain.Mapping) domain.MappingRevised {
	return domain.MappingRevised{Mapping: w, TypeName: "Divorce", By: "u_1"}
}

func TestReviseMapping(t *testing.T) {
	separation := mapped("map_1", "Separation", "Family Law", "IL", "divorce_IL")
	anywhere := mapped("map_2", "Separation", "", "", "divorce_IL")
	asDefendant := separation
	asDefendant.ClientRole = "Respondent"
	blanks := separation
	blanks.CaseType, blanks.MatterTypeID = " Separation ", "divorce_IL "
	for _, c := range []struct {
		name  string
		given []domain.Event
		when  domain.Mapping
		then  []domain.Event
	}{
		{"the first", nil, separation, list(revised(separation))},
		{"blanks around are not kept", nil, blanks, list(revised(separation))},
		{"the same again", list(revised(separation)), separation, nil},
		{"the same again but for blanks", list(revised(separation)), blanks, nil},
		{"a change", list(revised(separation)), asDefendant, list(revised(asDefendant))},
		{"the same case type, less narrow", list(revised(separation)), anywhere, list(revised(anywhere))},
		{"after it was removed", list(revised(separation), domain.MappingRemoved{ID: "map_1"}), separation, list(revised(separation))},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := given[domain.Preferences](c.given...).Mappings.Revise(c.when, "Divorce", "u_1")
			then(t, must(t, facts, err), c.then...)
		})
	}
}

// TestOneMappingForTheSameMatters tells that a second mapping for the same case type,
// practice area and jurisdiction is refused, and that the refusal names the first.
func TestOneMappingForTheSameMatters(t *testing.T) {
	p := given[domain.Preferences](revised(mapped("map_1", "Separation", "Family Law", "IL", "divorce_IL")),
		revised(mapped("map_2", "Separation", "", "", "divorce_IL")))
	for name, w := range map[string]domain.Mapping{
		"to the letter":           mapped("map_9", "Separation", "Family Law", "IL", "will"),
		"in another case":         mapped("map_9", "SEPARATION", "family law", "il", "will"),
		"the state spelt out":     mapped("map_9", "Separation", "Family Law", "Illinois", "will"),
		"an old one moved there":  mapped("map_2", "separation", "Family Law", "IL", "will"),
		"everywhere a second one": mapped("map_9", " separation", "", "", "will"),
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := p.Mappings.Revise(w, "Will", "u_1")
			r := domain.AsRejection(err)
			if r == nil || r.Reason != domain.Conflict || r.Failure.Code != domain.CodeMappingTaken || len(facts) > 0 {
				t.Fatalf("decided %s with %v", told(facts), err)
			}
			if !strings.Contains(r.Failure.Message, "map_") || r.Failure.Remedy == "" {
				t.Errorf("the refusal names neither the other one nor a remedy: %+v", r.Failure)
			}
		})
	}
}

func TestRemoveMapping(t *testing.T) {
	w := revised(mapped("map_1", "Separation", "", "", "divorce_IL"))
	removed := domain.MappingRemoved{ID: "map_1", By: "u_1"}
	then(t, given[domain.Mappings](w).Remove("map_1", "u_1"), removed)
	then(t, given[domain.Mappings](w).Remove("map_2", "u_1"))
	then(t, given[domain.Mappings](w, removed).Remove("map_1", "u_1"))
}

// TestMappingRevisions tells how revisions are counted and what each mapping keeps.
func TestMappingRevisions(t *testing.T) {
	a, b := mapped("map_a", "Separation", "", "", "divorce_IL"), mapped("map_b", "Last Will", "", "", "will")
	again := a
	again.MatterTypeID = "will"
	m := given[domain.Mappings](revised(a), revised(b), revised(again), domain.MappingRemoved{ID: "map_b"})
	if m.Revision != 4 || !m.At.Equal(start.Add(3*time.Second)) {
		t.Errorf("revision %d at %s", m.Revision, m.At)
	}
	want := []domain.KeptMapping{{Mapping: again, TypeName: "Divorce", Revision: 3, By: "u_1", At: start.Add(2 * time.Second)}}
	if !reflect.DeepEqual(m.Kept, want) {
		t.Errorf("kept are %+v", m.Kept)
	}
	other := given[domain.Preferences](domain.SettingsChanged{By: "u_1"}).Mappings
	if other.Revision != 0 {
		t.Errorf("other settings made revision %d of the mappings", other.Revision)
	}
}

// TestMostMappings tells that a firm can't fill its settings without end, and that what
// it has can be changed at the limit.
func TestMostMappings(t *testing.T) {
	var m domain.Mappings
	for i := range domain.MostMappings {
		facts, err := m.Revise(mapped(domain.MappingID(fmt.Sprintf("map_%d", i)), fmt.Sprintf("Type %d", i), "", "", "will"), "Will", "u_1")
		for _, e := range must(t, facts, err) {
			m = m.Apply(e, start)
		}
	}
	_, err := m.Revise(mapped("map_more", "One more", "", "", "will"), "Will", "u_1")
	if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeTooManyMappings {
		t.Errorf("one more is answered by %v", err)
	}
	if _, err := m.Revise(mapped("map_7", "Type 7", "", "", "divorce_IL"), "Divorce", "u_1"); err != nil {
		t.Errorf("a change at the limit is answered by %v", err)
	}
}

func resolveOwn(own []domain.Mapping, caseType, area, place string) domain.Resolution {
	var m domain.Mappings
	for _, w := range own {
		m = m.Apply(revised(w), start)
	}
	return domain.ResolveMatterType(account, m, domain.MatterData{CaseType: caseType, PracticeArea: area, Jurisdiction: place})
}

func TestResolveByOwnMapping(t *testing.T) {
	own := []domain.Mapping{
		mapped("alone", "Separation", "", "", "divorce_IL"),
		mapped("place", "Separation", "", "NY", "trust_NY"),
		mapped("area", "Separation", "Business", "", "review_il"),
		mapped("both", "Separation", "Business", "IL", "will"),
		mapped("over", "Slip and Fall", "", "", "mva_IL"),
		mapped("lead", "Bite", "", "", "lead_IL"),
		mapped("old", "Asbestosis", "", "", "old_IL"),
		mapped("gone", "Divorce", "Family Law", "IL", "nowhere"),
	}
	for _, c := range []struct {
		name, caseType, area, place string
		want                        string // type; empty: none
		how                         domain.How
		mapping                     domain.MappingID
	}{
		{"case type, practice area and jurisdiction", "Separation", "Business", "IL", "will", domain.HowCustom, "both"},
		{"without regard to case", "separation", "BUSINESS", "illinois", "will", domain.HowCustom, "both"},
		{"the practice area before the jurisdiction", "Separation", "Business", "NY", "review_il", domain.HowCustom, "area"},
		{"the jurisdiction before none", "Separation", "Family Law", "NY", "trust_NY", domain.HowCustom, "place"},
		{"the case type alone", "Separation", "Family Law", "IL", "divorce_IL", domain.HowCustom, "alone"},
		{"a matter that says no more", "Separation", "", "", "divorce_IL", domain.HowCustom, "alone"},
		{"the firm's own before the same name", "Slip and Fall", "Personal Injury", "IL", "mva_IL", domain.HowCustom, "over"},
		{"none of its own: the same name", "Motor Vehicle Accident", "Personal Injury", "IL", "mva_IL", domain.HowExact, ""},
		{"none of its own: a like name", "Auto Accidents", "Personal Injury", "IL", "mva_IL", domain.HowNormalised, ""},
		{"only case is disregarded", "Separations", "", "", "", "", ""},
		{"a mapping to a lead's type", "Bite", "", "", "", "", "lead"},
		{"a mapping to a deleted type", "Asbestosis", "", "", "", "", "old"},
		{"a mapping to a type that is gone, though a type has the name", "Divorce", "Family Law", "IL", "", "", "gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := resolveOwn(own, c.caseType, c.area, c.place)
			if r.Type.ID != c.want || r.Found != (c.want != "") || r.How != c.how {
				t.Errorf("resolved to %q by %q (found: %v), want %q by %q", r.Type.ID, r.How, r.Found, c.want, c.how)
			}
			if got := r.Mapping; (got == nil) != (c.mapping == "") || (got != nil && got.ID != c.mapping) {
				t.Errorf("the mapping is %+v, want %q", got, c.mapping)
			}
		})
	}
}

// TestMostSpecificMappingWins tells for any mappings and any matter that no mapping
// which fits says more about the matter than the one that is taken.
func TestMostSpecificMappingWins(t *testing.T) {
	name := rapid.SampledFrom([]string{"", "x", "X", "y", " x "})
	rapid.Check(t, func(t *rapid.T) {
		var m domain.Mappings
		for i := range rapid.IntRange(0, 12).Draw(t, "mappings") {
			w := mapped(domain.MappingID(fmt.Sprintf("map_%d", i)), rapid.SampledFrom([]string{"a", "A", "b"}).Draw(t, "type"),
				name.Draw(t, "area"), name.Draw(t, "place"), "t")
			facts, err := m.Revise(w, "T", "u_1")
			if err != nil && domain.AsRejection(err) == nil {
				t.Fatal(err)
			}
			for _, e := range facts {
				m = m.Apply(e, start)
			}
		}
		d := domain.MatterData{CaseType: rapid.SampledFrom([]string{"a", "B"}).Draw(t, "case"), PracticeArea: name.Draw(t, "in"), Jurisdiction: name.Draw(t, "at")}
		got, ok := m.For(d)
		if want := expected(m, d); ok != (want >= 0) || (ok && rank(got.Mapping, d) != want) {
			t.Fatalf("for %+v of %+v the choice is %+v (%v), want rank %d", d, m.Kept, got, ok, want)
		}
	})
}

// rank is how much a mapping says about a matter, told as the order of the rule; -1: it
// is about other matters.
func rank(w domain.Mapping, d domain.MatterData) int {
	like := func(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }
	order := []bool{w.PracticeArea == "" && w.Jurisdiction == "", w.PracticeArea == "", w.Jurisdiction == "", true}
	if !like(w.CaseType, d.CaseType) || (w.PracticeArea != "" && !like(w.PracticeArea, d.PracticeArea)) || (w.Jurisdiction != "" && !like(w.Jurisdiction, d.Jurisdiction)) {
		return -1
	}
	for i, is := range order {
		if is {
			return i
		}
	}
	return -1
}

func expected(m domain.Mappings, d domain.MatterData) int {
	best := -1
	for _, k := range m.Kept {
		best = max(best, rank(k.Mapping, d))
	}
	return best
}

// TestApplyLeavesOlderMappings tells that older values stay as they were.
func TestApplyLeavesOlderMappings(t *testing.T) {
	m := given[domain.Mappings](revised(mapped("map_a", "A", "", "", "t")), revised(mapped("map_b", "B", "", "", "t")))
	before := fmt.Sprintf("%+v", m)
	m.Apply(domain.MappingRemoved{ID: "map_a"}, start)
	m.Apply(revised(mapped("map_b", "C", "", "", "t")), start)
	if after := fmt.Sprintf("%+v", m); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

// TestMappedRoleIsSent tells that the client's role of a mapping reaches the new matter,
// and that a choice without one takes it back.
func TestMappedRoleIsSent(t *testing.T) {
	m := given[domain.Matter](created(1), domain.MatterTypeResolved{TypeID: "t_IL", How: domain.HowCustom, ClientRole: "Defendant"})
	if got := m.Draft(nil); got.ClientRole != "Defendant" || got.MatterTypeID != "t_IL" {
		t.Errorf("the draft is %+v", got)
	}
	m = m.Apply(domain.MatterTypeResolved{TypeID: "t_IL", How: domain.HowExact}, start)
	if got := m.Draft(nil); got.ClientRole != "" {
		t.Errorf("the draft is %+v", got)
	}
}

func TestRemapped(t *testing.T) {
	for name, c := range map[string]struct {
		due  domain.Due
		want bool
	}{
		"nothing changed":               {domain.Due{WaitsOn: domain.CodeMatterTypeUnmapped, MappingSeen: 2, MappingNow: 2}, false},
		"a newer revision":              {domain.Due{WaitsOn: domain.CodeMatterTypeUnmapped, MappingSeen: 2, MappingNow: 3}, true},
		"a list that is behind":         {domain.Due{WaitsOn: domain.CodeMatterTypeUnmapped, MappingSeen: 2, MappingNow: 1}, false},
		"it waits for something else":   {domain.Due{WaitsOn: domain.CodeNotConnected, MappingNow: 3}, false},
		"it does not wait for anything": {domain.Due{MappingNow: 3}, false},
	} {
		if got := c.due.Remapped(); got != c.want {
			t.Errorf("%s: remapped is %v", name, got)
		}
	}
}

func TestCaseName(t *testing.T) {
	for _, c := range [][4]string{
		{"Divorce", "Family Law", "IL", "“Divorce” (Family Law, IL)"},
		{"Divorce", "", "IL", "“Divorce” (IL)"},
		{"Divorce", "", "", "“Divorce”"},
	} {
		if got := domain.CaseName(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("it is called %s, want %s", got, c[3])
		}
	}
}

// TestAMappingWithoutAnIDIsNamed after what it maps, or as the one for the same matters.
func TestAMappingWithoutAnIDIsNamed(t *testing.T) {
	own := given[domain.Preferences](revised(mapped("map_1", "Separation", "", "IL", "divorce_IL"))).Mappings
	if got := own.Named(mapped("map_9", "Separation", "", "IL", "will")).ID; got != "map_9" {
		t.Errorf("one with an id is named %s", got)
	}
	if got := own.Named(mapped("", " SEPARATION", "", "Illinois", "will")).ID; got != "map_1" {
		t.Errorf("one for the same matters is named %s", got)
	}
	first, again := own.Named(mapped("", "Last Will", "", "", "will")).ID, own.Named(mapped("", "last will", "", "", "probate")).ID
	if first != again || first == "" || first == "map_1" || first == own.Named(mapped("", "Annulment", "", "", "will")).ID {
		t.Errorf("new ones are named %s and %s", first, again)
	}
	if own.IsZero() || !(domain.Mappings{}).IsZero() {
		t.Error("it is not known whether the firm has mappings")
	}
}

// TestWhatIsWrongWithAMapping by the fields of the API.
func TestWhatIsWrongWithAMapping(t *testing.T) {
	types := []domain.MatterType{{ID: "t_1", Roles: []string{"Plaintiff"}}, {ID: "t_2"}}
	as := func(role, typeID string) domain.Mapping {
		w := mapped("map_1", "A", "", "", typeID)
		w.ClientRole = role
		return w
	}
	for _, c := range []struct {
		name   string
		w      domain.Mapping
		faults []domain.FieldFault
	}{
		{"nothing", as("Plaintiff", "t_1"), nil},
		{"no role is chosen", as("", "t_1"), nil},
		{"no id", mapped("", "A", "", "", "t_1"), []domain.FieldFault{{Field: "/id", Reason: "must be 1 to 64 of the characters A-Z a-z 0-9 _ -"}}},
		{"no case type", mapped("map_1", " ", "", "", "t_1"), []domain.FieldFault{{Field: "/case_type", Reason: "is missing"}}},
		{"no type, and a role", as("Plaintiff", ""), []domain.FieldFault{{Field: "/matter_type_id", Reason: "is missing"}}},
		{"a role of none", as("Plaintiff", "t_2"), []domain.FieldFault{{Field: "/client_role", Reason: "must be empty: the matter type has no roles to choose from"}}},
		{"another role", as("Executor", "t_1"), []domain.FieldFault{{Field: "/client_role", Reason: "must be empty or one of the matter type's roles: Plaintiff"}}},
	} {
		if _, faults := c.w.Check(types); !reflect.DeepEqual(faults, c.faults) {
			t.Errorf("%s: the faults are %+v", c.name, faults)
		}
	}
}
