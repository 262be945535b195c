package eventstore

import "sync"

// broadcast wakes everyone who waits for something new.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait gives a channel that the next ring closes. Take it before looking whether
// there is something new, so that nothing falls in between.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) notify() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
