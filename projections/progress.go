package projections

import (
	"context"
	"fmt"
	"sync"

	"github.com/casehug/smokeball-sync/eventstore"
)

// Progress is how far the views have come in the ledger.
type Progress struct {
	mu    sync.Mutex
	at    eventstore.Seq
	moved chan struct{} // closed and replaced when at moves
}

// reach reports that all views include a position.
func (p *Progress) reach(at eventstore.Seq) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at > p.at {
		p.at = at
		close(p.moved)
		p.moved = make(chan struct{})
	}
}

// stir reports that rows have changed, though not those of all views.
func (p *Progress) stir() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.moved)
	p.moved = make(chan struct{})
}

// Position is the ledger position that every view includes.
func (p *Progress) Position() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return uint64(p.at)
}

// Changes returns the position and a channel that is closed when it moves on.
func (p *Progress) Changes() (uint64, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return uint64(p.at), p.moved
}

// Wait returns when the views include the position, or with ctx's error.
func (p *Progress) Wait(ctx context.Context, position uint64) error {
	for {
		at, moved := p.Changes()
		if at >= position {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for ledger position %d, the views are at %d: %w", position, at, ctx.Err())
		}
	}
}
