package domain_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

func named(first, last string) domain.Name { return domain.Name{First: first, Last: last} }
func firmName(name string) domain.Name     { return domain.Name{Company: name} }

// TestNamesThatFit tells when two names may be one person's or one company's.
func TestNamesThatFit(t *testing.T) {
	for _, c := range []struct {
		what       string
		a, b       domain.Name
		same, fits bool
	}{
		{"the same", named("Ana", "Lopez"), named("Ana", "Lopez"), true, true},
		{"another case and blanks", named(" ANA ", "de  la Cruz"), named("ana", "De la Cruz "), true, true},
		{"decomposed letters", named("José", "Núñez"), named("Jose\u0301", "Nu\u0301n\u0303ez"), true, true},
		{"a middle name that Smokeball keeps apart", domain.Name{First: "Maria", Middle: "Jose", Last: "Rivera"}, named("Maria Jose", "Rivera"), true, true},
		{"a middle name that one of them lacks", domain.Name{First: "Maria", Middle: "Jose", Last: "Rivera"}, named("Maria", "Rivera"), true, true},
		{"a middle name alone and no name", domain.Name{Middle: "Núñez"}, domain.Name{}, false, false},
		{"a middle name alone and none", domain.Name{Middle: "Jose", Last: "Rivera"}, named("", "Rivera"), false, true},
		{"another middle name", domain.Name{First: "Ana", Middle: "Lucia", Last: "Rivera"}, domain.Name{First: "Ana", Middle: "Maria", Last: "Rivera"}, false, false},
		{"a middle name in the first name", named("Maria Jose", "Rivera"), named("Maria", "Rivera"), false, true},
		{"the middle name alone", named("Jose", "Rivera"), named("Maria Jose", "Rivera"), false, false},
		{"no first name", named("", "Rivera"), named("Maria", "Rivera"), false, true},
		{"a blank first name", named(" ", "Rivera"), named("Maria", "Rivera"), false, true},
		{"an initial", named("M.", "Rivera"), named("Maria", "Rivera"), false, true},
		{"two initials", named("J.P.", "Rivera"), named("John Paul", "Rivera"), false, true},
		{"another initial", named("A", "Rivera"), named("Maria", "Rivera"), false, false},
		{"one letter that is a whole name", named("明", "李"), named("明华", "李"), false, false},
		{"a short form", named("Liz", "Ortega"), named("Elizabeth", "Ortega"), false, true},
		{"a short form and a middle initial", named("Bob J", "Stone"), named("Robert", "Stone"), false, true},
		{"a short form of another last name", named("Liz", "Ortega"), named("Elizabeth", "Stone"), false, false},
		{"names that only begin alike", named("Luis", "Lopez"), named("Luisa", "Lopez"), false, false},
		{"two who share a short form", named("Alexander", "Stone"), named("Alexandra", "Stone"), false, false},
		{"a hyphen", named("Anne-Marie", "Stone"), named("Anne Marie", "Stone"), false, true},
		{"a son and his father", named("John", "Stone Jr."), named("John", "Stone"), false, false},
		{"a son and his father, in the first name", named("John Jr.", "Stone"), named("John", "Stone"), false, false},
		{"a son and his father, of whom both are told", named("John Sr", "Stone"), domain.Name{First: "John", Last: "Stone", Suffix: "Jr."}, false, false},
		{"a son whom Smokeball has with a suffix", domain.Name{First: "John", Last: "Stone", Suffix: "Jr."}, named("John", "Stone"), false, false},
		{"the son, written in three ways", domain.Name{First: "John", Last: "Stone", Suffix: "jr"}, named("John", "Stone, Junior"), true, true},
		{"the son, in the middle name", domain.Name{First: "John", Middle: "Jr.", Last: "Stone"}, named("John", "Stone JR"), true, true},
		{"a grandson and an initial", named("J. III", "Stone"), named("John", "Stone 3rd"), false, true},
		{"a suffix that tells of no generation", domain.Name{First: "John", Last: "Stone", Suffix: "Esq."}, named("John", "Stone"), true, true},
		{"a last name that looks like a generation", named("Ana", "Senior"), named("Ana", "Senior"), true, true},
		{"a first name that looks like a generation", named("Junior", "Stone"), named("Ana", "Stone"), false, false},
		{"another apostrophe", named("Sean", "O’Brien"), named("Sean", "O'Brien"), false, true},
		{"a hyphen in the last name", named("Ana", "Ruiz-Diaz"), named("Ana", "Ruiz Diaz"), false, true},
		{"another person of the family", named("Luis", "Lopez"), named("Ana", "Lopez"), false, false},
		{"another last name", named("Ana", "Lopez"), named("Ana", "Ortega"), false, false},
		{"no last name and one without letters", named("", ""), named("", "."), false, false},
		{"no last name", named("Ana", ""), named("Ana", "Lopez"), false, false},
		{"only a first name, twice", named("Cher", ""), named("cher", ""), true, true},
		{"no names", named("", " "), named("", ""), false, false},
		{"a company", firmName("Apex Freight LLC"), firmName("APEX Freight  LLC"), true, true},
		{"another company", firmName("Apex Freight LLC"), firmName("Apex LLC"), false, false},
		{"a company and a person of its name", firmName("Rivera"), named("", "Rivera"), false, false},
		{"a company with a contact person", domain.Name{First: "Ana", Last: "Lopez", Company: "Apex LLC"}, firmName("Apex LLC"), true, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			for _, pair := range [][2]domain.Name{{c.a, c.b}, {c.b, c.a}} {
				if same, fits := pair[0].Same(pair[1]), pair[0].Fits(pair[1]); same != c.same || fits != c.fits {
					t.Errorf("%+v and %+v: same %v, fits %v, want %v and %v", pair[0], pair[1], same, fits, c.same, c.fits)
				}
			}
		})
	}
}

