package bus

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// waiting counts, by firm, the events that the intake has not acknowledged. The intake has at
// most [inFlight] unacknowledged messages and handles those of one matter one by one: without a
// limit for each firm, one firm's slow events would use up all of them.
type waiting struct {
	mu sync.Mutex
	of map[string]*places
}

// places are those that a firm's events have in the intake.
type places struct {
	taken int
	next  []chan struct{} // who waits for one, the longest first; closed once it has one
}

// waitsMost is how many unacknowledged events one firm may have in the intake.
const waitsMost = inFlight / 4

// errBehind says that earlier events of the firm are not acknowledged yet.
var errBehind = errors.New("the firm's earlier events are still being processed")

// enter takes a place for an event of the firm. If there is none, it waits for one, behind those
// that wait already.
func (w *waiting) enter(ctx context.Context, firm string, within time.Duration) error {
	mine := w.queue(firm)
	if mine == nil {
		return nil
	}
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-mine:
		return nil
	case <-late.C:
	case <-ctx.Done():
	}
	if w.giveUp(firm, mine) {
		return errBehind
	}
	return nil // the place came at the same moment
}

// queue takes a place for the firm and returns nil, or else what is closed when there is one.
func (w *waiting) queue(firm string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.of[firm]
	if p == nil {
		if w.of == nil {
			w.of = map[string]*places{}
		}
		p = &places{}
		w.of[firm] = p
	}
	if p.taken < waitsMost {
		p.taken++
		return nil
	}
	mine := make(chan struct{})
	p.next = append(p.next, mine)
	return mine
}

// giveUp ends waiting. It returns false if the place is there by now.
func (w *waiting) giveUp(firm string, mine chan struct{}) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.of[firm]
	if p == nil {
		return false
	}
	at := slices.Index(p.next, mine)
	if at < 0 {
		return false
	}
	p.next = slices.Delete(p.next, at, at+1)
	return true
}

// leave gives a place back, or to whom waits longest. Events from before this start never took one,
// so there may be none to give back.
func (w *waiting) leave(firm string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.of[firm]
	switch {
	case p == nil:
	case len(p.next) > 0:
		close(p.next[0])
		p.next = p.next[1:]
	case p.taken <= 1:
		delete(w.of, firm)
	default:
		p.taken--
	}
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
