package smokeball

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/casehug/smokeball-sync/domain"
)

// reservedCalls is how much of Smokeball's burst is left alone: requests that were spaced
// when they left may arrive closer together, and an engine before this one may have
// taken from the bucket.
const reservedCalls = 4

// Limiter hands out the app's allowance to all firms: never faster than the
// allowance, the most urgent priority first, firm by firm, none starved. A 429 pauses
// everybody. It is safe for concurrent use.
type Limiter struct {
	perSecond float64

	mu            sync.Mutex
	bucket        *rate.Limiter
	queue         queue
	slow          slowdown
	calls         tally
	grantedUnsent int // calls whose slot is granted and which are not sent yet
	travelling    travelling
	mostLeaving   int
	dispatching   bool
	slotFreed     chan struct{} // signals the dispatcher that a call gave up, was sent or was answered
}

// Allowance is the state of the limiter.
type Allowance struct {
	PerSecond      float64       // calls a second, at most
	UsedLastMinute int           // slots granted in the last 60 seconds
	Waiting        int           // calls that wait for their slot
	PausedFor      time.Duration // what is left of the pause after a 429
}

// NewLimiter makes a limiter for perSecond calls a second (more than 0) of which
// Smokeball takes burst at once. Of the burst it uses all but four, at least one.
func NewLimiter(perSecond float64, burst int) *Limiter {
	return &Limiter{perSecond: perSecond, calls: newTally(time.Now()), bucket: rate.NewLimiter(rate.Limit(perSecond), max(1, burst-reservedCalls)),
		mostLeaving: max(1, min(reservedCalls, burst-1)), slotFreed: make(chan struct{}, 1)}
}

// Wait returns when the caller has a slot (see WithPriority), or ctx's error. The caller
// calls sent once, when its call leaves or does not leave after all: of calls that still
// record their intents only so many have their slot at once as may arrive together.
func (l *Limiter) Wait(ctx context.Context) (sent func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &ticket{slot: slotOf(ctx), asker: askerOf(ctx), ready: make(chan struct{})}
	l.enter(t)
	select {
	case <-t.ready:
		return l.left, nil
	case <-ctx.Done():
		l.leave(t)
		return nil, ctx.Err()
	}
}

// left notes that a call whose slot was granted is on its way, or was kept back.
func (l *Limiter) left() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grantedUnsent--
	l.signalSlotFreed()
}

// depart notes that a call is sent now. answered is called once, when it is answered or never
// will be.
func (l *Limiter) depart() (answered func()) {
	at := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.travelling.add(at)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.travelling.answered(at, time.Now())
		l.signalSlotFreed()
	}
}

func (l *Limiter) signalSlotFreed() {
	select {
	case l.slotFreed <- struct{}{}:
	default:
	}
}

// enter queues the ticket and sees to it that somebody grants slots.
func (l *Limiter) enter(t *ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue.push(t)
	if !l.dispatching {
		l.dispatching = true
		go l.dispatch()
	}
}

// leave takes out a ticket whose caller has given up. One whose slot was granted at the same
// moment has cost it.
func (l *Limiter) leave(t *ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.granted {
		l.grantedUnsent--
	} else {
		l.queue.remove(t)
	}
	l.signalSlotFreed()
}

// dispatch grants slots until nobody waits.
func (l *Limiter) dispatch() {
	for {
		wait, more := l.handOut(time.Now())
		if !more {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.slotFreed:
		}
		timer.Stop()
	}
}

// handOut grants what may go now and returns how long the next one has to wait. more
// is false when nobody waits.
func (l *Limiter) handOut(now time.Time) (wait time.Duration, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.queue.size > 0 {
		if wait := l.wait(now); wait > 0 {
			return wait, true
		}
		t := l.queue.pop()
		t.granted = true
		l.grantedUnsent++
		close(t.ready)
		l.calls.add(t.asker, now)
	}
	l.dispatching = false
	return 0, false
}

// wait takes a token and returns 0, or takes none and returns how long to wait.
func (l *Limiter) wait(now time.Time) time.Duration {
	if left := l.slow.left(now); left > 0 {
		return left
	}
	if l.grantedUnsent >= l.mostLeaving {
		return time.Minute // one that leaves signals
	}
	if wait, ok := l.travelling.may(now, l.mostLeaving-l.grantedUnsent, l.perSecond); !ok {
		return wait
	}
	r := l.bucket.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay > 0 {
		r.CancelAt(now)
	}
	return delay
}

// learn notes the answer to a call sent at sent.
func (l *Limiter) learn(status int, sent time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if status == 429 {
		l.slow.refused(sent, time.Now())
	} else {
		l.slow.answered()
	}
}

// debit books a firm's request that was sent without a slot of its own.
func (l *Limiter) debit(firm domain.FirmID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.bucket.ReserveN(now, 1)
	l.calls.add(firm, now)
}

// Allowance is the state of the limiter at this moment.
func (l *Limiter) Allowance() Allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	return Allowance{PerSecond: l.perSecond, UsedLastMinute: len(l.calls.recent(now)), Waiting: l.queue.size, PausedFor: l.slow.left(now)}
}

// waiting counts the calls that wait for their slot, by priority.
func (l *Limiter) waiting() [priorities]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.sizes()
}

// Usage is what all firms and this one took of the allowance.
func (l *Limiter) Usage(firm domain.FirmID) Usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls.usage(firm, time.Now())
}
