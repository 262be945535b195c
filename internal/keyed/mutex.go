// Package keyed locks by key: one holder for each key at a time, whoever holds the others.
package keyed

import (
	"context"
	"sync"
)

// Mutex is one lock for each key. It remembers a key only while somebody holds its lock or
// waits for it. The zero value is ready.
type Mutex[K comparable] struct {
	mu    sync.Mutex
	locks map[K]*lock
}

type lock struct {
	free  chan struct{} // holds one element while nobody holds the lock
	users int           // the holder and those who wait
}

// Lock waits for the key's lock or for the end of ctx. The caller calls unlock once.
func (m *Mutex[K]) Lock(ctx context.Context, key K) (unlock func(), err error) {
	l := m.enter(key)
	select {
	case <-l.free:
		return func() { l.free <- struct{}{}; m.leave(key, l) }, nil
	case <-ctx.Done():
		m.leave(key, l)
		return nil, ctx.Err()
	}
}

func (m *Mutex[K]) enter(key K) *lock {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks == nil {
		m.locks = map[K]*lock{}
	}
	l := m.locks[key]
	if l == nil {
		l = &lock{free: make(chan struct{}, 1)}
		l.free <- struct{}{}
		m.locks[key] = l
	}
	l.users++
	return l
}

func (m *Mutex[K]) leave(key K, l *lock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(m.locks, key)
	}
}
