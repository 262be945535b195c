package smokeball

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// Priority says whose turn comes sooner. No priority is ever starved.
type Priority int

// The priorities, the most urgent first.
const (
	Clicked Priority = iota // a person waits for it
	Live                    // an event that has just happened; the default
	Bulk                    // many matters at once
)

const priorities = 3

// String names the priority as the metrics do.
func (p Priority) String() string {
	switch p {
	case Clicked:
		return "clicked"
	case Bulk:
		return "bulk"
	}
	return "live"
}

type turn struct {
	firm     domain.FirmID
	priority Priority
}

type turnKey struct{}

// WithTurn marks the calls made under ctx: they take their turns among firm's with
// that priority. Calls without a mark are their own firm's, with priority Live.
func WithTurn(ctx context.Context, firm domain.FirmID, p Priority) context.Context {
	if p < Clicked || p > Bulk {
		p = Live
	}
	return context.WithValue(ctx, turnKey{}, turn{firm, p})
}

func turnOf(ctx context.Context) turn {
	t, ok := ctx.Value(turnKey{}).(turn)
	if !ok {
		return turn{priority: Live}
	}
	return t
}

// turnFor marks ctx for firm unless the caller has marked it.
func turnFor(ctx context.Context, firm domain.FirmID) context.Context {
	if _, ok := ctx.Value(turnKey{}).(turn); ok {
		return ctx
	}
	return WithTurn(ctx, firm, Live)
}
