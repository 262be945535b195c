package projections

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Rebuild is how far a rebuild of all views has come.
type Rebuild struct {
	Running  bool   // it was asked for, or is under way
	Position uint64 // the last event that it has folded
	Done     int    // how many are done since the views were opened
}

// rebuilds are the rebuilds that somebody asked for.
type rebuilds struct {
	asked chan struct{} // one is to be made

	mu     sync.Mutex
	open   bool   // one was asked for and has not ended
	beside *Views // of the one under way; nil: none is
	ended  int    // those that were done
}

// Rebuild folds all views again from the first event on, beside the rows that answer until then.
// It returns at once. While one is under way there is no second one; one that Run's end interrupts
// leaves the rows as they were.
func (v *Views) Rebuild() {
	v.rebuilds.mu.Lock()
	defer v.rebuilds.mu.Unlock()
	if v.rebuilds.open {
		return
	}
	v.rebuilds.open = true
	v.rebuilds.asked <- struct{}{}
}

// Refold is a Rebuild that begins after the call, and returns when its file has taken the place of the
// old one: what the ledger no longer says is in no file after that.
func (v *Views) Refold(ctx context.Context) error {
	if err := v.rest(ctx); err != nil { // one that is under way may have read what is gone by now
		return err
	}
	before := v.LastRebuild().Done
	v.Rebuild()
	if err := v.rest(ctx); err != nil {
		return err
	}
	if v.LastRebuild().Done == before {
		return errors.New("the rebuild of the views was interrupted")
	}
	return nil
}

// rest waits until no rebuild is under way.
func (v *Views) rest(ctx context.Context) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for v.LastRebuild().Running {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// LastRebuild is how far the newest rebuild has come.
func (v *Views) LastRebuild() Rebuild {
	v.rebuilds.mu.Lock()
	defer v.rebuilds.mu.Unlock()
	r := Rebuild{Running: v.rebuilds.open, Done: v.rebuilds.ended}
	if v.rebuilds.beside != nil {
		r.Position = v.rebuilds.beside.Position()
	}
	return r
}

// follow notes the views that a rebuild makes; those of a renewal for another reason are not noted.
func (r *rebuilds) follow(beside *Views) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open && len(r.asked) == 0 {
		r.beside = beside
	}
}

// over notes that the rebuild has ended: done, or interrupted.
func (r *rebuilds) over(done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open, r.beside = false, nil
	if done {
		r.ended++
	}
}
