package bus

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestAServerThatReadsOnAndOnIsNotWaitedFor: the engine says why it does not start, and ends when it is told to.
func TestAServerThatReadsOnAndOnIsNotWaitedFor(t *testing.T) {
	reads := make(chan struct{})
	defer close(reads)
	start := func() { <-reads }
	if err := finished(t.Context(), start, time.Millisecond); err == nil || !strings.Contains(err.Error(), "has not read its files within 1ms") {
		t.Errorf("too long: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := finished(ctx, start, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if err := finished(t.Context(), func() {}, time.Hour); err != nil {
		t.Errorf("it has read them: %v", err)
	}
}
