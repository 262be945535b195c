package syncing_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

func heardOf(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestWakes(t *testing.T) {
	var w syncing.Notifier
	mine, shared := domain.MatterStream(oak, "m_1"), domain.ContactStream(oak, "k_1")
	w.Notify(mine) // nobody attends it
	first, endFirst := w.Attend(mine, shared)
	other, endOther := w.Attend(domain.MatterStream(oak, "m_2"), shared)
	if heardOf(first) {
		t.Error("a wake from before is heard")
	}
	w.Notify(mine)
	w.Notify(mine)
	if !heardOf(first) || heardOf(first) || heardOf(other) {
		t.Error("two wakes of one stream are not heard as one, by the one who attends it")
	}
	if w.Notify(shared); !heardOf(first) || !heardOf(other) {
		t.Error("a wake of a shared stream is not heard by both")
	}
	if w.Notify(domain.MatterStream("f_elm", "m_1")); heardOf(first) {
		t.Error("another firm's wake is heard")
	}
	endFirst()
	if w.Notify(mine); heardOf(first) {
		t.Error("a wake is heard after the end")
	}
	if w.Notify(shared); !heardOf(other) {
		t.Error("the end of one is the end of another")
	}
	if endOther(); w.Attended() != 0 {
		t.Errorf("%d streams are attended by nobody", w.Attended())
	}
}

func TestLocksAreHeldByOneAtATime(t *testing.T) {
	var l syncing.KeyedMutex
	var mine, inside int
	var mu sync.Mutex
	var work sync.WaitGroup
	for range 50 {
		work.Go(func() {
			release, err := l.Acquire(t.Context(), domain.ContactStream(oak, "k_1"))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			if inside++; inside > 1 {
				t.Error("two hold the lock")
			}
			mine++
			mu.Unlock()
			mu.Lock()
			inside--
			mu.Unlock()
			release()
		})
	}
	work.Wait()
	if mine != 50 || l.Held() != 0 {
		t.Errorf("%d had the lock, %d locks are left", mine, l.Held())
	}
}

func TestLocksOfOtherStreamsAreFree(t *testing.T) {
	var l syncing.KeyedMutex
	one, err := l.Acquire(t.Context(), domain.ContactStream(oak, "k_1"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Acquire(t.Context(), domain.ContactStream(oak, "k_2"))
	if err != nil {
		t.Fatal(err)
	}
	one()
	other()
}

func TestALockThatIsGivenUpLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l syncing.KeyedMutex
		release, err := l.Acquire(t.Context(), domain.ContactStream(oak, "k_1"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Acquire(ctx, domain.ContactStream(oak, "k_1")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ended with %v", err)
		}
		release()
		if n := l.Held(); n != 0 {
			t.Errorf("%d locks are left", n)
		}
	})
}

// TestBackoffGrowsToItsCap tells that pauses are drawn from all that a fault's class and
// their number allow, and from no more.
func TestBackoffGrowsToItsCap(t *testing.T) {
	for _, c := range []struct {
		class  domain.Class
		faults int
		top    time.Duration
	}{
		{domain.Retryable, -1, time.Second}, {domain.Retryable, 1, time.Second}, {domain.Retryable, 2, 2 * time.Second}, {domain.Retryable, 5, 16 * time.Second},
		{domain.Retryable, 9, 256 * time.Second}, {domain.Retryable, 10, 5 * time.Minute}, {domain.Retryable, 1 << 40, 5 * time.Minute},
		{domain.Allowance, 1, 2 * time.Second}, {domain.Allowance, 3, 8 * time.Second}, {domain.Allowance, 6, time.Minute}, {domain.Allowance, 1 << 40, time.Minute},
	} {
		var low, high int
		for range 400 {
			d := syncing.Backoff(c.class, c.faults)
			if d < 0 || d >= c.top {
				t.Fatalf("the pause after %d faults of class %d is %s, want less than %s", c.faults, c.class, d, c.top)
			}
			if d < c.top/4 {
				low++
			}
			if d >= 3*c.top/4 {
				high++
			}
		}
		if low < 40 || high < 40 {
			t.Errorf("of 400 pauses after %d faults of class %d, %d are short and %d long", c.faults, c.class, low, high)
		}
	}
}
