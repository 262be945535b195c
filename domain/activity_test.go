package domain_test

import (
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

var (
	noticed = domain.ActivityNoticed{Origin: domain.EventRef{Source: "/smokeball", ID: "w1"}, Kind: domain.Task, Resource: "t-1"}
	call    = domain.Activity{Kind: domain.Task, Matter: "sb-1", Subject: "Call the client", When: "2026-11-24"}
)

func activities(facts ...domain.Event) (a domain.Activities) {
	for _, f := range facts {
		a = a.Apply(f, sampleTime)
	}
	return a
}

func TestAWebhookAboutAnActivityAsksForOneLook(t *testing.T) {
	if got := activities().Notice(noticed); !reflect.DeepEqual(got, []domain.Event{noticed}) {
		t.Errorf("the first webhook: %v", got)
	}
	if got := activities(noticed).Notice(noticed); got != nil {
		t.Errorf("the same webhook again: %v", got)
	}
	if got := activities(noticed, domain.ActivityRead{Matter: "m_1", Activity: call}).Notice(noticed); got != nil {
		t.Errorf("the same webhook after the look: %v", got)
	}
}

func TestWhatALookAtAnActivityMeans(t *testing.T) {
	later := noticed
	later.Origin.ID = "w2"
	done, moved, gone := call, call, call
	done.Done, moved.When, gone.Deleted = true, "2026-11-30", true
	movedAndGone := moved
	movedAndGone.Deleted = true
	read := func(a domain.Activity) domain.Event {
		return domain.ActivityRead{Matter: "m_1", Activity: a, Change: domain.ActivityAdded}
	}
	for name, c := range map[string]struct {
		given  []domain.Event
		is     domain.Activity
		change domain.ActivityChange
		known  domain.Activity
	}{
		"new":                {[]domain.Event{noticed}, call, domain.ActivityAdded, call},
		"the same":           {[]domain.Event{noticed, read(call), later}, call, "", call},
		"moved":              {[]domain.Event{noticed, read(call), later}, moved, domain.ActivityChanged, moved},
		"done":               {[]domain.Event{noticed, read(call), later}, done, domain.ActivityDone, done},
		"deleted":            {[]domain.Event{noticed, read(call), later}, domain.Activity{Kind: domain.Task, Deleted: true}, domain.ActivityDeleted, gone},
		"deleted, and shown": {[]domain.Event{noticed, read(call), later}, movedAndGone, domain.ActivityDeleted, movedAndGone},
		"gone before a look": {[]domain.Event{noticed}, domain.Activity{Kind: domain.Task, Deleted: true}, "", domain.Activity{Kind: domain.Task, Deleted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			a := activities(c.given...)
			want := []domain.Event{domain.ActivityRead{Matter: matterOf(c.known), Activity: c.known, Change: c.change}}
			if got := a.Look(*a.Pending, matterOf(c.is), c.is); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// matterOf is the linked matter of an activity that Smokeball shows.
func matterOf(a domain.Activity) domain.MatterID {
	if a.Matter == "" {
		return ""
	}
	return "m_1"
}

func TestALookThatANewerWebhookOvertookCountsNot(t *testing.T) {
	later := noticed
	later.Origin.ID = "w2"
	if got := activities(noticed, later).Look(noticed, "m_1", call); got != nil {
		t.Errorf("got %v: what changed after the read would be missed", got)
	}
}

func TestActivityOf(t *testing.T) {
	for webhook, want := range map[string]domain.ActivityKind{"task.created": domain.Task, "task.deleted": domain.Task,
		"event.updated": domain.Appointment, "matter.updated": "", "error": "", "": ""} {
		if got := domain.ActivityOf(webhook); got != want {
			t.Errorf("%s is about %q, want %q", webhook, got, want)
		}
	}
}
