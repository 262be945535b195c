package syncing

import (
	"context"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// Wakes tell running syncs that something was recorded in a stream that they attend. The
// zero value is ready.
type Wakes struct {
	mu        sync.Mutex
	listeners map[domain.Stream]map[chan<- struct{}]int
}

// Wake lets the syncs that attend the stream look again at once, those that run here.
func (w *Wakes) Wake(s domain.Stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.listeners[s] {
		select {
		case c <- struct{}{}:
		default: // it is told already
		}
	}
}

// attend lets c hear of the streams until done. c holds one wake.
func (w *Wakes) attend(c chan<- struct{}, streams ...domain.Stream) (done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listeners == nil {
		w.listeners = map[domain.Stream]map[chan<- struct{}]int{}
	}
	for _, s := range streams {
		if w.listeners[s] == nil {
			w.listeners[s] = map[chan<- struct{}]int{}
		}
		w.listeners[s][c]++
	}
	return func() { w.leave(c, streams) }
}

func (w *Wakes) leave(c chan<- struct{}, streams []domain.Stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range streams {
		if w.listeners[s][c]--; w.listeners[s][c] == 0 {
			delete(w.listeners[s], c)
		}
		if len(w.listeners[s]) == 0 {
			delete(w.listeners, s)
		}
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
