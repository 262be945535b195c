package syncing_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// underWay counts the calls that are under way.
type underWay struct {
	http.RoundTripper
	calls *atomic.Int64
}

func (c underWay) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	defer c.calls.Add(-1)
	return c.RoundTripper.RoundTrip(r)
}

// TestAKillLeavesNoMoreIntentsThanCalls kills an engine while twenty-four matters wait for
// their turns and Smokeball is slow: only calls that were under way leave an open intent.
func TestAKillLeavesNoMoreIntentsThanCalls(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10, 17, 24} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, smokeballsim.Config{Seed: 7})
			o.light = true
			o.start()
			o.connect()
			o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
			o.stop()
			o.fault(smokeballsim.Fault{Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(time.Second), Probability: 1})
			var later sync.WaitGroup
			defer later.Wait()
			var calls atomic.Int64
			l := newLife(afterCall, n)
			o.engine = &engine{wakes: &syncing.Notifier{}}
			o.wire(mortal{o.ledger, l}, underWay{network{o.sim.Transport(), l, &later}, &calls})
			for i := range 24 {
				o.must(o.intake.TakeIn(o.Context(), created(numbered(i, maria()))))
			}
			<-l.dead
			if open, under := o.openIntents(), int(calls.Load())+1; open > under { // the one that was killed may have returned
				t.Errorf("killed at call %d: %d intents are open and %d calls were under way", n, open, under)
			}
			o.restart()
			o.rest()
			settle()
			if s := o.kept(); len(s.Matters) != 24 || len(s.Contacts) != 1 {
				t.Errorf("Smokeball has %d matters and %d contacts", len(s.Matters), len(s.Contacts))
			}
		})
	}
}

// openIntents counts the calls of which the ledger does not know what came of them.
func (o *office) openIntents() (n int) {
	o.Helper()
	for s := range o.ledger.(*ledger).streams() {
		switch s.Kind {
		case domain.KindMatter:
			m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, s)
			o.must(err)
			if m.Smokeball.Intent != nil {
				n++
			}
		case domain.KindContact:
			c, _, err := eventstore.Load[domain.Contact](o.Context(), o.ledger, s)
			o.must(err)
			if c.Intent != nil {
				n++
			}
		}
	}
	return n
}

// TestTwentySyncsWithTokensOfTwoSeconds works through twenty matters with a document each
// while every access token lives for two seconds: each call is made with one that is alive.
func TestTwentySyncsWithTokensOfTwoSeconds(t *testing.T) {
	t.Parallel()
	const life = 2 * time.Second
	for _, perSecond := range []float64{5, 15} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, smokeballsim.Config{Seed: 7, AccessLifetime: life, Rate: perSecond, Burst: 5})
			o.light, o.rate = true, perSecond
			o.start()
			o.connect()
			o.grants.shorten(oak, life)
			o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
			for i := range 20 {
				m := numbered(i, maria())
				o.tell(created(m), approved(o.papers.write(m.ID, domain.DocumentID("d_"+m.ID), "the document of "+string(m.ID))))
			}
			o.rest()
			settle()
			if s := o.kept(); len(s.Matters) != 20 || len(s.Contacts) != 1 || len(s.Files) != 20 {
				t.Errorf("at %v a second Smokeball has %d matters, %d contacts and %d files", perSecond, len(s.Matters), len(s.Contacts), len(s.Files))
			}
			if c := o.connection(); c.State != domain.StatusConnected {
				t.Errorf("the connection is %s: %s", c.State, told(projections.FailureOf(c.LastFailure)))
			}
		})
	}
}

// shorten lets the firm's stored access token end sooner.
func (g *grants) shorten(f domain.FirmID, life time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.tokens[f]
	t.Expiry = t.Obtained.Add(life)
	g.tokens[f] = t
}
