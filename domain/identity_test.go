package domain_test

import (
	"fmt"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// known is a contact as Smokeball shows it; who made it for which client comes after.
func known(id domain.SmokeballID, n domain.Name, email string, owners ...domain.Owner) domain.Candidate {
	c := domain.SmokeballContact{ID: id, FirstName: n.First, MiddleName: n.Middle, LastName: n.Last, CompanyName: n.Company, Email: email, Phone: "+1 312 555 0142"}
	return domain.Candidate{SmokeballContact: c, Owners: owners}
}

func owner(id domain.ClientID, first, last string) domain.Owner {
	return domain.Owner{Client: id, Name: named(first, last)}
}

// madeFor is the contact with the external id of the client that it was made for.
func madeFor(id domain.ClientID, k domain.Candidate) domain.Candidate {
	k.ExternalID = string(id)
	return k
}

func crowd(n int) (list []domain.Candidate) {
	for i := range n {
		list = append(list, known(domain.SmokeballID(fmt.Sprint("sb-", i)), named("Ana", fmt.Sprint("Lopez", i)), "pair@x.example"))
	}
	return list
}

// TestWhoIsWho is the table of who is who: what CaseHug says of the client, which contacts
// Smokeball shows and whose they are, and what follows.
func TestWhoIsWho(t *testing.T) {
	ana := domain.Claimant{Client: "c_ana", Name: named("Ana", "Lopez"), Email: "pair@x.example", Phone: "+1 312 555 0142"}
	with := func(change func(*domain.Claimant)) domain.Claimant {
		c := ana
		change(&c)
		return c
	}
	called := func(n domain.Name) domain.Claimant { return with(func(c *domain.Claimant) { c.Name = n }) }
	nobody := with(func(c *domain.Claimant) { c.Email = "" })
	luis := known("sb-luis", named("Luis", "Lopez"), "pair@x.example")
	anas := known("sb-ana", named("Ana", "Lopez"), "Pair@X.example ")
	is := func(id domain.SmokeballID) domain.Verdict { return domain.Verdict{Contact: id} }
	doubt := func(v domain.Verdict, code domain.WarningCode, id domain.SmokeballID, name string) domain.Verdict {
		v.Doubt = domain.Doubt{Code: code, Contact: id, Name: name}
		return v
	}
	separate := func(code domain.WarningCode, id domain.SmokeballID, name string) domain.Verdict {
		return doubt(domain.Verdict{}, code, id, name)
	}
	for _, c := range []struct {
		what  string
		who   domain.Claimant
		shown []domain.Candidate
		want  domain.Verdict
	}{
		{"nobody has the address", ana, nil, domain.Verdict{}},
		{"a person in Smokeball made the contact, e-mail and name fit", ana, []domain.Candidate{anas}, is("sb-ana")},
		{"the e-mail is another person's", ana, []domain.Candidate{luis}, separate(domain.ContactEmailShared, "sb-luis", "Luis Lopez")},
		{"the e-mail is another CaseHug client's", ana, []domain.Candidate{madeFor("c_luis", known("sb-luis", named("Luis", "Lopez"), "pair@x.example", owner("c_luis", "Luis", "Lopez")))},
			separate(domain.ContactEmailShared, "sb-luis", "Luis Lopez")},
		{"another client's contact that people gave this client's name", ana, []domain.Candidate{known("sb-luis", named("Ana", "Lopez"), "pair@x.example", owner("c_luis", "Luis", "Lopez"))},
			separate(domain.ContactEmailShared, "sb-luis", "Ana Lopez")},
		{"the same person is a client twice", ana, []domain.Candidate{known("sb-ana", named("Ana", "Lopez"), "pair@x.example", owner("c_ana2", "Ana", "Lopez"))},
			domain.Verdict{Contact: "sb-ana", Owner: "c_ana2"}},
		{"one who fits the contact, and not all whose it is", called(named("Luis", "Lopez")),
			[]domain.Candidate{known("sb-x", named("", "Lopez"), "pair@x.example", owner("c_x", "", "Lopez"), owner("c_eva", "Ana", "Lopez"))}, separate(domain.ContactEmailShared, "sb-x", "Lopez")},
		{"its own, by our id", with(func(c *domain.Claimant) { c.Email = "new@x.example" }), []domain.Candidate{madeFor("c_ana", luis)}, is("sb-luis")},
		{"its own, by what is known", nobody, []domain.Candidate{known("sb-a", named("Anna", "Lopes"), "", owner("c_ana", "Ana", "Lopez"))}, is("sb-a")},
		{"its own, by our id, and by now also another's whom its new name does not fit", called(named("Eva", "Stone")),
			[]domain.Candidate{madeFor("c_ana", known("sb-ana", named("Ana", "Lopez"), "pair@x.example", owner("c_ana2", "Ana", "Lopez")))}, separate(domain.ContactEmailShared, "sb-ana", "Ana Lopez")},
		{"a company and its owner", called(firmName("Apex LLC")), []domain.Candidate{anas}, separate(domain.ContactEmailShared, "sb-ana", "Ana Lopez")},
		{"the owner and their company", ana, []domain.Candidate{known("sb-apex", firmName("Apex LLC"), "pair@x.example")}, separate(domain.ContactEmailShared, "sb-apex", "Apex LLC")},
		{"a company as it is", called(firmName("Apex LLC")), []domain.Candidate{known("sb-apex", firmName("apex llc"), "pair@x.example")}, is("sb-apex")},
		{"a client that turned from a person into a company", called(firmName("Apex LLC")), []domain.Candidate{madeFor("c_ana", anas)}, separate(domain.ContactKindChanged, "sb-ana", "Ana Lopez")},
		{"composed and decomposed letters", called(named("José", "Núñez")), []domain.Candidate{known("sb-j", named("Jose\u0301", "Nu\u0301n\u0303ez"), "pair@x.example")}, is("sb-j")},
		{"Smokeball lacks the first name", ana, []domain.Candidate{known("sb-l", named("", "Lopez"), "pair@x.example")}, doubt(is("sb-l"), domain.ContactNameDiffers, "sb-l", "Lopez")},
		{"CaseHug lacks the first name", called(named("", "Lopez")), []domain.Candidate{anas}, doubt(is("sb-ana"), domain.ContactNameDiffers, "sb-ana", "Ana Lopez")},
		{"CaseHug lacks the first name, and two may be meant", called(named("", "Lopez")), []domain.Candidate{anas, luis}, separate(domain.ContactEmailShared, "sb-ana", "Ana Lopez")},
		{"an initial", called(named("A.", "Lopez")), []domain.Candidate{anas}, doubt(is("sb-ana"), domain.ContactNameDiffers, "sb-ana", "Ana Lopez")},
		{"an initial, and another person has the address too", called(named("A.", "Lopez")), []domain.Candidate{luis, anas}, separate(domain.ContactEmailShared, "sb-luis", "Luis Lopez")},
		{"a middle name", called(named("Ana Maria", "Lopez")), []domain.Candidate{anas}, doubt(is("sb-ana"), domain.ContactNameDiffers, "sb-ana", "Ana Lopez")},
		{"a short form", called(named("Elizabeth", "Lopez")), []domain.Candidate{known("sb-liz", named("Liz", "Lopez"), "pair@x.example")}, doubt(is("sb-liz"), domain.ContactNameDiffers, "sb-liz", "Liz Lopez")},
		{"the same client carried the name before", with(func(c *domain.Claimant) {
			c.Name, c.Before = named("Ana", "Ortega"), []domain.Name{named("Ana", "Lopez")}
		}),
			[]domain.Candidate{anas}, doubt(is("sb-ana"), domain.ContactNameDiffers, "sb-ana", "Ana Lopez")},
		{"another last name", called(named("Ana", "Ortega")), []domain.Candidate{anas}, separate(domain.ContactEmailShared, "sb-ana", "Ana Lopez")},
		{"of several the one of the name", ana, []domain.Candidate{luis, anas}, doubt(is("sb-ana"), domain.ContactAmbiguous, "sb-ana", "Ana Lopez")},
		{"several of the name: the oldest", ana, []domain.Candidate{anas, known("sb-2", named("Ana", "Lopez"), "pair@x.example")}, doubt(is("sb-ana"), domain.ContactAmbiguous, "sb-ana", "Ana Lopez")},
		{"several of the name: nobody else's", ana, []domain.Candidate{known("sb-2", named("Ana", "Lopez"), "pair@x.example", owner("c_2", "Ana", "Lopez")), anas}, doubt(is("sb-ana"), domain.ContactAmbiguous, "sb-ana", "Ana Lopez")},
		{"several forms of the name, and nobody else", called(named("Elizabeth", "Lopez")),
			[]domain.Candidate{known("sb-1", named("Liz", "Lopez"), "pair@x.example"), known("sb-2", named("Liz", "Lopez"), "pair@x.example")}, doubt(is("sb-1"), domain.ContactAmbiguous, "sb-1", "Liz Lopez")},
		{"an address that a family shares", ana, append(crowd(4), anas), doubt(is("sb-ana"), domain.ContactAmbiguous, "sb-ana", "Ana Lopez")},
		{"an address that many share identifies nobody", ana, append(crowd(6), anas), separate(domain.ContactEmailShared, "sb-0", "Ana Lopez0")},
		{"no e-mail address, and nobody of the name", nobody, []domain.Candidate{luis}, domain.Verdict{}},
		{"no e-mail address, and one of the name and phone", nobody, []domain.Candidate{luis, anas}, separate(domain.ContactMaybeKnown, "sb-ana", "Ana Lopez")},
		{"no e-mail address and no phone", with(func(c *domain.Claimant) { c.Email, c.Phone = "", "" }), []domain.Candidate{anas}, domain.Verdict{}},
		{"no e-mail address, and one of the name with another phone", with(func(c *domain.Claimant) { c.Email, c.Phone = "", "+1 312 555 0199" }), []domain.Candidate{anas}, domain.Verdict{}},
		{"no e-mail address, and its own", nobody, []domain.Candidate{anas, madeFor("c_ana", known("sb-own", named("Ana", "Lopez"), ""))}, is("sb-own")},
		{"no e-mail address, and its own of the other kind", with(func(c *domain.Claimant) { c.Email, c.Phone, c.Name = "", "", firmName("Apex LLC") }),
			[]domain.Candidate{madeFor("c_ana", anas)}, separate(domain.ContactKindChanged, "sb-ana", "Ana Lopez")},
	} {
		t.Run(c.what, func(t *testing.T) {
			if got := domain.Identify(c.who, c.shown); got != c.want {
				t.Errorf("it is %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestWhoMayStandInTheClientsPlace: a contact that is there, of the client's kind, whose name fits, and
// that is nobody else's.
func TestWhoMayStandInTheClientsPlace(t *testing.T) {
	ana := domain.Claimant{Client: "c_ana", Name: named("Ana", "Lopez")}
	anas := known("sb-ana", named("Ana", "Lopez"), "")
	unseen, deleted := anas, anas
	unseen.Unseen, deleted.Deleted = true, true
	for name, c := range map[string]struct {
		k    domain.Candidate
		want bool
	}{
		"the same name":      {anas, true},
		"not seen yet":       {unseen, false},
		"deleted":            {deleted, false},
		"a company":          {known("sb-ana", firmName("Ana Lopez"), ""), false},
		"another name":       {known("sb-luis", named("Luis", "Lopez"), ""), false},
		"another client's":   {known("sb-ana", named("Ana", "Lopez"), "", owner("c_luis", "Luis", "Lopez")), false},
		"the client's twice": {known("sb-ana", named("Ana", "Lopez"), "", owner("c_ana2", "Ana", "Lopez")), true},
	} {
		if got := ana.ReplacedBy(c.k); got != c.want {
			t.Errorf("%s: it is the client: %v", name, got)
		}
	}
	before := domain.Claimant{Client: "c_ana", Name: firmName("Apex LLC"), Before: []domain.Name{named("Ana", "Lopez")}}
	if before.ReplacedBy(anas) {
		t.Error("a person takes the place of a company, because the client was called so before")
	}
}
