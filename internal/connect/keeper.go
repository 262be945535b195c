package connect

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/casehug/smokeball-sync/domain"
)

// Keeper gives every firm's connection its attention at the right time. What is due
// follows from the ledger's facts and the clock, so a restart changes nothing, and what
// a killed engine began is finished. It runs on the engine that holds the lease of the
// allowance.
type Keeper struct {
	Desk *Desk
	Log  *slog.Logger

	mu    sync.Mutex
	rests map[task]rest
	links bool // a link to Smokeball is out, or its consent may wait for an answer
}

// task is one thing that a firm's connection needs.
type task struct {
	firm domain.FirmID
	care domain.Care
}

// rest is the pause after a task that failed.
type rest struct {
	until  time.Time
	faults int
}

const (
	longestSleep = 10 * time.Minute // between two looks at the whole bucket of secrets
	heldSleep    = time.Minute      // between two looks at the consents that wait for an answer
	settle       = 2 * time.Second  // so many facts in a row make one look
	firstRest    = 10 * time.Second // after a fault
	longestRest  = 15 * time.Minute

	firstVisitRest   = 10 * time.Minute
	longestVisitRest = 6 * time.Hour
	atOnce           = 8 // firms
)

// Run works until ctx ends, and returns nil then.
func (k *Keeper) Run(ctx context.Context) error {
	k.rests = map[task]rest{}
	swept, looked := time.Time{}, time.Time{}
	for ctx.Err() == nil {
		if now := k.Desk.Now(); looked.IsZero() || now.Sub(looked) >= k.betweenLooks() {
			looked = now
			k.sweepHeld(ctx)
		}
		if now := k.Desk.Now(); swept.IsZero() || now.Sub(swept) >= longestSleep {
			swept = now
			k.sweep(ctx)
		}
		_, moved := k.Desk.Views.Changes()
		next, err := k.round(ctx)
		if err != nil && ctx.Err() == nil {
			k.Log.Error("the connections can't be read; they are looked at again", "err", err)
		}
		k.sleep(ctx, moved, next)
	}
	return nil
}

// sleep waits until something may be due: its time has come, or facts moved the rows.
func (k *Keeper) sleep(ctx context.Context, moved <-chan struct{}, next time.Time) {
	d := k.betweenLooks()
	if !next.IsZero() {
		d = min(d, max(next.Sub(k.Desk.Now()), settle))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-moved:
		pause(ctx, settle)
	}
}

// betweenLooks is how long consents that wait for an answer are not looked at.
func (k *Keeper) betweenLooks() time.Duration {
	if k.links {
		return heldSleep
	}
	return longestSleep
}

// linked reports whether a link is out, or was so lately that a consent may be held.
func linked(c domain.Connection, now time.Time) bool {
	return c.Attempt != "" && now.Before(c.AttemptEnds.Add(LinkLife+2*heldSleep))
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// round does what is due for every firm and returns when the next thing is; zero: not
// known.
func (k *Keeper) round(ctx context.Context) (next time.Time, err error) {
	rows, err := k.Desk.Views.Firms()
	if err != nil {
		return next, err
	}
	var work errgroup.Group
	work.SetLimit(atOnce)
	k.links = false
	for _, r := range rows {
		k.links = k.links || linked(r.Connection, k.Desk.Now())
		due, at := k.due(r)
		if len(due) > 0 {
			work.Go(func() error { k.care(ctx, r, due); return nil })
			at = k.Desk.Now()
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, work.Wait()
}

// due is what the firm's connection needs now, and when it will need something next.
func (k *Keeper) due(r Row) (list []domain.Care, next time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.Desk.Now()
	for _, n := range r.Connection.Needs(r.Firm, r.Heard) {
		at := n.At
		if rest := k.rests[task{r.Firm, n.Care}]; rest.until.After(at) {
			at = rest.until
		}
		if !now.Before(at) {
			list = append(list, n.Care)
		} else if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return list, next
}

func (k *Keeper) care(ctx context.Context, r Row, due []domain.Care) {
	for _, c := range due {
		if ctx.Err() != nil {
			return
		}
		err := k.Desk.care(ctx, r.Firm, c)
		if ctx.Err() == nil {
			k.settled(task{r.Firm, c}, err)
		}
	}
}

// pauseOf is the rest after so many faults in a row. A lost authorization is looked at after
// minutes, then hours: a handful of calls a day.
func pauseOf(c domain.Care, faults int) time.Duration {
	if c != domain.CareVisit {
		return min(firstRest<<min(faults-1, 10), longestRest)
	}
	pause := firstVisitRest
	for range min(faults-1, 10) {
		pause *= 3
	}
	return min(pause, longestVisitRest)
}

// settled lets a task rest that failed, the longer the more often.
func (k *Keeper) settled(t task, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		delete(k.rests, t)
		return
	}
	faults := k.rests[t].faults + 1
	pause := pauseOf(t.care, faults)
	k.rests[t] = rest{until: k.Desk.Now().Add(pause), faults: faults}
	if t.care == domain.CareVisit {
		k.Log.Info("a lost authorization is still refused; the engine checks it again", "firm", t.firm, "in", pause, "err", err)
		return
	}
	k.Log.Warn("a connection's care did not succeed; it is tried again", "firm", t.firm, "care", t.care, "in", pause, "err", err)
}
