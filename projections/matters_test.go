package projections_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

func TestMatterRow(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), append([]domain.Event{created(), approved()}, wholeSync("s_1")...)...)
	r, ok, err := folded(t, l).Matter(oak, matterOfMaria)
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
			r, _, err := folded(t, l).Matter(oak, matterOfMaria)
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

// TestProvenance: each field names the event that gave its value.
func TestProvenance(t *testing.T) {
	next := rivera(2)
	next.Title, next.Client.Phone = "Rivera v. Apex Freight LLC", "+1 312 555 0199"
	same := rivera(3)
	same.Title, same.Client.Phone = next.Title, next.Client.Phone
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), domain.MatterUpdated{Origin: ref("e-2"), Matter: next},
		domain.MatterUpdated{Origin: ref("e-3"), Matter: same}, domain.MatterOutdated{Origin: ref("e-4"), Version: 1, Current: 3})
	r, _, err := folded(t, l).Matter(oak, matterOfMaria)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]projections.Origin{
		"title":        {Event: "matter.updated.v1", Ref: ref("e-2"), Version: 2, At: start.Add(time.Second)},
		"client.phone": {Event: "matter.updated.v1", Ref: ref("e-2"), Version: 2, At: start.Add(time.Second)},
		"case_number":  {Event: "matter.created.v1", Ref: ref("e-1"), Version: 1, At: start},
		"case_type":    {Event: "matter.created.v1", Ref: ref("e-1"), Version: 1, At: start},
		"status":       {Event: "matter.created.v1", Ref: ref("e-1"), Version: 1, At: start},
		"client.name":  {Event: "matter.created.v1", Ref: ref("e-1"), Version: 1, At: start},
		"client.email": {Event: "matter.created.v1", Ref: ref("e-1"), Version: 1, At: start},
	} {
		if r.Fields[field] != want {
			t.Errorf("%s comes from %+v, want %+v", field, r.Fields[field], want)
		}
	}
	if len(r.Fields) != len(projections.FieldValues(rivera(1))) {
		t.Errorf("the row tells of %d fields, want %d", len(r.Fields), len(projections.FieldValues(rivera(1))))
	}
}

func TestTimeline(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), append([]domain.Event{created(), approved()}, wholeSync("s_1")...)...)
	r, _, err := folded(t, l).Matter(oak, matterOfMaria)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range r.Timeline {
		texts = append(texts, m.Text)
	}
	want := []string{"CaseHug announced the matter", "“Signed retainer.pdf” was approved", "A sync was asked for", "Matter type Motor Vehicle Accident chosen",
		"Contact accepted", "Smokeball accepted the matter", "“Signed retainer.pdf” was uploaded", "The matter is there, shown by a webhook",
		"Smokeball shows the file, by read", "The sync succeeded"}
	if !slices.Equal(texts, want) {
		t.Errorf("the timeline is\n%q, want\n%q", texts, want)
	}
	third := projections.Moment{At: start.Add(2 * time.Second), Event: "sync.requested.v1", Sync: "s_1", Text: "A sync was asked for", Position: 3}
	if r.Timeline[2] != third {
		t.Errorf("the third moment is %+v, want %+v", r.Timeline[2], third)
	}
}

// TestTimelineIsBounded: a busy matter's row does not grow for ever.
func TestTimelineIsBounded(t *testing.T) {
	l := newLedger()
	for i := range 130 {
		l.tell(t, domain.MatterStream(oak, matterOfMaria), domain.MatterUpdated{Origin: ref(fmt.Sprint(i)), Matter: rivera(i + 1)})
	}
	r, _, err := folded(t, l).Matter(oak, matterOfMaria)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Timeline); n != 100 || r.Timeline[0].Position != 31 || r.Timeline[99].Position != 130 {
		t.Errorf("the timeline has %d moments, from %d to %d; want the last 100", n, r.Timeline[0].Position, r.Timeline[n-1].Position)
	}
}

func TestMatterFilters(t *testing.T) {
	l := newLedger()
	for i, title := range []string{"Rivera v. Apex", "Oak Estate", "In re Rivera"} {
		d := rivera(1)
		d.ID, d.Title, d.CaseNumber = domain.MatterID(fmt.Sprintf("m_%d", i)), title, fmt.Sprintf("CH-%d", i)
		d.Client.FirstName = []string{"Maria", "Ann", "Lee"}[i]
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
		{"an id", projections.MatterQuery{Text: "M_1"}, []domain.MatterID{"m_1"}, false},
		{"a status", projections.MatterQuery{Status: domain.Queued}, []domain.MatterID{"m_1"}, false},
		{"nothing", projections.MatterQuery{Text: "no such"}, nil, false},
		{"a first page", projections.MatterQuery{Limit: 2}, []domain.MatterID{"m_2", "m_1"}, true},
		{"the page after it", projections.MatterQuery{Limit: 2, Before: 2}, []domain.MatterID{"m_0"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, next, err := v.Matters(oak, c.q)
			var got []domain.MatterID
			for _, r := range rows {
				got = append(got, r.ID)
			}
			if err != nil || !slices.Equal(got, c.want) || (next != 0) != c.next {
				t.Errorf("the matters are %v with cursor %d, %v; want %v", got, next, err, c.want)
			}
		})
	}
	if _, ok, err := v.Matter(elm, "m_1"); ok || err != nil {
		t.Errorf("another firm sees the matter: %v, %v", ok, err)
	}
}

func TestClientRow(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.ClientStream(oak, "c_77"), domain.ClientUpdated{Origin: ref("e-9"), Client: rivera(1).Client},
		domain.ClientLinked{Matter: matterOfMaria, Contact: sbContact, Key: "k_1"})
	v := folded(t, l)
	c, err := v.Client(oak, "c_77")
	if err != nil || !c.Known || c.Data != rivera(1).Client || c.Contact != sbContact || !slices.Equal(c.Matters, []domain.MatterID{matterOfMaria}) {
		t.Errorf("the client is %+v, %v", c, err)
	}
	if c, err = v.Client(oak, "c_78"); err != nil || c.Known {
		t.Errorf("a client unheard of is %+v, %v", c, err)
	}
}

// TestEventsOfOthers: a stream's rows are not touched by other kinds.
func TestEventsOfOthers(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.WebhookStream(oak, string(sbMatter)), domain.SmokeballWebhookReceived{Origin: ref("w-1"), Type: "matter.updated", Resource: sbMatter})
	l.tell(t, domain.ContactStream(oak, "k_1"), domain.ContactMatched{Contact: sbContact, Client: "c_77"})
	v := folded(t, l)
	rows, _, err := v.Matters(oak, projections.MatterQuery{})
	if err != nil || len(rows) != 0 {
		t.Errorf("the matters are %+v, %v", rows, err)
	}
	if v.Position() != 2 {
		t.Errorf("the views are at %d, want %d", v.Position(), eventstore.Seq(2))
	}
}
