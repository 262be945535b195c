package connect

import (
	"context"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// keyedMutex let one change of a firm's connection at a time happen in this engine. The zero
// value is ready.
type keyedMutex struct {
	mu   sync.Mutex
	free map[domain.FirmID]chan struct{} // holds one element while nobody has the turn
}

// lock waits for the firm's turn, or for ctx's end. done gives it back.
func (t *keyedMutex) lock(ctx context.Context, f domain.FirmID) (done func(), err error) {
	free := t.of(f)
	select {
	case <-free:
		return func() { free <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (t *keyedMutex) of(f domain.FirmID) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free == nil {
		t.free = map[domain.FirmID]chan struct{}{}
	}
	if t.free[f] == nil {
		t.free[f] = make(chan struct{}, 1)
		t.free[f] <- struct{}{}
	}
	return t.free[f]
}
