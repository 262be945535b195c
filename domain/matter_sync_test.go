package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// queued is a matter whose first sync, of event 2, has its turn before it.
func queued() []domain.Event { return list(created(1), asked(2, domain.TriggerManual)) }

// running is a matter whose first sync, of event 2, is worked on.
func running(more ...domain.Event) []domain.Event {
	return and(queued(), and(list(started(2, 1)), more...)...)
}

// attempt is the first attempt at the sync of event 2.
var turn = domain.Attempt{Sync: syncFor(2), Number: 1}

func TestBegin(t *testing.T) {
	now := start.Add(time.Hour)
	for _, c := range []struct {
		name  string
		given []domain.Event
		then  domain.Event
	}{
		{"a queued sync begins", queued(), started(2, 1)},
		{"a running sync begins again: its engine is gone", running(), started(2, 2)},
		{"a confirming sync begins again", running(domain.SyncConfirming{Sync: syncFor(2)}), started(2, 2)},
		{"a sync whose time has come begins again", running(deferred(2, domain.CodeSmokeballUnavailable, now)), started(2, 2)},
		{"a released sync begins again before its time",
			running(deferred(2, domain.CodeSmokeballUnavailable, now.Add(time.Minute)), domain.SyncReleased{Sync: syncFor(2)}), started(2, 2)},
		{"a sync that waits for something begins when the engine sees it there", running(deferred(2, domain.CodeNotConnected, time.Time{})), started(2, 2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := given[domain.Matter](c.given...).Begin(now)
			then(t, must(t, facts, err), c.then)
		})
	}
}

// TestAClockThatWasSetBackDelaysNothing tells that a wait ends at its time, and at once
// where the clock is behind the moment when the wait began.
func TestAClockThatWasSetBackDelaysNothing(t *testing.T) {
	m := given[domain.Matter](running(deferred(2, domain.CodeSmokeballUnavailable, start.Add(time.Hour)))...)
	for after, begins := range map[time.Duration]bool{-3 * time.Hour: true, time.Minute: false, 59 * time.Minute: false, time.Hour: true} {
		if _, err := m.Begin(start.Add(after)); (err == nil) != begins {
			t.Errorf("%s after the start it begins: %v, want %v", after, err == nil, begins)
		}
	}
}

func TestBeginRefused(t *testing.T) {
	for name, events := range map[string][]domain.Event{
		"nothing was asked for":   list(created(1)),
		"the sync has ended":      linked(),
		"its time has not come":   running(deferred(2, domain.CodeSmokeballUnavailable, start.Add(time.Hour))),
		"nothing is known at all": nil,
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Matter](events...).Begin(start.Add(time.Minute))
			thenError(t, facts, err, domain.ErrNotCurrent)
		})
	}
}

// TestTurn tells that only the newest attempt may record what it does.
func TestTurn(t *testing.T) {
	fact := domain.MatterUnchanged{Sync: syncFor(2)}
	stale := []struct {
		name  string
		given []domain.Event
	}{
		{"another engine began the sync again", running(started(2, 2))},
		{"the sync waits", running(deferred(2, domain.CodeNotConnected, start))},
		{"the sync was released", running(deferred(2, domain.CodeNotConnected, start), domain.SyncReleased{Sync: syncFor(2)})},
		{"the sync has ended", running(succeeded(2))},
		{"the next sync has begun", running(asked(3, domain.TriggerManual), succeeded(2), started(3, 1))},
		{"the sync has not begun", queued()},
	}
	for _, c := range stale {
		t.Run(c.name, func(t *testing.T) {
			m := given[domain.Matter](c.given...)
			facts, err := m.Record(turn, fact)
			thenError(t, facts, err, domain.ErrNotCurrent)
			facts, err = m.Finish(turn, m)
			thenError(t, facts, err, domain.ErrNotCurrent)
			facts, err = m.StartCreation(turn, "r-late", "", domain.MatterDraft{})
			thenError(t, facts, err, domain.ErrNotCurrent)
		})
	}
	for _, events := range [][]domain.Event{running(), running(domain.SyncConfirming{Sync: syncFor(2)})} {
		facts, err := given[domain.Matter](events...).Record(turn, fact)
		then(t, must(t, facts, err), fact)
	}
}

