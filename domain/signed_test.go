package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestWhatPeopleDoHasTheirNames signs facts that hold who did it: the trail of what people did then
// has the name, also of those who did nothing else.
func TestWhatPeopleDoHasTheirNames(t *testing.T) {
	firm, by := domain.FirmID("f_1"), domain.User{Subject: "u_2", Name: "Dana Cole"}
	for _, f := range []domain.Event{
		domain.MappingRevised{By: "u_2"}, domain.MappingRemoved{By: "u_2"}, domain.SettingsChanged{By: "u_2"}, domain.Disconnected{By: "u_2"},
		domain.WebhooksRegistered{By: "u_2"}, domain.WebhooksRemoved{By: "u_2"}, domain.WebhookRotationStarted{By: "u_2"}, domain.SyncCancelled{By: "u_2"},
		domain.WebhooksRestored{By: "u_2"}, domain.WebhooksTested{By: "u_2"}, domain.AccountConfirmed{By: "u_2"}, domain.AccountDropped{By: "u_2"},
		domain.MatterUnlinked{By: "u_2"}, domain.MatterRebased{By: "u_2"}, domain.ClientRebased{By: "u_2"},
	} {
		signed := domain.SignedBy([]domain.Event{f}, by)
		if entry, ok := domain.AuditEntryOf(domain.SettingsStream(firm), signed[0]); !ok || entry.Name != "Dana Cole" || entry.Actor != "u_2" {
			t.Errorf("%s is told as done by %q %q", f.EventName(), entry.Actor, entry.Name)
		}
	}
}

// TestEveryActionCanBeNamed holds each fact of which the audit trail has an entry to a field for the
// name of who did it.
func TestEveryActionCanBeNamed(t *testing.T) {
	for _, e := range samples() {
		entry, ok := domain.AuditEntryOf(domain.MatterStream("f_1", "m_1"), e)
		if ok && entry.Name == "" {
			t.Errorf("%s says that %s did %s, and has no name of theirs", e.EventName(), entry.Actor, entry.Action)
		}
	}
}

// TestWhatTheEngineDoesHasNoName signs facts of nobody, and of somebody else.
func TestWhatTheEngineDoesHasNoName(t *testing.T) {
	by := domain.User{Subject: "u_2", Name: "Dana Cole"}
	for _, f := range []domain.Event{domain.WebhooksRemoved{}, domain.AccountDropped{}, domain.MatterUnlinked{}, domain.Disconnected{By: "u_1"}} {
		before := f
		if signed := domain.SignedBy([]domain.Event{f}, by); signed[0] != before {
			t.Errorf("%s was signed: %+v", f.EventName(), signed[0])
		}
	}
	for _, by := range []domain.User{{Name: "Dana Cole"}, {Subject: "u_1"}} { // nobody, and somebody without a name
		for _, f := range []domain.Event{domain.SettingsChanged{}, domain.SettingsChanged{By: "u_1", ByName: "Lee Oak"}} {
			if signed := domain.SignedBy([]domain.Event{f}, by); signed[0] != f {
				t.Errorf("by %+v %+v was signed: %+v", by, f, signed[0])
			}
		}
	}
}
