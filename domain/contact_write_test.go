package domain_test

import (
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAContactThatPeopleMadeAnotherPersonsIsNotWritten gives what Smokeball shows of the contact
// of Ann Neu, ann@x.example, when CaseHug has a new phone number of hers.
func TestAContactThatPeopleMadeAnotherPersonsIsNotWritten(t *testing.T) {
	was := domain.ContactDraft{FirstName: "Ann", LastName: "Neu", Email: "ann@x.example", Phone: "312 555 0142"}
	change := domain.ContactChange{ContactDraft: domain.ContactDraft{Phone: "312 555 0199"}}
	company := domain.ContactDraft{CompanyName: "Apex Freight LLC", Email: "office@apex.example"}
	renamed := change
	renamed.FirstName, renamed.LastName = "Zoe", "Zorn"
	person := func(first, last, email string) domain.SmokeballContact {
		return domain.SmokeballContact{Kind: domain.KindPerson, FirstName: first, LastName: last, Email: email, Phone: "1"}
	}
	for _, c := range []struct {
		what    string
		shown   domain.SmokeballContact
		was     domain.ContactDraft
		change  domain.ContactChange
		written bool
	}{
		{"as it was", person("Ann", "Neu", "ann@x.example"), was, change, true},
		{"married, with a new address", person("Ann", "Ortega", "ortega@x.example"), was, change, true},
		{"a fuller first name, a new address", person("Ann Marie", "Ortega", "ortega@x.example"), was, change, true},
		{"the first name corrected, with a new address", person("Anita", "NEU", "anita@x.example"), was, change, true},
		{"another name, the same address", person("Zed", "Zorro", "Ann@X.example"), was, change, true},
		{"another person", person("Zed", "Zorro", "zed@x.example"), was, change, false},
		{"another person without an address", person("Zed", "Zorro", ""), was, change, false},
		{"another person, who shares no address because there was none", person("Zed", "Zorro", ""), domain.ContactDraft{LastName: "Neu"}, change, false},
		{"another person, without a first name", person("", "Zorro", "zed@x.example"), was, change, false},
		{"her new name, which people wrote first", person("Zoe", "Zorn", "zoe@x.example"), was, renamed, true},
		{"a contact without a name", person("", "", "zed@x.example"), was, change, true},
		{"a company that moved", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "Apex Holdings", Email: "new@apex.example"}, company, change, true},
		{"another company", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "Zorro Ltd", Email: "zorro@x.example"}, company, change, false},
		{"a company of signs only", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "."}, domain.ContactDraft{CompanyName: "-"}, change, false},
		{"a company, which has nothing of hers", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "Neu LLC", Email: "office@neu.example"}, was, change, false},
		{"a company, which has her address", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "Neu LLC", Email: "ann@x.example"}, was, change, true},
		{"a company, where a first name was told", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "Neu LLC"}, domain.ContactDraft{FirstName: "Ann"}, change, false},
		{"a person, where a company was told", person("Apex", "", "apex@x.example"), company, change, false},
		{"told nothing yet", person("Zed", "Zorro", "zed@x.example"), domain.ContactDraft{}, change, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			written, kept := c.shown.Write(c.was, c.change)
			if (written.Phone == change.Phone) != c.written || slices.Contains(kept, "phone number") == c.written {
				t.Errorf("written is %+v, kept is %v", written, kept)
			}
			if !c.written && written != (domain.ContactChange{}) {
				t.Errorf("written is %+v", written)
			}
		})
	}
}

// TestWhatAChangeWrites: what the kind of contact has and Smokeball has otherwise; what CaseHug no longer
// has goes where Smokeball still has it.
func TestWhatAChangeWrites(t *testing.T) {
	was := domain.ContactDraft{FirstName: "Ann", LastName: "Neu", Email: "ann@x.example", Phone: "312 555 0142"}
	ann := domain.SmokeballContact{Kind: domain.KindPerson, ExternalID: "c_77", FirstName: "Ann", LastName: "Neu", Email: "ann@x.example", Phone: "(312) 555-0142"}
	trust, unphoned, rephoned, untagged := ann, ann, ann, ann
	trust.Kind, unphoned.Phone, rephoned.Phone, untagged.ExternalID = "", "", "312 555 0177", ""
	set := func(d domain.ContactDraft) domain.ContactChange { return domain.ContactChange{ContactDraft: d} }
	removed := domain.ContactChange{Removed: domain.ContactDraft{Phone: was.Phone}}
	for _, c := range []struct {
		what   string
		shown  domain.SmokeballContact
		change domain.ContactChange
		want   domain.ContactChange
		kept   []string
	}{
		{"another last name", ann, set(domain.ContactDraft{LastName: "Ortega"}), set(domain.ContactDraft{LastName: "Ortega"}), nil},
		{"a company's name, of a person", ann, set(domain.ContactDraft{CompanyName: "Neu LLC"}), domain.ContactChange{}, []string{"company name"}},
		{"a phone number, of a trust", trust, set(domain.ContactDraft{Phone: "312 555 0199"}), domain.ContactChange{}, []string{"phone number"}},
		{"a phone number that it has, written otherwise", ann, set(domain.ContactDraft{Phone: "312 555 0142"}), domain.ContactChange{}, nil},
		{"a phone number that goes", ann, removed, domain.ContactChange{Removed: domain.ContactDraft{Phone: ann.Phone}}, nil},
		{"a phone number that is gone", unphoned, removed, domain.ContactChange{}, nil},
		{"a phone number that people changed", rephoned, removed, domain.ContactChange{}, []string{"phone number"}},
		{"a phone number that it has, and our id", untagged, set(domain.ContactDraft{ExternalID: "c_77", Phone: "312 555 0142"}), set(domain.ContactDraft{ExternalID: "c_77"}), nil},
		{"a phone number that it has, and another's id", ann, set(domain.ContactDraft{ExternalID: "c_78", Phone: "312 555 0142"}), domain.ContactChange{}, nil},
	} {
		if written, kept := c.shown.Write(was, c.change); written != c.want || !slices.Equal(kept, c.kept) {
			t.Errorf("%s: written is %+v, kept is %q", c.what, written, kept)
		}
	}
}

