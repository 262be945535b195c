package inbound_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/inbound"
)

// A fault of the engine is no reason to give a message up; what would fail again is.
func TestMaxDeliveries(t *testing.T) {
	for err, want := range map[error]uint64{
		io.ErrUnexpectedEOF:                                  0,
		context.DeadlineExceeded:                             0,
		eventstore.ErrConflict:                               0,
		eventstore.ErrDamaged:                                0,
		eventstore.ErrClosed:                                 0,
		bus.ErrClosed:                                        0,
		errors.New("no space left"):                          0,
		eventstore.ErrTooLarge:                               3,
		&bus.PanicError{Type: "string"}:                      3,
		&bus.HangError{After: time.Hour}:                     3,
		&domain.Unprocessable{Code: domain.CodeInvalidEvent}: 1,
	} {
		if got := inbound.MaxDeliveries(fmt.Errorf("handle: %w", err)); got != want {
			t.Errorf("%v is delivered %d times, want %d", err, got, want)
		}
	}
}
