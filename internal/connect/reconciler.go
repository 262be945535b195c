package connect

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Reconciler does the tasks of every firm's connection when they are due. What is due
// follows from the ledger's facts and the clock: a restart changes nothing, and what
// a killed engine began is finished. It runs on the engine that holds the lease of the
// allowance.
type Reconciler struct {
	Service *Service
	Log     *slog.Logger

	mu    sync.Mutex
	rests map[task]pausedTask
	links bool // a link to Smokeball is out, or its consent may wait for an answer
}

// task is one task of a firm's connection.
type task struct {
	firm domain.FirmID
	task domain.ConnectionTask
}

// pausedTask is the pause after a task that failed.
type pausedTask struct {
	until  time.Time
	faults int
	other  bool // the last fault was errOtherAccount
}

const (
	longestSleep = 10 * time.Minute // between two looks at the whole bucket of secrets
	heldSleep    = time.Minute      // between two looks at the consents that wait for an answer
	settle       = 2 * time.Second  // so many facts in a row make one look
	atOnce       = 8                // firms
)

// How long a task rests after it failed. A lost authorization is looked at after minutes,
// then hours: a few calls a day.
var (
	rests    = retry.Backoff{First: 10 * time.Second, Limit: 15 * time.Minute}
	rechecks = retry.Backoff{First: 20 * time.Minute, Limit: 8 * time.Hour}
)

// Run works until ctx ends, and returns nil then.
func (k *Reconciler) Run(ctx context.Context) error {
	k.rests = map[task]pausedTask{}
	swept, looked := time.Time{}, time.Time{}
	for ctx.Err() == nil {
		if now := k.Service.now(); looked.IsZero() || now.Sub(looked) >= k.betweenLooks() {
			looked = now
			k.collectHeldConsent(ctx)
		}
		if now := k.Service.now(); swept.IsZero() || now.Sub(swept) >= longestSleep {
			swept = now
			k.collectExpired(ctx)
		}
		_, moved := k.Service.views.Changes()
		next, err := k.round(ctx)
		if err != nil && ctx.Err() == nil {
			k.Log.Error("can't read the connections; the engine retries", "err", err)
		}
		k.sleep(ctx, moved, next)
	}
	return nil
}

// sleep waits until something may be due: at its time, or when the rows move.
func (k *Reconciler) sleep(ctx context.Context, moved <-chan struct{}, next time.Time) {
	d := k.betweenLooks()
	if !next.IsZero() {
		d = min(d, max(next.Sub(k.Service.now()), settle))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-moved:
		_ = retry.Wait(ctx, settle) // ends early with ctx only
	}
}

// betweenLooks is the time between two checks of the consents that wait for an answer.
func (k *Reconciler) betweenLooks() time.Duration {
	if k.links {
		return heldSleep
	}
	return longestSleep
}

// linked reports whether a link is valid, or was so recently that a consent may be held.
func linked(c domain.Connection, now time.Time) bool {
	return c.Attempt != "" && now.Before(c.AttemptEnds.Add(LinkLifetime+2*heldSleep))
}

// round does what is due for every firm and returns when the next task is; zero: not
// known.
func (k *Reconciler) round(ctx context.Context) (next time.Time, err error) {
	rows, err := k.Service.views.Firms()
	if err != nil {
		return next, err
	}
	var work errgroup.Group
	work.SetLimit(atOnce)
	k.links = false
	for _, r := range rows {
		k.links = k.links || linked(r.Connection, k.Service.now())
		due, at := k.dueTasks(r)
		if len(due) > 0 {
			work.Go(func() error { k.performTask(ctx, r, due); return nil })
			at = k.Service.now()
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, work.Wait()
}

// dueTasks are the tasks of the firm's connection that are due, and when the next one is.
func (k *Reconciler) dueTasks(r FirmState) (list []domain.ConnectionTask, next time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.Service.now()
	for _, n := range r.Connection.DueTasks(r.Firm, r.Heard) {
		at := n.At
		if rest := k.rests[task{r.Firm, n.Task}]; rest.until.After(at) {
			at = rest.until
		}
		if !now.Before(at) {
			list = append(list, n.Task)
		} else if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return list, next
}

func (k *Reconciler) performTask(ctx context.Context, r FirmState, due []domain.ConnectionTask) {
	for _, c := range due {
		if ctx.Err() != nil {
			return
		}
		err := k.Service.Perform(ctx, r.Firm, c)
		if ctx.Err() == nil {
			k.settled(task{r.Firm, c}, err)
		}
	}
}

// restOf is the rest after so many faults in a row.
func restOf(c domain.ConnectionTask, faults int) time.Duration {
	if c == domain.TaskRecheck {
		return rechecks.Delay(faults)
	}
	return rests.Delay(faults)
}

// settled forgets a task that succeeded; one that failed rests, longer with each failure.
func (k *Reconciler) settled(t task, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		delete(k.rests, t)
		return
	}
	before := k.rests[t]
	faults := before.faults + 1
	pause := restOf(t.task, faults)
	k.rests[t] = pausedTask{until: k.Service.now().Add(pause), faults: faults, other: errors.Is(err, errOtherAccount)}
	if t.task == domain.TaskRecheck {
		if before.other && errors.Is(err, errOtherAccount) {
			return // it stays so until a person acts
		}
		k.Log.Info("a lost authorization is still refused; the engine checks it again", "firm", t.firm, "in", pause, "err", err)
		return
	}
	k.Log.Warn("a connection task failed; the engine retries", "firm", t.firm, "task", t.task, "in", pause, "err", err)
}
