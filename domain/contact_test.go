package domain_test

import (
	"maps"
	"slices"
	"testing"
	"time"

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
	if got := given[domain.Contact](begun, accepted, both).Clients(); len(got) != 2 || got[0] != "c_ana" || got[1] != "c_luis" {
		t.Errorf("it is the contact of %v, want c_ana first, then c_luis", got)
	}
}

// TestWritesAreThoseOfOneClient, the newest last.
func TestWritesAreThoseOfOneClient(t *testing.T) {
	first, second, theirs := maria().ContactDraft(), maria().ContactDraft(), domain.ContactDraft{ExternalID: "c_luis", LastName: "Lopez"}
	second.Phone = "+1 312 555 0199"
	c := given[domain.Contact](contactIntent, contactAccepted, contactSeen, domain.ContactMatched{Contact: sbC, Client: "c_luis", Known: theirs},
		domain.ContactChangeAccepted{Client: clientA, Sent: second})
	if got := c.Writes(clientA); !slices.Equal(got, []domain.ContactDraft{first, second}) {
		t.Errorf("of the client was written %+v", got)
	}
	if got := c.Writes("c_luis"); !slices.Equal(got, []domain.ContactDraft{theirs}) {
		t.Errorf("of the other client was written %+v", got)
	}
}

// TestWhatALostContactLeavesBehind: when one that never appeared was given up, and what it was in accounts
// that the firm has left.
func TestWhatALostContactLeavesBehind(t *testing.T) {
	left := func(id domain.SmokeballID, account string) domain.Event {
		return domain.ContactLost{Contact: id, Account: account}
	}
	matched := func(id domain.SmokeballID) domain.Event {
		return domain.ContactMatched{Contact: id, Client: clientA, Known: maria().ContactDraft()}
	}
	for name, c := range map[string]struct {
		given  []domain.Event
		unseen time.Time
		former map[string]domain.SmokeballID
	}{
		"it never appeared":             {list(contactAccepted, contactGone), start.Add(time.Second), nil},
		"it was there":                  {list(contactAccepted, contactSeen, contactGone), time.Time{}, nil},
		"it was only asked for":         {list(contactIntent, left("", "")), time.Time{}, nil},
		"the firm left its account":     {list(contactAccepted, left(sbC, "oak")), time.Time{}, map[string]domain.SmokeballID{"oak": sbC}},
		"it was only asked for there":   {list(contactIntent, left("", "oak")), time.Time{}, nil},
		"the firm left another account": {list(matched(sbC), left(sbC, "oak"), matched(sbF), left(sbF, "elm")), time.Time{}, map[string]domain.SmokeballID{"oak": sbC, "elm": sbF}},
		"it was another one there":      {list(matched(sbC), left(sbC, "oak"), matched(sbF), left(sbF, "oak")), time.Time{}, map[string]domain.SmokeballID{"oak": sbF}},
	} {
		got := given[domain.Contact](c.given...)
		if !got.Unseen.Equal(c.unseen) || !maps.Equal(got.Former, c.former) {
			t.Errorf("%s: given up at %s, formerly %v", name, got.Unseen, got.Former)
		}
	}
}

// TestAcceptIsSaidOnce for a call; another contact that was recorded meanwhile counts.
func TestAcceptIsSaidOnce(t *testing.T) {
	facts, err := given[domain.Contact](contactIntent).Accept(contactAccepted)
	then(t, must(t, facts, err), contactAccepted)
	facts, err = given[domain.Contact](contactAccepted).Accept(contactAccepted)
	then(t, must(t, facts, err))
	again := contactAccepted
	again.Request = "r-2"
	facts, err = given[domain.Contact](contactAccepted).Accept(again)
	then(t, must(t, facts, err), again)
	unnamed := contactAccepted
	unnamed.Request = ""
	facts, err = given[domain.Contact]().Accept(unnamed)
	then(t, must(t, facts, err), unnamed)
	other := contactAccepted
	other.Contact = sbF
	facts, err = given[domain.Contact](contactAccepted).Accept(other)
	thenError(t, facts, err, domain.ErrTaken)
}

// TestAContactThatWasMadeAround: with this e-mail address, while it is asked for and for a quarter of an hour
// after Smokeball took it in.
func TestAContactThatWasMadeAround(t *testing.T) {
	asked, moved := contactIntent, maria().ContactDraft()
	asked.Sent = maria().ContactDraft()
	moved.Email = "rivera@example.com"
	for _, c := range []struct {
		name  string
		given []domain.Event
		after time.Duration
		email string
		want  bool
	}{
		{"asked for, whenever", list(asked), 24 * time.Hour, "MARIA@example.com", true},
		{"asked for with another address", list(asked), 0, "rivera@example.com", false},
		{"just made", list(asked, contactAccepted), time.Second, "maria@example.com", true},
		{"made with another address", list(asked, contactAccepted), time.Second, "rivera@example.com", false},
		{"made within the time", list(asked, contactAccepted), 15 * time.Minute, "maria@example.com", true}, // taken in a second after it began
		{"made before it", list(asked, contactAccepted), 15*time.Minute + time.Second, "maria@example.com", false},
		{"told another address since", list(asked, contactAccepted, domain.ContactChangeAccepted{Client: clientA, Sent: moved}), time.Second, "rivera@example.com", true},
		{"there already", list(contactMatched), time.Second, "", false},
		{"never asked for", nil, 0, "", false},
	} {
		if got := given[domain.Contact](c.given...).MadeAround(start.Add(c.after), c.email); got != c.want {
			t.Errorf("%s: made around it is %v", c.name, got)
		}
	}
}
