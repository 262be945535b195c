package smokeball_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

// TestACallWithoutPermitIsNotSent: a call which is kept back when its slot has
// come certainly did nothing, and may be retried.
func TestACallWithoutPermitIsNotSent(t *testing.T) {
	v := newVendor(t)
	v.on("POST /matters", matterFields, "", replies(202, `{"id":"`+uuidB+`"}`))
	cfg := config(v, signedIn())
	not := errors.New("somebody else is at it")
	asked := 0
	cfg.Permit = func(context.Context) error {
		if asked++; asked > 1 {
			return nil
		}
		return not
	}
	c := newClient(t, cfg)
	ce := fault(t, createMatter(t.Context(), c))
	if ce.Class != domain.Retryable || ce.Unsettled || !errors.Is(ce, not) || len(v.seen()) != 0 {
		t.Errorf("got %+v, and Smokeball saw %d calls", ce, len(v.seen()))
	}
	if err := createMatter(t.Context(), c); err != nil || len(v.seen()) != 1 {
		t.Errorf("with a permit: %v, and Smokeball saw %d calls", err, len(v.seen()))
	}
}

// TestTurnsEnd: calls which wait for their slot are given up as soon as the engine
// hands its lease over: the queue is not drained first.
func TestTurnsEnd(t *testing.T) {
	v := newVendor(t)
	v.on("POST /matters", matterFields, "", replies(202, `{"id":"`+uuidB+`"}`))
	cfg := config(v, signedIn())
	cfg.Rate, cfg.Burst = 0.01, 1
	c := newClient(t, cfg)
	if err := createMatter(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	over, end := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, end)
	ce := fault(t, createMatter(smokeball.WithSlotsUntil(t.Context(), over), c))
	if ce.Class != domain.Retryable || ce.Unsettled || len(v.seen()) != 1 {
		t.Errorf("got %+v, and Smokeball saw %d calls", ce, len(v.seen()))
	}
	if a := c.Allowance(""); a.Waiting != 0 {
		t.Errorf("%d calls wait still", a.Waiting)
	}
}
