package domain_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// about is a matter of a case type, after what else happened to it.
func about(caseType string, more ...domain.Event) domain.Matter {
	d := domain.MatterData{ID: "m_1", Version: 1, CaseType: caseType, PracticeArea: "Family Law", Jurisdiction: "IL"}
	return given[domain.Matter](append([]domain.Event{domain.MatterCreated{Matter: d}}, more...)...)
}

// held lets the matter's sync wait.
func held(code domain.Code) []domain.Event {
	return list(domain.SyncRequested{Sync: "s_1"}, domain.SyncStarted{Sync: "s_1", Attempt: 1},
		domain.SyncDeferred{Sync: "s_1", Failure: domain.Failure{Code: code}})
}

// made lets Smokeball accept the matter as one of a type.
func made(typeID string) []domain.Event {
	return list(domain.SyncRequested{Sync: "s_1"}, domain.SyncStarted{Sync: "s_1", Attempt: 1},
		domain.MatterAccepted{Sync: "s_1", Matter: "sb_1", Sent: domain.MatterDraft{MatterTypeID: typeID}})
}

func TestTrial(t *testing.T) {
	separation := mapped("map_1", "Separation", "", "", "divorce_IL")
	asRespondent := mapped("map_2", "Divorce", "", "", "divorce_IL")
	asRespondent.ClientRole = "Respondent"
	var (
		none      = domain.DryRunResult{}
		concerned = domain.DryRunResult{Concerned: true}
		changes   = domain.DryRunResult{Concerned: true, Changes: true}
		released  = domain.DryRunResult{Concerned: true, Changes: true, Released: true}
		stops     = domain.DryRunResult{Concerned: true, Changes: true, Stops: true}
		keeps     = domain.DryRunResult{Concerned: true, Keeps: true}
	)
	for _, c := range []struct {
		name   string
		own    []domain.Event
		change domain.MappingChange
		matter domain.Matter
		want   domain.DryRunResult
	}{
		{"a case type that had none", nil, domain.MappingChange{Revise: &separation}, about("Separation"), changes},
		{"spelt otherwise", nil, domain.MappingChange{Revise: &separation}, about("separation."), changes},
		{"another case type", nil, domain.MappingChange{Revise: &separation}, about("Annulment"), none},
		{"its sync waits for a type", nil, domain.MappingChange{Revise: &separation}, about("Separation", held(domain.CodeMatterTypeUnmapped)...), released},
		{"its sync waits for something else", nil, domain.MappingChange{Revise: &separation}, about("Separation", held(domain.CodeNotConnected)...), changes},
		{"it waits though there is a type by now", nil, domain.MappingChange{Revise: &separation}, about("Divorce", held(domain.CodeMatterTypeUnmapped)...), domain.DryRunResult{Concerned: true, Released: true}},
		{"it waits for another case type", nil, domain.MappingChange{Revise: &separation}, about("Annulment", held(domain.CodeMatterTypeUnmapped)...), none},
		{"it is in Smokeball", nil, domain.MappingChange{Revise: &separation}, about("Separation", made("will")...), keeps},
		{"it may be in Smokeball", nil, domain.MappingChange{Revise: &separation}, about("Separation", domain.MatterCreationStarted{Request: "r"}), keeps},
		{"only the role is another", nil, domain.MappingChange{Revise: &asRespondent}, about("Divorce"), changes},
		{"the same type by a mapping", nil, domain.MappingChange{Revise: new(mapped("map_2", "Divorce", "", "", "divorce_IL"))}, about("Divorce"), concerned},
		{"the same mapping again", list(revised(separation)), domain.MappingChange{Revise: &separation}, about("Separation"), none},
		{"removed, and there is no default", list(revised(separation)), domain.MappingChange{Remove: "map_1"}, about("Separation"), stops},
		{"removed, and the default counts", list(revised(mapped("map_2", "Divorce", "", "", "will"))), domain.MappingChange{Remove: "map_2"}, about("Divorce"), changes},
		{"the whole list empty", list(revised(separation)), domain.MappingChange{Whole: &[]domain.Mapping{}}, about("Separation"), stops},
		{"the whole list in another order", list(revised(separation), revised(asRespondent)), domain.MappingChange{Whole: &[]domain.Mapping{asRespondent, separation}}, about("Separation"), none},
	} {
		t.Run(c.name, func(t *testing.T) {
			own := given[domain.Preferences](c.own...).Mappings
			next, err := own.Try(c.change)
			if err != nil {
				t.Fatal(err)
			}
			got := domain.DryRun{Types: account, Now: own, Then: next}.Result(c.matter)
			got.Now, got.Then = domain.Resolution{}, domain.Resolution{}
			if got.Concerned != c.want.Concerned || got.Changes != c.want.Changes || got.Released != c.want.Released || got.Stops != c.want.Stops || (got.Concerned && got.Keeps != c.want.Keeps) {
				t.Errorf("it is told as %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestTryWithoutAnID tells that a mapping without an id stands for the one of the same
// matters, and is a new one where there is none.
func TestTryWithoutAnID(t *testing.T) {
	own := given[domain.Preferences](revised(mapped("map_1", "Separation", "", "IL", "divorce_IL"))).Mappings
	for _, c := range []struct {
		w     domain.Mapping
		named bool
		kept  int
	}{
		{mapped("", "SEPARATION", "", "Illinois", "will"), true, 1},
		{mapped("", "Separation", "", "", "will"), false, 2},
	} {
		next, err := own.Try(domain.MappingChange{Revise: &c.w})
		if err != nil || len(next.Kept) != c.kept {
			t.Fatalf("tried as %+v, %v", next, err)
		}
		if k := next.Kept[len(next.Kept)-1]; k.MatterTypeID != "will" || k.Named() != c.named {
			t.Errorf("it is kept as %+v", k)
		}
	}
	if len(own.Kept) != 1 || own.Kept[0].MatterTypeID != "divorce_IL" {
		t.Errorf("trying changed the firm's mappings: %+v", own)
	}
}

func TestTryIsRefused(t *testing.T) {
	own := given[domain.Preferences](revised(mapped("map_1", "Separation", "", "", "divorce_IL"))).Mappings
	taken, twin := mapped("map_2", "separation", "", "", "will"), mapped("", "Annulment", "", "", "will")
	for _, c := range []struct {
		name   string
		change domain.MappingChange
		reason domain.Reason
		fields []string
	}{
		{"a second one for the same matters", domain.MappingChange{Revise: &taken}, domain.Conflict, nil},
		{"removing what is not there", domain.MappingChange{Remove: "map_9"}, domain.Unknown, nil},
		{"twins in the list", domain.MappingChange{Whole: &[]domain.Mapping{twin, taken, twin}}, domain.Invalid, []string{"/mappings/2/case_type"}},
		{"an id twice", domain.MappingChange{Whole: &[]domain.Mapping{taken, mapped("map_2", "Annulment", "", "", "will")}}, domain.Invalid, []string{"/mappings/1/id"}},
		{"too many", domain.MappingChange{Whole: new(make([]domain.Mapping, domain.MostMappings+1))}, domain.Conflict, nil},
	} {
		_, err := own.Try(c.change)
		r := domain.AsRejection(err)
		if r == nil || r.Reason != c.reason {
			t.Errorf("%s: answered by %v", c.name, err)
			continue
		}
		var fields []string
		for _, f := range r.Faults {
			fields = append(fields, f.Field)
		}
		if !slices.Equal(fields, c.fields) {
			t.Errorf("%s: faults at %q, want %q", c.name, fields, c.fields)
		}
	}
}

// TestAsManyMappingsAsAFirmMayHave are tried at once.
func TestAsManyMappingsAsAFirmMayHave(t *testing.T) {
	var list []domain.Mapping
	for i := range domain.MostMappings {
		list = append(list, mapped("", fmt.Sprint("Type ", i), "", "", "will"))
	}
	if next, err := (domain.Mappings{}).Try(domain.MappingChange{Whole: &list}); err != nil || len(next.Kept) != domain.MostMappings {
		t.Errorf("tried are %d, %v", len(next.Kept), err)
	}
}

// TestAMatterThatIsThereIsOfItsType: CaseHug may give it another case type or place since; the change to
// another type takes the role along.
func TestAMatterThatIsThereIsOfItsType(t *testing.T) {
	typed := domain.MatterTypeResolved{Sync: "s_1", CaseType: "Separation", PracticeArea: "Family Law", Jurisdiction: "IL", TypeID: "divorce_IL"}
	there := append(made("divorce_IL"), typed)
	moved := func(change func(*domain.MatterData)) []domain.Event {
		d := domain.MatterData{ID: "m_1", Version: 2, CaseType: "Separation", PracticeArea: "Family Law", Jurisdiction: "IL"}
		change(&d)
		return and(there, domain.MatterUpdated{Matter: d})
	}
	for name, c := range map[string]struct {
		given              []domain.Event
		retyped, relocated bool
	}{
		"as it was typed":         {there, false, false},
		"spelt otherwise":         {moved(func(d *domain.MatterData) { d.CaseType, d.Jurisdiction = "SEPARATION", "Illinois" }), false, false},
		"of another case type":    {moved(func(d *domain.MatterData) { d.CaseType = "Annulment" }), true, false},
		"of another area":         {moved(func(d *domain.MatterData) { d.PracticeArea = "Estates" }), false, true},
		"at another place":        {moved(func(d *domain.MatterData) { d.Jurisdiction = "WI" }), false, true},
		"not there yet":           {list(domain.SyncRequested{Sync: "s_1"}, typed, domain.MatterUpdated{Matter: domain.MatterData{ID: "m_1", Version: 2, CaseType: "Annulment"}}), false, false},
		"there before it was so":  {and(made("divorce_IL"), domain.MatterUpdated{Matter: domain.MatterData{ID: "m_1", Version: 2, CaseType: "Annulment"}}), false, false},
		"of no case type by then": {moved(func(d *domain.MatterData) { d.CaseType = "" }), true, false},
	} {
		if m := about("Separation", c.given...); m.Retyped() != c.retyped || m.Relocated() != c.relocated {
			t.Errorf("%s: retyped is %v, relocated %v", name, m.Retyped(), m.Relocated())
		}
	}
	draft := domain.MatterDraft{MatterTypeID: "t_1", ClientRole: "Plaintiff"}
	if change, next := (domain.MatterChange{}).Retype(draft, "t_1", "Executor"); !change.Empty() || next.ClientRole != "Plaintiff" {
		t.Errorf("the same type changes %+v", change)
	}
	if change, next := (domain.MatterChange{}).Retype(draft, "t_2", "Executor"); change.MatterTypeID != "t_2" || change.ClientRole != "Executor" || next.MatterTypeID != "t_2" || next.ClientRole != "Executor" {
		t.Errorf("another type changes %+v, to %+v", change, next)
	}
}

// TestTrialsForeseeTheChange tells that making a change brings what trying it said.
func TestTrialsForeseeTheChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) domain.Mapping {
			return mapped(domain.MappingID(rapid.SampledFrom([]string{"map_1", "map_2", "map_3"}).Draw(t, label+" id")),
				rapid.SampledFrom([]string{"Divorce", "divorce", "Will", "Slip & Fall"}).Draw(t, label+" case"),
				rapid.SampledFrom([]string{"", "Family Law"}).Draw(t, label+" area"), "",
				rapid.SampledFrom([]string{"divorce_IL", "will", "old_IL"}).Draw(t, label+" type"))
		}
		var p domain.Preferences
		for range rapid.IntRange(0, 3).Draw(t, "mappings") {
			facts, _ := p.Mappings.Revise(draw("own"), "T", "u_1") // one that is taken is none
			for _, e := range facts {
				p = p.Apply(e, start)
			}
		}
		w := draw("changed")
		next, tried := p.Mappings.Try(domain.MappingChange{Revise: &w})
		facts, made := p.Mappings.Revise(w, "T", "u_1")
		if (tried == nil) != (made == nil) {
			t.Fatalf("trying is answered by %v, making by %v", tried, made)
		}
		m := about(rapid.SampledFrom([]string{"Divorce", "Will", "slip and fall", "Adoption"}).Draw(t, "matter"), held(domain.CodeMatterTypeUnmapped)...)
		told := domain.DryRun{Types: account, Now: p.Mappings, Then: next}.Result(m)
		for _, e := range facts {
			p = p.Apply(e, start)
		}
		real := domain.ResolveMatterType(account, p.Mappings, m.Data)
		if made == nil && (real.Found != told.Then.Found || real.Type.ID != told.Then.Type.ID || told.Released != real.Found) {
			t.Fatalf("told %+v, became %+v", told, real)
		}
	})
}

// FuzzMappingKey tells that a spelling's key is its own key, so that no two comparisons of
// the same names end differently.
func FuzzMappingKey(f *testing.F) {
	for _, name := range []string{"", "Workers’ Compensation", "Slip & Fall", "  a  B ", "—", "H-1B", "Décès", "İ", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		key := domain.Mapping{CaseType: name}.Key()
		if again := (domain.Mapping{CaseType: key[:len(key)-2]}).Key(); again != key {
			t.Fatalf("%q has the key %q, which has the key %q", name, key, again)
		}
	})
}

func TestMappingKey(t *testing.T) {
	key := func(caseType, place string) string { return mapped("", caseType, "", place, "").Key() }
	for _, same := range [][2]string{{"Workers’ Compensation", "WORKERS' COMPENSATION"}, {"Slip & Fall", " slip and  fall"}, {"H-1B", "H 1B"}} {
		if key(same[0], "IL") != key(same[1], "Illinois") {
			t.Errorf("%q and %q are not the same", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"Will", "Wills"}, {"Divorce", "Dissolution of Marriage"}, {"—", "?"}, {"A B", "AB"}} {
		if key(other[0], "") == key(other[1], "") {
			t.Errorf("%q and %q are the same", other[0], other[1])
		}
	}
}

func TestFlag(t *testing.T) {
	types := []domain.MatterType{{ID: "t_1", Roles: []string{"Plaintiff"}}, {ID: "t_lead", Lead: true}, {ID: "t_old", Deleted: true}}
	role := mapped("map_1", "A", "", "", "t_1")
	role.ClientRole = "Executor"
	for words, w := range map[string]domain.Mapping{
		"":                              mapped("map_1", "A", "", "", "t_1"),
		"deleted in Smokeball":          mapped("map_1", "A", "", "", "t_old"),
		"a type of leads":               mapped("map_1", "A", "", "", "t_lead"),
		"not in the Smokeball account":  mapped("map_1", "A", "", "", "t_moon"),
		"the type has no role Executor": role,
	} {
		switch f := w.Flag(types); {
		case words == "" && f != nil, words != "" && (f == nil || f.Words != words || f.Remedy == ""):
			t.Errorf("%+v is flagged as %+v, want %q", w, f, words)
		}
	}
}
