package lease

import (
	"context"
	"errors"
	"sync"
	"time"
)

// term is the time for which this engine certainly leads.
type term struct {
	over        context.Context // ends when no new call may be sent
	leave       context.CancelFunc
	retryWindow time.Duration // how long a call waits for the lease to be renewed

	mu      sync.Mutex
	end     time.Time
	renewed chan struct{} // closed and replaced when end moves
}

type termKey struct{}

// sure is how long after the request an entry is certainly this engine's: a little less than its
// lifetime.
func (l Lease) sure() time.Duration { return l.Lifetime - l.Lifetime/4 }

func (l Lease) term(asked time.Time) *term {
	t := &term{end: asked.Add(l.sure()), renewed: make(chan struct{}), retryWindow: 2 * l.Lifetime}
	t.over, t.leave = context.WithCancel(context.Background())
	return t
}

func (t *term) prolong(end time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = end
	close(t.renewed)
	t.renewed = make(chan struct{})
}

// lasts reports whether the term has not ended by either clock: the monotonic clock may stop while
// a machine sleeps, and the wall clock may be set. renewed is closed when that may have changed.
func (t *term) lasts(now time.Time) (ok bool, renewed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.over.Err() == nil && now.Before(t.end) && now.Round(0).Before(t.end.Round(0)), t.renewed
}

// The errors of [Sure].
var (
	ErrLeaving   = errors.New("this engine hands its lease over")
	ErrUncertain = errors.New("another engine may lead by now")
)

// Sure returns nil if the lease under which ctx's work runs is certainly still this engine's. It
// is right even just after a pause of the process, before the engine learns that it has lost the
// lease. If the lease was not renewed in time, Sure waits for that, at most for twice the lifetime.
// For work without a lease it returns nil.
func Sure(ctx context.Context) error {
	t, ok := ctx.Value(termKey{}).(*term)
	if !ok {
		return nil
	}
	timer := time.NewTimer(t.retryWindow)
	defer timer.Stop()
	for {
		lasts, renewed := t.lasts(time.Now())
		if lasts {
			return nil
		}
		select {
		case <-renewed:
		case <-t.over.Done():
			return ErrLeaving
		case <-timer.C:
			return ErrUncertain
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Leaving returns a context that ends when the lease under which ctx's work runs is lost or about
// to be handed over: after that no new work may start. Without a lease it never ends.
func Leaving(ctx context.Context) context.Context {
	t, ok := ctx.Value(termKey{}).(*term)
	if !ok {
		return context.Background()
	}
	return t.over
}
