package domain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// movers are one event of each name that moves a sync.
func movers(id domain.SyncID) map[string]domain.Event {
	failure := domain.Failure{Code: domain.CodeInternal}
	all := map[string]domain.Event{}
	for _, e := range list(domain.SyncRequested{Sync: id}, domain.SyncStarted{Sync: id, Attempt: 1}, domain.SyncDeferred{Sync: id, Failure: failure},
		domain.SyncReleased{Sync: id}, domain.SyncConfirming{Sync: id}, domain.SyncSucceeded{Sync: id}, domain.SyncFailed{Sync: id, Failure: failure},
		domain.SyncSkipped{Sync: id}, domain.SyncCancelled{Sync: id, By: "u_5"}) {
		all[e.EventName()] = e
	}
	return all
}

// TestMoves tells that the table is one: each status is reached, none is left twice by one
// event, what has ended stays, and every event that moves a sync is in it.
func TestMoves(t *testing.T) {
	seen, reached, used := map[string]bool{}, map[domain.Status]bool{}, map[string]bool{}
	for _, m := range domain.Moves() {
		if key := string(m.From) + " " + m.Event; seen[key] {
			t.Errorf("%s is left twice by %s", m.From, m.Event)
		} else {
			seen[key] = true
		}
		if m.From.Ended() {
			t.Errorf("%s is not the end: %s moves it", m.From, m.Event)
		}
		if id, ok := domain.SyncMoved(movers("s_1")[m.Event]); !ok || id != "s_1" {
			t.Errorf("%s moves no sync", m.Event)
		}
		reached[m.To], used[m.Event] = true, true
	}
	for _, s := range []domain.Status{domain.Queued, domain.Running, domain.Waiting, domain.Confirming, domain.Succeeded, domain.Failed, domain.Skipped, domain.Cancelled} {
		if !reached[s] {
			t.Errorf("no sync is ever %s", s)
		}
	}
	for _, e := range samples() {
		if _, moves := domain.SyncMoved(e); moves != used[e.EventName()] {
			t.Errorf("%s moves a sync: %v, and the table has it: %v", e.EventName(), moves, used[e.EventName()])
		}
	}
}

// TestSyncsMoveAsTheTableSays walks the table at random, with events that it does not
// allow and events of other syncs between: the fold follows the table and nothing else.
func TestSyncsMoveAsTheTableSays(t *testing.T) {
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range movers("") {
			if !yield(name) {
				return
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var m domain.Matter
		var want domain.Status
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			name := rapid.SampledFrom(names).Draw(t, "event")
			if want == "" {
				name = domain.SyncRequested{}.EventName()
			}
			if want != "" && name == (domain.SyncRequested{}).EventName() {
				continue // another sync's
			}
			id := domain.SyncID("s_1")
			if rapid.IntRange(0, 9).Draw(t, "whose") == 0 && want != "" {
				id = "s_other"
			}
			m = m.Apply(movers(id)[name], start.Add(time.Duration(i)*time.Second))
			if to, ok := tabled(want, name); ok && id == "s_1" {
				want = to
			}
			switch {
			case want.Ended() && m.Current != nil:
				t.Fatalf("after %s the sync is %s, want it %s", name, m.Current.Status, want)
			case want.Ended():
				return
			case m.Current == nil || m.Current.Status != want:
				t.Fatalf("after %s of %s the sync is %+v, want it %s", name, id, m.Current, want)
			}
		}
	})
}

func tabled(from domain.Status, event string) (domain.Status, bool) {
	for _, m := range domain.Moves() {
		if m.From == from && m.Event == event {
			return m.To, true
		}
	}
	return from, false
}

// TestCancel tells that what is queued or waits can be called off, by whom, and what is at
// work or has ended can't.
func TestCancel(t *testing.T) {
	off := domain.SyncCancelled{Sync: syncFor(2), By: "u_5"}
	for _, c := range []struct {
		name  string
		given []domain.Event
		why   string // "": it can be
	}{
		{"queued", list(created(1), asked(2, domain.TriggerManual)), ""},
		{"waiting", running(deferred(2, domain.CodeNotConnected, time.Time{})), ""},
		{"waiting for a time", running(deferred(2, domain.CodeSmokeballUnavailable, start.Add(time.Hour))), ""},
		{"queued behind another", list(created(1), asked(1, domain.TriggerManual), started(1, 1), asked(2, domain.TriggerManual)), ""},
		{"running", running(), "is at work"},
		{"confirming", running(domain.SyncConfirming{Sync: syncFor(2)}), "is at work"},
		{"succeeded", running(succeeded(2)), "has ended"},
		{"cancelled", running(deferred(2, domain.CodeNotConnected, time.Time{}), off), "has ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := given[domain.Matter](c.given...).Cancel(syncFor(2), "u_5")
			if c.why == "" {
				then(t, must(t, facts, err), off)
				return
			}
			var r *domain.Rejection
			if !errors.As(err, &r) || r.Reason != domain.Conflict || r.Failure.Code != domain.CodeNotCancellable || !strings.Contains(r.Failure.Message, c.why) || r.Failure.Remedy == "" {
				t.Errorf("decided %s%v", told(facts), err)
			}
		})
	}
}

// TestACancelledSyncLeavesTheRest tells that the one behind it comes next, and that later
// news asks for a new one.
func TestACancelledSyncLeavesTheRest(t *testing.T) {
	off := func(n int) domain.Event { return domain.SyncCancelled{Sync: syncFor(n), By: "u_5"} }
	behind := given[domain.Matter](created(1), asked(1, domain.TriggerManual), started(1, 1), asked(2, domain.TriggerManual), off(2))
	if behind.Current == nil || behind.Current.ID != syncFor(1) || behind.Next != nil {
		t.Errorf("current is %+v, next %+v", behind.Current, behind.Next)
	}
	m := given[domain.Matter](created(1), asked(2, domain.TriggerDocumentApproved), off(2))
	facts := m.TakeIn(approvedEvent(5, retainer()), domain.DefaultSettings)
	if m = m.Apply(facts[0], start).Apply(facts[len(facts)-1], start); m.Current == nil || m.Current.ID != syncFor(5) {
		t.Errorf("later news decided\n%s", told(facts))
	}
}
