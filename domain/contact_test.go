package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

var (
	contactIntent   = domain.ContactCreationStarted{Client: clientA, Request: "r-contact"}
	contactAccepted = domain.ContactAccepted{Contact: sbC, Client: clientA, Request: "r-contact", Sent: maria().ContactDraft()}
	contactSeen     = domain.ContactConfirmed{By: domain.ByRead}
	contactMatched  = domain.ContactMatched{Contact: sbC, Client: clientA, Known: maria().ContactDraft()}
	contactGone     = domain.ContactLost{Contact: sbC}
)

// TestContactStart tells that one person is created by one engine, once.
func TestContactStart(t *testing.T) {
	for name, c := range map[string]struct {
		given []domain.Event
		err   error
	}{
		"nobody is at it":        {nil, nil},
		"somebody is at it":      {list(contactIntent), domain.ErrTaken},
		"it was accepted":        {list(contactIntent, contactAccepted), domain.ErrTaken},
		"it was matched":         {list(contactMatched), domain.ErrTaken},
		"Smokeball made none":    {list(contactIntent, domain.ContactCreationRefused{Request: "r-contact"}), nil},
		"Smokeball lost it":      {list(contactMatched, contactGone), nil},
		"it was refused later":   {list(contactIntent, contactAccepted, contactGone), nil},
		"an intent and its loss": {list(contactIntent, contactGone), nil},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Contact](c.given...).Start(contactIntent)
			if c.err != nil {
				thenError(t, facts, err, c.err)
				return
			}
			then(t, must(t, facts, err), contactIntent)
		})
	}
}

func TestContactConfirmAndLose(t *testing.T) {
	for _, c := range []struct {
		name                  string
		given                 []domain.Event
		id                    domain.SmokeballID
		confirm, lose, refuse []domain.Event
	}{
		{"unknown", nil, sbC, nil, nil, nil},
		{"accepted", list(contactAccepted), sbC, list(contactSeen), list(contactGone), list(contactGone)},
		{"accepted, of another id", list(contactAccepted), sbF, nil, nil, nil},
		{"confirmed", list(contactAccepted, contactSeen), sbC, nil, list(contactGone), nil},
		{"matched", list(contactMatched), sbC, nil, list(contactGone), nil},
		{"lost", list(contactMatched, contactGone), sbC, nil, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			contact := given[domain.Contact](c.given...)
			then(t, contact.Confirm(c.id, domain.ByRead), c.confirm...)
			then(t, contact.Lose(c.id), c.lose...)
			then(t, contact.Refuse(c.id), c.refuse...)
		})
	}
}

// TestContactUndo tells that only the intent of that very request is settled.
func TestContactUndo(t *testing.T) {
	c := given[domain.Contact](contactIntent)
	then(t, c.Undo("r-contact"), domain.ContactCreationRefused{Request: "r-contact"})
	then(t, c.Undo("r-other"))
	then(t, given[domain.Contact](contactIntent, contactAccepted).Undo("r-contact"))
}

// TestContactChanges tells that only what CaseHug changed is written.
func TestContactChanges(t *testing.T) {
	c := given[domain.Contact](contactMatched)
	now := maria()
	now.Phone, now.LastName = "+1 312 555 0199", "Rivera-Lopez"
	changed, some := c.Changes(clientA, now.ContactDraft())
	if want := (domain.ContactChange{ContactDraft: domain.ContactDraft{ExternalID: string(clientA), LastName: "Rivera-Lopez", Phone: "+1 312 555 0199"}}); !some || changed != want {
		t.Errorf("the changes are %+v (%v), want %+v", changed, some, want)
	}
	if changed, some = c.Changes(clientA, maria().ContactDraft()); some {
		t.Errorf("nothing changed and the changes are %+v", changed)
	}
	if changed, some = c.Changes("c_other", now.ContactDraft()); some {
		t.Errorf("a client never met has the changes %+v", changed)
	}
	cleared := maria()
	cleared.Phone = ""
	want := domain.ContactChange{ContactDraft: domain.ContactDraft{ExternalID: string(clientA)}, Removed: domain.ContactDraft{Phone: maria().Phone}}
	if changed, some = c.Changes(clientA, cleared.ContactDraft()); !some || changed != want {
		t.Errorf("of a value that CaseHug no longer has the changes are %+v, want %+v", changed, want)
	}
	c = c.Apply(domain.ContactChangeAccepted{Client: clientA, Sent: now.ContactDraft()}, start)
	if changed, some = c.Changes(clientA, now.ContactDraft()); some {
		t.Errorf("what Smokeball was told is still a change: %+v", changed)
	}
}

func TestMet(t *testing.T) {
	c := given[domain.Contact](contactMatched, domain.ContactChangeAccepted{Client: "c_78", Sent: maria().ContactDraft()})
	if !c.Met(clientA) || !c.Met("c_78") || c.Met("c_79") {
		t.Errorf("met: %v %v %v, want the first two", c.Met(clientA), c.Met("c_78"), c.Met("c_79"))
	}
	if c = c.Apply(contactGone, start); c.Met(clientA) {
		t.Error("a contact that is gone was met")
	}
}

// TestContactAwaits tells which call's effect is still to be seen.
func TestContactAwaits(t *testing.T) {
	change := domain.ContactChangeAccepted{Client: clientA, Request: "r-change", Sent: maria().ContactDraft(), Change: phoneChange("1")}
	for want, contact := range map[domain.RequestID]domain.Contact{
		"r-contact": given[domain.Contact](contactIntent, contactAccepted),
		"r-change":  given[domain.Contact](contactMatched, change),
		"":          given[domain.Contact](contactIntent, contactAccepted, contactSeen),
	} {
		if got := contact.Awaits(); got != want {
			t.Errorf("it awaits %q, want %q", got, want)
		}
	}
}

