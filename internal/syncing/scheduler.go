package syncing

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Scheduler passes due syncs to the handler, as many at once as it has workers. It runs on the
// engine that holds the lease of the allowance.
type Scheduler struct {
	Ledger  eventstore.Store
	Views   Views
	Handler *Handler
	Now     func() time.Time
	Log     *slog.Logger
	Active  int           // workers: syncs at work at once
	Grace   time.Duration // on stop, how long calls may go on
}

// look is the longest pause between two checks for due syncs. Events and timers wake the
// scheduler earlier; the pause covers a wall clock that was set.
const look = time.Minute

// schedulerRun is one run of a scheduler, from its start to its stop.
type schedulerRun struct {
	*dueQueue
	workers  *Workers
	calls    context.Context // ends calls that go on after the grace
	stopping <-chan struct{}
	work     sync.WaitGroup
	ended    chan struct{} // signals that something has changed
}

// Run works until ctx ends, then waits for calls in progress, at most for Grace, and returns.
func (s *Scheduler) Run(ctx context.Context) error {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(s.Grace, cancel) })
	defer stop()
	l := &schedulerRun{dueQueue: newDueQueue(), workers: NewWorkers(s.Active), calls: calls, stopping: ctx.Done(), ended: make(chan struct{}, 1)}
	defer l.work.Wait()
	next, unfollow := s.Views.FollowDue()
	defer unfollow()
	for ctx.Err() == nil {
		position, moved := s.Views.Changes()
		changed, more := next()
		l.learn(changed)
		timer := time.NewTimer(s.handOut(l, position))
		if more {
			notify(l.ended)
		}
		select {
		case <-ctx.Done():
		case <-moved:
		case <-l.ended:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// handOut requests a worker for each sync that became due, and returns the time until the next
// one.
func (s *Scheduler) handOut(l *schedulerRun, position uint64) time.Duration {
	usable := s.connections(l.calls)
	for _, f := range l.firmsToAsk(s.Now()) {
		if usable(f) {
			l.learn(s.Views.DueOf(f))
		} else {
			l.holdBack(f)
		}
	}
	for _, e := range l.due(position, s.Now()) {
		s.place(l, e, position, usable)
	}
	return l.wait(s.Now())
}

// place finds out what an entry waits for, and requests a worker if it waits for nothing else. An
// entry that waits for a fact is dropped: the views report it again when the fact exists.
func (s *Scheduler) place(l *schedulerRun, e *entry, position uint64, usable func(domain.FirmID) bool) {
	if l.entries[e.key] != e {
		return
	}
	l.unplace(e)
	l.mu.Lock()
	d, busy, late, not := e.due, e.job != nil || e.running, e.after > position, e.notBefore
	l.mu.Unlock()
	now := s.Now()
	switch {
	case busy:
	case d == nil:
		l.drop(e)
	case late:
		l.behindView = append(l.behindView, e)
	case now.Before(not):
		l.rest(e, not)
	case domain.Rests(d.From, d.At, now):
		l.rest(e, d.At)
	case d.Free(usable):
		s.ask(l, e)
	default:
		l.drop(e)
		if d.WaitsOn == domain.CodeNotConnected || d.WaitsOn == domain.CodeReauthorizationRequired {
			l.holdBack(d.Firm)
		}
	}
}

// ask queues the entry for a worker, and checks it again for changes when it has one.
func (s *Scheduler) ask(l *schedulerRun, e *entry) {
	d := e.due
	j := &job{firm: d.Firm, class: classOf(d.Trigger)}
	j.start = func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		e.job = nil
		select {
		case <-l.stopping:
			return false
		default:
		}
		if e.due != d {
			l.changed = append(l.changed, e)
			notify(l.ended)
			return false
		}
		e.running = true
		l.work.Go(func() { s.run(l, e, d, newHold(l.workers, d.Firm, j.class)) })
		return true
	}
	l.mu.Lock()
	e.job = j
	l.mu.Unlock()
	l.workers.ask(j)
}

func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// connections reports whether calls for a firm may be made, and reads the ledger once for each
// firm. If a firm's connection can't be read, only that firm waits.
func (s *Scheduler) connections(ctx context.Context) func(domain.FirmID) bool {
	known := map[domain.FirmID]bool{}
	return func(f domain.FirmID) bool {
		if _, ok := known[f]; !ok {
			c, _, err := eventstore.Load[domain.Connection](ctx, s.Ledger, domain.ConnectionStream(f))
			if err != nil {
				s.Log.Error("a connection can't be read; its firm's syncs wait", "firm", f, "err", err)
			}
			known[f] = err == nil && c.Usable(s.Now())
		}
		return known[f]
	}
}

func (s *Scheduler) run(l *schedulerRun, e *entry, d *domain.Due, place *workerHold) {
	var position uint64
	err := contained(func() (err error) {
		position, err = s.Handler.Run(l.calls, l.stopping, place, d.Firm, d.Matter)
		return err
	})
	l.mu.Lock()
	e.running, e.after = false, position
	if err == nil {
		e.faults, e.notBefore = 0, time.Time{}
	} else {
		e.faults++
		e.notBefore = s.Now().Add(backoff(domain.Retryable).Delay(e.faults))
	}
	l.changed = append(l.changed, e)
	l.mu.Unlock()
	if err != nil {
		s.Log.Error("a sync stopped because of a fault in the engine; the engine retries it", "firm", d.Firm, "matter", d.Matter, "sync", d.Sync, "err", err)
	}
	place.leave()
	notify(l.ended)
}

// contained recovers a panic, so that it ends only its own sync. The panic's value is not logged,
// because it may hold personal data.
func contained(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic (%T) in a sync: %s", p, debug.Stack())
		}
	}()
	return run()
}
