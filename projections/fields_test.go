package projections_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// TestFields tells what the screen says of a status, a client's phone number and of what is to
// be read, after each thing that can happen.
func TestFields(t *testing.T) {
	type told struct {
		in    domain.Stream
		facts []domain.Event
	}
	matter, client := domain.MatterStream(oak, matterOfMaria), domain.ClientStream(oak, "c_77")
	hints := func(id domain.SmokeballID, kind string, n int, own bool) told {
		return told{domain.HintStream(oak, id), []domain.Event{domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball", ID: string(rune('a' + n))}, Type: kind, Resource: id, Own: own}}}
	}
	read := func(id domain.SmokeballID, heard int) told {
		return told{domain.HintStream(oak, id), []domain.Event{domain.HintsRead{Heard: heard, By: domain.ByWebhook}}}
	}
	seen := func(status string) told {
		v := sent().Values()
		v.Status = status
		return told{matter, []domain.Event{domain.MatterSeen{Matter: sbMatter, Values: v, By: domain.ByWebhook, ChangedAt: start, Changed: []string{"status"}}}}
	}
	contact := func(phone string) told {
		return told{client, []domain.Event{domain.ClientSeen{Client: "c_77", Contact: sbContact, By: domain.ByWebhook,
			Values: domain.ContactValues{FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: phone}}}}
	}
	// wrote is what the contact was told: CaseHug's data with that phone number.
	wrote := func(phone string) told {
		d := rivera(1).Client.ContactDraft()
		d.Phone = phone
		return told{domain.ContactStream(oak, "k"), []domain.Event{domain.ContactAccepted{Contact: sbContact, Client: "c_77", Request: "r-contact", Sent: d}}}
	}
	deleted := told{client, []domain.Event{domain.ClientSeen{Client: "c_77", Contact: sbContact, By: domain.ByWebhook,
		Values: domain.ContactValues{FirstName: "Maria", LastName: "Rivera", Phone: "+1 312 555 0142", Deleted: true}}}}
	again := told{matter, []domain.Event{requested("s_2", domain.TriggerManual), begun("s_2", 1)}}
	synced := told{matter, append([]domain.Event{created()}, wholeSync("s_1")...)}
	linked := told{client, []domain.Event{domain.ClientLinked{Matter: matterOfMaria, Contact: sbContact, Key: "k"}}}
	for _, c := range []struct {
		name          string
		given         []told
		status, phone projections.FieldState
		unread        int
	}{
		{"nothing was sent", []told{{matter, []domain.Event{created()}}}, projections.FieldNotSent, projections.FieldNotSent, 0},
		{"it was sent and confirmed", []told{synced, linked}, projections.FieldSame, projections.FieldUnknown, 1},
		{"the contact was read", []told{synced, linked, contact("+1 312 555 0142"), read(sbContact, 0)}, projections.FieldSame, projections.FieldSame, 0},
		{"the contact is another", []told{synced, linked, contact("+1 312 555 0199"), read(sbContact, 0)}, projections.FieldSame, projections.FieldDiffers, 0},
		{"the contact is another while a sync runs", []told{synced, wrote("+1 312 555 0142"), linked, contact("+1 312 555 0199"), read(sbContact, 0), again}, projections.FieldSame, projections.FieldDiffers, 0},
		{"the contact was told an older value", []told{synced, wrote("+1 312 555 0100"), linked, contact("+1 312 555 0100"), read(sbContact, 0)}, projections.FieldSame, projections.FieldNotSent, 0},
		{"the contact was deleted", []told{synced, linked, contact("+1 312 555 0142"), deleted, read(sbContact, 0)}, projections.FieldSame, projections.FieldNotSent, 0},
		{"a webhook told of a change", []told{synced, hints(sbMatter, "matter.updated", 1, false)}, projections.FieldChanging, projections.FieldUnknown, 1},
		{"a webhook told of our own change", []told{synced, hints(sbMatter, "matter.updated", 1, true)}, projections.FieldSame, projections.FieldUnknown, 0},
		{"the change was read", []told{synced, hints(sbMatter, "matter.updated", 1, false), seen("Closed"), read(sbMatter, 1)}, projections.FieldDiffers, projections.FieldUnknown, 0},
		{"nothing had changed", []told{synced, hints(sbMatter, "matter.updated", 1, false), read(sbMatter, 1)}, projections.FieldSame, projections.FieldUnknown, 0},
		{"another webhook came while it was read", []told{synced, hints(sbMatter, "matter.updated", 1, false), hints(sbMatter, "matter.closed", 2, false), seen("Closed"), read(sbMatter, 1)},
			projections.FieldChanging, projections.FieldUnknown, 1},
		{"a webhook told of a matter of others", []told{synced, hints("sb-other", "matter.updated", 1, false)}, projections.FieldSame, projections.FieldUnknown, 0},
		{"the matter was one that Smokeball had", []told{{matter, []domain.Event{created(), domain.MatterLinked{Matter: sbMatter, How: "number", Known: sent()}}}},
			projections.FieldUnknown, projections.FieldNotSent, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger()
			for _, s := range c.given {
				l.tell(t, s.in, s.facts...)
			}
			v := folded(t, l)
			r, _, err := v.Matters.Matter(oak, matterOfMaria)
			if err != nil {
				t.Fatal(err)
			}
			list, err := v.Matters.MatterFields(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range list {
				if want := map[string]projections.FieldState{"status": c.status, "client.phone": c.phone}[f.Name]; want != "" && f.State != want {
					t.Errorf("%s is %s, want %s: %+v", f.Name, f.State, want, f)
				}
			}
			if n := len(v.Resources.UnreadResources()[oak]); n != c.unread {
				t.Errorf("%d resources are to be read, want %d", n, c.unread)
			}
		})
	}
}
