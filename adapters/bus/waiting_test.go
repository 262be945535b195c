package bus

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestAPlaceGoesToWhoWaitsLongest, as soon as it is given back.
func TestAPlaceGoesToWhoWaitsLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w waiting
		fill(t, &w)
		got := make(chan int, 2)
		for i := range 2 {
			go func() {
				if err := w.enter(t.Context(), "f_1", time.Hour); err != nil {
					t.Error(err)
				}
				got <- i
			}()
			synctest.Wait()
		}
		if err := w.enter(t.Context(), "f_2", 0); err != nil {
			t.Errorf("another firm's event: %v", err)
		}
		began := time.Now()
		for want := range 2 {
			w.leave("f_1")
			if who := <-got; who != want || time.Since(began) > 0 {
				t.Errorf("the place goes to %d after %s, want %d at once", who, time.Since(began), want)
			}
		}
		if err := w.enter(t.Context(), "f_1", time.Second); !errors.Is(err, errBehind) {
			t.Errorf("one more than there are places: %v", err)
		}
	})
}

// TestWhoGivesUpGetsNoPlace: the next one does, and no place is lost.
func TestWhoGivesUpGetsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w waiting
		fill(t, &w)
		gone, cancel := context.WithCancel(t.Context())
		go cancel()
		if err := w.enter(gone, "f_1", time.Hour); !errors.Is(err, errBehind) {
			t.Errorf("whose context ends: %v", err)
		}
		if err := w.enter(t.Context(), "f_1", time.Second); !errors.Is(err, errBehind) {
			t.Errorf("whose time is over: %v", err)
		}
		for range waitsMost + 1 { // one event is from before this start
			w.leave("f_1")
		}
		if len(w.of) > 0 {
			t.Errorf("firms without events are kept: %v", w.of)
		}
		fill(t, &w)
	})
}

// fill takes all places of a firm.
func fill(t *testing.T, w *waiting) {
	for i := range waitsMost {
		if err := w.enter(t.Context(), "f_1", 0); err != nil {
			t.Fatalf("place %d: %v", i, err)
		}
	}
}
