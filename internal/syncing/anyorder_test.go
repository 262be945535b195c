package syncing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// unhurried is a ledger that takes up to twelve milliseconds for an append, so that others
// append between what a writer has read and what it writes.
type unhurried struct{ eventstore.Store }

func (u unhurried) Append(ctx context.Context, c eventstore.Commit) (eventstore.Head, error) {
	time.Sleep(rand.N(12 * time.Millisecond))
	return u.Store.Append(ctx, c)
}

// TestAnyOrderOnSeveralEngines lets CaseHug's messages about forty matters, what firm admins
// do and engines that take over from one another fall within milliseconds, in any order and
// through any engine, some messages twice. Nothing waits for what is there, and all of it is
// in Smokeball once.
func TestAnyOrderOnSeveralEngines(t *testing.T) { eachSeed(t, 10, 8, anyOrder) }

func anyOrder(t *testing.T, seed uint64) {
	inOffice(t, smokeballsim.Config{Seed: seed, Rate: -1}, true, func(o *office) {
		r := rand.New(rand.NewPCG(seed, seed))
		o.stop()
		o.rate = 1000
		var engines crowd
		engines.join(o.startUnhurried())
		o.choose(func(s *domain.Settings) { s.OnMatterUpdated, s.OnClientUpdated = seed%2 == 0, seed%3 == 0 })
		truck := o.typeID("Truck Accident")
		var all sync.WaitGroup
		later := func(within time.Duration, do func()) {
			d := time.Duration(r.Int64N(int64(within)))
			all.Go(func() { time.Sleep(d); do() })
		}
		const matters = 40
		for i := range matters {
			begun := time.Duration(i/4) * 100 * time.Millisecond
			for _, e := range o.scattered(i) {
				for range 1 + r.IntN(2) {
					through := r.IntN(4)
					later(12*time.Millisecond, func() {
						time.Sleep(begun)
						if err := engines.one(through).intake.TakeIn(o.Context(), e); err != nil {
							o.Error(err)
						}
					})
				}
			}
		}
		later(time.Second, func() { o.maps(domain.Mapping{ID: "map_crash", CaseType: "Truck Crash", MatterTypeID: truck}) })
		lostFor := time.Duration(r.Int64N(int64(40 * time.Millisecond)))
		later(time.Second, func() {
			o.fact(domain.ConnectionLost{Failure: domain.Failure{Code: domain.CodeNotConnected, Fault: domain.FaultAccessRemoved}})
			time.Sleep(lostFor)
			o.connect()
		})
		for range 3 {
			time.Sleep(time.Duration(r.Int64N(int64(400 * time.Millisecond))))
			last := o.engine
			engines.join(o.startUnhurried())
			time.Sleep(time.Duration(r.Int64N(int64(200 * time.Millisecond))))
			o.end(last)
		}
		all.Wait()
		o.rest()
		settle()
		o.wantsAll(matters)
		if o.Failed() {
			o.Logf("replay it with: go test -run TestAnyOrderOnSeveralEngines ./internal/syncing -seed %d\n%s", seed, o.dump())
		}
	})
}

// crowd are engines that take messages in, also when they no longer lead.
type crowd struct {
	mu   sync.Mutex
	list []*engine
}

func (c *crowd) join(e *engine) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, e)
}

func (c *crowd) one(n int) *engine {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list[n%len(c.list)]
}

// startUnhurried starts an engine on a ledger that takes its time.
func (o *office) startUnhurried() *engine {
	o.Helper()
	o.engine = &engine{wakes: &syncing.Notifier{}}
	o.wire(unhurried{o.ledger}, o.sim.Transport())
	return o.engine
}

// scattered are the messages about one matter: it is announced, of every third one with a
// case type that nobody has mapped yet or that its next version corrects, its client changes, and
// its document is approved.
func (o *office) scattered(i int) []domain.CaseHugEvent {
	m := numbered(i, someClients(matterClients)[i%matterClients])
	list := []domain.CaseHugEvent{approved(o.papers.write(m.ID, domain.DocumentID("d_"+m.ID), "the document of "+string(m.ID)))}
	switch i % 3 {
	case 1:
		m.CaseType = "Truck Crash"
	case 2:
		wrong := m
		wrong.CaseType, m.Version = "Space Law", 2
		list = append(list, created(wrong), updated(m))
		return list
	}
	return append(list, created(m))
}

const matterClients = 10

// wantsAll requires each matter with its document in Smokeball, once, and no sync that waits or
// failed.
func (o *office) wantsAll(matters int) {
	o.Helper()
	s, once := o.kept(), map[string]bool{}
	for _, m := range s.Matters {
		once[m.ExternalSystemID] = true
	}
	if len(s.Matters) != matters || len(once) != matters || len(s.Contacts) != matterClients || len(s.Files) != matters {
		o.Errorf("of %d matters Smokeball has %d, %d of them different, %d files and %d contacts", matters, len(s.Matters), len(once), len(s.Files), len(s.Contacts))
	}
	for i := range matters {
		id := domain.MatterID(fmt.Sprint("m_", i))
		if e := o.newest(id); e.Status != domain.Succeeded && e.Status != domain.Skipped {
			o.Errorf("the sync of %s is %s: %s", id, e.Status, told(e.Error))
		}
	}
}
