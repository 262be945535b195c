package syncing

import (
	"context"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// Wakes tell running syncs that something happened to their matter. The zero value
// is ready.
type Wakes struct {
	mu        sync.Mutex
	listeners map[domain.Stream]chan struct{}
}

// Wake lets the sync of the matter look again at once, if one runs here.
func (w *Wakes) Wake(f domain.FirmID, m domain.MatterID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.listeners[domain.MatterStream(f, m)] <- struct{}{}:
	default: // nobody listens, or is told already
	}
}

func (w *Wakes) listen(f domain.FirmID, m domain.MatterID) (woken <-chan struct{}, done func()) {
	c := make(chan struct{}, 1)
	key := domain.MatterStream(f, m)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listeners == nil {
		w.listeners = map[domain.Stream]chan struct{}{}
	}
	w.listeners[key] = c
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.listeners, key)
	}
}

// Locks are one lock per stream. The zero value is ready.
type Locks struct {
	mu   sync.Mutex
	held map[domain.Stream]*lock
}

type lock struct {
	turn  chan struct{} // holds one token while the lock is free
	users int
}

// acquire waits for the stream's lock, or for ctx's end. release gives it back.
func (l *Locks) acquire(ctx context.Context, s domain.Stream) (release func(), err error) {
	k := l.enter(s)
	select {
	case <-k.turn:
		return func() { k.turn <- struct{}{}; l.leave(s, k) }, nil
	case <-ctx.Done():
		l.leave(s, k)
		return nil, ctx.Err()
	}
}

func (l *Locks) enter(s domain.Stream) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[domain.Stream]*lock{}
	}
	k := l.held[s]
	if k == nil {
		k = &lock{turn: make(chan struct{}, 1)}
		k.turn <- struct{}{}
		l.held[s] = k
	}
	k.users++
	return k
}

func (l *Locks) leave(s domain.Stream, k *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.held, s)
	}
}