// TestKnownOfALostContact tells from where on CaseHug's changes are told of, where a contact
// takes the place of one that Smokeball has lost.
func TestKnownOfALostContact(t *testing.T) {
	told, now := maria().ContactDraft(), maria().ContactDraft()
	now.Phone = "+1 312 555 0199"
	change := domain.ContactChangeAccepted{Client: clientA, Sent: now, Change: phoneChange(now.Phone), Was: told}
	for name, c := range map[string]struct {
		given []domain.Event
		want  domain.ContactDraft
	}{
		"none was there":                 {nil, now},
		"it was seen":                    {list(contactAccepted, contactSeen, contactGone), told},
		"it was matched":                 {list(contactMatched, contactGone), told},
		"it was changed, and that seen":  {list(contactMatched, change, contactSeen, contactGone), now},
		"its change was not seen":        {list(contactMatched, change, contactGone), told},
		"it was never seen":              {list(contactAccepted, contactGone), now},
		"nor was the one in its place":   {list(contactMatched, contactGone, contactAccepted, contactGone), told},
		"it stays in another account":    {list(contactMatched, domain.ContactLost{Contact: sbC, Account: "oak"}), now},
		"another client's, of one email": {list(domain.ContactMatched{Contact: sbC, Client: "c_tom", Known: told}, contactGone), now},
	} {
		t.Run(name, func(t *testing.T) {
			if got := given[domain.Contact](c.given...).Known(clientA, now); got != c.want {
				t.Errorf("known is %+v, want %+v", got, c.want)
			}
		})
	}
}

func phoneChange(phone string) domain.ContactChange {
	return domain.ContactChange{ContactDraft: domain.ContactDraft{Phone: phone}}
}

// TestWhoseAContactIs tells which clients go on with the contact of a stream, and which share one
// that another client began.
func TestWhoseAContactIs(t *testing.T) {
	lopez := func(id domain.ClientID, first string) domain.ContactDraft {
		return domain.ClientData{ID: id, FirstName: first, LastName: "Lopez"}.ContactDraft()
	}
	begun := domain.ContactCreationStarted{Client: "c_ana", Request: "r", Sent: lopez("c_ana", "Ana")}
	accepted := domain.ContactAccepted{Contact: sbC, Client: "c_ana", Request: "r", Sent: lopez("c_ana", "Ana")}
	both := domain.ContactMatched{Contact: sbC, Client: "c_luis", Known: lopez("c_luis", "Luis")} // as ledgers of old have it
	for _, c := range []struct {
		what         string
		given        []domain.Event
		client       domain.ClientID
		name         domain.Name
		keeps, takes bool
	}{
		{"nobody's", nil, "c_ana", named("Ana", "Lopez"), true, true},
		{"the client's own", list(begun, accepted, contactSeen), "c_ana", named("Ana", "Lopez"), true, true},
		{"the client's own, of another name by now", list(begun, accepted, contactSeen), "c_ana", named("Ana", "Ortega"), true, true},
		{"the client's own, and it is a company by now", list(begun, accepted, contactSeen), "c_ana", firmName("Ana's"), false, false},
		{"another's of the same name that is on its way", list(begun), "c_ana2", named("Ana", "Lopez"), true, true},
		{"another's of the same name that is there", list(begun, accepted, contactSeen), "c_ana2", named("Ana", "Lopez"), true, false},
		{"another's of a name that fits, on its way", list(begun), "c_a", named("A.", "Lopez"), true, false},
		{"another person's", list(begun), "c_luis", named("Luis", "Lopez"), false, false},
		{"another person's, and both were brought together", list(begun, accepted, contactSeen, both), "c_luis", named("Luis", "Lopez"), false, false},
		{"one that was given up", list(begun, domain.ContactCreationRefused{Request: "r"}), "c_luis", named("Luis", "Lopez"), true, true},
		{"one that Smokeball lost", list(begun, accepted, contactGone), "c_luis", named("Luis", "Lopez"), true, true},
		{"one that was matched as another client's", list(domain.ContactMatched{Contact: sbC, Client: "c_ana2", Known: lopez("c_ana2", "Ana"), Owner: "c_ana"}), "c_ana2", named("Ana", "Lopez"), true, false},
		{"the same, and the client is called otherwise by now", list(domain.ContactMatched{Contact: sbC, Client: "c_ana2", Known: lopez("c_ana2", "Ana"), Owner: "c_ana"}), "c_ana2", named("Ana", "Ruiz"), false, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			contact := given[domain.Contact](c.given...)
			if keeps, takes := contact.Keeps(c.client, c.name, domain.Name{}), contact.Takes(c.client, c.name); keeps != c.keeps || takes != c.takes {
				t.Errorf("keeps %v, takes %v, want %v and %v", keeps, takes, c.keeps, c.takes)
			}
		})
	}
	if given[domain.Contact](begun, accepted).Keeps("c_ana2", named("Ana", "Lopez"), named("Ana", "Ruiz")) {
		t.Error("it is shared with a client who is called otherwise by now")
	}
	if got := given[domain.Contact](begun, accepted, both).Clients(); len(got) != 2 || got[0] != "c_ana" {
		t.Errorf("it is the contact of %v, want c_ana first", got)
	}
}
