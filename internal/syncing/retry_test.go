package syncing_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// TestAnAllowanceComesBackSoonerThanSmokeball tells that the class of a fault chooses the
// range of the pauses.
func TestAnAllowanceComesBackSoonerThanSmokeball(t *testing.T) {
	for _, c := range []struct {
		class  domain.Class
		faults int
		most   time.Duration
	}{
		{domain.Retryable, 1, time.Second}, {domain.Retryable, 5, 16 * time.Second}, {domain.Retryable, 10, 5 * time.Minute}, {domain.Retryable, 1 << 40, 5 * time.Minute},
		{domain.Allowance, 1, 2 * time.Second}, {domain.Allowance, 3, 8 * time.Second}, {domain.Allowance, 6, time.Minute}, {domain.Allowance, 1 << 40, time.Minute},
	} {
		if d := syncing.Backoff(c.class, c.faults); d > c.most || d < c.most*3/4 {
			t.Errorf("the pause after %d faults of class %d is %s, want %s to %s", c.faults, c.class, d, c.most*3/4, c.most)
		}
	}
}
