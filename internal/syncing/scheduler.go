package syncing

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Scheduler hands due syncs to the handler, as many at once as it has workers. It runs
// on the engine that holds the lease of the allowance.
type Scheduler struct {
	Ledger  eventstore.Store
	Views   Views
	Handler *Handler
	Now     func() time.Time
	Log     *slog.Logger
	Active  int           // workers: syncs at work at once
	Grace   time.Duration // on stop, how long calls may go on

	mu   sync.Mutex
	busy map[domain.Stream]state
}

// state is what the scheduler remembers of a matter that it has handed out.
type state struct {
	asked   bool // for a worker; it has none yet
	running bool
	after   uint64    // do not look again before the views include this position
	not     time.Time // nor before this time: the ledger itself failed
	faults  int
}

// look is the longest time between two looks at the list of due work: facts and times
// wake the scheduler, and only the end of an authorization comes without either.
const look = time.Minute

// lookAgain is when to look again where the list could not be read.
const lookAgain = 5 * time.Second

// Run works until ctx ends, then hands back what runs: it waits for calls that are
// under way up to the grace, and returns.
func (s *Scheduler) Run(ctx context.Context) error {
	s.busy = map[domain.Stream]state{}
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(s.Grace, cancel) })
	defer stop()
	var work sync.WaitGroup
	defer work.Wait()
	l := &life{workers: NewWorkers(s.Active), calls: calls, stopping: ctx.Done(), work: &work, ended: make(chan struct{}, 1)}
	for ctx.Err() == nil {
		_, moved := s.Views.Changes()
		wait, err := s.handOut(l)
		if err != nil {
			s.Log.Error("due work can't be read", "err", err)
		}
		timer := time.NewTimer(wait)
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

// life is one run of the scheduler, from its start to its stop.
type life struct {
	workers  *Workers
	calls    context.Context // ends calls that go on after the grace
	stopping <-chan struct{}
	work     *sync.WaitGroup
	ended    chan struct{} // tells that a sync's work ended
}

// handOut asks for a worker for all that is due and returns how long nothing else will be.
func (s *Scheduler) handOut(l *life) (time.Duration, error) {
	position, _ := s.Views.Changes()
	s.forget(position)
	list, err := s.Views.Due()
	if err != nil {
		return lookAgain, err
	}
	wait := look
	usable := s.connections(l.calls)
	for _, d := range oldestFirst(list) {
		ready, in := s.ready(d, position, usable)
		if !ready {
			wait = min(wait, max(in, time.Millisecond))
			continue
		}
		s.ask(l, d)
	}
	return wait, nil
}

// ask queues the sync for a worker.
func (s *Scheduler) ask(l *life, d domain.Due) {
	s.mark(d, func(st *state) { st.asked = true })
	j := &job{firm: d.Firm, class: classOf(d.Trigger)}
	j.start = func() bool {
		select {
		case <-l.stopping:
			s.mark(d, func(st *state) { st.asked = false })
			return false
		default:
		}
		s.mark(d, func(st *state) { st.asked, st.running = false, true })
		l.work.Go(func() { s.run(l, d, &seat{workers: l.workers, firm: d.Firm, class: j.class}) })
		return true
	}
	l.workers.ask(j)
}

// mark notes what becomes of a sync.
func (s *Scheduler) mark(d domain.Due, change func(*state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := domain.MatterStream(d.Firm, d.Matter)
	st := s.busy[key]
	change(&st)
	s.busy[key] = st
}

// oldestFirst is the order in which syncs queue.
func oldestFirst(list []domain.Due) []domain.Due {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b domain.Due) int { return a.Since.Compare(b.Since) })
	return list
}

func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// connections answers whether calls for a firm may be made, asking the ledger once per
// firm. A firm whose connection can't be read waits; the others don't.
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

// ready reports whether the sync can go on now, or after which time to look again.
func (s *Scheduler) ready(d domain.Due, position uint64, usable func(domain.FirmID) bool) (ok bool, in time.Duration) {
	s.mu.Lock()
	st := s.busy[domain.MatterStream(d.Firm, d.Matter)]
	s.mu.Unlock()
	now := s.Now()
	switch {
	case st.asked || st.running || st.after > position:
		return false, look
	case now.Before(st.not):
		return false, st.not.Sub(now)
	case domain.Rests(d.From, d.At, now):
		return false, d.At.Sub(now)
	}
	return d.Free(usable), look
}

func (s *Scheduler) run(l *life, d domain.Due, place *seat) {
	var position uint64
	err := contained(func() (err error) {
		position, err = s.Handler.Run(l.calls, l.stopping, place, d.Firm, d.Matter)
		return err
	})
	s.mark(d, func(st *state) {
		*st = state{after: position, faults: st.faults + 1}
		if err == nil {
			st.faults = 0
		} else {
			st.not = s.Now().Add(backoff(domain.Retryable, st.faults))
		}
	})
	if err != nil {
		s.Log.Error("a sync stopped for a fault of the engine; it is retried", "firm", d.Firm, "matter", d.Matter, "sync", d.Sync, "err", err)
	}
	place.leave()
	notify(l.ended)
}

// contained keeps a panic of one sync from ending all of them. The panic's value stays
// out of the log: it may hold personal data.
func contained(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic (%T) in a sync: %s", p, debug.Stack())
		}
	}()
	return run()
}

// forget drops what ended before the position that the list of due work is read at.
func (s *Scheduler) forget(position uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, st := range s.busy {
		if !st.asked && !st.running && st.after <= position && st.faults == 0 {
			delete(s.busy, k)
		}
	}
}
