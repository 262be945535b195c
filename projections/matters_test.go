package projections_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

func TestMatterRow(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), append([]domain.Event{created(), approved()}, wholeSync("s_1")...)...)
	r, ok, err := folded(t, l).Matters.Matter(oak, matterOfMaria)
	if err != nil || !ok {
		t.Fatalf("there is no row: %v", err)
	}
	if r.Firm != oak || r.ID != matterOfMaria || r.Position != 1 || !r.Matter.Known || r.Matter.Data.Title != "Rivera v. Apex Freight" {
		t.Errorf("the row is %+v", r)
	}
	if s := r.Matter.Smokeball; s.ID != sbMatter || !s.Confirmed || s.Sent.Description != "Rivera v. Apex Freight" {
		t.Errorf("Smokeball has %+v", s)
	}
	if r.Matter.Contacts["c_77"] != sbContact || r.TypeName != "Motor Vehicle Accident" || r.Matter.TypeID != "t_IL" {
		t.Errorf("the contacts are %v and the type is %s %q", r.Matter.Contacts, r.Matter.TypeID, r.TypeName)
	}
	if len(r.Matter.Documents) != 1 || !r.Matter.Documents[0].Confirmed || r.Matter.Documents[0].File != sbFile {
		t.Errorf("the documents are %+v", r.Matter.Documents)
	}
	if r.LastSync != "s_1" || r.Status != domain.Succeeded || r.Failure != nil {
		t.Errorf("the last sync is %s, %s, %+v", r.LastSync, r.Status, r.Failure)
	}
	if r.Proof != domain.ByWebhook || !r.Confirmed.Equal(start.Add(12*time.Second)) {
		t.Errorf("it was shown by a %s at %s", r.Proof, r.Confirmed)
	}
}

// TestLastSync: what a matter's row says of its syncs as they go on.
func TestLastSync(t *testing.T) {
	for _, c := range []struct {
		name    string
		events  []domain.Event
		id      domain.SyncID
		status  domain.Status
		failure domain.Code
	}{
		{"none", []domain.Event{created()}, "", "", ""},
		{"queued", []domain.Event{requested("s_1", domain.TriggerManual)}, "s_1", domain.Queued, ""},
		{"running", []domain.Event{requested("s_1", domain.TriggerManual), begun("s_1", 1)}, "s_1", domain.Running, ""},
		{"waiting", []domain.Event{requested("s_1", domain.TriggerManual), begun("s_1", 1), domain.SyncDeferred{Sync: "s_1", Failure: notConnected}},
			"s_1", domain.Waiting, domain.CodeNotConnected},
		{"failed", []domain.Event{requested("s_1", domain.TriggerManual), begun("s_1", 1), domain.SyncFailed{Sync: "s_1", Failure: smokeballRefused}},
			"s_1", domain.Failed, domain.CodeSmokeballRefused},
		{"failed, and the next is queued", []domain.Event{requested("s_1", domain.TriggerManual), begun("s_1", 1), requested("s_2", domain.TriggerManual),
			domain.SyncFailed{Sync: "s_1", Failure: smokeballRefused}}, "s_2", domain.Queued, ""},
		{"skipped after a failure", []domain.Event{requested("s_1", domain.TriggerManual), begun("s_1", 1), domain.SyncFailed{Sync: "s_1", Failure: smokeballRefused},
			requested("s_2", domain.TriggerRetry), begun("s_2", 1), domain.SyncSkipped{Sync: "s_2"}}, "s_2", domain.Skipped, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger()
			l.tell(t, domain.MatterStream(oak, matterOfMaria), c.events...)
			r, _, err := folded(t, l).Matters.Matter(oak, matterOfMaria)
			var code domain.Code
			if r.Failure != nil {
				code = r.Failure.Code
			}
			if err != nil || r.LastSync != c.id || r.Status != c.status || code != c.failure {
				t.Errorf("the last sync is %q, %q, %q; want %q, %q, %q (%v)", r.LastSync, r.Status, code, c.id, c.status, c.failure, err)
			}
		})
	}
}

