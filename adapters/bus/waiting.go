package bus

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// waiting counts, by firm, the events that the intake has not acknowledged. The intake holds
// [inFlight] messages at once, and those of one matter come one by one: without a share a firm
// whose events are slow to take in would hold all of them.
type waiting struct {
	mu sync.Mutex
	of map[string]int
}

// waitsMost is how many of one firm's events the intake may hold at once.
const waitsMost = inFlight / 4

// errBehind says that a firm's events before this one have not been taken in yet.
var errBehind = errors.New("the firm's earlier events are still being processed")

// enter takes a place for an event of the firm, and waits for one if there is none.
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

// leave gives a place back. What came before this start never took one.
func (w *waiting) leave(firm string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[firm] <= 1 {
		delete(w.of, firm)
		return
	}
	w.of[firm]--
}

// TakenIn notes that the intake has acknowledged an event of the firm of the subject.
func (b *Bus) TakenIn(subject string) {
	if b.embedded != nil {
		b.waiting.leave(firmOf(subject))
	}
}

// firmOf is the firm of casehug.{firm}.…
func firmOf(subject string) string {
	_, rest, _ := strings.Cut(subject, ".")
	firm, _, _ := strings.Cut(rest, ".")
	return firm
}
