package domain_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"m_1001": true, "A-z_9": true, "aZ0": true, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false,
		"": false, "a.b": false, "a b": false, "a/b": false, "ä": false, "a\n": false, "*": false, ">": false,
	} {
		if domain.ValidID(id) != want {
			t.Errorf("%q: valid is %v, want %v", id, !want, want)
		}
	}
}

func TestSyncIDFor(t *testing.T) {
	id := domain.SyncIDFor("f_1", "m_1", domain.EventRef{Source: "s", ID: "1"})
	if id != domain.SyncIDFor("f_1", "m_1", domain.EventRef{Source: "s", ID: "1"}) {
		t.Error("the same event asks for another sync")
	}
	if !domain.ValidID(string(id)) {
		t.Errorf("%q is not an id", id)
	}
	for _, other := range []domain.SyncID{
		domain.SyncIDFor("f_2", "m_1", domain.EventRef{Source: "s", ID: "1"}),
		domain.SyncIDFor("f_1", "m_2", domain.EventRef{Source: "s", ID: "1"}),
		domain.SyncIDFor("f_1", "m_1", domain.EventRef{Source: "t", ID: "1"}),
		domain.SyncIDFor("f_1", "m_1", domain.EventRef{Source: "s1", ID: ""}),
	} {
		if other == id {
			t.Errorf("another event asks for %s, too", id)
		}
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestNewRequestID(t *testing.T) {
	seen := map[domain.RequestID]bool{}
	for _, parts := range [][]string{{"s_1", "1", "matter"}, {"s_1", "2", "matter"}, {"s_1", "1", "contact"}, {"s_1", "1m", "atter"}, {}} {
		id := domain.NewRequestID(parts...)
		if !uuid.MatchString(string(id)) {
			t.Errorf("%q is not a UUID of version 8", id)
		}
		if seen[id] {
			t.Errorf("%v has the id of another call", parts)
		}
		seen[id] = true
		if id != domain.NewRequestID(parts...) {
			t.Errorf("%v has another id the second time", parts)
		}
	}
}

func TestStreamNames(t *testing.T) {
	for want, s := range map[string]domain.Stream{
		"matter.f_oak.m_1001":  domain.MatterStream(firm, matterA),
		"client.f_oak.c_77":    domain.ClientStream(firm, clientA),
		"contact.f_oak.key-1":  domain.ContactStream(firm, "key-1"),
		"connection.f_oak":     domain.ConnectionStream(firm),
		"settings.f_oak":       domain.SettingsStream(firm),
		"notice.f_oak.res-1":   domain.WebhookStream(firm, "res-1"),
		"deadletter.f_oak.dl1": domain.DeadLetterStream(firm, "dl1"),
	} {
		if s.String() != want {
			t.Errorf("the stream is %s, want %s", s, want)
		}
		if got, err := domain.ParseStream(want); err != nil || got != s {
			t.Errorf("%s is read as %+v, %v", want, got, err)
		}
	}
	for _, name := range []string{"", "matter", "matter.", "matter..m_1", "matter.f.m.x", "matter.f.*", "matter.f m"} {
		if s, err := domain.ParseStream(name); err == nil {
			t.Errorf("%q is read as %+v, want an error", name, s)
		}
	}
}

// TestStreamsOfResources have the resource's id where it may stand in a name, else a digest of it.
func TestStreamsOfResources(t *testing.T) {
	for what, of := range map[string]func(id string) domain.Stream{
		"activity": func(id string) domain.Stream { return domain.ActivityStream("f_1", domain.SmokeballID(id)) },
		"link":     func(id string) domain.Stream { return domain.LinkStream("f_1", domain.SmokeballID(id)) },
		"account":  domain.AccountStream,
		"webhook":  func(id string) domain.Stream { return domain.HintStream("f_1", domain.SmokeballID(id)) },
	} {
		if s := of("t-1"); s.ID != "t-1" {
			t.Errorf("the %s's stream is %s", what, s)
		}
		odd := of("t.1")
		if got, err := domain.ParseStream(odd.String()); err != nil || got != odd || odd == of("t.2") {
			t.Errorf("of an odd id the %s's stream is %s, read as %v, %v", what, odd, got, err)
		}
	}
}
