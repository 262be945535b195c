package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

var minute = retry.Backoff{First: time.Second, Limit: time.Minute}

func TestDelayDoublesUpToTheLimit(t *testing.T) {
	for failures, most := range map[int]time.Duration{
		-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 6: 32 * time.Second, 7: time.Minute, 8: time.Minute, 1 << 40: time.Minute,
	} {
		seen := map[time.Duration]bool{}
		for range 100 {
			d := minute.Delay(failures)
			if d > most || d < most*3/4 {
				t.Errorf("after %d failures: %v; want %v to %v", failures, d, most*3/4, most)
			}
			seen[d] = true
		}
		if len(seen) < 50 {
			t.Errorf("after %d failures: only %d different delays", failures, len(seen))
		}
	}
}

func TestNoRangeMeansNoDelay(t *testing.T) {
	if d := (retry.Backoff{}).Delay(1 << 40); d != 0 {
		t.Errorf("the delay is %v", d)
	}
}

func TestNextDoublesUpToTheLimit(t *testing.T) {
	d := time.Duration(0)
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		if d = minute.Next(d); d != want*time.Second {
			t.Errorf("the next delay is %v, want %v", d, want*time.Second)
		}
	}
}

func TestWaitEndsOnTimeOrWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := retry.Wait(t.Context(), time.Hour); err != nil || time.Since(began) != time.Hour {
			t.Errorf("waited %v, error %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		cancelled, cancel2 := context.WithCancel(t.Context())
		cancel2()
		if err := retry.Wait(cancelled, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("under a context that has ended: %v", err)
		}
		defer cancel()
		began = time.Now()
		if err := retry.Wait(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("waited %v, error %v", time.Since(began), err)
		}
	})
}
