package syncing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAStopHandsBackAndLosesNothing tells that an engine which is asked to stop does so
// within its grace, at whatever step its syncs are, and that the next one goes on.
func TestAStopHandsBackAndLosesNothing(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 20 * time.Second, Max: 40 * time.Second}, func(o *office) {
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		for i, c := range someClients(12) {
			o.tell(created(numbered(i, c)))
		}
		for range 12 {
			time.Sleep(7 * time.Second)
			began := time.Now()
			o.stop()
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("the stop took %s", took)
			}
			o.start()
		}
		o.rest()
		if s := o.kept(); len(s.Contacts) != 12 || len(s.Matters) != 12 {
			t.Errorf("Smokeball has %d contacts and %d matters", len(s.Contacts), len(s.Matters))
		}
		for i := range 12 {
			if e := o.newest(domain.MatterID(fmt.Sprint("m_", i))); e.Status != domain.Succeeded {
				t.Errorf("the sync of %s is %s: %s", e.Matter, e.Status, told(e.Error))
			}
		}
	})
}

// TestWaitingWorkCostsNoCalls tells that syncs which wait for somebody do not call.
func TestWaitingWorkCostsNoCalls(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident(func(m *domain.MatterData) { m.CaseType = "Space Law" })), o.retainer())
		o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
		total, position := o.sim.Counts().Total, o.last()
		time.Sleep(time.Hour)
		if n := o.sim.Counts().Total - total; n != 0 || o.last() != position {
			t.Errorf("while it waited there were %d calls and %d facts", n, o.last()-position)
		}
	})
}

// TestAClockThatIsSetBackHoldsNothingUp tells that a sync which waits for its next try goes
// on in time wherever the wall clock jumps, and that the jump ends there.
func TestAClockThatIsSetBackHoldsNothingUp(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-3 * time.Hour, -time.Minute, time.Hour} {
		story(t, func(o *office) {
			o.fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503})
			o.tell(created(accident()), o.retainer())
			time.Sleep(20 * time.Minute)
			o.step.Store(int64(step))
			o.sim.ClearFaults()
			began := time.Now()
			o.ends("m_accident", domain.Succeeded)
			if took := time.Since(began); took > longestGap+2*time.Minute { // of the step, and of the look at the clock
				t.Errorf("after a step of %s it took %s", step, took)
			}
			o.one()
		})
	}
}

// longestGap is how long after a call in vain the next one comes: five minutes until a call
// may probe, a quarter of that by which callers are spread, and what the calls take.
const longestGap = 5*time.Minute + 75*time.Second + 10*time.Second

// TestAnOutageIsProbedInTime tells that a sync which was held back in an outage waits for
// the next probe and no longer.
func TestAnOutageIsProbedInTime(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503})
		o.tell(created(accident()), o.retainer())
		time.Sleep(50 * time.Minute)
		requests := o.sim.Requests()
		for i, r := range requests[1:] {
			if gap := r.At.Sub(requests[i].At); gap > longestGap {
				t.Errorf("%s after a call the next one came %s later", requests[i].At, gap)
			}
		}
		if last := requests[len(requests)-1].At; time.Since(last) > longestGap {
			t.Errorf("the last call was at %s", last)
		}
	})
}

// TestPausesFollowTheFaultsInARow tells that the next try is on record, and that a sync
// which waited for somebody begins with short pauses again.
func TestPausesFollowTheFaultsInARow(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503})
		o.tell(created(accident()), o.retainer())
		time.Sleep(3 * time.Hour)
		o.sim.ClearFaults()
		o.must(o.sim.Revoke(oakAccount))
		o.waitsFor("m_accident", domain.CodeReauthorizationRequired)
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Status, Route: "GET *", Status: 503, Count: 3})
		o.connect()
		began := time.Now()
		o.until("the sync has ended", func() bool { return o.newest("m_accident").Status.Ended() })
		if took := time.Since(began); took > time.Minute {
			t.Errorf("after three passing faults it took %s", took)
		}
	})
}
