package projections_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// TestDue: what the list of due work says of a sync as it goes on.
func TestDue(t *testing.T) {
	queued := domain.Due{Firm: oak, Matter: matterOfMaria, Sync: "s_1", Trigger: domain.TriggerManual, Status: domain.Queued, Since: start}
	change := func(f func(*domain.Due)) []domain.Due {
		d := queued
		f(&d)
		return []domain.Due{d}
	}
	req, beg := requested("s_1", domain.TriggerManual), begun("s_1", 1)
	until := start.Add(time.Minute)
	for _, c := range []struct {
		name   string
		events []domain.Event
		want   []domain.Due
	}{
		{"queued", []domain.Event{req}, change(func(*domain.Due) {})},
		{"running", []domain.Event{req, beg}, change(func(d *domain.Due) { d.Status = domain.Running })},
		{"confirming", []domain.Event{req, beg, domain.SyncConfirming{Sync: "s_1"}}, change(func(d *domain.Due) { d.Status = domain.Confirming })},
		{"waiting for a time", []domain.Event{req, beg, domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: until}},
			change(func(d *domain.Due) { d.Status, d.At, d.From = domain.Waiting, until, start.Add(2*time.Second) })},
		{"waiting for something", []domain.Event{req, beg, domain.SyncDeferred{Sync: "s_1", Failure: notConnected}},
			change(func(d *domain.Due) {
				d.Status, d.WaitsOn, d.From = domain.Waiting, domain.CodeNotConnected, start.Add(2*time.Second)
			})},
		{"waiting for a matter", []domain.Event{req, beg, domain.SyncDeferred{Sync: "s_1", Failure: unknownMatter}},
			change(func(d *domain.Due) {
				d.Status, d.WaitsOn, d.From = domain.Waiting, domain.CodeMatterUnknown, start.Add(2*time.Second)
			})},
		{"waiting for a matter that is there, as ledgers have it", []domain.Event{req, beg, domain.MatterCreated{Matter: domain.MatterData{ID: matterOfMaria}}, domain.SyncDeferred{Sync: "s_1", Failure: unknownMatter}},
			change(func(d *domain.Due) {
				d.Status, d.WaitsOn, d.From, d.Announced = domain.Waiting, domain.CodeMatterUnknown, start.Add(3*time.Second), true
			})},
		{"released", []domain.Event{req, beg, domain.SyncDeferred{Sync: "s_1", Failure: notConnected}, domain.SyncReleased{Sync: "s_1"}}, change(func(*domain.Due) {})},
		{"going on", []domain.Event{req, beg, domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: until}, begun("s_1", 2)},
			change(func(d *domain.Due) { d.Status = domain.Running })},
		{"with one after it", []domain.Event{req, beg, requested("s_2", domain.TriggerRetry)}, change(func(d *domain.Due) { d.Status = domain.Running })},
		{"the one after it", []domain.Event{req, beg, requested("s_2", domain.TriggerRetry), domain.SyncSucceeded{Sync: "s_1"}},
			change(func(d *domain.Due) { d.Sync, d.Trigger, d.Since = "s_2", domain.TriggerRetry, start.Add(2*time.Second) })},
		{"succeeded", []domain.Event{req, beg, domain.SyncSucceeded{Sync: "s_1"}}, nil},
		{"failed", []domain.Event{req, beg, domain.SyncFailed{Sync: "s_1", Failure: unavailable}}, nil},
		{"skipped", []domain.Event{req, beg, domain.SyncSkipped{Sync: "s_1"}}, nil},
		{"cancelled", []domain.Event{req, domain.SyncCancelled{Sync: "s_1"}}, nil},
		{"cancelled while it waits", []domain.Event{req, beg, domain.SyncDeferred{Sync: "s_1", Failure: notConnected}, domain.SyncCancelled{Sync: "s_1"}}, nil},
		{"the one after it cancelled", []domain.Event{req, beg, requested("s_2", domain.TriggerRetry), domain.SyncCancelled{Sync: "s_2"}},
			change(func(d *domain.Due) { d.Status = domain.Running })},
		{"asked for again", []domain.Event{req, beg, domain.SyncSkipped{Sync: "s_1"}, requested("s_2", domain.TriggerManual)},
			change(func(d *domain.Due) { d.Sync, d.Since = "s_2", start.Add(3*time.Second) })},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger()
			l.tell(t, domain.MatterStream(oak, matterOfMaria), c.events...)
			for i := range c.want {
				c.want[i].Moved = start.Add(time.Duration(len(c.events)-1) * time.Second) // each of the events moves it
			}
			if got := folded(t, l).Work.Due(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("due are\n%+v; want\n%+v", got, c.want)
			}
		})
	}
}

