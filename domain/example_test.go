package domain_test

import (
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
)

// E-mail and name together tell who somebody is; an e-mail address alone does not.
func ExampleIdentify() {
	maria := domain.Claimant{Client: "c_77", Name: domain.Name{First: "Maria", Last: "Rivera"}, Email: "family@rivera.example"}
	contact := func(id domain.SmokeballID, first string) domain.Candidate {
		return domain.Candidate{SmokeballContact: domain.SmokeballContact{ID: id, Kind: domain.KindPerson, FirstName: first, LastName: "Rivera", Email: "family@rivera.example"}}
	}
	for _, shown := range [][]domain.Candidate{
		nil,
		{contact("contact-1", "Maria")},
		{contact("contact-2", "Luis")},
	} {
		v := domain.Identify(maria, shown)
		fmt.Printf("contact %q, doubt %q\n", v.Contact, v.Doubt.Code)
	}
	// Output:
	// contact "", doubt ""
	// contact "contact-1", doubt ""
	// contact "", doubt "contact_email_shared"
}
