package bulk

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Ref names a bulk sync.
type Ref struct {
	Firm domain.FirmID
	ID   domain.BulkID
}

// State is how a sync stands.
type State struct {
	Status domain.Status
	Code   domain.Code // why it waits or failed
	Linked bool        // Smokeball had the matter already
}

// Views are the rows that the runner reads. They may lag behind the ledger.
type Views interface {
	// ActiveBulks are the bulk syncs that are not over.
	ActiveBulks() ([]Ref, error)
	// Choose lists the matters that a scope means, the newest first.
	Choose(f domain.FirmID, s domain.BulkScope) ([]domain.MatterID, error)
	// SyncState is how a sync stands; ok is false where there is none yet.
	SyncState(f domain.FirmID, id domain.SyncID) (s State, ok bool, err error)
	Changes() (position uint64, moved <-chan struct{})
	Wait(ctx context.Context, position uint64) error
}

// Runner works on all bulk syncs, on the engine that makes the calls.
type Runner struct {
	Ledger    eventstore.Store
	Views     Views
	Inventory *Inventory
	// Estimate tells what the sync of a matter would do.
	Estimate func(ctx context.Context, f domain.FirmID, m domain.MatterID, b domain.Bulk) (domain.Preview, error)
	Meter    *Meter // of the calls that the syncs make
	// Attempt marks a firm's calls as those that nobody waits for; nil: they are like others.
	Attempt func(ctx context.Context, f domain.FirmID) context.Context
	Window  int // syncs on their way at once, of all bulk syncs
	Now     func() time.Time
	Log     *slog.Logger

	mu     sync.Mutex
	active map[Ref]bool
	shares map[Ref]bool // of those, which share the window
	stir   chan struct{}
}

const (
	// poll is how often the runner asks whether another engine began a bulk sync.
	poll = 2 * time.Second
	// idle is for how long at most the runner believes that there is none because the views have not moved.
	idle = time.Minute
)

// Notify has the runner look at once.
func (r *Runner) Notify() {
	select {
	case r.stirred() <- struct{}{}:
	default:
	}
}

func (r *Runner) stirred() chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stir == nil {
		r.stir = make(chan struct{}, 1)
	}
	return r.stir
}

// Run works until ctx ends, and returns nil then.
func (r *Runner) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	stir := r.stirred()
	var none nothing
	for ctx.Err() == nil {
		position, _ := r.Views.Changes()
		if !none.still(position, r.Now()) {
			refs, err := r.Views.ActiveBulks()
			if err != nil {
				return err
			}
			for _, ref := range refs {
				if r.begin(ref) {
					work.Go(func() {
						defer r.end(ref)
						r.work(ctx, ref)
					})
				}
			}
			none = nothing{was: len(refs) == 0, at: position, seen: r.Now()}
		}
		timer := time.NewTimer(poll)
		select {
		case <-ctx.Done():
		case <-stir:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// nothing is a look that found no bulk sync: when it was, and which events the views had then.
type nothing struct {
	was  bool
	at   uint64
	seen time.Time
}

// still reports whether another look would find nothing, either.
func (n nothing) still(position uint64, now time.Time) bool {
	return n.was && n.at == position && now.Sub(n.seen) < idle
}

func (r *Runner) begin(ref Ref) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == nil {
		r.active = map[Ref]bool{}
	}
	if r.active[ref] {
		return false
	}
	r.active[ref] = true
	return true
}

// end forgets the firm's account and its calls with its last bulk sync.
func (r *Runner) end(ref Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.active, ref)
	delete(r.shares, ref)
	for other := range r.active {
		if other.Firm == ref.Firm {
			return
		}
	}
	r.Inventory.Close(ref.Firm)
	r.Meter.close(ref.Firm)
}

// share notes whether a bulk sync gets on. One that is paused or held up takes nothing of the window
// from others.
func (r *Runner) share(ref Ref, takes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shares == nil {
		r.shares = map[Ref]bool{}
	}
	if delete(r.shares, ref); takes {
		r.shares[ref] = true
	}
}

// window is how many syncs one bulk sync may have on their way.
func (r *Runner) window() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(1, r.Window/max(1, len(r.shares)))
}

// faults is how long a bulk sync rests after a fault.
var faults = retry.Backoff{First: time.Second, Limit: time.Minute}

// work works on one bulk sync until it is over. It retries what fails: Smokeball may not
// answer, or the ledger may take nothing.
func (r *Runner) work(ctx context.Context, ref Ref) {
	if r.Attempt != nil {
		ctx = r.Attempt(ctx, ref.Firm)
	}
	for n := 1; ctx.Err() == nil; n++ {
		j := &job{Runner: r, ref: ref, flying: map[int]flight{}}
		err := j.run(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if j.moved {
			n = 1
		}
		r.Log.Warn("a bulk sync rests because of a fault; the engine tries again", "firm", ref.Firm, "bulk", ref.ID, "err", err)
		if retry.Wait(ctx, faults.Delay(n)) != nil {
			return
		}
	}
}
