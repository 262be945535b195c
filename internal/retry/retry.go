// Package retry says how long to wait before the next try, and waits. All parts of the
// engine share its one rule: a delay doubles from a first value to a limit, and up to a
// quarter of it is taken off at random.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is a range of delays that double with each failure in a row.
type Backoff struct {
	First, Limit time.Duration
}

// Delay is how long to wait after so many failures in a row; fewer than one count as one.
// Two callers that failed together get different delays, none longer than the limit.
func (b Backoff) Delay(failures int) time.Duration {
	d := b.First
	for ; failures > 1 && 0 < d && d < b.Limit; failures-- {
		d *= 2
	}
	return Jitter(min(d, b.Limit))
}

// Next doubles a delay within the range; the one after 0 is the first. It takes nothing
// off: it is for a single caller that keeps the last delay.
func (b Backoff) Next(last time.Duration) time.Duration {
	return min(max(2*last, b.First), b.Limit)
}

// Jitter takes up to a quarter off a delay at random.
func Jitter(d time.Duration) time.Duration {
	if d < 4 {
		return d
	}
	return d - rand.N(d/4)
}

// Wait returns nil after d, or ctx's error if ctx ends first.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
