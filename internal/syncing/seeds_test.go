package syncing_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

var (
	oneSeed   = flag.Uint64("seed", 0, "replay the run of this seed; 0: all of them")
	firstSeed = flag.Uint64("from", 1, "the first seed")
	someSeeds = flag.Uint64("seeds", 0, "how many seeds; 0: each test's own number")
)

// eachSeed runs a test for its seeds side by side, or for as many as the flags say. The campaign seeds
// of internal/rig/crashtest plays others.
func eachSeed(t *testing.T, long, short uint64, run func(*testing.T, uint64)) {
	t.Helper()
	first, n := *firstSeed, outsideCI(long)
	if testing.Short() {
		n = short
	}
	if *someSeeds != 0 {
		n = *someSeeds
	}
	if *oneSeed != 0 {
		first, n = *oneSeed, 1
	}
	for seed := first; seed < first+n; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { t.Parallel(); run(t, seed) })
	}
}

// weather is how a fifth of all calls goes wrong, and what happens to webhooks.
var weather = []smokeballsim.Fault{
	{Kind: smokeballsim.Status, Status: 503, Probability: 0.03},
	{Kind: smokeballsim.Status, Status: 500, Probability: 0.03},
	{Kind: smokeballsim.Status, Status: 429, Probability: 0.03},
	{Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(3 * time.Second), Probability: 0.02},
	{Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(25 * time.Second), Probability: 0.02},
	{Kind: smokeballsim.Reset, Probability: 0.03},
	{Kind: smokeballsim.LoseReply, Probability: 0.03},
	{Kind: smokeballsim.Cut, Probability: 0.03},
	{Kind: smokeballsim.Drop, Probability: 0.2},
	{Kind: smokeballsim.Duplicate, Probability: 0.2},
	{Kind: smokeballsim.Reorder, Delay: smokeballsim.Duration(20 * time.Second), Probability: 0.2},
}

// TestBadLuck works through a practice while a fifth of all calls fails in every way,
// webhooks come twice, late or not at all, CaseHug's events come twice and in any order,
// and the engine restarts.
func TestBadLuck(t *testing.T) { eachSeed(t, 16, 8, badLuck) }

func badLuck(t *testing.T, seed uint64) {
	quickly(t, seed, func(o *office) {
		r := rand.New(rand.NewPCG(seed, seed))
		if seed%3 != 0 {
			o.hooks()
		}
		for _, f := range weather {
			o.fault(f)
		}
		p := o.newCaseload(12, r)
		o.scatter(p.events, r)
		p.wants(o)
		if o.Failed() {
			o.Logf("replay it with: go test -run TestBadLuck ./internal/syncing -seed %d\n%s", seed, o.dump())
		}
	})
}

// scatter delivers events in any order, some of them twice, while the engine restarts
// now and then; at last each was delivered in order.
func (o *office) scatter(events []domain.CaseHugEvent, r *rand.Rand) {
	o.Helper()
	for _, i := range r.Perm(len(events)) {
		o.tell(events[i])
		if r.IntN(3) == 0 {
			o.tell(events[r.IntN(len(events))])
		}
		time.Sleep(time.Duration(r.Int64N(int64(2 * time.Second))))
		if r.IntN(15) == 0 {
			o.restart()
		}
	}
	o.tell(events...)
}

// TestBadLuckAndLateErrors works through a practice while Smokeball refuses, now and
// then, what it had accepted before. Somebody clicks Retry on what failed.
func TestBadLuckAndLateErrors(t *testing.T) { eachSeed(t, 6, 4, lateErrors) }

func lateErrors(t *testing.T, seed uint64) {
	quickly(t, seed, func(o *office) {
		r := rand.New(rand.NewPCG(seed, seed))
		if seed%2 != 0 {
			o.hooks()
		}
		o.fault(smokeballsim.Fault{Kind: smokeballsim.FailLate, Route: "P*", Probability: 0.1})
		for _, f := range weather {
			o.fault(f)
		}
		p := o.newCaseload(8, r)
		o.scatter(p.events, r)
		for round := 0; o.retryFailed(p) > 0; round++ {
			if round == 3 {
				o.sim.ClearFaults()
			}
			if round == 10 {
				o.Fatalf("after 10 rounds of Retry some syncs still fail\n%s", o.dump())
			}
		}
		p.wantsOnce(o)
		if o.Failed() {
			o.Logf("replay it with: go test -run TestBadLuckAndLateErrors ./internal/syncing -seed %d\n%s", seed, o.dump())
		}
	})
}

// retryFailed clicks Retry on each matter whose newest sync failed, or left out a document
// that failed before, and counts them.
func (o *office) retryFailed(p *caseload) int {
	o.Helper()
	o.rest()
	n := 0
	for id := range p.matters {
		if e := o.newest(id); e.Status == domain.Failed || leftOut(e) {
			o.retry(e.ID)
			n++
		}
	}
	return n
}