var unknownMatter = domain.Failure{Code: domain.CodeMatterUnknown, Message: "CaseHug has not announced this matter yet"}

func TestQueue(t *testing.T) {
	l := newLedger()
	for _, m := range []domain.MatterID{"m_1", "m_2", "m_3", "m_4", "m_5"} {
		l.tell(t, domain.MatterStream(oak, m), requested("s_"+domain.SyncID(m), domain.TriggerManual))
	}
	l.tell(t, domain.MatterStream(elm, "m_1"), requested("s_1", domain.TriggerManual))
	l.tell(t, domain.MatterStream(oak, "m_1"), begun("s_m_1", 1))
	l.tell(t, domain.MatterStream(oak, "m_2"), begun("s_m_2", 1), domain.SyncConfirming{Sync: "s_m_2"})
	l.tell(t, domain.MatterStream(oak, "m_3"), begun("s_m_3", 1), domain.SyncDeferred{Sync: "s_m_3", Failure: notConnected})
	l.tell(t, domain.MatterStream(oak, "m_4"), begun("s_m_4", 1), domain.SyncSucceeded{Sync: "s_m_4"})
	v := folded(t, l)
	if q := v.Work.Queue(oak); q != (projections.Queue{Waiting: 2, Queued: 1, Running: 2}) {
		t.Errorf("the queue is %+v", q)
	}
	if n := len(v.Work.AtWork()); n != 2 {
		t.Errorf("%d syncs are at work", n)
	}
	if q := v.Work.Queue("f_none"); q != (projections.Queue{}) {
		t.Errorf("a firm without syncs has the queue %+v", q)
	}
}

func TestRoutes(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), append([]domain.Event{created(), approved()}, wholeSync("s_1")...)...)
	l.tell(t, domain.MatterStream(oak, matterOfMaria), domain.MatterChangeAccepted{Sync: "s_2", Request: "r-patch"})
	l.tell(t, domain.MatterStream(oak, "m_2"), domain.MatterLinked{Sync: "s_3", Matter: "sb-2"})
	v := folded(t, l)
	for _, c := range []struct {
		name     string
		firm     domain.FirmID
		request  domain.RequestID
		resource domain.SmokeballID
		want     domain.MatterID
	}{
		{"the matter's creation", oak, "r-matter", "", matterOfMaria},
		{"a change", oak, "r-patch", "", matterOfMaria},
		{"the contact's creation", oak, "r-contact", "", matterOfMaria},
		{"the file's creation", oak, "r-file", "", matterOfMaria},
		{"the matter", oak, "", sbMatter, matterOfMaria},
		{"the contact", oak, "", sbContact, matterOfMaria},
		{"the file", oak, "", sbFile, matterOfMaria},
		{"a linked matter", oak, "", "sb-2", "m_2"},
		{"the request before the resource", oak, "r-matter", "sb-2", matterOfMaria},
		{"the resource of a request unheard of", oak, "r-none", "sb-2", "m_2"},
		{"neither", oak, "r-none", "sb-none", ""},
		{"nothing", oak, "", "", ""},
		{"another firm", elm, "r-matter", sbMatter, ""},
	} {
		if got, err := v.Routes.MatterFor(c.firm, c.request, c.resource); err != nil || got != c.want {
			t.Errorf("%s leads to %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	for id, want := range map[domain.SmokeballID]domain.MatterID{sbMatter: matterOfMaria, "sb-2": "m_2", sbContact: "", "": ""} {
		if got, err := v.Routes.MatterOf(oak, id); err != nil || got != want {
			t.Errorf("Smokeball's matter %q is %q, %v; want %q", id, got, err, want)
		}
	}
}

// TestRouteBeforeTheAnswer: a webhook which overtakes the answer of its own
// call still finds its matter.
func TestRouteBeforeTheAnswer(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), domain.MatterCreationStarted{Sync: "s_1", Request: "r-matter"})
	if got, err := folded(t, l).Routes.MatterFor(oak, "r-matter", sbMatter); err != nil || got != matterOfMaria {
		t.Errorf("the webhook leads to %q, %v", got, err)
	}
}
