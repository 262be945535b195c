package connect

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/agenda"
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
	var looked time.Time
	for ctx.Err() == nil {
		k.collectExpired(ctx)
		looked = k.follow(ctx, looked)
	}
	return nil
}

// follow looks at all firms, and for a while at those that change or have something due. It returns when
// consents that wait for an answer were looked for last.
func (k *Reconciler) follow(ctx context.Context, looked time.Time) time.Time {
	changed, stop := k.Service.views.FollowFirms()
	defer stop()
	f := &followedFirms{linked: map[domain.FirmID]time.Time{}}
	for again := k.Service.now().Add(longestSleep); ctx.Err() == nil && k.Service.now().Before(again); {
		if now := k.Service.now(); looked.IsZero() || now.Sub(looked) >= f.betweenLooks(now) {
			looked = now
			k.collectHeldConsent(ctx)
		}
		_, moved := k.Service.views.Changes()
		if err := k.round(ctx, f, changed); err != nil && ctx.Err() == nil {
			k.Log.Error("can't read the connections; the engine retries", "err", err)
		}
		k.sleep(ctx, moved, f)
	}
	return looked
}

// followedFirms is what a running reconciler knows of the firms.
type followedFirms struct {
	due    agenda.Agenda
	linked map[domain.FirmID]time.Time // until when a link to Smokeball may be used, or its consent may wait for an answer
}

// sleep waits until something may be due: at its time, or when the rows move.
func (k *Reconciler) sleep(ctx context.Context, moved <-chan struct{}, f *followedFirms) {
	d := f.betweenLooks(k.Service.now())
	if next := f.due.Next(); !next.IsZero() {
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
func (f *followedFirms) betweenLooks(now time.Time) time.Duration {
	maps.DeleteFunc(f.linked, func(_ domain.FirmID, until time.Time) bool { return !now.Before(until) })
	if len(f.linked) > 0 {
		return heldSleep
	}
	return longestSleep
}

// linkedUntil is until when a link is valid, or a consent may be held; zero: there is none.
func linkedUntil(c domain.Connection) time.Time {
	if c.Attempt == "" {
		return time.Time{}
	}
	return c.AttemptEnds.Add(LinkLifetime + 2*heldSleep)
}

// round does what is due for the firms that have changed, and for those whose time has come.
func (k *Reconciler) round(ctx context.Context, f *followedFirms, changed func(func(FirmState)) error) error {
	if err := changed(func(r FirmState) { k.note(f, r) }); err != nil {
		return err
	}
	var work errgroup.Group
	work.SetLimit(atOnce)
	now, begun := k.Service.now(), []domain.FirmID{}
	for firm, ok := f.due.Take(now); ok; firm, ok = f.due.Take(now) {
		r, err := k.Service.views.FirmState(firm)
		if err != nil {
			f.due.Set(firm, now.Add(settle))
			return errors.Join(err, work.Wait())
		}
		due, next := k.dueTasks(r)
		if len(due) == 0 {
			f.due.Set(firm, next)
			continue
		}
		begun = append(begun, firm)
		work.Go(func() error { k.performTask(ctx, r, due); return nil })
	}
	for _, firm := range begun {
		f.due.Set(firm, now) // the next round sees what came of it
	}
	return work.Wait()
}

// note notes when something of the firm is due, and whether a consent may wait.
func (k *Reconciler) note(f *followedFirms, r FirmState) {
	due, next := k.dueTasks(r)
	if len(due) > 0 {
		next = k.Service.now()
	}
	f.due.Set(r.Firm, next)
	delete(f.linked, r.Firm)
	if until := linkedUntil(r.Connection); k.Service.now().Before(until) {
		f.linked[r.Firm] = until
	}
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
