package readback

import (
	"context"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Presence is when an engine last showed that it could take webhooks in.
type Presence interface {
	// Seen is the zero time where none ever did.
	Seen(ctx context.Context) (time.Time, error)
	Show(ctx context.Context, at time.Time) error
}

// Gaps notices the times in which no engine could take webhooks in, and requests a sweep of
// every connected firm after each. Every engine runs it: none writes that it is there before
// the requests of the gap before it are on record, and a request is recorded once.
type Gaps struct {
	Ledger   eventstore.Store
	Presence Presence
	// Firms lists the connected firms, from rows that have everything that was recorded before
	// the engine started.
	Firms func(ctx context.Context) ([]domain.FirmID, error)
	Now   func() time.Time
	Log   *slog.Logger
}

const (
	// longestGap is how long no engine may be there without a sweep: Smokeball repeats a webhook
	// that was not taken, for longer than that perhaps not.
	longestGap = time.Minute
	// presenceInterval is how often an engine shows that it is there.
	presenceInterval = 30 * time.Second
)

// Run watches until ctx ends, and returns nil then.
func (g Gaps) Run(ctx context.Context) error {
	var last time.Time // when this engine showed its presence; zero: it did not yet
	for ctx.Err() == nil {
		at, err := g.look(ctx, last)
		if err != nil && ctx.Err() == nil {
			g.Log.Warn("can't note that this engine takes webhooks in; retrying", "err", err)
		}
		last = at
		_ = retry.Wait(ctx, presenceInterval) // ends early with ctx only
	}
	return nil
}

// look requests sweeps where there was a gap, and shows the engine's presence. It returns when it
// did.
func (g Gaps) look(ctx context.Context, last time.Time) (time.Time, error) {
	if last.IsZero() {
		seen, err := g.Presence.Seen(ctx)
		if err != nil {
			return last, err
		}
		last = seen
	}
	if now := g.Now(); !last.IsZero() && now.Sub(last) > longestGap {
		g.Log.Info("no engine took webhooks in for a while; the engine sweeps what changed in Smokeball", "since", last, "for", now.Sub(last).Round(time.Second))
		if err := g.request(ctx, last); err != nil {
			return time.Time{}, err
		}
	}
	now := g.Now()
	if err := g.Presence.Show(ctx, now); err != nil {
		return time.Time{}, err
	}
	return now, nil
}

// request requests a sweep of every connected firm.
func (g Gaps) request(ctx context.Context, since time.Time) error {
	firms, err := g.Firms(ctx)
	if err != nil {
		return err
	}
	e := domain.SweepRequested{Reason: domain.SweepRestart, Since: since.UTC()}
	for _, f := range firms {
		_, _, err := eventstore.Execute(ctx, g.Ledger, g.Now, domain.SweepStream(f), func(s domain.Sweeps) ([]domain.Event, error) { return s.Request(e), nil })
		if err != nil {
			return err
		}
	}
	return nil
}
