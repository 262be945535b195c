package syncing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAnOutageIsProbedNotHammered lets Smokeball be out of reach for ten minutes while
// forty syncs wait: hardly more calls than probes reach it, the waiting say when they go
// on, and all do so within one probe's interval of its return.
func TestAnOutageIsProbedNotHammered(t *testing.T) {
	t.Parallel()
	const outage, interval = 10 * time.Minute, 5 * time.Minute
	inOffice(t, smokeballsim.Config{Seed: 1}, true, func(o *office) {
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503})
		ids := make([]domain.MatterID, 40)
		for i := range ids {
			ids[i] = domain.MatterID(fmt.Sprintf("m_%02d", i))
			m := accident(func(m *domain.MatterData) {
				m.ID, m.CaseNumber = ids[i], fmt.Sprintf("CH-%02d", i)
				m.Client.ID, m.Client.Email = domain.ClientID(fmt.Sprintf("c_%02d", i)), fmt.Sprintf("c%02d@example.com", i)
			})
			o.tell(created(m))
			_, err := o.asks(ids[i], nil)
			o.must(err)
		}
		before := o.sim.Counts().Total
		time.Sleep(outage)
		calls := o.sim.Counts().Total - before
		t.Logf("%d calls reached Smokeball in an outage of %s with %d syncs", calls, outage, len(ids))
		if calls > 14 {
			t.Errorf("%d calls reached Smokeball", calls)
		}
		told, times := 0, map[time.Time]bool{}
		for _, id := range ids {
			e := o.newest(id)
			if e.Status != domain.Waiting || e.NextAttemptAt == nil || e.Error.Code != domain.CodeSmokeballUnavailable {
				t.Errorf("in the outage the sync is %+v", e)
				continue
			}
			if strings.Contains(e.Error.Message, "has not answered since") {
				told++
			}
			times[e.NextAttemptAt.Truncate(time.Second)] = true
		}
		if told < len(ids)-2 { // who probed last tells of the probe, as does the one before until it tries again
			t.Errorf("%d syncs tell since when Smokeball is out of reach", told)
		}
		if len(times) < len(ids)/4 {
			t.Errorf("%d syncs wake at %d moments", len(ids), len(times))
		}
		o.sim.ClearFaults()
		back := time.Now()
		for _, id := range ids {
			o.ends(id, domain.Succeeded)
		}
		took := time.Since(back)
		t.Logf("all went on within %s", took)
		if took > interval+interval/4+time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}
