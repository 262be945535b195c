package projections_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// TestHistoryFindsWhatItsFiltersSay: whatever the filters and however small the pages, they
// yield what reading every entry and comparing it yields, and so do the counts.
func TestHistoryFindsWhatItsFiltersSay(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		v := fresh(t, dir, "history")
		defer discard(t, v)
		events := manySyncs(rt)
		for rest := events; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "batch")
			take(rt, v, rest[:n])
			rest = rest[n:]
		}
		all := historyOf(rt, v, oak, projections.HistoryQuery{Limit: 500})
		q := anyQuery(rt)
		want := slices.DeleteFunc(slices.Clone(all), func(e projections.Entry) bool { return !chosen(q, e) })
		got := historyOf(rt, v, oak, q)
		if !slices.EqualFunc(got, want, func(a, b projections.Entry) bool { return a.ID == b.ID }) {
			rt.Fatalf("%+v finds %v, want %v", q, idsOf(got), idsOf(want))
		}
		counted := map[domain.Status]int{}
		for _, e := range all {
			counted[e.Status]++
		}
		if counts, err := v.Syncs.Counts(oak); err != nil || !reflect.DeepEqual(counts, counted) {
			rt.Fatalf("the counts are %v, %v; want %v", counts, err, counted)
		}
	})
}

// historyOf reads all pages of a query.
func historyOf(t *rapid.T, v *projections.Views, f domain.FirmID, q projections.HistoryQuery) (all []projections.Entry) {
	t.Helper()
	for {
		page, err := v.Syncs.History(f, q)
		if err != nil || page.Partial || len(page.Entries) > q.Limit {
			t.Fatal(page, err)
		}
		all = append(all, page.Entries...)
		if page.Next == 0 {
			return all
		}
		q.Before = page.Next
	}
}

func idsOf(list []projections.Entry) (ids []domain.SyncID) {
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}

// manySyncs draws syncs of two firms, asked for by clocks that are seconds apart.
func manySyncs(t *rapid.T) (events []eventstore.Envelope) {
	versions := map[domain.Stream]uint64{}
	for i := range rapid.IntRange(1, 60).Draw(t, "syncs") {
		stream := domain.MatterStream(rapid.SampledFrom([]domain.FirmID{oak, elm, "f_oak2"}).Draw(t, "firm"),
			domain.MatterID(fmt.Sprintf("m_%d", rapid.IntRange(0, 3).Draw(t, "matter"))))
		id := domain.SyncID(fmt.Sprintf("s_%d", i))
		list := []domain.Event{requested(id, rapid.SampledFrom([]domain.Trigger{domain.TriggerManual, domain.TriggerRetry, domain.TriggerMatterCreated}).Draw(t, "trigger"))}
		list = append(list, rapid.SampledFrom([][]domain.Event{{}, {begun(id, 1)}, {begun(id, 1), domain.SyncDeferred{Sync: id, Failure: notConnected}},
			{begun(id, 1), domain.SyncFailed{Sync: id, Failure: smokeballRefused}}, {begun(id, 1), domain.SyncSucceeded{Sync: id}}}).Draw(t, "story")...)
		at := start.Add(time.Duration(i)*time.Hour + time.Duration(rapid.IntRange(-90, 90).Draw(t, "clock"))*time.Second)
		for _, e := range list {
			versions[stream]++
			events = append(events, eventstore.Envelope{Seq: eventstore.Seq(len(events) + 1), Stream: stream, Version: versions[stream], At: at, Event: e})
		}
	}
	return events
}

func anyQuery(t *rapid.T) projections.HistoryQuery {
	q := projections.HistoryQuery{Limit: rapid.IntRange(1, 7).Draw(t, "limit")}
	is := func(name string) bool { return rapid.IntRange(0, 2).Draw(t, name) == 0 }
	if is("by matter") {
		q.Matter = domain.MatterID(fmt.Sprintf("m_%d", rapid.IntRange(0, 4).Draw(t, "its matter")))
	}
	if is("by status") {
		q.Status = rapid.SliceOfN(rapid.SampledFrom([]domain.Status{domain.Queued, domain.Running, domain.Waiting, domain.Failed, domain.Succeeded}), 1, 3).Draw(t, "statuses")
	}
	if is("by trigger") {
		q.Trigger = rapid.SampledFrom([]domain.Trigger{domain.TriggerManual, domain.TriggerRetry, domain.TriggerClientUpdated}).Draw(t, "its trigger")
	}
	if is("from") {
		q.From = start.Add(time.Duration(rapid.IntRange(-3600, 60*3600).Draw(t, "since")) * time.Second)
	}
	if is("to") {
		q.To = start.Add(time.Duration(rapid.IntRange(-3600, 60*3600).Draw(t, "until")) * time.Second)
	}
	if is("by text") {
		q.Text = rapid.SampledFrom([]string{"s_1", "APEX", "m_2", "not connected", "nowhere", "2026-0142"}).Draw(t, "text")
	}
	return q
}