// A matter says when CaseHug last changed a value that both sides have: a version that repeats
// all of them, and one that came late, are no change.
func TestWhenAMatterWasChanged(t *testing.T) {
	next := rivera(2)
	next.Title, next.Client.Phone = "Rivera v. Apex Freight LLC", "+1 312 555 0199"
	same := rivera(3)
	same.Title, same.Client.Phone = next.Title, next.Client.Phone
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), domain.MatterUpdated{Origin: ref("e-2"), Matter: next},
		domain.MatterUpdated{Origin: ref("e-3"), Matter: same}, domain.MatterOutdated{Origin: ref("e-4"), Version: 1, Current: 3})
	r, _, err := folded(t, l).Matters.Matter(oak, matterOfMaria)
	if err != nil || !r.Told.Equal(start.Add(time.Second)) {
		t.Errorf("it was changed at %s, want that of the second event (%v)", r.Told, err)
	}
}

func TestTimeline(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), append([]domain.Event{created(), approved()}, wholeSync("s_1")...)...)
	r, _, err := folded(t, l).Matters.Matter(oak, matterOfMaria)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range r.Timeline {
		texts = append(texts, m.Text)
	}
	want := []string{"Matter created in CaseHug", "“Signed retainer.pdf” was approved", "Sync requested", "Matter type: Motor Vehicle Accident",
		"Contact accepted", "Smokeball accepted the matter", "“Signed retainer.pdf” was uploaded", "Smokeball confirmed the matter (webhook)",
		"Smokeball confirmed the file (checked)", "The sync succeeded"}
	if !slices.Equal(texts, want) {
		t.Errorf("the timeline is\n%q, want\n%q", texts, want)
	}
	third := projections.Moment{At: start.Add(2 * time.Second), Event: "sync.requested.v1", Sync: "s_1", Text: "Sync requested", Position: 3}
	if r.Timeline[2] != third {
		t.Errorf("the third moment is %+v, want %+v", r.Timeline[2], third)
	}
}

// TestATimelineIsBoundedAndKeepsItsOrigin: a busy matter's row does not grow for ever, and
// still tells where the matter came from.
func TestATimelineIsBoundedAndKeepsItsOrigin(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created())
	for i := range 130 {
		l.tell(t, domain.MatterStream(oak, matterOfMaria), domain.MatterUpdated{Origin: ref(fmt.Sprint(i)), Matter: rivera(i + 2)})
	}
	r, _, err := folded(t, l).Matters.Matter(oak, matterOfMaria)
	if err != nil {
		t.Fatal(err)
	}
	var positions []uint64
	for _, m := range r.Timeline {
		positions = append(positions, m.Position)
	}
	if n := len(positions); n != 100 || positions[0] != 1 || positions[9] != 10 || positions[10] != 42 || positions[99] != 131 {
		t.Errorf("the timeline has %d moments, %d; want the first 10 and the last 90 of 131", n, positions)
	}
}

// TestTriesOfASyncAreOneMoment: what each try repeats has a count, a first and a last time,
// whatever the words of the wait; another cause is another moment.
func TestTriesOfASyncAreOneMoment(t *testing.T) {
	l := newLedger()
	s := domain.MatterStream(oak, matterOfMaria)
	l.tell(t, s, created(), requested("s_1", domain.TriggerManual)) // 1, 2
	away := func(words string) domain.Event {
		return domain.SyncDeferred{Sync: "s_1", Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable, Message: words}}
	}
	typed := domain.MatterTypeResolved{Sync: "s_1", CaseType: "Auto Accident", TypeID: "t_1", TypeName: "Motor Vehicle Accident"}
	for i := range 28 { // 3 … 86
		l.tell(t, s, domain.SyncStarted{Sync: "s_1", Attempt: i + 1}, typed, away(fmt.Sprintf("Smokeball is away, try %d", i)))
	}
	l.tell(t, s, domain.SyncDeferred{Sync: "s_1", Failure: domain.Failure{Code: domain.CodeMatterTypeUnmapped, Message: "No mapping"}})
	r, _, err := folded(t, l).Matters.Matter(oak, matterOfMaria)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Timeline) != 5 {
		t.Fatalf("the timeline is %+v, want creation, request, type, and two waits", r.Timeline)
	}
	at := func(position int) time.Time { return start.Add(time.Duration(position-1) * time.Second) }
	if m := r.Timeline[3]; m.Times != 28 || m.Position != 86 || !m.At.Equal(at(86)) || !m.First.Equal(at(5)) || !strings.Contains(m.Words(), "try 27") {
		t.Errorf("28 tries are the moment %+v, want the last one with their number and the first time", m)
	}
	if m := r.Timeline[2]; m.Times != 28 || m.Event != "sync.matter_type_resolved.v1" {
		t.Errorf("what each try found is the moment %+v, want one of 28", m)
	}
	if m := r.Timeline[4]; m.Times != 0 || m.Code != domain.CodeMatterTypeUnmapped {
		t.Errorf("another cause is the moment %+v, want one of its own", m)
	}
}

