package keyed

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAKeyHasOneHolderAtATime(t *testing.T) {
	var m Mutex[string]
	var inside, had atomic.Int32
	var work sync.WaitGroup
	for range 50 {
		work.Go(func() {
			unlock, err := m.Lock(t.Context(), "k_1")
			if err != nil {
				t.Error(err)
				return
			}
			if inside.Add(1) > 1 {
				t.Error("two hold the lock")
			}
			had.Add(1)
			inside.Add(-1)
			unlock()
		})
	}
	work.Wait()
	if had.Load() != 50 || len(m.locks) != 0 {
		t.Errorf("%d had the lock, %d keys are remembered", had.Load(), len(m.locks))
	}
}

func TestKeysDoNotWaitForEachOther(t *testing.T) {
	var m Mutex[string]
	one, err := m.Lock(t.Context(), "k_1")
	if err != nil {
		t.Fatal(err)
	}
	other, err := m.Lock(t.Context(), "k_2")
	if err != nil {
		t.Fatal(err)
	}
	one()
	other()
}

func TestAWaitThatIsGivenUpLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Mutex[string]
		unlock, err := m.Lock(t.Context(), "k_1")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.Lock(ctx, "k_1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ended with %v", err)
		}
		unlock()
		if n := len(m.locks); n != 0 {
			t.Errorf("%d keys are remembered", n)
		}
	})
}
