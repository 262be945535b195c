package syncing

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Listen is how a running sync hears that something happened to its matter.
func (w *Wakes) Listen(f domain.FirmID, m domain.MatterID) (woken <-chan struct{}, done func()) {
	return w.listen(f, m)
}

// Acquire is how a worker takes the lock of a stream.
func (l *Locks) Acquire(ctx context.Context, s domain.Stream) (release func(), err error) {
	return l.acquire(ctx, s)
}

// Held is the number of locks that somebody holds or waits for.
func (l *Locks) Held() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held)
}

// Backoff is the pause after an attempt.
func Backoff(attempt int) time.Duration { return backoff(attempt) }

// Fair is the order in which due work is handed out.
func (s *Scheduler) Fair(list []domain.Due) []domain.Due { return s.fair(list) }