func TestStartCreation(t *testing.T) {
	facts, err := given[domain.Matter](running()...).StartCreation(turn, "r-1", "", domain.MatterDraft{})
	intent := domain.MatterCreationStarted{Sync: syncFor(2), Request: "r-1"}
	then(t, must(t, facts, err), intent)

	facts, err = given[domain.Matter](running(intent)...).StartCreation(turn, "r-2", "", domain.MatterDraft{})
	thenError(t, facts, err, domain.ErrTaken)

	facts, err = given[domain.Matter](running(intent, accepted(2))...).StartCreation(turn, "r-2", "", domain.MatterDraft{})
	thenError(t, facts, err, domain.ErrTaken)

	refused := domain.MatterCreationRefused{Sync: syncFor(2), Request: "r-1"}
	facts, err = given[domain.Matter](running(intent, refused)...).StartCreation(turn, "r-2", "", domain.MatterDraft{})
	then(t, must(t, facts, err), domain.MatterCreationStarted{Sync: syncFor(2), Request: "r-2"})
}

func TestStartFile(t *testing.T) {
	doc := approved(3, retainer())
	intent := domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: "r-1", FileName: "retainer.pdf"}
	facts, err := given[domain.Matter](running(doc)...).StartFile(turn, docA, "retainer.pdf", "r-1")
	then(t, must(t, facts, err), intent)

	for name, events := range map[string][]domain.Event{
		"no such document":       running(),
		"it is being announced":  running(doc, intent),
		"it was announced":       running(doc, intent, domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF}),
		"another document comes": running(approved(3, domain.DocumentData{ID: "d_other", Matter: matterA})),
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Matter](events...).StartFile(turn, docA, "retainer.pdf", "r-2")
			thenError(t, facts, err, domain.ErrTaken)
		})
	}

	refused := domain.FileCreationRefused{Sync: syncFor(2), Document: docA, Request: "r-1"}
	facts, err = given[domain.Matter](running(doc, intent, refused)...).StartFile(turn, docA, "retainer.pdf", "r-2")
	then(t, must(t, facts, err), domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: "r-2", FileName: "retainer.pdf"})
}

// TestFinish tells how a sync ends.
func TestFinish(t *testing.T) {
	warning := domain.Warning{Code: "matter_type_normalised", Message: "chosen by a near name"}
	resolved := domain.MatterTypeResolved{Sync: syncFor(2), TypeID: "t_IL", Warning: &warning}
	failure := domain.Failure{Code: domain.CodeDocumentUnavailable, Message: "the document is gone", Remedy: "Publish it again."}
	second := domain.Failure{Code: domain.CodeDocumentMismatch, Message: "the bytes differ"}
	doc, other := approved(3, retainer()), retainer()
	other.ID = "d_2"
	failed := domain.DocumentFailed{Sync: syncFor(2), Document: docA, FileName: "Signed retainer.pdf", Failure: failure}
	skipped := domain.SyncSkipped{Sync: syncFor(2), Reason: domain.SkippedSame}
	done := domain.SyncSucceeded{Sync: syncFor(2)}
	for _, c := range []struct {
		name string
		did  []domain.Event
		then domain.Event
	}{
		{"nothing was written: skipped", nil, skipped},
		{"a contact that was only matched: skipped", list(domain.ContactResolved{Sync: syncFor(2), Client: clientA, Contact: sbC, Outcome: domain.OutcomeMatched}), skipped},
		{"a contact was created", list(domain.ContactResolved{Sync: syncFor(2), Client: clientA, Contact: sbC, Outcome: domain.OutcomeAccepted}), done},
		{"a contact was changed", list(domain.ContactResolved{Sync: syncFor(2), Client: clientA, Contact: sbC, Outcome: domain.OutcomeUpdated}), done},
		{"the matter was created", list(accepted(2), confirmed(2)), done},
		{"the matter was linked", list(domain.MatterLinked{Sync: syncFor(2), Matter: sbM, Known: sent()}), done},
		{"the matter was changed", list(domain.MatterChangeAccepted{Sync: syncFor(2), Sent: sent()}), done},
		{"a document was uploaded", list(doc, domain.DocumentUploaded{Sync: syncFor(2), Document: docA}), done},
		{"a warning goes along", list(resolved, accepted(2), resolved), domain.SyncSucceeded{Sync: syncFor(2), Warnings: []domain.Warning{warning}}},
		{"a document could not be sent: failed with the first reason",
			list(accepted(2), doc, approved(4, other), failed, domain.DocumentFailed{Sync: syncFor(2), Document: "d_2", Failure: second}),
			domain.SyncFailed{Sync: syncFor(2), Step: domain.StepDocument, Failure: failure}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := given[domain.Matter](running(c.did...)...)
			facts, err := m.Finish(turn, m)
			then(t, must(t, facts, err), c.then)
		})
	}
}