// TestSameNamesFit draws any names, often two that have parts in common: what is the same
// fits, both ways round.
func TestSameNamesFit(t *testing.T) {
	part := rapid.OneOf(rapid.SampledFrom([]string{"", " ", "A", "a.", "-", "Ana", "Ana Maria", "Bob", "Robert", "Lopez", "Núñez", "NU\u0301N\u0303EZ", "Jr.", "Bob Jr", "Lopez, Jr.", "Lopez III", "\u200b", "ſ"}), rapid.String())
	name := rapid.Custom(func(t *rapid.T) domain.Name {
		return domain.Name{First: part.Draw(t, "first"), Middle: part.Draw(t, "middle"), Last: part.Draw(t, "last"), Suffix: part.Draw(t, "suffix"), Company: part.Draw(t, "company")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		if rapid.Bool().Draw(t, "of one last name") {
			a.Company, b.Company, b.Last = "", "", a.Last
		}
		if a.Same(b) != b.Same(a) || a.Fits(b) != b.Fits(a) || (a.Same(b) && !a.Fits(b)) {
			t.Fatalf("%+v and %+v: same %v and %v, fits %v and %v", a, b, a.Same(b), b.Same(a), a.Fits(b), b.Fits(a))
		}
		if a.Fits(b) && a.IsCompany() != b.IsCompany() {
			t.Fatalf("a company and a person fit: %+v and %+v", a, b)
		}
	})
}

func TestNameString(t *testing.T) {
	for want, n := range map[string]domain.Name{
		"Maria Jose Rivera": {First: " Maria", Middle: "Jose", Last: "Rivera "},
		"Rivera":            {Last: "Rivera"},
		"John Stone Jr.":    {First: "John", Last: "Stone", Suffix: "Jr."},
		"Apex LLC":          {First: "Ana", Last: "Lopez", Company: " Apex LLC"},
		"":                  {First: " "},
	} {
		if got := n.String(); got != want {
			t.Errorf("%+v is written %q, want %q", n, got, want)
		}
	}
}

// TestAPersonIsNoCompany, though CaseHug names a person beside the company.
func TestAPersonIsNoCompany(t *testing.T) {
	ana := named("Ana", "Lopez")
	company := domain.Name{First: "Ana", Last: "Lopez", Company: "Lopez LLC"}
	if ana.Same(company) || company.Same(ana) || ana.Fits(company) || company.Fits(ana) {
		t.Error("a person is taken for the company")
	}
	initial := domain.Name{First: "A.", Last: "Lopez"}
	if initial.Fits(company) || company.Fits(initial) {
		t.Error("a person fits the company")
	}
}
