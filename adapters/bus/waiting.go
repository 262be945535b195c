package bus

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// waiting counts, by firm, the events that the intake has not acknowledged. The intake has at
// most [inFlight] unacknowledged messages and handles those of one matter one by one: without a
// limit for each firm, one firm's slow events would use up all of them.
type waiting struct {
	mu sync.Mutex
	of map[string]int
}

// waitsMost is how many unacknowledged events one firm may have in the intake.
const waitsMost = inFlight / 4

// errBehind says that earlier events of the firm are not acknowledged yet.
var errBehind = errors.New("the firm's earlier events are still being processed")

// enter takes a place for an event of the firm. If there is none, it waits for one.
func (w *waiting) enter(ctx context.Context, firm string, within time.Duration) error {
	for ends := time.Now().Add(within); !w.tryEnter(firm); {
		if time.Now().After(ends) || retry.Wait(ctx, 10*time.Millisecond) != nil {
			return errBehind
		}
	}
	return nil
}

func (w *waiting) tryEnter(firm string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[firm] >= waitsMost {
		return false
	}
	if w.of == nil {
		w.of = map[string]int{}
	}
	w.of[firm]++
	return true
}

// leave gives a place back. Events from before this start never took one, so the count may be 0.
func (w *waiting) leave(firm string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[firm] <= 1 {
		delete(w.of, firm)
		return
	}
	w.of[firm]--
}

// TakenIn gives back the place of an event that the intake has acknowledged.
func (b *Bus) TakenIn(subject string) {
	if b.embedded != nil {
		b.waiting.leave(firmOf(subject))
	}
}

// firmOf returns the firm of casehug.{firm}.…
func firmOf(subject string) string {
	_, rest, _ := strings.Cut(subject, ".")
	firm, _, _ := strings.Cut(rest, ".")
	return firm
}
