package domain_test

import (
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// account has matter types as Smokeball's accounts have them.
var account = []domain.MatterType{
	{ID: "mva_IL", Name: "Motor Vehicle Accident", Category: "Personal Injury", Location: "IL"},
	{ID: "mva_NY", Name: "Motor Vehicle Accident", Category: "Personal Injury", Location: "NY"},
	{ID: "slip_IL", Name: "Slip and Fall", Category: "Personal Injury", Location: "IL"},
	{ID: "comp_IL", Name: "Workers' Compensation", Category: "Employment", Location: "IL"},
	{ID: "divorce_IL", Name: "Divorce", Category: "Family Law", Location: "IL"},
	{ID: "will", Name: "Will", Category: "Estate Planning"},
	{ID: "review_il", Name: "Contract Review", Category: "Business", Location: "IL"},
	{ID: "review_re", Name: "Contract Review", Category: "Real Estate", Location: "IL"},
	{ID: "trust", Name: "Trust", Category: "Estate Planning"},
	{ID: "trust_NY", Name: "Trust", Category: "Estate Planning", Location: "NY"},
	{ID: "lead_IL", Name: "Dog Bite", Category: "Personal Injury", Location: "IL", Lead: true},
	{ID: "old_IL", Name: "Asbestos", Category: "Personal Injury", Location: "IL", Deleted: true},
	{ID: "resume_IL", Name: "Résumé fraud", Category: "Employment", Location: "IL"},
	{ID: "twin_1", Name: "Adoption", Category: "Family Law", Location: "IL"},
	{ID: "twin_2", Name: "Adoption", Category: "Family Law", Location: "IL"},
}

func resolve(caseType, area, place string) domain.Resolution {
	return domain.ResolveMatterType(account, domain.Mappings{}, domain.MatterData{CaseType: caseType, PracticeArea: area, Jurisdiction: place})
}

func TestResolveMatterType(t *testing.T) {
	for _, c := range []struct {
		name, caseType, area, place string
		want                        string // id; empty: none
		warned                      bool
	}{
		{"exact", "Motor Vehicle Accident", "Personal Injury", "IL", "mva_IL", false},
		{"exact, with blanks around", " Motor Vehicle Accident ", "Personal Injury", "IL", "mva_IL", false},
		{"the jurisdiction decides", "Motor Vehicle Accident", "Personal Injury", "NY", "mva_NY", false},
		{"the jurisdiction in small letters", "Motor Vehicle Accident", "Personal Injury", "ny", "mva_NY", false},
		{"without a jurisdiction two remain", "Motor Vehicle Accident", "Personal Injury", "", "", false},
		{"without a jurisdiction one remains", "Divorce", "Family Law", "", "divorce_IL", false},
		{"a jurisdiction that the account lacks", "Motor Vehicle Accident", "Personal Injury", "TX", "", false},
		{"the practice area decides", "Contract Review", "Real Estate", "IL", "review_re", false},
		{"without a practice area two remain", "Contract Review", "", "IL", "", false},
		{"without a practice area one remains", "Slip and Fall", "", "IL", "slip_IL", false},
		{"another practice area", "Slip and Fall", "Employment", "IL", "", false},
		{"a type for every place", "Will", "Estate Planning", "IL", "will", false},
		{"the type of the place before that for every place", "Trust", "Estate Planning", "NY", "trust_NY", false},
		{"the type for every place elsewhere", "Trust", "Estate Planning", "IL", "trust", false},
		{"two of one name", "Adoption", "Family Law", "IL", "", false},

		{"case", "motor vehicle accident", "personal injury", "IL", "mva_IL", false},
		{"letters in another form, and a blank more", "Résumé  Fraud", "Employment", "IL", "resume_IL", false},
		{"the jurisdiction spelt out", "Motor Vehicle Accident", "Personal Injury", " illinois ", "mva_IL", false},
		{"plural and punctuation", "Motor-Vehicle Accidents", "Personal Injury", "IL", "mva_IL", true},
		{"apostrophe", "Workers’ Compensation", "Employment", "IL", "comp_IL", true},
		{"a synonym in the plural", "Workman’s Compensation", "Employment", "IL", "comp_IL", true},
		{"a synonym, shortened", "Workers’ Comp", "Employment", "IL", "comp_IL", true},
		{"a synonym", "Auto Accident", "Personal Injury", "IL", "mva_IL", true},
		{"a synonym's abbreviation", "MVA", "PI", "IL", "mva_IL", true},
		{"an ampersand", "Slip & Fall", "Personal Injury", "IL", "slip_IL", true},
		{"a synonym in the practice area", "Divorce", "Family", "IL", "divorce_IL", true},
		{"a synonym of several words", "Dissolution of Marriage", "Family Law", "IL", "divorce_IL", true},

		{"a lead's type is none", "Dog Bite", "Personal Injury", "IL", "", false},
		{"a deleted type is none", "Asbestos", "Personal Injury", "IL", "", false},
		{"a type unheard of", "Space Law", "Orbital", "IL", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := resolve(c.caseType, c.area, c.place)
			if r.Type.ID != c.want || r.Found != (c.want != "") {
				t.Errorf("resolved to %+v (found: %v), want %q", r.Type, r.Found, c.want)
			}
			if (r.Warning != nil) != c.warned {
				t.Errorf("the warning is %+v, want one: %v", r.Warning, c.warned)
			}
			if r.Found && r.Nearest != nil {
				t.Errorf("a type was found and others are offered: %v", r.Nearest)
			}
		})
	}
}

