package syncing

import (
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// Notifier notifies running syncs of what was recorded in a stream to which they are subscribed. The
// zero value is ready.
type Notifier struct {
	mu        sync.Mutex
	listeners map[domain.Stream]map[chan<- struct{}]int
}

// Notify makes the syncs that are subscribed to the stream look again at once, those that run here.
func (w *Notifier) Notify(s domain.Stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.listeners[s] {
		select {
		case c <- struct{}{}:
		default: // a notice is pending already
		}
	}
}

// subscribe lets c hear of the streams until done. c holds one notice.
func (w *Notifier) subscribe(c chan<- struct{}, streams ...domain.Stream) (done func()) {
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
	return func() { w.unsubscribe(c, streams) }
}

func (w *Notifier) unsubscribe(c chan<- struct{}, streams []domain.Stream) {
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
