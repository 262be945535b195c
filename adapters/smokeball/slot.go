package smokeball

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Priority says whose slot is granted sooner. None but Background is ever starved.
type Priority int

// The priorities, the most urgent first.
const (
	Clicked    Priority = iota // a person waits for it
	Live                       // an event that has just happened; the default
	Bulk                       // many matters at once
	Background                 // what fits in between: granted only while no other call waits
)

const priorities = 4

// String names the priority as the metrics do.
func (p Priority) String() string {
	switch p {
	case Clicked:
		return "clicked"
	case Bulk:
		return "bulk"
	case Background:
		return "background"
	}
	return "live"
}

type slot struct {
	firm     domain.FirmID
	priority Priority
	grant    time.Time // when the authorization that it uses was given
	writes   bool      // it changes something
	confirms bool      // it only looks whether what was accepted is there
}

// order is the call's place among those of its firm: the smallest goes first.
func (t slot) order() int {
	switch {
	case t.writes:
		return 0
	case t.confirms:
		return 2
	}
	return 1
}

type slotKey struct{}

type lastSlotKey struct{}

type confirmsKey struct{}

// ToConfirm marks the calls made under ctx as those that only look whether what Smokeball
// accepted is there: the firm's other calls may go before them.
func ToConfirm(ctx context.Context) context.Context {
	return context.WithValue(ctx, confirmsKey{}, true)
}

type countKey struct{}

// WithCount counts the calls made under ctx that get a slot, in n alone: an earlier count no longer
// grows by them.
func WithCount(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, countKey{}, n)
}

type waitsKey struct{}

// WithWaits reports the calls made under ctx that wait for their slot: begin is called when such
// a wait begins, and end when it is over.
func WithWaits(ctx context.Context, begin func() (end func())) context.Context {
	return context.WithValue(ctx, waitsKey{}, begin)
}

// beginWait tells that a call waits, until end.
func beginWait(ctx context.Context) (end func()) {
	if begin, ok := ctx.Value(waitsKey{}).(func() func()); ok {
		return begin()
	}
	return func() {}
}

// WithSlotsUntil marks the calls made under ctx: those that wait for their slot when over
// ends are given up, those that are under way are not.
func WithSlotsUntil(ctx, over context.Context) context.Context {
	return context.WithValue(ctx, lastSlotKey{}, over)
}

// slotsUntil is the context whose end is the end of waiting.
func slotsUntil(ctx context.Context) context.Context {
	if over, ok := ctx.Value(lastSlotKey{}).(context.Context); ok {
		return over
	}
	return context.Background()
}

// WithPriority marks the calls made under ctx: they take their slot among firm's with
// that priority. Calls without a mark are their own firm's, with priority Live.
func WithPriority(ctx context.Context, firm domain.FirmID, p Priority) context.Context {
	if p < Clicked || p > Background {
		p = Live
	}
	return context.WithValue(ctx, slotKey{}, slot{firm: firm, priority: p})
}

type askerKey struct{}

// OnBehalf marks the calls made under ctx that are made before the firm is connected: they have
// no place in the firm's queue and count as the firm's.
func OnBehalf(ctx context.Context, firm domain.FirmID) context.Context {
	return context.WithValue(ctx, askerKey{}, firm)
}

// askerOf is the firm that a call counts for.
func askerOf(ctx context.Context) domain.FirmID {
	if firm := slotOf(ctx).firm; firm != "" {
		return firm
	}
	firm, _ := ctx.Value(askerKey{}).(domain.FirmID)
	return firm
}

func slotOf(ctx context.Context) slot {
	t, ok := ctx.Value(slotKey{}).(slot)
	if !ok {
		return slot{priority: Live}
	}
	return t
}

// slotFor marks ctx for firm, unless the caller has marked it, and for the authorization
// that is used.
func slotFor(ctx context.Context, firm domain.FirmID, grant time.Time) context.Context {
	t, ok := ctx.Value(slotKey{}).(slot)
	if !ok {
		t = slot{firm: firm, priority: Live}
	}
	t.grant = grant
	return context.WithValue(ctx, slotKey{}, t)
}
