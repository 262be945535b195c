package projections_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// TestBatches: the rows do not depend on how many events one transaction takes, in which parts, on what is
// still in memory of the batches before, nor on crashes between them, whatever the events are.
// After a crash the events come again that the checkpoints do not have.
func TestBatches(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		events := anyLedger(rt)
		one, cut := fresh(t, dir, "one"), fresh(t, dir, "cut")
		defer discard(t, one)
		defer discard(t, cut)
		for i := range events {
			take(rt, one, events[one.Reached():i+1])
			crash(rt, one, nil)
		}
		for rest := events; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "batch")
			if rapid.IntRange(0, 3).Draw(rt, "crash") == 0 {
				crash(rt, cut, rest[:n])
			}
			took := int(rest[n-1].Seq)
			list := events[cut.Reached():took]
			part := rapid.IntRange(0, len(list)).Draw(rt, "part")
			if err := cut.TakeParts(list[:part], list[part:]); err != nil {
				rt.Fatal(err)
			}
			rest = events[took:]
		}
		same(t, "in batches", rows(t, cut), rows(t, one))
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// crash loses what is in memory, after it had folded events that it did not write.
func crash(t *rapid.T, v *projections.Views, list []eventstore.Envelope) {
	t.Helper()
	if err := v.Crash(list); err != nil {
		t.Fatal(err)
	}
}

func fresh(t *testing.T, dir, name string) *projections.Views {
	t.Helper()
	path := filepath.Join(dir, name+".db")
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	v, err := projections.Open(path, keysOf(path))
	if err != nil {
		t.Fatal(err)
	}
	v.Careless()
	return v
}

func discard(t *testing.T, v *projections.Views) {
	t.Helper()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
}

func take(t *rapid.T, v *projections.Views, list []eventstore.Envelope) {
	t.Helper()
	if err := v.Take(list); err != nil {
		t.Fatal(err)
	}
}

// anyLedger draws events of two firms in any order, also in one that no engine writes.
func anyLedger(t *rapid.T) []eventstore.Envelope {
	var events []eventstore.Envelope
	versions := map[domain.Stream]uint64{}
	for i := range rapid.IntRange(1, 40).Draw(t, "events") {
		stream, event := anyEvent(t, i)
		versions[stream]++
		events = append(events, eventstore.Envelope{Seq: eventstore.Seq(i + 1), Stream: stream, Version: versions[stream],
			At: start.Add(time.Duration(i) * time.Second), Event: event})
	}
	return events
}

func anyEvent(t *rapid.T, i int) (domain.Stream, domain.Event) {
	firm := rapid.SampledFrom([]domain.FirmID{oak, elm}).Draw(t, "firm")
	switch rapid.IntRange(0, 13).Draw(t, "kind") {
	case 13:
		return domain.ExpiryStream(firm, start), anyExpiry(t, i)
	case 10:
		return domain.SettingsStream(firm), rapid.SampledFrom([]domain.Event{domain.SettingsChanged{Settings: domain.Settings{DocumentsFolder: strconv.Itoa(i)}, By: "u_1"},
			revisedMapping("map_1"), revisedMapping("map_2"), domain.MappingRemoved{ID: "map_1", By: "u_2"}}).Draw(t, "event")
	case 11:
		return domain.WebhookStream(firm, "r1"), domain.SmokeballWebhookReceived{Origin: ref("w-" + strconv.Itoa(i))}
	case 12:
		return domain.AuditStream(firm, start), domain.RequestRefused{Actor: "u_5", Action: domain.ActionChangeSettings, Code: domain.CodeForbidden, Since: start, Times: 1 + i}
	case 0:
		return domain.ConnectionStream(firm), rapid.SampledFrom([]domain.Event{authorized, domain.ConnectionLost{Failure: unavailable},
			domain.Disconnected{By: "u_1"}, domain.WebhooksRegistered{Subscription: "sub-1"}}).Draw(t, "event")
	case 1:
		return domain.DeadLetterStream(firm, "dl_"+strconv.Itoa(i%5)), rapid.SampledFrom([]domain.Event{letter, letterTakenIn, letterDiscarded}).Draw(t, "event")
	case 2:
		return domain.ClientStream(firm, "c_77"), domain.ClientUpdated{Origin: ref(strconv.Itoa(i)), Client: rivera(i).Client}
	}
	matter := rapid.SampledFrom([]domain.MatterID{matterOfMaria, "m_2"}).Draw(t, "matter")
	return domain.MatterStream(firm, matter), anyMatterEvent(t, matter)
}

// anyExpiry draws what leaves the rows: what is there, was there, or never was.
func anyExpiry(t *rapid.T, i int) domain.Event {
	before, matter := start.Add(time.Duration(i)*time.Second), rapid.SampledFrom([]domain.MatterID{matterOfMaria, "m_2"}).Draw(t, "matter")
	position := domain.AuditKey(strconv.Itoa(rapid.IntRange(1, 40).Draw(t, "position")))
	return rapid.SampledFrom([]domain.Event{domain.HistoryExpired{Before: before, Syncs: []domain.ExpiredSync{{Sync: domain.SyncID("s_" + string(matter) + "_1"), Matter: matter}}},
		domain.AuditExpired{Before: before, Entries: []domain.AuditKey{position, "none"}}}).Draw(t, "expired")
}

// anyMatterEvent draws from the life of a matter; its syncs are its own.
func anyMatterEvent(t *rapid.T, matter domain.MatterID) domain.Event {
	id := domain.SyncID("s_" + string(matter) + rapid.SampledFrom([]string{"_1", "_2"}).Draw(t, "sync"))
	return rapid.SampledFrom(append(wholeSync(id), created(), approved(), domain.MatterUpdated{Origin: ref("e-2"), Matter: rivera(2)},
		domain.SyncDeferred{Sync: id, Failure: notConnected}, domain.SyncReleased{Sync: id}, domain.SyncSkipped{Sync: id},
		domain.SyncFailed{Sync: id, Step: domain.StepMatter, Failure: smokeballRefused}, domain.MatterUnchanged{Sync: id},
		domain.MatterChangeAccepted{Sync: id, Request: "r-patch", Sent: sent()}, domain.MatterChangeRefused{Sync: id, Request: "r-patch"})).Draw(t, "event")
}
