package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// bulkAfter folds events that come a minute apart.
func bulkAfter(events ...domain.Event) (b domain.Bulk, at time.Time) {
	at = sampleTime
	for _, e := range events {
		b = b.Apply(e, at)
		at = at.Add(time.Minute)
	}
	return b, at.Add(-time.Minute)
}

func matters(n int) domain.BulkMattersChosen {
	var e domain.BulkMattersChosen
	for range n {
		e.Matters = append(e.Matters, domain.BulkMatter{ID: "m", Calls: 2})
	}
	return e
}

// done says that the matters from one place to another succeeded.
func done(from, to int) domain.BulkAdvanced {
	var e domain.BulkAdvanced
	for i := from; i < to; i++ {
		e.Outcomes = append(e.Outcomes, domain.BulkOutcome{Matter: i, Outcome: domain.BulkSucceeded})
		e.Weight += domain.BulkMatter{Calls: 2}.Weight()
	}
	return e
}

func TestABulkSyncKnowsWhatIsLeft(t *testing.T) {
	start := []domain.Event{domain.BulkStarted{Bulk: "b_1"}, matters(100), domain.BulkEstimated{Calls: 200}}
	left := func(events ...domain.Event) time.Duration {
		t.Helper()
		b, at := bulkAfter(append(start, events...)...)
		d, ok := b.Progress.Left(at, 5)
		if !ok {
			t.Error("it is not known what is left")
		}
		return d
	}
	if d := left(); d != 40*time.Second {
		t.Errorf("at first %s are left, want what the calls take", d)
	}
	if d := left(done(0, 10)); d != 9*time.Minute {
		t.Errorf("after a tenth in a minute %s are left", d)
	}
	if d := left(done(0, 10), domain.BulkSyncPaused{}, domain.BulkResumed{}, done(10, 20)); d != 12*time.Minute {
		t.Errorf("the pause counts: %s are left", d)
	}
	if d := left(done(0, 10), domain.BulkTakenUp{}, done(10, 20)); d != 8*time.Minute {
		t.Errorf("time without an engine counts: %s are left", d)
	}
	if d := left(done(0, 1), done(1, 11)); d != 8*time.Minute+54*time.Second {
		t.Errorf("the time until the first outcome counts: %s are left, want those of 89 matters at ten a minute", d)
	}
	if d := left(done(0, 100), domain.BulkFinished{}); d != 0 {
		t.Errorf("at the end %s are left", d)
	}
}

func TestWhatPeopleDoWithABulkSync(t *testing.T) {
	running, _ := bulkAfter(domain.BulkStarted{Bulk: "b_1", Scope: domain.BulkScope{All: true}, By: "u_1"}, matters(2), domain.BulkEstimated{Calls: 4})
	if again, err := running.Start(domain.BulkStarted{Bulk: "b_1", Scope: domain.BulkScope{All: true}, By: "u_1"}); err != nil || again != nil {
		t.Errorf("the same request again: %v, %v", again, err)
	}
	if _, err := running.Start(domain.BulkStarted{Bulk: "b_1", Scope: domain.BulkScope{Matters: []domain.MatterID{"m_1"}}}); rejected(err) != domain.CodeIdempotencyKeyUsed {
		t.Errorf("another request under the same key: %v", err)
	}
	if facts, err := running.Resume("u_1", ""); err != nil || facts != nil {
		t.Errorf("one that runs is resumed: %v, %v", facts, err)
	}
	over, _ := bulkAfter(domain.BulkStarted{Bulk: "b_1"}, matters(1), domain.BulkEstimated{}, done(0, 1), domain.BulkFinished{Matters: 1})
	for name, decide := range map[string]func(by, name string) ([]domain.Event, error){"pause": over.Pause, "resume": over.Resume, "cancel": over.Cancel} {
		if _, err := decide("u_1", ""); rejected(err) != domain.CodeBulkNotOpen {
			t.Errorf("%s of one that is done: %v", name, err)
		}
	}
	if _, err := (domain.Bulk{}).Cancel("u_1", ""); rejected(err) != domain.CodeNotFound {
		t.Errorf("one that is not there is cancelled: %v", err)
	}
	if over.Next(0) != -1 || running.Next(1) != 1 || over.Unfinished() != 0 || running.Unfinished() != 2 {
		t.Error("matters without an outcome are not found")
	}
}

