package syncing

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// DeadLetterRetention closes dead letters that nobody settled within domain.DeadLetterRetention.
type DeadLetterRetention struct {
	Ledger eventstore.Store
	Now    func() time.Time
	Log    *slog.Logger
	Firms  func() ([]domain.FirmID, error)
	// Old lists a firm's open dead letters that came before a time.
	Old func(f domain.FirmID, came time.Time) (ids []string, err error)
}

// betweenEnds is the pause between two searches for dead letters to close.
const betweenEnds = 6 * time.Hour

// Run looks until ctx ends, and returns nil then.
func (l DeadLetterRetention) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if err := l.Look(ctx); err != nil && ctx.Err() == nil {
			l.Log.Error("can't close expired dead letters; the engine retries", "err", err)
		}
		timer.Reset(betweenEnds)
	}
}

// Look closes the dead letters that are due.
func (l DeadLetterRetention) Look(ctx context.Context) error {
	firms, err := l.Firms()
	if err != nil {
		return err
	}
	var faults error
	for _, f := range append(firms, domain.Nobody) {
		ids, err := l.Old(f, l.Now().Add(-domain.DeadLetterRetention))
		faults = errors.Join(faults, err)
		for _, id := range ids {
			_, _, err := eventstore.Execute(ctx, l.Ledger, l.Now, domain.DeadLetterStream(f, id),
				func(d domain.DeadLetter) ([]domain.Event, error) { return d.Expire(), nil })
			faults = errors.Join(faults, err)
		}
	}
	return faults
}
