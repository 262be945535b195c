package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// people work in Smokeball while engines die: they set the status of one matter after the
// other, which CaseHug never changes.
type people struct {
	smokeball caller
	chance    *rand.Rand

	mu   sync.Mutex
	ids  []string          // of matters in Smokeball
	last map[string]string // the status that people gave a matter last
	end  func()            // and wait until nobody works
}

const (
	// between is the time from one change to the next.
	between = 60 * time.Millisecond
	// matterListEvery is how often people look which matters there are.
	matterListEvery = time.Second
)

func newPeople(smokeball caller, chance *rand.Rand) *people {
	return &people{smokeball: smokeball, chance: rand.New(rand.NewPCG(chance.Uint64(), chance.Uint64())), last: map[string]string{}, end: func() {}}
}

// start lets people work until stop.
func (p *people) start(ctx context.Context) {
	stopped, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { p.work(ctx, stopped) })
	p.end = func() { stop(); all.Wait() }
}

func (p *people) work(ctx, stopped context.Context) {
	next := time.NewTicker(between)
	defer next.Stop()
	looked := time.Time{}
	for stopped.Err() == nil {
		if time.Since(looked) > matterListEvery {
			looked = time.Now()
			p.look(ctx)
		}
		p.change(ctx)
		select {
		case <-next.C:
		case <-stopped.Done():
		}
	}
}

// look notes which matters there are.
func (p *people) look(ctx context.Context) {
	var state struct{ Accounts []practice }
	if p.smokeball.call(ctx, http.MethodGet, "/_sim/state", nil, &state) != nil || len(state.Accounts) == 0 {
		return
	}
	p.ids = p.ids[:0]
	for _, m := range state.Accounts[0].Matters {
		p.ids = append(p.ids, m.ID)
	}
}

// change gives a matter another status than people gave it last.
func (p *people) change(ctx context.Context) {
	if len(p.ids) == 0 {
		return
	}
	id := p.ids[p.chance.IntN(len(p.ids))]
	status := []string{"Pending", "Closed", "Open"}[p.chance.IntN(3)]
	if was := p.lastOf(id); status == was || (was == "" && status == "Open") {
		return
	}
	if p.smokeball.call(ctx, http.MethodPost, "/_sim/matters/"+id, map[string]string{"status": status}, nil) == nil {
		p.mu.Lock()
		p.last[id] = status
		p.mu.Unlock()
	}
}

func (p *people) lastOf(id string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last[id]
}

func (p *people) statuses() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.last)
}

// hear lets an engine that runs find all that people changed: without webhooks it sweeps, and
// finds what their loss hid.
func (t *trial) hear(ctx context.Context, w *world) error {
	err := w.api.call(ctx, http.MethodDelete, "/v1/firms/"+firm+"/webhooks", nil, nil)
	if err != nil {
		return fmt.Errorf("remove the webhooks: %w", err)
	}
	want := w.people.statuses()
	left := func(ctx context.Context) int {
		shown, err := w.shown(ctx)
		if err != nil {
			return len(want) + 1
		}
		n := 0
		for id, status := range want {
			if shown[id] != status {
				n++
			}
		}
		return n
	}
	if err := untilNone(ctx, "CaseHug shows what people changed", left); err != nil && ctx.Err() == nil {
		t.count(&t.lost, "people's changes that CaseHug does not show", []string{err.Error()})
	}
	return ctx.Err()
}

// shown are the statuses that CaseHug shows of Smokeball's matters.
func (w *world) shown(ctx context.Context) (map[string]string, error) {
	shown := map[string]string{}
	for n := range w.load.acknowledged() {
		var m struct {
			Smokeball *struct {
				ID string `json:"matter_id"`
			}
			Fields []struct{ Field, Smokeball, State string }
		}
		if err := w.api.call(ctx, http.MethodGet, "/v1/firms/"+firm+"/matters/"+caseNumber(n).matter(), nil, &m); err != nil {
			return nil, err
		}
		for _, f := range m.Fields {
			if f.Field == "status" && f.State != "changing" && m.Smokeball != nil {
				shown[m.Smokeball.ID] = f.Smokeball
			}
		}
	}
	return shown, nil
}

// heardOfPeople is how many changes CaseHug heard of, when it has heard of all.
// One look may find fewer than the one before: a fetch that does not wait ends early.
func (t *trial) heardOfPeople(ctx context.Context, w *world) (most int, err error) {
	most, since := -1, time.Now()
	err = until(ctx, timeout, "CaseHug hears no more of people's changes", func(ctx context.Context) bool {
		if heard, failed := w.load.changesHeard(ctx); failed == nil && heard > most {
			most, since = heard, time.Now()
		}
		return most >= 0 && time.Since(since) > quiet
	})
	return most, err
}

// quiet is how long nothing comes of an engine that has nothing left to tell.
const quiet = 2 * time.Second

// changes are what a ledger knows of people's changes of matters.
type changes struct {
	known map[string]string // the status that each matter is known to have
	told  map[string]string // that CaseHug was told of last
	times int               // how often CaseHug had to be told of a matter
	twice []string          // matters of which it was told the same again
}

func newChanges() changes { return changes{known: map[string]string{}, told: map[string]string{}} }

func (c *changes) note(env eventstore.Envelope) {
	e, ok := env.Event.(domain.MatterSeen)
	if !ok {
		return
	}
	id := string(e.Matter)
	c.known[id] = e.Values.Status
	if len(e.Changed) == 0 {
		return
	}
	c.times++
	for _, f := range e.Changed {
		if f != domain.FieldStatus {
			continue
		}
		if c.told[id] == e.Values.Status {
			c.twice = append(c.twice, id+" "+e.Values.Status)
		}
		c.told[id] = e.Values.Status
	}
}

// judgeChanges compares what people did with what is there, is known and was told, when nothing
// is left to do.
func (t *trial) judgeChanges(w *world, there practice, c changes) {
	var back, unknown, untold []string
	for _, m := range there.Matters {
		want, known := w.people.lastOf(m.ID), cmp.Or(c.known[m.ID], "Open")
		switch {
		case want == "":
			continue
		case m.Status != want:
			back = append(back, m.ID+" is "+m.Status+", people made it "+want)
		case known != want:
			unknown = append(unknown, m.ID+" is "+want+", known to be "+known)
		case c.told[m.ID] != "" && c.told[m.ID] != want:
			untold = append(untold, m.ID+" is "+want+", CaseHug was told "+c.told[m.ID])
		}
		t.people++
	}
	t.count(&t.doubled, "written back over what people did", back)
	t.count(&t.lost, "changed by people and not known", unknown)
	t.count(&t.lost, "changed by people and not told", untold)
	t.count(&t.doubled, "told twice", c.twice)
	if w.heard != c.times {
		t.count(&t.lost, "CaseHug heard otherwise of people's changes", []string{fmt.Sprintf("%d events, %d facts", w.heard, c.times)})
	}
	t.told += w.heard
}
