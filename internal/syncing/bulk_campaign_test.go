package syncing_test

import (
	"flag"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/bulk"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

var bulkMatters = flag.Int("bulk", int(outsideCI(200)), "how many matters the bulk sync has that is killed twice")

// TestABulkSyncThatIsKilledTwice syncs many new matters of new clients at 50 calls a second, with
// two kills on the way: nothing is there twice, no call meets a 429, a matter takes little more
// than two calls, and after a tenth it is known when it will be done.
func TestABulkSyncThatIsKilledTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := *bulkMatters
		o := newOffice(t, smokeballsim.Config{Seed: 11, Rate: 50, Burst: 5})
		o.rate, o.bulky, o.workers = 50, true, 24
		o.start()
		o.connect()
		o.hooks()
		o.choose(func(s *domain.Settings) {
			s.OnDocumentApproved, s.OnMatterCreated, s.OnMatterUpdated = false, false, false
		})
		for i := range n {
			o.tell(created(caseNo(i)))
		}
		o.rest()
		before := o.sim.Counts().Calls()
		id := o.allAtOnce(bulk.Request{})
		o.stop()

		var later sync.WaitGroup
		begun, eta, asked := time.Now(), time.Duration(0), time.Time{}
		watch := func(dead <-chan struct{}) (done bool) {
			for {
				row := o.bulkRow(id)
				if asked.IsZero() && row.Progress.Weight > 0 && row.Progress.Through*10 >= row.Progress.Weight {
					eta, _ = row.Progress.Left(time.Now(), 50)
					asked = time.Now()
				}
				if row.Progress.Status == domain.BulkDone {
					return true
				}
				select {
				case <-dead:
					return false
				case <-time.After(100 * time.Millisecond):
				}
			}
		}
		cut := 0
		for _, l := range []*life{newLife(afterCall, n), newLife(beforeAppend, 3*n)} {
			o.startMortal(l, &later)
			if watch(l.dead) {
				t.Fatal("it was done before it was killed")
			}
			o.stop()
			cut += l.cut
		}
		o.start()
		watch(nil)
		ended := time.Now()
		o.rest()
		later.Wait()

		o.oneOfEach(n)
		counts := o.sim.Counts()
		each := float64(counts.Calls()-before) / float64(n)
		miss := eta.Seconds()/ended.Sub(asked).Seconds() - 1
		p := o.bulkRow(id).Progress
		t.Logf("%d matters in %s: %.3f calls each, ETA after a tenth %s, it took %s (%+.1f %%), %d answers 429, %d calls counted of %d, %d events of the bulk sync",
			n, ended.Sub(begun).Round(time.Second), each, eta.Round(time.Second), ended.Sub(asked).Round(time.Second), miss*100, counts.TooMany, p.Made, counts.Calls()-before, o.bulkEvents(id))
		if counts.TooMany != 0 || p.Results[domain.BulkSucceeded]+p.Results[domain.BulkSame] != n {
			t.Errorf("it ended as %+v with %d answers 429", p, counts.TooMany)
		}
		if met := counts.Calls() - before; p.Made > met+cut || met-p.Made > mostUncounted {
			t.Errorf("it counted %d calls of %d, and %d were on their way when it was killed", p.Made, met, cut)
		}
		if n >= 2000 && (each > 2.1 || math.Abs(miss) > 0.1) {
			t.Errorf("a matter took %.3f calls, and the ETA was wrong by %.1f %%", each, miss*100)
		}
	})
}

// mostUncounted is how many calls two kills may leave uncounted: reads, of the account and to
// settle what was under way, which are on no record.
const mostUncounted = 10

// oneOfEach wants each matter and each contact once.
func (o *office) oneOfEach(n int) {
	o.Helper()
	matters, contacts := map[string]int{}, map[string]int{}
	for _, m := range o.kept().Matters {
		matters[m.Number]++
	}
	for _, c := range o.kept().Contacts {
		contacts[c.Email]++
	}
	if len(o.kept().Matters) != n || len(matters) != n || len(o.kept().Contacts) != n || len(contacts) != n {
		o.Errorf("of %d matters Smokeball has %d (%d numbers), and %d contacts (%d addresses)", n, len(o.kept().Matters), len(matters), len(o.kept().Contacts), len(contacts))
	}
}

// bulkEvents is how many events the bulk sync's stream has.
func (o *office) bulkEvents(id domain.BulkID) (n int) {
	for range o.ledger.Read(o.Context(), domain.BulkStream(oak, id)) {
		n++
	}
	return n
}
