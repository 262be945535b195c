package syncing

import (
	"context"
	"log/slog"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// StalledAfter is how long a running sync may go without an event and without a call. A longer
// pause is a defect, because every regular wait ends earlier, but for those for others, which take as long
// as there are others: for a worker, a place, a slot of the allowance, a contact or the inventory. During these the sync rests.
const StalledAfter = time.Minute

// Calls remembers when a request was last sent for each matter at work. The zero value is
// ready.
type Calls struct {
	mu      sync.Mutex
	last    map[domain.Stream]time.Time
	resting map[domain.Stream]int // how much of a matter's work waits for others
}

// note records progress of the matter's work.
func (c *Calls) note(s domain.Stream, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		c.last = map[domain.Stream]time.Time{}
	}
	c.last[s] = at
}

// rest records that the matter waits for others until goOn is called, so that the pause does not
// count as a stall.
func (c *Calls) rest(s domain.Stream, now func() time.Time) (goOn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resting == nil {
		c.resting = map[domain.Stream]int{}
	}
	c.resting[s]++
	return func() {
		c.note(s, now()) // first: whoever looks when the rest is over sees when it was
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.resting[s]--; c.resting[s] == 0 {
			delete(c.resting, s)
		}
	}
}

func (c *Calls) rests(s domain.Stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.resting[s] > 0
}

// watch notes the requests that are sent under the context that it returns, until done.
func (c *Calls) watch(ctx context.Context, s domain.Stream, now func() time.Time) (watched context.Context, done func()) {
	done = func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.last, s)
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { c.note(s, now()) }}), done
}

// at is when a request was last sent for the matter; zero: never while it is at work here.
func (c *Calls) at(s domain.Stream) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[s]
}

// Moves lists the syncs that have not ended.
type Moves interface {
	// AtWork are those that run or are being confirmed.
	AtWork() []domain.Due
	// LastStep is when the newest step of a sync was recorded; zero: it has none.
	LastStep(domain.FirmID, domain.SyncID) (time.Time, error)
}

// Stalls finds running syncs without progress. Every engine looks, standbys too, because a sync
// on which no engine works makes no progress either.
type Stalls struct {
	Views Moves
	Calls *Calls
	Now   func() time.Time
	Log   *slog.Logger

	mu    sync.Mutex
	known map[domain.SyncID]domain.FirmID
}

// lookForStalls is the pause between two checks.
const lookForStalls = 10 * time.Second

// Run looks until ctx ends.
func (s *Stalls) Run(ctx context.Context) error {
	again := time.NewTicker(lookForStalls)
	defer again.Stop()
	for {
		if err := s.look(); err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// look finds the syncs that make no progress, and logs each once.
func (s *Stalls) look() error {
	now := map[domain.SyncID]domain.FirmID{}
	for _, d := range s.Views.AtWork() {
		since, stands, err := s.stands(d)
		if err != nil {
			return err
		}
		if !stands {
			continue
		}
		now[d.Sync] = d.Firm
		if s.newly(d.Sync) {
			s.Log.Error("a running sync has made no progress (no event, no call) for a minute; if it does not continue, restart the engine that leads and report it",
				"firm", d.Firm, "matter", d.Matter, "sync", d.Sync, "since", since)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = now
	return nil
}

func (s *Stalls) newly(id domain.SyncID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.known[id]
	return !known
}

// stands reports whether a sync is running and has not moved for too long, and since when.
func (s *Stalls) stands(d domain.Due) (since time.Time, ok bool, err error) {
	if d.Status != domain.Running {
		return since, false, nil
	}
	step, err := s.Views.LastStep(d.Firm, d.Sync)
	if err != nil {
		return since, false, err
	}
	if s.Calls.rests(domain.MatterStream(d.Firm, d.Matter)) {
		return since, false, nil
	}
	since = latest(d.Moved, step, s.Calls.at(domain.MatterStream(d.Firm, d.Matter)))
	return since, s.Now().Sub(since) > StalledAfter, nil
}

func latest(times ...time.Time) (newest time.Time) {
	for _, t := range times {
		if t.After(newest) {
			newest = t
		}
	}
	return newest
}

// Of counts the stalled syncs of a firm.
func (s *Stalls) Of(f domain.FirmID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, firm := range s.known {
		if firm == f {
			n++
		}
	}
	return n
}

// All counts the stalled syncs of all firms.
func (s *Stalls) All() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.known)
}