// TestWhetherAContactShowsAChange: what was written, in whatever form, and no longer what was removed.
func TestWhetherAContactShowsAChange(t *testing.T) {
	shown := domain.SmokeballContact{Kind: domain.KindPerson, LastName: "NEU", Email: "ann@x.example", Phone: "(312) 555-0142"}
	empty := domain.SmokeballContact{Kind: domain.KindPerson, LastName: "Neu"}
	set := func(d domain.ContactDraft) domain.ContactChange { return domain.ContactChange{ContactDraft: d} }
	gone := domain.ContactChange{Removed: domain.ContactDraft{Phone: "312 555 0142"}}
	for _, c := range []struct {
		what   string
		shown  domain.SmokeballContact
		change domain.ContactChange
		want   bool
	}{
		{"nothing", shown, domain.ContactChange{}, true},
		{"a name, in another case", shown, set(domain.ContactDraft{LastName: "Neu"}), true},
		{"a phone number, in another form", shown, set(domain.ContactDraft{Phone: "312 555 0142"}), true},
		{"another phone number", shown, set(domain.ContactDraft{Phone: "312 555 0199"}), false},
		{"a phone number, where it has none", empty, set(domain.ContactDraft{Phone: "312 555 0199"}), false},
		{"one that goes, and is there", shown, gone, false},
		{"one that goes, and is gone", empty, gone, true},
		{"one that goes, where people wrote another", shown, domain.ContactChange{Removed: domain.ContactDraft{Phone: "312 555 0199"}}, true},
		{"another one in the place of one that goes", shown, domain.ContactChange{ContactDraft: domain.ContactDraft{Phone: "312 555 0142"}, Removed: domain.ContactDraft{Phone: "312 555 0142"}}, true},
	} {
		if got := c.shown.Shows(c.change); got != c.want {
			t.Errorf("%s: shown is %v", c.what, got)
		}
	}
}

// TestHowAContactDiffers from a client: by its address and number, and by the names of its kind.
func TestHowAContactDiffers(t *testing.T) {
	shown := domain.SmokeballContact{Kind: domain.KindPerson, FirstName: "Ann", MiddleName: "Marie", LastName: "Neu", NameSuffix: "Jr.", Email: "ann@x.example", Phone: "(312) 555-0142"}
	for _, c := range []struct {
		what              string
		draft             domain.ContactDraft
		differing, unlike []string
	}{
		{"the same", domain.ContactDraft{FirstName: "Ann Marie", LastName: "Neu Jr.", Email: "Ann@x.example", Phone: "312 555 0142"}, nil, nil},
		{"the first and last name only", domain.ContactDraft{FirstName: "Ann", LastName: "Neu"}, nil, nil},
		{"another name, address and number", domain.ContactDraft{FirstName: "Zoe", LastName: "Zorn", Email: "z@x.example", Phone: "312 555 0199"},
			[]string{"e-mail address", "phone number"}, []string{"first name", "last name", "e-mail address", "phone number"}},
		{"a company", domain.ContactDraft{CompanyName: "Neu LLC"}, nil, nil},
		{"nothing", domain.ContactDraft{}, nil, nil},
	} {
		if differing, unlike := shown.Differing(c.draft), shown.Unlike(c.draft); !slices.Equal(differing, c.differing) || !slices.Equal(unlike, c.unlike) {
			t.Errorf("%s: differing are %q, unlike %q", c.what, differing, unlike)
		}
	}
	both := domain.ContactChange{ContactDraft: domain.ContactDraft{LastName: "Ortega"}, Removed: domain.ContactDraft{Phone: "312 555 0142"}}
	if got := both.Fields(); !slices.Equal(got, []string{"last name", "phone number"}) {
		t.Errorf("the change touches %q", got)
	}
}
