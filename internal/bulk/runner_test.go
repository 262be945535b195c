package bulk_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/internal/bulk"
)

// rows are views without a bulk sync, which count how often they are read.
type rows struct {
	bulk.Views
	position, reads atomic.Uint64
}

func (r *rows) ActiveBulks() ([]bulk.Ref, error)              { r.reads.Add(1); return nil, nil }
func (r *rows) Changes() (position uint64, _ <-chan struct{}) { return r.position.Load(), nil }

// TestAnIdleRunnerReadsNothing: where no bulk sync is on its way the rows are read when the views
// have moved, and once a minute.
func TestAnIdleRunnerReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		views := &rows{}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- (&bulk.Runner{Views: views, Now: time.Now}).Run(ctx) }()
		time.Sleep(10*time.Minute + time.Second)
		if n := views.reads.Load(); n != 11 {
			t.Errorf("in ten minutes without an event the rows are read %d times, want 11", n)
		}
		views.position.Add(1)
		time.Sleep(2 * time.Second)
		if n := views.reads.Load(); n != 12 {
			t.Errorf("two seconds after an event the rows were read %d times, want 12", n)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
