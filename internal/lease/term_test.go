package lease

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestATermEndsByItself tells that who stood still finds the lease lost before anybody
// tells of it.
func TestATermEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Lease{Life: 10 * time.Second}
		term := l.term(time.Now())
		ctx := context.WithoutCancel(context.WithValue(t.Context(), termKey{}, term))
		if !Held(ctx) {
			t.Error("the lease is not held at first")
		}
		time.Sleep(7 * time.Second)
		term.prolong(time.Now().Add(l.sure()))
		time.Sleep(7 * time.Second)
		if !Held(ctx) {
			t.Error("the lease was renewed and is not held")
		}
		time.Sleep(time.Second)
		if Held(ctx) {
			t.Error("the lease is held for longer than its entry lives")
		}
		if !Held(t.Context()) {
			t.Error("work of no lease is held up")
		}
	})
}

// TestATermEndsByTheClockThatRanOn tells that a machine which slept, whose steady clock
// stood still, finds its lease lost.
func TestATermEndsByTheClockThatRanOn(t *testing.T) {
	now := time.Now()
	term := Lease{Life: 10 * time.Second}.term(now)
	if !term.lasts(now.Add(time.Second)) {
		t.Error("it ended after a second")
	}
	slept := now.Round(0).Add(time.Minute) // only the wall clock went on
	if term.lasts(slept) {
		t.Error("it lasts although a minute has passed")
	}
}