func TestMatterFilters(t *testing.T) {
	l := newLedger()
	for i, title := range []string{"Rivera v. Apex", "Oak Estate", "In re Rivera"} {
		d := rivera(1)
		d.ID, d.Title, d.CaseNumber = domain.MatterID(fmt.Sprintf("m_%d", i)), title, fmt.Sprintf("CH-%d", i)
		d.Client.FirstName = []string{"Maria", "Ann", "Lee"}[i]
		d.OtherClients = []domain.ClientData{{ID: "c_o", CompanyName: []string{"Zenith LLC", "Apex", "Elm"}[i]}}
		l.tell(t, domain.MatterStream(oak, d.ID), domain.MatterCreated{Origin: ref(fmt.Sprint(i)), Matter: d})
	}
	l.tell(t, domain.MatterStream(oak, "m_1"), requested("s_1", domain.TriggerManual))
	v := folded(t, l)
	for _, c := range []struct {
		name string
		q    projections.MatterQuery
		want []domain.MatterID
		next bool
	}{
		{"all, newest first", projections.MatterQuery{}, []domain.MatterID{"m_2", "m_1", "m_0"}, false},
		{"a title", projections.MatterQuery{Text: "rivera v"}, []domain.MatterID{"m_0"}, false},
		{"a case number", projections.MatterQuery{Text: "ch-2"}, []domain.MatterID{"m_2"}, false},
		{"a client", projections.MatterQuery{Text: "ann riv"}, []domain.MatterID{"m_1"}, false},
		{"another client", projections.MatterQuery{Text: "zenith"}, []domain.MatterID{"m_0"}, false},
		{"an id", projections.MatterQuery{Text: "M_1"}, []domain.MatterID{"m_1"}, false},
		{"a status", projections.MatterQuery{Status: domain.Queued}, []domain.MatterID{"m_1"}, false},
		{"nothing", projections.MatterQuery{Text: "no such"}, nil, false},
		{"a first page", projections.MatterQuery{Limit: 2}, []domain.MatterID{"m_2", "m_1"}, true},
		{"the page after it", projections.MatterQuery{Limit: 2, Before: 2}, []domain.MatterID{"m_0"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, next, err := v.Matters.Matters(oak, c.q)
			var got []domain.MatterID
			for _, r := range rows {
				got = append(got, r.ID)
			}
			if err != nil || !slices.Equal(got, c.want) || (next != 0) != c.next {
				t.Errorf("the matters are %v with cursor %d, %v; want %v", got, next, err, c.want)
			}
		})
	}
	if _, ok, err := v.Matters.Matter(elm, "m_1"); ok || err != nil {
		t.Errorf("another firm sees the matter: %v, %v", ok, err)
	}
}

func TestClientRow(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.ClientStream(oak, "c_77"), domain.ClientUpdated{Origin: ref("e-9"), Client: rivera(1).Client},
		domain.ClientLinked{Matter: matterOfMaria, Contact: sbContact, Key: "k_1"})
	v := folded(t, l)
	c, err := v.Matters.Client(oak, "c_77")
	if err != nil || !c.Known || c.Data != rivera(1).Client || c.Contact != sbContact || !slices.Equal(c.Matters, []domain.MatterID{matterOfMaria}) {
		t.Errorf("the client is %+v, %v", c, err)
	}
	if c, err = v.Matters.Client(oak, "c_78"); err != nil || c.Known {
		t.Errorf("a client unheard of is %+v, %v", c, err)
	}
}

// TestEventsOfOthers: a stream's rows are not touched by other kinds.
func TestEventsOfOthers(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.WebhookStream(oak, string(sbMatter)), domain.SmokeballWebhookReceived{Origin: ref("w-1"), Type: "matter.updated", Resource: sbMatter})
	l.tell(t, domain.ContactStream(oak, "k_1"), domain.ContactMatched{Contact: sbContact, Client: "c_77"})
	v := folded(t, l)
	rows, _, err := v.Matters.Matters(oak, projections.MatterQuery{})
	if err != nil || len(rows) != 0 {
		t.Errorf("the matters are %+v, %v", rows, err)
	}
	if v.Position() != 2 {
		t.Errorf("the views are at %d, want %d", v.Position(), eventstore.Seq(2))
	}
}
