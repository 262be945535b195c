package projections_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// expire appends what is no longer kept, as the engine decides it from the rows, and waits for the rows.
func expire(t *testing.T, l *ledger, v *projections.Views, before time.Time) {
	t.Helper()
	syncs, err := v.Syncs.Over(oak, before, l.last(), 10)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := v.Trail.Before(oak, before, 10)
	if err != nil {
		t.Fatal(err)
	}
	deadLetters, err := v.DeadLetters.Decided(oak, before, 10)
	if err != nil {
		t.Fatal(err)
	}
	l.tell(t, domain.ExpiryStream(oak, before), domain.HistoryExpired{Before: before, Syncs: syncs}, domain.AuditExpired{Before: before, Entries: entries})
	for _, id := range deadLetters {
		l.tell(t, domain.DeadLetterStream(oak, id), domain.DeadLetterExpired{Before: before, Was: domain.DeadLetterDiscarded})
	}
	caughtUp(t, v, l)
}

// given a firm with old syncs, an open one among them, dead letters and an audit trail, when what is
// older than a moment expires, then the lists, their pages and their numbers have the rest, and nothing
// that is not over.
func TestWhatHasExpiredLeavesTheLists(t *testing.T) {
	l := newLedger()
	old, young := start, start.Add(48*time.Hour)
	l.tellAt(t, old, domain.MatterStream(oak, matterOfMaria), append([]domain.Event{created(), approved()}, wholeSync("s_old")...)...)
	l.tellAt(t, old, domain.MatterStream(oak, "m_open"), requested("s_open", domain.TriggerManual))
	asked := requested("s_asked", domain.TriggerManual)
	asked.By = "u_5"
	l.tellAt(t, old, domain.MatterStream(oak, "m_2"), asked, begun("s_asked", 1), domain.SyncSucceeded{Sync: "s_asked"})
	for id, what := range map[string]domain.Event{"dl_open": nil, "dl_gone": letterDiscarded} {
		l.tellAt(t, old, domain.DeadLetterStream(oak, id), letter)
		if what != nil {
			l.tellAt(t, old, domain.DeadLetterStream(oak, id), what)
		}
	}
	l.tellAt(t, old, domain.DeadLetterStream(oak, "dl_late"), letter)
	l.tellAt(t, young, domain.DeadLetterStream(oak, "dl_late"), letterDiscarded)
	l.tellAt(t, young, domain.MatterStream(oak, matterOfMaria), wholeSync("s_young")...)
	v := folded(t, l)
	expire(t, l, v, start.Add(24*time.Hour))

	page, err := v.Syncs.History(oak, projections.HistoryQuery{Limit: 1})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].ID != "s_young" || page.Next == 0 {
		t.Errorf("the newest page is %+v, %v", page, err)
	}
	page, err = v.Syncs.History(oak, projections.HistoryQuery{Limit: 1, Before: page.Next})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].ID != "s_open" || page.Next != 0 {
		t.Errorf("the page after it is %+v, %v", page, err)
	}
	if page, _ := v.Syncs.History(oak, projections.HistoryQuery{Text: "Rivera", Status: []domain.Status{domain.Succeeded}}); len(page.Entries) != 1 {
		t.Errorf("a search finds %+v", page.Entries)
	}
	if counts, _ := v.Syncs.Counts(oak); counts[domain.Succeeded] != 1 || counts[domain.Queued] != 1 {
		t.Errorf("the numbers are %v", counts)
	}
	if _, there, _ := v.Syncs.Sync(oak, "s_old"); there {
		t.Error("an expired entry is still read")
	}
	m, _, _ := v.Matters.Matter(oak, matterOfMaria)
	for _, moment := range m.Timeline {
		if moment.Sync == "s_old" {
			t.Errorf("the timeline still tells of the expired sync: %+v", moment)
		}
	}
	if m.Matter.Data.Title == "" || m.LastSync != "s_young" {
		t.Errorf("the matter itself is %+v", m)
	}
	if trail, _, _ := v.Trail.Audit(oak, projections.AuditQuery{Limit: 10}); len(trail) != 1 || trail[0].Action != domain.ActionDiscardDeadLetter || !trail[0].At.Equal(young) {
		t.Errorf("the trail is %+v", trail)
	}
	open, _, _ := v.DeadLetters.DeadLetters(oak, domain.DeadLetterOpen, 0, 10)
	gone, _, _ := v.DeadLetters.DeadLetters(oak, domain.DeadLetterDiscarded, 0, 10)
	row, _ := v.Connections.Connection(oak)
	if len(open) != 1 || len(gone) != 1 || gone[0].ID != "dl_late" || row.DeadLetters != (projections.DeadLetterCounts{Open: 1, Discarded: 1}) {
		t.Errorf("dead letters are %d open, %+v discarded, counted %+v", len(open), gone, row.DeadLetters)
	}
	kept, _ := v.Retentions.Retention(oak)
	if kept.History.Count != 2 || kept.DeadLetters.Count != 1 || kept.Audit.Count != 2 || !kept.History.Before.Equal(start.Add(24*time.Hour)) {
		t.Errorf("what is gone is %+v", kept)
	}
}