// TestFinishAfterRetry tells that a document which a new attempt sends has not failed any
// more, and that the sync remembers what an earlier attempt wrote.
func TestFinishAfterRetry(t *testing.T) {
	m := given[domain.Matter](running(accepted(2), approved(3, retainer()),
		domain.DocumentFailed{Sync: syncFor(2), Document: docA, Failure: domain.Failure{Code: domain.CodeDocumentUnavailable}},
		deferred(2, domain.CodeSmokeballUnavailable, start), started(2, 2), domain.DocumentUploaded{Sync: syncFor(2), Document: docA})...)
	facts, err := m.Finish(domain.Attempt{Sync: syncFor(2), Number: 2}, m)
	then(t, must(t, facts, err), succeeded(2))
}

// TestNextBecomesCurrent tells that every end of a sync gives its place to the next.
func TestNextBecomesCurrent(t *testing.T) {
	for _, end := range list(succeeded(2), domain.SyncFailed{Sync: syncFor(2)}, domain.SyncSkipped{Sync: syncFor(2)}) {
		t.Run(end.EventName(), func(t *testing.T) {
			m := given[domain.Matter](running(asked(3, domain.TriggerMatterUpdated), end)...)
			if m.Current == nil || m.Current.ID != syncFor(3) || m.Current.Status != domain.Queued || m.Next != nil {
				t.Fatalf("current is %+v and next %+v, want %s queued and none", m.Current, m.Next, syncFor(3))
			}
			facts, err := m.Begin(start)
			then(t, must(t, facts, err), started(3, 1))
		})
	}
}

// TestWaits tells what a waiting sync shows, and what is left of it when it goes on.
func TestWaits(t *testing.T) {
	until := start.Add(time.Minute)
	m := given[domain.Matter](running(deferred(2, domain.CodeAllowanceExceeded, until))...)
	s := m.Current
	if s.Status != domain.Waiting || !s.NextAt.Equal(until) || s.Failure == nil || s.Failure.Code != domain.CodeAllowanceExceeded {
		t.Fatalf("the waiting sync is %+v", s)
	}
	if _, ok := m.CurrentAttempt(); ok {
		t.Error("a waiting sync has a turn")
	}
	m = m.Apply(domain.SyncReleased{Sync: s.ID}, until)
	if m.Current.Status != domain.Queued || !m.Current.NextAt.IsZero() {
		t.Errorf("the released sync is %+v", m.Current)
	}
	m = m.Apply(started(2, 2), until)
	if m.Current.Status != domain.Running || m.Current.Attempts != 2 || m.Current.Failure != nil {
		t.Errorf("the sync that goes on is %+v", m.Current)
	}
}

func TestEnded(t *testing.T) {
	for s, want := range map[domain.Status]bool{
		domain.Queued: false, domain.Running: false, domain.Waiting: false, domain.Confirming: false,
		domain.Succeeded: true, domain.Failed: true, domain.Skipped: true,
	} {
		if s.Ended() != want {
			t.Errorf("%s: ended is %v, want %v", s, s.Ended(), want)
		}
	}
}

// TestUndo tells that an intent is settled by whoever knows that its request created
// nothing, whatever the attempt, and no other intent is.
func TestUndo(t *testing.T) {
	intents := list(domain.MatterCreationStarted{Sync: syncFor(2), Request: "r-create"},
		domain.FolderCreationStarted{Sync: syncFor(2), Path: "Intake", Request: "r-folder"},
		approved(3, retainer()), domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: "r-file"}, started(2, 2))
	for r, want := range map[domain.RequestID][]domain.Event{
		"r-create": list(domain.MatterCreationRefused{Sync: syncFor(2), Request: "r-create"}),
		"r-folder": list(domain.FolderCreationRefused{Sync: syncFor(2), Path: "Intake", Request: "r-folder"}),
		"r-file":   list(domain.FileCreationRefused{Sync: syncFor(2), Document: docA, Request: "r-file"}),
		"r-other":  nil,
	} {
		m := given[domain.Matter](running(intents...)...)
		then(t, m.Undo(syncFor(2), r), want...)
		for _, e := range want {
			m = m.Apply(e, start)
		}
		then(t, m.Undo(syncFor(2), r))
	}
}
