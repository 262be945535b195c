package engine

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
)

// TestAFullBusAsksCallersToComeAgain tells a full stream, which is answered 503 with
// Retry-After, from other faults.
func TestAFullBusAsksCallersToComeAgain(t *testing.T) {
	c := domain.AsCallError(busFull(fmt.Errorf("publish: %w", bus.ErrFull)))
	if c == nil || c.Class != domain.Retryable || c.Failure.Code != "bus_full" || c.After != time.Minute {
		t.Errorf("%+v", c)
	}
	if err := busFull(io.EOF); !errors.Is(err, io.EOF) || domain.AsCallError(err) != nil || busFull(nil) != nil {
		t.Error(err)
	}
}
