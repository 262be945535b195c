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
			facts, err := given[domain.Contact](c.given...).Start(clientA, "r-contact", "", domain.ContactDraft{})
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
	if want := (domain.ContactDraft{LastName: "Rivera-Lopez", Phone: "+1 312 555 0199"}); !some || changed != want {
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
	if changed, some = c.Changes(clientA, cleared.ContactDraft()); some {
		t.Errorf("a value that CaseHug no longer has would be written: %+v", changed)
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
	change := domain.ContactChangeAccepted{Client: clientA, Request: "r-change", Sent: maria().ContactDraft(), Change: domain.ContactDraft{Phone: "1"}}
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
	change := domain.ContactChangeAccepted{Client: clientA, Sent: now, Change: domain.ContactDraft{Phone: now.Phone}, Was: told}
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