// chosen compares an entry with a query as the outside contract says it.
func chosen(q projections.HistoryQuery, e projections.Entry) bool {
	text := string(e.ID) + "\n" + string(e.Matter) + "\n" + e.Title + "\n" + e.CaseNumber
	if e.Error != nil {
		text += "\n" + string(e.Error.Code) + "\n" + e.Error.Message
	}
	return (q.Matter == "" || q.Matter == e.Matter) && (len(q.Status) == 0 || slices.Contains(q.Status, e.Status)) &&
		(q.Trigger == "" || q.Trigger == e.Trigger) && (q.From.IsZero() || !e.QueuedAt.Before(q.From)) &&
		(q.To.IsZero() || e.QueuedAt.Before(q.To)) && strings.Contains(strings.ToLower(text), strings.ToLower(q.Text))
}

// TestALongSearchSaysThatItStopped: a search of a long history answers soon, says that it did
// not see all, and goes on from where it stopped until it has.
func TestALongSearchSaysThatItStopped(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	v.Careless()
	longHistory(t, v, 12_000)
	q := projections.HistoryQuery{Text: "S_777\n", Limit: 50}
	first, err := v.Syncs.History(oak, q)
	if err != nil || len(first.Entries) != 0 || !first.Partial || first.Next == 0 {
		t.Fatalf("the first answer is %+v, %v; want none yet, and where to go on", first, err)
	}
	q.Before = first.Next
	rest, err := v.Syncs.History(oak, q)
	if err != nil || !slices.Equal(idsOf(rest.Entries), []domain.SyncID{"s_777"}) || rest.Partial || rest.Next != 0 {
		t.Fatalf("the second answer is %v, partial %v, next %d, %v; want s_777 and the end", idsOf(rest.Entries), rest.Partial, rest.Next, err)
	}
}

// longHistory folds the requests of so many syncs, each of a matter of its own.
func longHistory(t testing.TB, v *projections.Views, n int) {
	t.Helper()
	var list []eventstore.Envelope
	for i := range n {
		list = append(list, eventstore.Envelope{Seq: eventstore.Seq(i + 1), Stream: domain.MatterStream(oak, domain.MatterID(fmt.Sprintf("m_%d", i))), Version: 1,
			At: start.Add(time.Duration(i) * time.Second), Event: requested(domain.SyncID(fmt.Sprintf("s_%d", i)), domain.TriggerManual)})
	}
	for part := range slices.Chunk(list, 5000) {
		if err := v.Take(part); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAuditFindsWhatItsFiltersSay: every combination of filters, by small pages.
func TestAuditFindsWhatItsFiltersSay(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	v.Careless()
	actors := []string{"u_1", "u_2", strings.Repeat("auth0|long", 20), "u&1"}
	var list []eventstore.Envelope
	for i := range 120 {
		stream, e := domain.SettingsStream(oak), domain.Event(domain.SettingsChanged{By: actors[i%4]})
		if i%3 == 0 {
			stream, e = domain.AuditStream(oak, start), domain.RequestRefused{Actor: actors[i%4], Action: domain.ActionChangeSettings, Code: domain.CodeForbidden, Since: start.Add(time.Duration(i) * time.Hour), Times: 1}
		}
		list = append(list, eventstore.Envelope{Seq: eventstore.Seq(i + 1), Stream: stream, Version: uint64(i + 1), At: start.Add(time.Duration(i) * time.Hour), Event: e})
	}
	if err := v.Take(list); err != nil {
		t.Fatal(err)
	}
	all, _, err := v.Trail.Audit(oak, projections.AuditQuery{Limit: 500})
	if err != nil || len(all) != 120 {
		t.Fatalf("the trail has %d rows, %v", len(all), err)
	}
	for _, actor := range append(actors, "", "nobody") {
		for _, outcome := range []domain.AuditOutcome{"", domain.AuditEntry{}.Outcome(), domain.AuditEntry{Code: domain.CodeForbidden}.Outcome()} {
			for _, from := range []time.Time{{}, start.Add(30 * time.Hour)} {
				q := projections.AuditQuery{Actor: actor, Outcome: outcome, Action: domain.ActionChangeSettings, From: from, To: start.Add(100 * time.Hour), Limit: 7}
				want := slices.DeleteFunc(slices.Clone(all), func(r projections.AuditRow) bool {
					return actor != "" && r.Actor != actor || outcome != "" && r.Outcome() != outcome || r.At.Before(from) || !r.At.Before(q.To)
				})
				if got := auditOf(t, v, q); !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
					t.Errorf("%+v finds %d rows, want %d", q, len(got), len(want))
				}
			}
		}
	}
}

func auditOf(t *testing.T, v *projections.Views, q projections.AuditQuery) (all []projections.AuditRow) {
	t.Helper()
	for {
		list, next, err := v.Trail.Audit(oak, q)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, list...); next == 0 {
			return all
		}
		q.Before = next
	}
}
