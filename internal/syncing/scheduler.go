package syncing

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Scheduler hands due syncs to the handler: at most Active at once, firm by firm, so
// that a firm with many does not hold up the others. It runs on the engine that
// holds the lease of the allowance.
type Scheduler struct {
	Ledger  eventstore.Store
	Views   Views
	Handler *Handler
	Now     func() time.Time
	Log     *slog.Logger
	Active  int           // syncs at work at once
	Grace   time.Duration // on stop, how long calls may go on

	mu   sync.Mutex
	busy map[domain.Stream]state
}

// state is what the scheduler remembers of a matter that it has handed out.
type state struct {
	running bool
	after   uint64    // do not look again before the views include this position
	not     time.Time // nor before this time: the ledger itself failed
	faults  int
}

// look is the longest time between two looks at the list of due work.
const look = 5 * time.Second

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
	freed := make(chan struct{}, 1)
	for ctx.Err() == nil {
		_, moved := s.Views.Changes()
		wait, err := s.handOut(calls, ctx.Done(), &work, freed)
		if err != nil {
			s.Log.Error("due work can't be read", "err", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-moved:
		case <-freed:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// handOut starts what is due and returns how long nothing else will be.
func (s *Scheduler) handOut(calls context.Context, stopping <-chan struct{}, work *sync.WaitGroup, freed chan<- struct{}) (time.Duration, error) {
	position, _ := s.Views.Changes()
	list, err := s.Views.Due()
	if err != nil {
		return look, err
	}
	wait := look
	for _, d := range s.fair(list) {
		ready, in, err := s.ready(calls, d, position)
		if err != nil {
			return wait, err
		}
		if !ready {
			wait = min(wait, max(in, time.Millisecond))
			continue
		}
		if !s.take(d) {
			break // all hands are busy
		}
		work.Go(func() { s.run(calls, stopping, d); notify(freed) })
	}
	return wait, nil
}

func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// fair orders due work: people's wishes first, then one matter of each firm in turn,
// the oldest first.
func (s *Scheduler) fair(list []domain.Due) []domain.Due {
	byFirm := map[domain.FirmID][]domain.Due{}
	var firms []domain.FirmID
	for _, d := range sorted(list) {
		if byFirm[d.Firm] == nil {
			firms = append(firms, d.Firm)
		}
		byFirm[d.Firm] = append(byFirm[d.Firm], d)
	}
	out := make([]domain.Due, 0, len(list))
	for i := 0; len(out) < len(list); i++ {
		for _, f := range firms {
			if i < len(byFirm[f]) {
				out = append(out, byFirm[f][i])
			}
		}
	}
	return out
}

// ready reports whether the sync can go on now, or how long it can't for sure; 0 for
// in means that something else has to happen first.
func (s *Scheduler) ready(ctx context.Context, d domain.Due, position uint64) (ok bool, in time.Duration, err error) {
	s.mu.Lock()
	st := s.busy[domain.MatterStream(d.Firm, d.Matter)]
	s.mu.Unlock()
	now := s.Now()
	switch {
	case st.running || st.after > position:
		return false, look, nil
	case now.Before(st.not):
		return false, st.not.Sub(now), nil
	case now.Before(d.At):
		return false, d.At.Sub(now), nil
	case d.WaitsOn == domain.CodeNotConnected || d.WaitsOn == domain.CodeReauthorizationRequired:
		c, _, err := eventstore.Load[domain.Connection](ctx, s.Ledger, domain.ConnectionStream(d.Firm))
		return c.Usable(now), look, err
	case d.WaitsOn != "":
		return false, look, nil // a fact will release it
	}
	return true, 0, nil
}

func (s *Scheduler) take(d domain.Due) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, st := range s.busy {
		if st.running {
			n++
		}
	}
	if n >= s.Active {
		return false
	}
	key := domain.MatterStream(d.Firm, d.Matter)
	st := s.busy[key]
	st.running = true
	s.busy[key] = st
	return true
}

func (s *Scheduler) run(calls context.Context, stopping <-chan struct{}, d domain.Due) {
	position, err := s.Handler.Run(calls, stopping, d.Firm, d.Matter)
	s.mu.Lock()
	defer s.mu.Unlock()
	key := domain.MatterStream(d.Firm, d.Matter)
	st := state{after: position, faults: s.busy[key].faults + 1}
	if err == nil {
		st.faults = 0
	} else {
		st.not = s.Now().Add(backoff(st.faults))
		s.Log.Error("a sync stopped for a fault of the engine; it is tried again", "firm", d.Firm, "matter", d.Matter, "sync", d.Sync, "err", err)
	}
	s.busy[key] = st
	s.forget()
}

// forget drops what was handed out so long ago that the views include it.
func (s *Scheduler) forget() {
	position, _ := s.Views.Changes()
	for k, st := range s.busy {
		if !st.running && st.after <= position && st.faults == 0 {
			delete(s.busy, k)
		}
	}
}
