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
		{"her new name, which people wrote first", person("Zoe", "Zorn", "zoe@x.example"), was, renamed, true},
		{"a contact without a name", person("", "", "zed@x.example"), was, change, true},
		{"a company that moved", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "Apex Holdings", Email: "new@apex.example"}, company, change, true},
		{"another company", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "Zorro Ltd", Email: "zorro@x.example"}, company, change, false},
		{"a company of signs only", domain.SmokeballContact{Kind: domain.KindCompany, CompanyName: "."}, domain.ContactDraft{CompanyName: "-"}, change, false},
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
