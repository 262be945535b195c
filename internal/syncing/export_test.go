package syncing

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Attend is how a running sync hears that something was recorded in streams.
func (w *Notifier) Attend(streams ...domain.Stream) (woken <-chan struct{}, done func()) {
	c := make(chan struct{}, 1)
	return c, w.subscribe(c, streams...)
}

// Attended is the number of streams that somebody attends.
func (w *Notifier) Attended() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.listeners)
}

// Fresh is how long a contact that was shown counts as there.
const Fresh = fresh

// Recent is how long a matter that was shown counts as there.
const Recent = recent

// Backoff is the pause after so many faults in a row.
func Backoff(c domain.Class, faults int) time.Duration { return backoff(c).Delay(faults) }

// Classes of work.
const (
	Clicked = int(clicked)
	Live    = int(live)
)

// Ask queues work of a firm; start hears that it has a worker.
func (w *Workers) Ask(f domain.FirmID, c int, start func()) {
	w.ask(&job{firm: f, class: class(c), start: func() bool { start(); return true }})
}

// Free takes a worker back from a firm.
func (w *Workers) Free(f domain.FirmID) { w.free(f) }

// BetweenLooks is the pause before the next look for an awaited object.
func BetweenLooks(waited time.Duration) time.Duration { return betweenLooks(waited) }

// Rest is how a sync waits for others, and Rests whether one does.
func (c *Calls) Rest(s domain.Stream, now func() time.Time) (goOn func()) { return c.rest(s, now) }
func (c *Calls) Rests(s domain.Stream) bool                               { return c.rests(s) }
