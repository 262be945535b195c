package lease

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestATermEndsByItself: an engine that was paused finds its lease uncertain before it is told,
// and sends nothing until the lease is renewed.
func TestATermEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Lease{Lifetime: 10 * time.Second}
		term := l.term(time.Now())
		ctx := context.WithValue(t.Context(), termKey{}, term)
		if err := Sure(ctx); err != nil {
			t.Errorf("the lease is not held at first: %v", err)
		}
		time.Sleep(7 * time.Second)
		term.prolong(time.Now().Add(l.sure()))
		time.Sleep(7 * time.Second)
		if err := Sure(ctx); err != nil {
			t.Errorf("the lease was renewed and is not held: %v", err)
		}
		time.Sleep(time.Second)
		began := time.Now()
		if err := Sure(ctx); !errors.Is(err, ErrUncertain) || time.Since(began) != 2*l.Lifetime {
			t.Errorf("a call got %v after %s, want a refusal after twice the lease's life", err, time.Since(began))
		}
		time.AfterFunc(time.Second, func() { term.prolong(time.Now().Add(l.sure())) })
		if err := Sure(ctx); err != nil {
			t.Errorf("the lease was renewed while a call waited, which got %v", err)
		}
		if err := Sure(t.Context()); err != nil {
			t.Errorf("work of no lease is held up: %v", err)
		}
	})
}

// TestAHandoverRefusesAtOnce: once the engine is told to stop it sends no call, not even one that
// waits for the lease to be renewed.
func TestAHandoverRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Lease{Lifetime: 10 * time.Second}
		term := l.term(time.Now())
		ctx := context.WithValue(t.Context(), termKey{}, term)
		time.Sleep(8 * time.Second)
		time.AfterFunc(time.Second, term.leave)
		began := time.Now()
		if err := Sure(ctx); !errors.Is(err, ErrLeaving) || time.Since(began) != time.Second {
			t.Errorf("a call that waits got %v after %s", err, time.Since(began))
		}
		term.prolong(time.Now().Add(l.sure()))
		if err := Sure(ctx); !errors.Is(err, ErrLeaving) {
			t.Errorf("a call after the handover got %v", err)
		}
		if Leaving(ctx).Err() == nil || Leaving(t.Context()).Err() != nil {
			t.Error("Leaving tells another thing than Sure")
		}
	})
}

// TestATermEndsByTheClockThatRanOn: a machine that slept, and whose monotonic clock stopped
// meanwhile, finds its lease lost.
func TestATermEndsByTheClockThatRanOn(t *testing.T) {
	now := time.Now()
	term := Lease{Lifetime: 10 * time.Second}.term(now)
	if ok, _ := term.lasts(now.Add(time.Second)); !ok {
		t.Error("it ended after a second")
	}
	slept := now.Round(0).Add(time.Minute) // only the wall clock went on
	if ok, _ := term.lasts(slept); ok {
		t.Error("it lasts although a minute has passed")
	}
}
