package projections_test

import (
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// differing is a ledger with a linked matter whose status and name, and whose client's phone number,
// people changed in Smokeball.
func differing(t *testing.T) *ledger {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), append([]domain.Event{created()}, wholeSync("s_1")...)...)
	l.tell(t, domain.ClientStream(oak, "c_77"), domain.ClientUpdated{Client: rivera(1).Client, Matter: matterOfMaria}, domain.ClientLinked{Matter: matterOfMaria, Contact: sbContact, Key: "k"})
	seen := sent().Values()
	seen.Status, seen.Description = "Closed", "Another name"
	l.tell(t, domain.MatterStream(oak, matterOfMaria), domain.MatterSeen{Matter: sbMatter, Values: seen, By: domain.ByWebhook, ChangedAt: start, Changed: []string{"status", "title"}})
	l.tell(t, domain.ClientStream(oak, "c_77"), domain.ClientSeen{Client: "c_77", Contact: sbContact, By: domain.ByRead,
		Values: domain.ContactValues{FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0199"}})
	l.tell(t, domain.HintStream(oak, sbContact), domain.HintsRead{By: domain.ByRead})
	return l
}

// listed are the differences, such as "title", and those that are being repaired, such as "title!".
func listed(t *testing.T, v *projections.Views, q projections.DriftQuery) (names []string, next uint64) {
	t.Helper()
	list, next, err := v.Drift.Drift(oak, q)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Repairing != "" {
			d.Name += "!"
		}
		names = append(names, d.Name)
	}
	return names, next
}

// TestAFieldIsListedUntilItsRepairIsWritten follows a repair to each of its ends.
func TestAFieldIsListedUntilItsRepairIsWritten(t *testing.T) {
	l := differing(t)
	v := folded(t, l)
	matter := domain.MatterStream(oak, matterOfMaria)
	repairs := func(id domain.SyncID, field, seen string) []domain.Event {
		return []domain.Event{requested(id, domain.TriggerReconcile), domain.RepairAsked{Sync: id, Field: field, Seen: seen, CaseHug: "CaseHug's"}, begun(id, 1)}
	}
	hinted := domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball", ID: "n-1"}, Type: "matter.updated", Resource: sbMatter}
	name := rivera(1).Title
	for _, step := range []struct {
		what   string
		in     domain.Stream
		events []domain.Event
		want   []string
	}{
		{"before", matter, nil, []string{"client.phone", "status", "title"}},
		{"a repair was asked for", matter, repairs("s_2", "title", "Another name"), []string{"client.phone", "status", "title!"}},
		{"a webhook came meanwhile", domain.HintStream(oak, sbMatter), []domain.Event{hinted}, []string{"client.phone", "title!"}},
		{"it was read", domain.HintStream(oak, sbMatter), []domain.Event{domain.HintsRead{Heard: 1, By: domain.ByWebhook}}, []string{"client.phone", "status", "title!"}},
		{"the sync failed", matter, []domain.Event{domain.SyncFailed{Sync: "s_2", Failure: smokeballRefused}}, []string{"client.phone", "status", "title"}},
		{"a repair was asked for again", matter, repairs("s_3", "title", "Another name"), []string{"client.phone", "status", "title!"}},
		{"it was written", matter, []domain.Event{domain.MatterChangeAccepted{Sync: "s_3", Matter: sbMatter, Request: "r-3", Change: domain.MatterChange{Description: &name}, Sent: sent()}}, []string{"client.phone", "status"}},
		{"the sync ended", matter, []domain.Event{domain.MatterConfirmed{Sync: "s_3", Matter: sbMatter, By: domain.ByRead}, domain.SyncSucceeded{Sync: "s_3"}}, []string{"client.phone", "status"}},
		{"of the client", matter, repairs("s_4", "client.phone", "+1 312 555 0199"), []string{"client.phone!", "status"}},
	} {
		l.tell(t, step.in, step.events...)
		caughtUp(t, v, l)
		if got, _ := listed(t, v, projections.DriftQuery{}); !slices.Equal(got, step.want) {
			t.Errorf("%s: listed are %q, want %q", step.what, got, step.want)
		}
	}
}

// TestDriftOfAMatterIsCutLikeThatOfAll lists them one by one.
func TestDriftOfAMatterIsCutLikeThatOfAll(t *testing.T) {
	v := folded(t, differing(t))
	for _, q := range []projections.DriftQuery{{Limit: 1}, {Limit: 1, Matter: matterOfMaria}} {
		var all []string
		for range 4 {
			part, next := listed(t, v, q)
			if len(part) != 1 {
				t.Fatalf("a part is %q", part)
			}
			if all = append(all, part...); next == 0 {
				break
			}
			q.Before = next
		}
		if want := []string{"client.phone", "status", "title"}; !slices.Equal(all, want) {
			t.Errorf("with %+v they are %q, want %q", q, all, want)
		}
	}
}

// TestAListSaysThatAMatterMayHaveChanged: from the webhook on, until the matter or the contact was
// read, what was seen before says nothing.
func TestAListSaysThatAMatterMayHaveChanged(t *testing.T) {
	l := differing(t)
	v := folded(t, l)
	for i, step := range []struct {
		of    domain.SmokeballID
		event domain.Event
		want  bool
	}{
		{sbMatter, domain.HintsRead{By: domain.ByRead}, false},
		{sbMatter, domain.SmokeballWebhookReceived{Origin: ref("n-1"), Type: "matter.updated", Resource: sbMatter}, true},
		{sbMatter, domain.HintsRead{Heard: 1, By: domain.ByWebhook}, false},
		{sbContact, domain.SmokeballWebhookReceived{Origin: ref("n-2"), Type: "contact.updated", Resource: sbContact}, true},
		{sbContact, domain.HintsRead{Heard: 1, By: domain.ByWebhook}, false},
		{"sb-other", domain.SmokeballWebhookReceived{Origin: ref("n-3"), Type: "matter.updated", Resource: "sb-other"}, false},
	} {
		l.tell(t, domain.HintStream(oak, step.of), step.event)
		caughtUp(t, v, l)
		list, _, err := v.Matters.Matters(oak, projections.MatterQuery{})
		one, _, errOne := v.Matters.Matter(oak, matterOfMaria)
		if err != nil || errOne != nil || len(list) != 1 || list[0].Changing != step.want || one.Changing != step.want || (one.StateNow() == projections.MatterChanging) != step.want {
			t.Errorf("step %d: changing is %t in the list, %t of the one, want %t (%v, %v)", i, list[0].Changing, one.Changing, step.want, err, errOne)
		}
	}
}
