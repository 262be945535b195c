package domain_test

import (
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// Only one new client in the place of the one that is gone is its successor.
func TestWhoStandsInTheClientsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		told, there []domain.SmokeballID
		want        domain.SmokeballID
	}{
		"another one":               {[]domain.SmokeballID{"x"}, []domain.SmokeballID{"y"}, "y"},
		"beside another client":     {[]domain.SmokeballID{"x", "z"}, []domain.SmokeballID{"y", "z"}, "y"},
		"still there":               {[]domain.SmokeballID{"x"}, []domain.SmokeballID{"x", "y"}, ""},
		"nobody":                    {[]domain.SmokeballID{"x", "z"}, []domain.SmokeballID{"z"}, ""},
		"two":                       {[]domain.SmokeballID{"x"}, []domain.SmokeballID{"y", "w"}, ""},
		"one who was there already": {[]domain.SmokeballID{"x", "y"}, []domain.SmokeballID{"y"}, ""},
		"it was never on it":        {[]domain.SmokeballID{"z"}, []domain.SmokeballID{"y"}, ""},
	} {
		var m domain.Matter
		m.Smokeball.Sent.ClientIDs, m.Smokeball.There.Values = c.told, &domain.MatterValues{ClientIDs: c.there}
		if got := m.Successor("x"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAFollowedClientIsTheOtherContactEverywhere(t *testing.T) {
	m := domain.Matter{Contacts: map[domain.ClientID]domain.SmokeballID{"c_1": "x", "c_2": "z"}}
	m.Smokeball.Sent.ClientIDs = []domain.SmokeballID{"x", "z"}
	e := domain.ClientFollowed{Client: "c_1", From: "x", To: "y", Name: "Maria Rivera"}
	facts := m.Follow(e)
	if !reflect.DeepEqual(facts, []domain.Event{e}) {
		t.Fatalf("got %v", facts)
	}
	now := m.Apply(e, sampleTime)
	if now.Contacts["c_1"] != "y" || !reflect.DeepEqual(now.Smokeball.Sent.ClientIDs, []domain.SmokeballID{"y", "z"}) || m.Contacts["c_1"] != "x" {
		t.Errorf("the matter has %v and told %v", now.Contacts, now.Smokeball.Sent.ClientIDs)
	}
	if again := now.Follow(e); again != nil {
		t.Errorf("followed again: %v", again)
	}
	unclear := domain.ClientNotFollowed{Client: "c_2", From: "z", To: "w", Name: "Otto Becker"}
	if facts := now.Apply(unclear, sampleTime).DontFollow(unclear); facts != nil {
		t.Errorf("said twice: %v", facts)
	}
}

// What was told of the contact that is gone counts as told of the one that it was merged into, so
// that CaseHug's later changes are written to that one, and nothing else.
func TestAContactGoesOnAsTheOneItWasMergedInto(t *testing.T) {
	var c domain.Contact
	told := domain.ContactDraft{LastName: "Rivera", Phone: "1"}
	for _, e := range []domain.Event{domain.ContactAccepted{Contact: "x", Client: "c_1", Sent: told}, domain.ContactConfirmed{By: domain.ByRead}} {
		c = c.Apply(e, sampleTime)
	}
	newer := domain.ContactDraft{LastName: "Rivera", Phone: "2"}
	facts, err := c.Succeed("x", domain.ContactMatched{Contact: "y", Client: "c_1"}, newer)
	if err != nil || len(facts) != 2 {
		t.Fatalf("got %v, %v", facts, err)
	}
	for _, e := range facts {
		c = c.Apply(e, sampleTime)
	}
	if change, any := c.Changes("c_1", newer); c.ID != "y" || !c.Confirmed || c.Owner != "c_1" || !any || change.Phone != "2" || change.LastName != "" {
		t.Errorf("the contact is %+v and would be written %+v", c, change)
	}
	if facts, err := c.Succeed("x", domain.ContactMatched{Contact: "y", Client: "c_1"}, newer); err != nil || facts != nil {
		t.Errorf("again: %v, %v", facts, err)
	}
	if _, err := c.Succeed("x", domain.ContactMatched{Contact: "w", Client: "c_1"}, newer); err != domain.ErrTaken {
		t.Errorf("another one was recorded meanwhile: %v", err)
	}
}

// What somebody has to say is said once, of the contact that the client still is, and is settled by
// following the client.
func TestAClientIsUnclearUntilSomebodySays(t *testing.T) {
	m := domain.Matter{Contacts: map[domain.ClientID]domain.SmokeballID{"c_1": "x", "c_2": "z"}}
	unclear := domain.ClientNotFollowed{Client: "c_1", From: "x", To: "y"}
	then(t, m.DontFollow(unclear), unclear)
	then(t, m.DontFollow(domain.ClientNotFollowed{Client: "c_1", From: "w", To: "y"}))
	both := m.Apply(unclear, sampleTime).Apply(domain.ClientNotFollowed{Client: "c_2", From: "z", To: "w"}, sampleTime)
	if now := both.Apply(domain.ClientFollowed{Client: "c_1", From: "x", To: "y"}, sampleTime); len(now.Unclear) != 1 || now.Unclear["c_2"] != "w" {
		t.Errorf("unclear is %v, want c_2 alone", now.Unclear)
	}
}

// The matter has the contact in the client's place once, and whom a person said the client to be follows.
func TestTheContactInTheClientsPlaceIsThereOnce(t *testing.T) {
	e := domain.ClientFollowed{Client: "c_1", From: "x", To: "y"}
	for same, want := range map[domain.SmokeballID]domain.SmokeballID{"x": "y", "z": "z", "": ""} {
		m := domain.Matter{Contacts: map[domain.ClientID]domain.SmokeballID{"c_1": "x"}}
		m.Smokeball.Sent.ClientIDs, m.Smokeball.Same = []domain.SmokeballID{"x", "y", "z"}, same
		now := m.Apply(e, sampleTime).Smokeball
		if !reflect.DeepEqual(now.Sent.ClientIDs, []domain.SmokeballID{"y", "z"}) || now.Same != want {
			t.Errorf("told are %v, the same as CaseHug's is %q, want %q", now.Sent.ClientIDs, now.Same, want)
		}
	}
}

// A contact that is another client's stays theirs.
func TestAMergedContactKeepsItsOwner(t *testing.T) {
	c := given[domain.Contact](domain.ContactAccepted{Contact: "x", Client: "c_1", Sent: domain.ContactDraft{LastName: "Rivera"}}, domain.ContactConfirmed{By: domain.ByRead})
	for client, owner := range map[domain.ClientID]domain.ClientID{"c_1": "", "c_2": "c_1"} {
		facts, err := c.Succeed("x", domain.ContactMatched{Contact: "y", Client: client}, domain.ContactDraft{LastName: "Rivera"})
		if err != nil || len(facts) != 2 || facts[1].(domain.ContactMatched).Owner != owner {
			t.Errorf("for %s decided %+v, %v", client, facts, err)
		}
	}
}
