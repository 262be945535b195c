package syncing_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/bulk"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func TestABulkSyncAsksNothingThatItHasRead(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		const n = 60
		for i := range n {
			o.tell(created(caseNo(i)))
		}
		before := o.sim.Counts().ByRoute
		id := o.allAtOnce(bulk.Request{})
		row := o.bulkIs(id, domain.BulkDone, 0)
		if p := row.Progress; p.Total != n || p.Results[domain.BulkSucceeded] != n || p.Estimated < 2*n || p.Estimated > 2*n+5 {
			t.Errorf("it ended as %+v", p)
		}
		if len(o.kept().Matters) != n || len(o.kept().Contacts) != n {
			t.Errorf("Smokeball has %d matters and %d contacts", len(o.kept().Matters), len(o.kept().Contacts))
		}
		calls := 0
		for route, c := range o.sim.Counts().ByRoute {
			calls += c - before[route]
		}
		if calls > 2*n+6 {
			t.Errorf("%d matters took %d calls: %v", n, calls, o.sim.Counts().ByRoute)
		}
		if e := o.newest(caseNo(3).ID); e.Trigger != domain.TriggerBulk || e.RequestedBy != boss.Subject {
			t.Errorf("the history says %+v", e)
		}
		again := o.bulkIs(o.allAtOnce(bulk.Request{}), domain.BulkDone, 0)
		if p := again.Progress; p.Results[domain.BulkSame] != n || p.Estimate.Calls != 0 {
			t.Errorf("what is the same ended as %+v", p)
		}
		if e := o.entries(caseNo(3).ID); len(e) != 1 {
			t.Errorf("what is the same was synced %d times", len(e))
		}
	})
}

func TestABulkSyncIsPausedResumedCancelledAndRestarted(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		const n = 80
		for i := range n {
			o.tell(created(caseNo(i)))
		}
		id := o.allAtOnce(bulk.Request{Key: "once"})
		if same := o.allAtOnce(bulk.Request{Key: "once"}); same != id {
			t.Errorf("the same key began %s and %s", id, same)
		}
		o.bulkIs(id, domain.BulkRunning, 0)
		o.until("some are made", func() bool { return o.calls(makeMatter) > 10 })
		_, err := o.bulks.Pause(o.Context(), boss, id)
		o.must(err)
		time.Sleep(30 * time.Second)
		paused := o.calls(makeMatter)
		o.restart()
		time.Sleep(time.Minute)
		if now := o.calls(makeMatter); now != paused || now >= n {
			t.Errorf("a paused bulk sync went from %d to %d matters", paused, now)
		}
		_, err = o.bulks.Resume(o.Context(), boss, id)
		o.must(err)
		o.until("more are made", func() bool { return o.calls(makeMatter) > paused+10 })
		o.restart()
		o.until("still more are made", func() bool { return o.calls(makeMatter) > paused+25 })
		_, err = o.bulks.Cancel(o.Context(), boss, id)
		o.must(err)
		o.rest()
		ended := o.calls(makeMatter)
		row := o.bulkRow(id)
		if row.Progress.Status != domain.BulkCancelled || ended >= n || len(o.kept().Matters) != ended {
			t.Errorf("it was cancelled as %+v, with %d matters of %d calls", row.Progress, len(o.kept().Matters), ended)
		}
		_, err = o.bulks.Resume(o.Context(), boss, id)
		if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeBulkNotOpen {
			t.Errorf("a cancelled bulk sync was resumed: %v", err)
		}
		rest := o.bulkIs(o.allAtOnce(bulk.Request{}), domain.BulkDone, 0)
		if p := rest.Progress; p.Results[domain.BulkSucceeded] != n-ended || p.Results[domain.BulkSame] != ended || len(o.kept().Matters) != n {
			t.Errorf("the rest ended as %+v", p)
		}
	})
}

func TestABulkSyncThatIsPausedAtItsLastMattersIsDone(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		o.tell(created(caseNo(1)), created(caseNo(2)))
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(20 * time.Second)})
		id := o.allAtOnce(bulk.Request{})
		o.bulkIs(id, domain.BulkRunning, 0)
		o.until("both are on their way", func() bool { return o.calls(makeMatter) == 2 })
		_, err := o.bulks.Pause(o.Context(), boss, id)
		o.must(err)
		if row := o.bulkIs(id, domain.BulkDone, 0); row.Progress.Results[domain.BulkSucceeded] != 2 {
			t.Errorf("it is done as %+v", row.Progress)
		}
	})
}

func TestAnEstimateStartsNothing(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		o.theirs("CH-2026-0142")
		o.tell(created(caseNo(1)), created(accident()), created(accident(func(m *domain.MatterData) { m.ID, m.CaseNumber, m.CaseType = "m_odd", "CH-9", "Truck Crash" })))
		before := o.writes()
		p := o.bulkIs(o.allAtOnce(bulk.Request{Estimates: true}), domain.BulkDone, 0).Progress
		if o.writes() != before || p.Total != 3 || p.Estimate.Links != 1 || p.Estimate.Lacking != 1 || p.Estimate.NewClient != 1 {
			t.Errorf("the estimate is %+v and made %d calls", p, o.writes()-before)
		}
	})
}

func TestLinkingExistingMattersCreatesNone(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		o.theirs("CH-2026-0142")
		stranger := accident(func(m *domain.MatterData) {
			m.ID = "m_other"
			m.Client = domain.ClientData{ID: "c_tom", Version: 1, FirstName: "Tom", LastName: "Jones", Email: "tom@example.com"}
		})
		o.tell(created(accident()), created(stranger), created(caseNo(7)))
		id := o.allAtOnce(bulk.Request{LinkOnly: true})
		p := o.bulkIs(id, domain.BulkDone, 0).Progress
		if p.Results[domain.BulkSucceeded] != 1 || p.Linked != 1 || p.Results[domain.BulkUndecided] != 1 || p.Results[domain.BulkNotThere] != 1 || o.calls(makeMatter)+o.calls(makeContact) != 0 {
			t.Errorf("linking ended as %+v, with %d creations", p, o.calls(makeMatter)+o.calls(makeContact))
		}
		b, err := o.bulks.Load(o.Context(), oak, id)
		o.must(err)
		for i, m := range b.Matters {
			if m.ID == "m_other" && len(b.Outcomes[i].Candidates) != 1 {
				t.Errorf("a person is offered %+v", b.Outcomes[i])
			}
		}
	})
}

// TestLiveWorkGoesBeforeABulkSync tells that neither the firm's own events nor another firm's
// wait for a bulk sync.
func TestLiveWorkGoesBeforeABulkSync(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.workers = 24
		o.inBulk()
		for i := range 200 {
			o.tell(created(caseNo(i)))
		}
		o.allAtOnce(bulk.Request{})
		o.until("it runs", func() bool { return o.calls(makeMatter) > 20 })
		before := o.requestsMade()
		o.tell(created(accident()))
		_, err := o.asks("m_accident", nil)
		o.must(err)
		o.until("the click's sync has called", func() bool {
			for _, e := range o.entries("m_accident") {
				for _, s := range e.Steps {
					if s.Name == domain.StepContact {
						return true
					}
				}
			}
			return false
		})
		if made := o.requestsMade() - before; made > 6 {
			t.Errorf("the click's contact was there after %d calls", made)
		}
	})
}
