package smokeball

import (
	"context"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// firmLocks let one goroutine at a time work for a firm. The zero value is ready.
type firmLocks struct {
	mu   sync.Mutex
	held map[domain.FirmID]*firmLock
}

type firmLock struct {
	free  chan struct{} // holds one element while nobody has the lock
	users int           // who has it or waits for it; 0: forgotten
}

// lock waits for the firm's lock or for the end of ctx.
func (l *firmLocks) lock(ctx context.Context, firm domain.FirmID) (unlock func(), err error) {
	lock := l.join(firm)
	select {
	case <-lock.free:
		return func() { lock.free <- struct{}{}; l.part(firm, lock) }, nil
	case <-ctx.Done():
		l.part(firm, lock)
		return nil, ctx.Err()
	}
}

func (l *firmLocks) join(firm domain.FirmID) *firmLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[domain.FirmID]*firmLock{}
	}
	lock := l.held[firm]
	if lock == nil {
		lock = &firmLock{free: make(chan struct{}, 1)}
		lock.free <- struct{}{}
		l.held[firm] = lock
	}
	lock.users++
	return lock
}

func (l *firmLocks) part(firm domain.FirmID, lock *firmLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lock.users--; lock.users == 0 {
		delete(l.held, firm)
	}
}
