package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	bulkCampaign = "bulk"
	// bulkAllowance is what Smokeball allows in that campaign, in calls a second, five at once.
	bulkAllowance = 50

	otherFirm    = "f_green"
	otherAccount = "0c5f9a1e-2d3b-4f46-9a7e-3f5d8f0a6b21"
)

// bulkRun is a bulk sync of a firm's matters, with what happens beside it.
type bulkRun struct {
	*trial
	*world
	other caller // acts for the other firm

	mu     sync.Mutex
	away   bool // the engine is killed, and not ready again
	kills  int
	down   outages
	status bulkStatus // when it was asked last
	curve  curve
	asked  []wait // live work beside it
	waits  []wait // that of it which was measured
}

// bulkStatus is a bulk sync as the API shows it.
type bulkStatus struct {
	ID       string `json:"bulk_sync_id"`
	Status   string
	Total    int
	Done     int
	Skipped  int
	Failed   int
	Waiting  int
	Calls    struct{ Estimated, Made int }
	Eta      *int                      `json:"eta_seconds"`
	Started  time.Time                 `json:"started_at"`
	Finished *time.Time                `json:"finished_at"`
	Expects  struct{ Seconds float64 } `json:"estimate"`
}

func (s bulkStatus) through() int { return s.Done + s.Skipped + s.Failed + s.Waiting }

func (s bulkStatus) over() bool { return s.Finished != nil }

// newCase is a matter of its own client.
type newCase int

func (n newCase) matter() string { return fmt.Sprintf("n_%d", n) }
func (n newCase) email() string  { return fmt.Sprintf("new%d@example.com", n) }

func (n newCase) data() map[string]any {
	return map[string]any{"matter_id": n.matter(), "version": 1, "title": fmt.Sprintf("Okafor v. Apex %d", n), "case_number": fmt.Sprintf("NB-%d", n),
		"case_type": "Auto Accident", "practice_area": "Personal Injury", "jurisdiction": "IL", "status": "active",
		"client": map[string]any{"client_id": "c_" + n.matter(), "version": 1, "first_name": "Ada", "last_name": fmt.Sprintf("Okafor %d", n), "email": n.email()}}
}

// syncInBulk starts a bulk sync of many new matters at Smokeball's strict allowance, kills the
// engine twice on the way, and measures calls, remaining time, and how long live work waits.
func syncInBulk(ctx context.Context, t *trial) (err error) {
	w, err := t.newWorld(ctx, "")
	if err != nil {
		return err
	}
	before := len(t.faults)
	defer func() {
		err = errors.Join(err, w.close(), t.discard(w, len(t.faults) > before))
	}()
	b := &bulkRun{trial: t, world: w}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	if err := b.estimate(ctx); err != nil {
		return err
	}
	made, err := b.sync(ctx)
	if err != nil {
		return err
	}
	b.judge(made)
	return b.countAll(ctx)
}

// prepare connects the other firm and announces the matters. Nothing syncs by itself yet.
func (b *bulkRun) prepare(ctx context.Context) error {
	token, err := adminOf(b.signIn.signer, otherFirm)
	if err != nil {
		return err
	}
	b.other = newCaller(b.api.base, token)
	if err := b.connectFirm(ctx, b.other, otherFirm, otherAccount); err != nil {
		return err
	}
	list := make(chan newCase)
	var all sync.WaitGroup
	for range tellers {
		all.Go(func() {
			for n := range list {
				b.load.insist(ctx, b.load.eventOf(firm, "matter.created", n.matter()+"-created", n.data()))
			}
		})
	}
	for n := range newCase(b.planned) {
		list <- n
	}
	close(list)
	all.Wait()
	if err := b.syncNewMatters(ctx, b.other, otherFirm); err != nil {
		return err
	}
	return until(ctx, timeout, "the engine knows the last matters", func(ctx context.Context) bool {
		for n := newCase(max(0, b.planned-2*tellers)); n < newCase(b.planned); n++ {
			if !b.api.answers(ctx, "/v1/firms/"+firm+"/matters/"+n.matter()) {
				return false
			}
		}
		return true
	})
}

// syncNewMatters lets the firm's new matters be synced when they come.
func (b *bulkRun) syncNewMatters(ctx context.Context, api caller, firm string) error {
	return api.call(ctx, http.MethodPut, "/v1/firms/"+firm+"/settings", map[string]any{"auto_sync_on_document_approved": true, "auto_sync_on_matter_created": true,
		"auto_sync_on_matter_updated": true, "auto_sync_on_client_updated": false, "link_existing_matters": true, "documents_folder": ""}, nil)
}

