package projections_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// TestMissed counts what sweeps find, but what a webhook tells of within a minute, what was
// changed before the firm had webhooks, and one contact of two clients once.
func TestMissed(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	matter, client := domain.MatterStream("f", "m"), domain.ClientStream("f", "c")
	seen := func(id domain.SmokeballID, changed time.Time) domain.Event {
		return domain.MatterSeen{Matter: id, By: domain.BySweep, ChangedAt: changed, Changed: []string{"status"}}
	}
	webhook := func(id domain.SmokeballID, changed time.Time) domain.Event {
		return domain.SmokeballWebhookReceived{Type: "matter.updated", Resource: id, Changed: changed}
	}
	var row projections.ConnectionRow
	fold := func(s domain.Stream, e domain.Event) {
		row = projections.Connections.Fold(row, eventstore.Envelope{Stream: s, At: at, Event: e})
	}
	fold(matter, seen("before", at)) // no webhooks yet
	at = at.Add(time.Hour)
	fold(domain.ConnectionStream("f"), domain.WebhooksRegistered{Subscription: "s"})
	fold(matter, seen("older", at.Add(-time.Minute)))
	fold(matter, domain.MatterSeen{Matter: "told", By: domain.ByWebhook, Changed: []string{"status"}})
	fold(matter, domain.MatterSeen{Matter: "ours", By: domain.BySweep})
	fold(matter, seen("late", at))
	fold(matter, seen("missed", at))
	fold(matter, seen("again", at))
	fold(client, domain.ClientSeen{Client: "c", Contact: "contact", By: domain.BySweep, ChangedAt: at, Changed: []string{"email"}})
	fold(client, domain.ClientSeen{Client: "d", Contact: "contact", By: domain.BySweep, ChangedAt: at, Changed: []string{"email"}})
	if n := row.Missed.Count(at.Add(time.Minute)); n != 0 {
		t.Errorf("%d were missed before their webhooks could come", n)
	}
	changed := at
	at = at.Add(30 * time.Second)
	fold(domain.WebhookStream("f", "late"), webhook("late", changed.Add(time.Second)))
	fold(domain.WebhookStream("f", "again"), webhook("again", at)) // of a later change
	if n := row.Missed.Count(at.Add(time.Hour)); n != 3 {
		t.Errorf("%d were missed, want 3", n)
	}
	at = at.Add(time.Hour)
	fold(domain.WebhookStream("f", "missed"), webhook("missed", changed)) // too late
	if n := row.Missed.Count(at); n != 3 || row.Missed.Settled != 3 || len(row.Missed.Found) > 0 {
		t.Errorf("an hour later it is %+v", row.Missed)
	}
}