// given rows that expired while the views grew, when the views are made again, then they are the same:
// also where something comes later about an expired sync.
func TestViewsMadeAgainAreThoseThatGrew(t *testing.T) {
	l := aStory(t)
	v := folded(t, l)
	expire(t, l, v, start.Add(24*time.Hour))
	l.tell(t, domain.MatterStream(oak, matterOfMaria), domain.DocumentConfirmed{Sync: "s_1", Document: "d_9", File: sbFile, By: domain.ByRead})
	caughtUp(t, v, l)
	if _, there, _ := v.Syncs.Sync(oak, "s_1"); there {
		t.Error("what comes later brings an expired entry back")
	}
	same(t, "made again", rows(t, folded(t, l)), rows(t, v))
}

// given an expired entry, when the file is renewed, then its bytes are in no free page, and the file
// says up to which event that holds; before that it says it of none.
func TestARenewedFileHasNothingOfWhatExpired(t *testing.T) {
	l, path := newLedger(), filepath.Join(t.TempDir(), "views.db")
	l.tell(t, domain.MatterStream(oak, matterOfMaria), wholeSync("s_wholly-made-up")...)
	v := open(t, path)
	run(t, v, l)
	caughtUp(t, v, l)
	expire(t, l, v, start.Add(24*time.Hour))
	if at, err := v.RenewedUpTo(); err != nil || at != 0 {
		t.Fatalf("renewed up to %d, %v", at, err)
	}
	last := eventstore.Seq(l.last())
	changed, stop := v.Changed.Watch(oak)
	defer stop()
	v.Renew()
	for {
		at, err := v.RenewedUpTo()
		if err != nil {
			t.Fatal(err)
		}
		if at >= last {
			break
		}
		<-changed
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte(`"id":"s_wholly-made-up"`)) {
		t.Error("the file still has the entry")
	}
}

// given two admins, when what one of them did has left the audit trail, then nothing calls that one by name
// any more, and the other one is named as before.
func TestNamesGoWithTheAuditTrail(t *testing.T) {
	l := newLedger()
	chosen := func(by, name string) domain.Event {
		return domain.SettingsChanged{Settings: domain.Settings{DocumentsFolder: by}, By: by, ByName: name}
	}
	l.tellAt(t, start, domain.SettingsStream(oak), chosen("u_left", "Tom Okafor"), chosen("u_here", "Folasade Osei"))
	l.tellAt(t, start.Add(48*time.Hour), domain.SettingsStream(oak), chosen("u_here", "Folasade Osei"))
	v := folded(t, l)
	named := func(subject string) string {
		name, err := v.People.Name(oak, subject)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	if named("u_left") != "Tom Okafor" {
		t.Fatalf("before anything expires %q is named", named("u_left"))
	}
	expire(t, l, v, start.Add(24*time.Hour))
	if named("u_left") != "" || named("u_here") != "Folasade Osei" {
		t.Errorf("named are %q and %q", named("u_left"), named("u_here"))
	}
	if admins, err := v.People.Admins(oak, 2); err != nil || len(admins) != 1 || admins[0].Subject != "u_here" {
		t.Errorf("admins are %+v, %v", admins, err)
	}
}