func (b *bulkRun) start(ctx context.Context, body map[string]any) (s bulkStatus, err error) {
	return s, b.api.call(ctx, http.MethodPost, "/v1/firms/"+firm+"/bulk-syncs", body, &s)
}

func (b *bulkRun) ask(ctx context.Context, id string) (s bulkStatus, err error) {
	return s, b.api.call(ctx, http.MethodGet, "/v1/firms/"+firm+"/bulk-syncs/"+id, nil, &s)
}

// estimate asks what the bulk sync will take.
func (b *bulkRun) estimate(ctx context.Context) error {
	began := time.Now()
	s, err := b.start(ctx, map[string]any{"all": true, "estimate_only": true})
	if err != nil {
		return err
	}
	err = until(ctx, timeout, "the estimate is there", func(ctx context.Context) bool {
		if now, err := b.ask(ctx, s.ID); err == nil {
			s = now
		}
		return s.over()
	})
	b.note("estimate of %d matters: %d calls, %.0f s, given after %s", s.Total, s.Calls.Estimated, s.Expects.Seconds, took(time.Since(began)))
	if err == nil && s.Total != b.planned {
		b.fault("the estimate is of %d matters, not of %d", s.Total, b.planned)
	}
	return err
}

// sync runs the bulk sync and what goes on beside it, and returns the calls that Smokeball met
// from its start until all was done.
func (b *bulkRun) sync(ctx context.Context) (made calls, err error) {
	if err := b.syncNewMatters(ctx, b.api, firm); err != nil {
		return made, err
	}
	before, err := b.counts(ctx)
	if err != nil {
		return made, err
	}
	if b.status, err = b.start(ctx, map[string]any{"all": true}); err != nil {
		return made, err
	}
	beside, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { b.workLive(ctx, beside) })
	err = b.watch(ctx)
	stop()
	all.Wait()
	if err != nil {
		return made, err
	}
	after, err := b.counts(ctx)
	return after.less(before), err
}

// killsWanted is how often the engine is killed.
const killsWanted = 2

// killsPlanned are the numbers of matters after which it is.
func (b *bulkRun) killsPlanned() []int {
	part := func(from, to float64) int { return int((from + (to-from)*b.chance.Float64()) * float64(b.planned)) }
	return []int{part(0.2, 0.4), part(0.5, 0.8)}
}

// watch follows the bulk sync to its end, and kills the engine on the way.
func (b *bulkRun) watch(ctx context.Context) error {
	kills := b.killsPlanned()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for last, moved := -1, time.Now(); ; {
		s, err := b.ask(ctx, b.status.ID)
		if err != nil {
			return err
		}
		b.see(s)
		if s.over() {
			b.cycles = s.through()
			return nil
		}
		if s.through() != last {
			last, moved = s.through(), time.Now()
		} else if time.Since(moved) > timeout {
			return fmt.Errorf("the bulk sync moves on: %w; %+v", errInVain, s)
		}
		if len(kills) > 0 && s.through() >= kills[0] {
			kills = kills[1:]
			if err := b.killAndStart(ctx); err != nil {
				return err
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// see notes how the bulk sync stands.
func (b *bulkRun) see(s bulkStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = s
	if s.Status == "running" && s.Eta != nil {
		b.curve.add(time.Now(), float64(s.through())/float64(max(1, s.Total)), time.Duration(*s.Eta)*time.Second)
	}
}

// killAndStart kills the engine at once and starts another one.
func (b *bulkRun) killAndStart(ctx context.Context) error {
	b.mu.Lock()
	b.away = true
	b.mu.Unlock()
	began := time.Now()
	b.engine.kill()
	if !b.engine.wasKilled() {
		return fmt.Errorf("%w: %v", errEnded, b.engine.err)
	}
	if err := b.launch(b.bench.engine); err != nil {
		return err
	}
	if err := b.ready(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away, b.kills, b.down = false, b.kills+1, append(b.down, span{began, time.Now()})
	return nil
}

// countAll compares Smokeball and the ledger when nothing is left to do.
func (b *bulkRun) countAll(ctx context.Context) error {
	var names []string
	for n := range newCase(b.planned) {
		names = append(names, nameOfMatter(n.matter()), nameOfContact(n.email()))
	}
	for _, l := range b.asked {
		names = append(names, nameOfMatter(l.of.matter()), nameOfContact(l.of.email()))
	}
	if err := b.workOffAll(ctx, b.world, names, nil); err != nil {
		return err
	}
	if _, err := b.stop(ctx); err != nil {
		return err
	}
	err := b.balance(ctx, b.world, names)
	b.row.smokeball, b.row.ledger = b.smokeballHas, b.ledgerHas
	return err
}
