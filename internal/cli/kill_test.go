package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestKilledEngineMakesNothingTwice kills the engine again and again, at random moments
// under load. In the end Smokeball has each matter, contact and file once.
func TestKilledEngineMakesNothingTwice(t *testing.T) {
	t.Parallel()
	kills, seed := 14, uint64(time.Now().UnixNano())
	if testing.Short() {
		kills = 4
	}
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	w := newWorld(t, smokeballsim.Config{Seed: seed, VisibleAfter: smokeballsim.Delay{Min: 300 * time.Millisecond, Max: 1500 * time.Millisecond}})
	w.settings["ENGINE_NATS_LISTEN"] = freeAddress(t) // where publishers find the next engine
	w.settings["ENGINE_VISIBILITY_WAIT"] = "3s"
	w.settings["SMOKEBALL_RATE"] = "60"
	p := w.launch(t)
	p.find(t)
	p.connect(t)
	p.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	w.answerLate(t)
	load := p.publishOn(t)
	for i := range kills {
		p.killSoon(t, chance, i)
		p = w.launch(t)
	}
	p.find(t)
	matters := load()
	p.settled(t, matters)
	w.wantEachOnce(t, matters)
	p.wantEachToldOnce(t, matters)
}

// answerLate lets Smokeball do what is asked of it a moment later, so that it still
// happens when who asked is dead.
func (w *world) answerLate(t *testing.T) {
	t.Helper()
	late := smokeballsim.Fault{Route: "POST *", Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(150 * time.Millisecond)}
	if err := w.sim.Fault(late); err != nil {
		t.Fatal(err)
	}
}

// killSoon kills the engine while it starts, every fourth time, or else while it works.
func (p *process) killSoon(t *testing.T, chance *rand.Rand, i int) {
	t.Helper()
	if i%4 != 3 {
		p.find(t)
	}
	if p.endsWithin(time.Duration(chance.Int64N(int64(800 * time.Millisecond)))) {
		t.Fatalf("the engine ended by itself; it logged:\n%s", p.log)
	}
	p.kill(t)
}

// publishOn publishes a matter and a document after the other, as CaseHug's services
// do: what is not acknowledged is said again. The returned function ends that and tells
// how many matters there are.
func (p *process) publishOn(t *testing.T) func() int {
	t.Helper()
	say := p.publisher(t, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0))
	stopped, stop := context.WithCancel(t.Context())
	said := make(chan int, 1)
	go func() {
		n := 0
		for next := time.NewTicker(100 * time.Millisecond); ; n++ {
			select {
			case <-next.C:
				say.matterAndDocument(t.Context(), n)
			case <-stopped.Done():
				next.Stop()
				said <- n
				return
			}
		}
	}()
	end := func() int { stop(); n := <-said; said <- n; return n }
	t.Cleanup(func() { end() })
	return end
}

// matterAndDocument says all of the n-th matter, until all is acknowledged or the test
// is over.
func (p publisher) matterAndDocument(over context.Context, n int) {
	m, d := "m_"+strconv.Itoa(n), "d_"+strconv.Itoa(n)
	data := matter(m, 1, "Auto Accident")
	data["client"] = matter("m_"+strconv.Itoa(n/3), 1, "")["client"] // a client has three matters
	for _, say := range []func(context.Context) error{
		func(ctx context.Context) error { return p.put(ctx, d, contentOf(d)) },
		func(ctx context.Context) error {
			return p.publish(ctx, "matter.created", m+"-created", publisherSource+"/"+m+"-created", data)
		},
		func(ctx context.Context) error {
			return p.publish(ctx, "document.approved", d+"-approved", publisherSource+"/"+d+"-approved", document(d, m))
		},
	} {
		for try(over, say) != nil && over.Err() == nil { // the engine is away; it comes back
		}
	}
}

func try(over context.Context, say func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(over, time.Second)
	defer cancel()
	return say(ctx)
}

// settled waits until every matter is in Smokeball with its document.
func (p *process) settled(t *testing.T, matters int) {
	t.Helper()
	eventually(t, "all matters are in Smokeball", func() bool {
		ready := 0
		for _, e := range p.history(t, nil) {
			if e.Status == domain.Failed {
				t.Fatalf("the sync of %s failed: %+v", e.Matter, e.Error)
			}
			if e.Status == domain.Succeeded {
				ready++
			}
		}
		return ready >= matters
	})
}

// wantEachOnce counts what Smokeball has.
func (w *world) wantEachOnce(t *testing.T, matters int) {
	t.Helper()
	has := w.has()
	seen := map[string]int{}
	for _, m := range has.Matters {
		seen["matter "+m.ExternalSystemID]++
	}
	for _, k := range has.Contacts {
		seen["contact "+k.Email]++
	}
	for _, f := range has.Files {
		seen["file "+f.Name+" "+f.SHA256]++
	}
	for n := range matters {
		m, d := "m_"+strconv.Itoa(n), "d_"+strconv.Itoa(n)
		sum := sha256.Sum256(contentOf(d))
		for _, thing := range []string{"matter " + m, "contact " + emailOf("m_"+strconv.Itoa(n/3)), "file Retainer " + d + ".pdf " + hex.EncodeToString(sum[:])} {
			if seen[thing] != 1 {
				t.Errorf("Smokeball has %s %d times", thing, seen[thing])
			}
		}
	}
	if want := 2*matters + (matters+2)/3; len(seen) != want {
		t.Errorf("Smokeball has %d things, want %d: %v", len(seen), want, seen)
	}
	t.Logf("%d matters; %d calls", matters, w.sim.Counts().Total)
}

// wantEachToldOnce checks that CaseHug heard of each sync under one id.
func (p *process) wantEachToldOnce(t *testing.T, matters int) {
	t.Helper()
	ids := map[string]string{}
	for _, n := range p.synced(t, p.publisher(t), matters) {
		if before, told := ids[n.Data.ID]; told {
			t.Errorf("CaseHug heard of sync %s under %s and %s", n.Data.ID, before, n.ID)
		}
		ids[n.Data.ID] = fmt.Sprint(n.ID)
	}
	if len(ids) < matters {
		t.Errorf("CaseHug heard of %d syncs, want %d", len(ids), matters)
	}
}
