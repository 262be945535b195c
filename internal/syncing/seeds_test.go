package syncing_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/internal/smokeballsim"
)

var oneSeed = flag.Uint64("seed", 0, "replay the run of bad luck of this seed; 0: all of them")

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
func TestBadLuck(t *testing.T) {
	seeds := uint64(50)
	if testing.Short() {
		seeds = 8
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		if *oneSeed != 0 {
			seed = *oneSeed
		}
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { t.Parallel(); badLuck(t, seed) })
		if *oneSeed != 0 {
			break
		}
	}
}

func badLuck(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: seed})
		o.light = true
		r := rand.New(rand.NewPCG(seed, seed))
		o.start()
		o.connect()
		if seed%3 != 0 {
			o.hooks()
		}
		for _, f := range weather {
			o.fault(f)
		}
		p := o.newPractice(12, r)
		for _, i := range r.Perm(len(p.events)) {
			o.tell(p.events[i])
			if r.IntN(3) == 0 {
				o.tell(p.events[r.IntN(len(p.events))])
			}
			time.Sleep(time.Duration(r.Int64N(int64(2 * time.Second))))
			if r.IntN(15) == 0 {
				o.restart()
			}
		}
		o.tell(p.events...)
		p.wants(o)
		if t.Failed() {
			t.Logf("replay it with: go test -run TestBadLuck ./internal/syncing -seed %d\n%s", seed, o.dump())
		}
	})
}
