package syncing_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// TestDocumentsLeaveTheStoreAWeekAfterTheyWereConfirmed tells that nothing goes before, that
// it goes once, and that what is not confirmed stays.
func TestDocumentsLeaveTheStoreAWeekAfterTheyWereConfirmed(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		var gone []string
		tidy := syncing.ObjectCleanup{Ledger: o.ledger, Checkpoint: &mark{}, After: 7 * 24 * time.Hour, Now: time.Now,
			Delete: func(_ context.Context, f domain.FirmID, object string, before time.Time) error {
				if f != oak || before.After(time.Now().Add(-7*24*time.Hour)) {
					t.Errorf("%s of %s is deleted if put before %s", object, f, before)
				}
				gone = append(gone, object)
				return nil
			}}
		ctx, cancel := context.WithCancel(o.Context())
		defer cancel()
		for _, days := range []time.Duration{6, 2} {
			ctx, stop := context.WithTimeout(ctx, days*24*time.Hour)
			o.must(tidy.Run(ctx))
			stop()
			synctest.Wait()
			if days == 6 && len(gone) > 0 {
				t.Errorf("after six days %q are gone", gone)
			}
		}
		if len(gone) != 1 || !slices.Contains(gone, "casehug-documents/d_retainer") {
			t.Errorf("after eight days %q are gone", gone)
		}
	})
}
