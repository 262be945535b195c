package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Renewer has the file of the rows copied after something has left them: free pages keep the bytes of
// what was removed until they are used again.
type Renewer struct {
	Defaults domain.RetentionTimes
	// Newest is the ledger position of the newest event by which something left the rows; 0: none did.
	Newest func() (uint64, error)
	// RenewedUpTo is the last event after which the file was copied.
	RenewedUpTo func() (eventstore.Seq, error)
	// Renew asks for a copy.
	Renew func()
}

const (
	// betweenRenewals is the longest that removed bytes may stay in the file.
	betweenRenewals = 24 * time.Hour
	// renewedWithin is how long a copy may take before it is asked for again.
	renewedWithin = time.Minute
)

// Run copies until ctx ends, and returns nil then.
func (r Renewer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("renew the views after something has expired: %w", err)
		}
		_ = retry.Wait(ctx, within(r.Defaults, betweenRenewals))
	}
	return nil
}

// look returns when the file has nothing of what had been removed when it was called.
func (r Renewer) look(ctx context.Context) error {
	newest, err := r.Newest()
	var asked time.Time
	for ; err == nil && ctx.Err() == nil; _ = retry.Wait(ctx, 100*time.Millisecond) {
		at, failed := r.RenewedUpTo()
		if failed != nil || uint64(at) >= newest {
			return failed
		}
		if time.Since(asked) > renewedWithin {
			asked = time.Now()
			r.Renew()
		}
	}
	return err
}