// TestResolutionWarning tells that the warning names what was asked and what was taken.
func TestResolutionWarning(t *testing.T) {
	w := resolve("Auto Accident", "Personal Injury", "IL").Warning
	if w == nil || w.Code != "matter_type_normalised" || w.About == nil || w.About.Value != "Auto Accident" || w.About.Was != "Motor Vehicle Accident" {
		t.Errorf("the warning is %+v", w)
	}
}

// TestNearest tells which names are offered where none fits.
func TestNearest(t *testing.T) {
	for _, c := range []struct {
		name, caseType, area, place string
		want                        []string
	}{
		{"a shared word first, then the practice area", "Boat Accident", "Personal Injury", "IL", []string{"Motor Vehicle Accident", "Slip and Fall"}},
		{"nothing from another place", "Boat Accident", "Personal Injury", "TX", nil},
		{"no lead and no deleted type", "Asbestos Dog Bite", "", "IL", nil},
		{"a type for every place, and not another place's", "Living Will", "Estate Planning", "IL", []string{"Will", "Trust"}},
		{"no place is told", "Divorce Appeal", "", "", []string{"Divorce"}},
		{"each name once", "Adoption", "Family Law", "IL", []string{"Adoption", "Divorce"}},
		{"nothing alike", "Space Law", "Orbital", "IL", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := resolve(c.caseType, c.area, c.place).Nearest; !reflect.DeepEqual(got, c.want) {
				t.Errorf("the nearest are %q, want %q", got, c.want)
			}
		})
	}
	many := []domain.MatterType{{Name: "Tax A"}, {Name: "Tax B"}, {Name: "Tax C"}, {Name: "Tax D"}}
	if got := domain.ResolveMatterType(many, domain.Mappings{}, domain.MatterData{CaseType: "Tax"}).Nearest; len(got) != 3 {
		t.Errorf("the nearest are %q, want three", got)
	}
}

// TestAShortWordHasNoPlural, and neither has one that ends in two s.
func TestAShortWordHasNoPlural(t *testing.T) {
	types := []domain.MatterType{{ID: "gas", Name: "Gas Leak"}, {ID: "loss", Name: "Loss of Goods"}}
	for caseType, want := range map[string]string{"gas leaks": "gas", "Ga Leak": "", "loss of good": "loss", "Los of Goods": ""} {
		if got := domain.ResolveMatterType(types, domain.Mappings{}, domain.MatterData{CaseType: caseType}); got.Type.ID != want {
			t.Errorf("%q is %q, want %q", caseType, got.Type.ID, want)
		}
	}
}

// TestResolveLeavesTypes tells that the account's list stays as it is: it is shared.
func TestResolveLeavesTypes(t *testing.T) {
	before := append([]domain.MatterType(nil), account...)
	resolve("Boat Accident", "Personal Injury", "IL")
	if !reflect.DeepEqual(account, before) {
		t.Error("resolving changed the list of types")
	}
}