func TestABulkSyncIsFinishedOnceAllHasItsOutcome(t *testing.T) {
	for name, x := range map[string]struct {
		last     []domain.Event
		finished bool
	}{
		"running, one is left": {[]domain.Event{done(0, 1)}, false},
		"running":              {[]domain.Event{done(0, 2)}, true},
		"paused, one is left":  {[]domain.Event{done(0, 1), domain.BulkSyncPaused{}}, false},
		"paused":               {[]domain.Event{done(0, 1), domain.BulkSyncPaused{}, done(1, 2)}, true},
		"cancelled":            {[]domain.Event{done(0, 2), domain.BulkSyncCancelled{}}, false},
		"done":                 {[]domain.Event{done(0, 2), domain.BulkFinished{}}, false},
	} {
		b, _ := bulkAfter(append([]domain.Event{domain.BulkStarted{Bulk: "b_1"}, matters(2), domain.BulkEstimated{}}, x.last...)...)
		if facts, err := b.Finish(); err != nil || (len(facts) == 1) != x.finished {
			t.Errorf("%s: %v, %v", name, facts, err)
		}
	}
}

func rejected(err error) domain.Code {
	if r := domain.AsRejection(err); r != nil {
		return r.Failure.Code
	}
	return ""
}

// TestTheFirstMatterOfABulkSyncGetsItsOutcome, a linked one counts as linked, and a call weighs ten.
func TestTheFirstMatterOfABulkSyncGetsItsOutcome(t *testing.T) {
	advanced := done(0, 1)
	advanced.Outcomes[0].Linked = true
	b, _ := bulkAfter(domain.BulkStarted{Bulk: "b_1"}, matters(3), domain.BulkEstimated{Calls: 6}, advanced)
	if b.Outcomes[0].Outcome != domain.BulkSucceeded || b.Outcomes[1].Outcome != "" {
		t.Errorf("the outcomes are %+v", b.Outcomes)
	}
	if b.Progress.Linked != 1 || b.Progress.Through != 21 || b.Progress.Weight != 63 {
		t.Errorf("%d linked, %d of %d through; want 1, 21 of 63", b.Progress.Linked, b.Progress.Through, b.Progress.Weight)
	}
}

// TestWhatABulkSyncHasMade are the calls that its syncs made, and those that read the account for it.
func TestWhatABulkSyncHasMade(t *testing.T) {
	chosen := domain.BulkMattersChosen{Matters: []domain.BulkMatter{{ID: "m_1", Calls: 2}, {ID: "m_2"}, {ID: "m_3"}}}
	advanced := done(0, 1)
	advanced.Calls = 4
	b, _ := bulkAfter(domain.BulkStarted{Bulk: "b_1"}, chosen, domain.BulkEstimated{Calls: 2, Reads: 7}, advanced, domain.BulkTakenUp{Calls: 5})
	if p := b.Progress; p.Without != 2 || p.Estimated != 9 || p.Made != 7+4+5 {
		t.Errorf("%d matters take no calls, %d calls are estimated, %d made; want 2, 9, 16", p.Without, p.Estimated, p.Made)
	}
}

// TestWhichCallsWriteForASync are those that create or change something in Smokeball, of this sync alone.
func TestWhichCallsWriteForASync(t *testing.T) {
	for _, of := range []func(domain.SyncID) domain.Event{
		func(s domain.SyncID) domain.Event { return domain.FolderCreationStarted{Sync: s} },
		func(s domain.SyncID) domain.Event { return domain.MatterCreationStarted{Sync: s} },
		func(s domain.SyncID) domain.Event { return domain.MatterChangeAccepted{Sync: s} },
		func(s domain.SyncID) domain.Event { return domain.FileCreationStarted{Sync: s} },
	} {
		if e := of("s_1"); !domain.WritesFor(e, "s_1") || domain.WritesFor(e, "s_2") {
			t.Errorf("%s writes for s_1: %v, for s_2: %v", e.EventName(), domain.WritesFor(e, "s_1"), domain.WritesFor(e, "s_2"))
		}
	}
	if domain.WritesFor(domain.SyncSucceeded{Sync: "s_1"}, "s_1") {
		t.Error("the end of a sync is a call")
	}
}
