package engine

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
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// Trouble of the engine's own is no reason to give an event up; what would fail again is.
func TestTries(t *testing.T) {
	for err, want := range map[error]uint64{
		io.ErrUnexpectedEOF:                                  0,
		context.DeadlineExceeded:                             0,
		eventstore.ErrConflict:                               0,
		eventstore.ErrDamaged:                                0,
		eventstore.ErrClosed:                                 0,
		bus.ErrClosed:                                        0,
		errors.New("no space left"):                          0,
		eventstore.ErrTooLarge:                               badTries,
		&bus.PanicError{Type: "string"}:                      badTries,
		&bus.HangError{After: time.Hour}:                     badTries,
		&domain.Unprocessable{Code: domain.CodeInvalidEvent}: 1,
	} {
		if got := tries(fmt.Errorf("handle: %w", err)); got != want {
			t.Errorf("%v is tried %d times, want %d", err, got, want)
		}
	}
}

// A webhook whose subject names no firm is nobody's, and unfit.
func TestWebhookOfNobody(t *testing.T) {
	for subject, want := range map[string]domain.FirmID{"smokeball.f_1.webhook.matter.updated": "f_1", "smokeball.": domain.Nobody, "smokeball.f$1.webhook.x": domain.Nobody} {
		if got := firmOfWebhook(subject); got != want {
			t.Errorf("%s is of firm %s, want %s", subject, got, want)
		}
		if want != domain.Nobody {
			continue
		}
		err := (&Engine{}).takeIn(t.Context(), syncing.Message{Subject: subject, Body: []byte(`{"data":{"type":"matter.updated"}}`)})
		if u := unprocessable(err); u == nil || u.Code != domain.CodeEventNotHandled {
			t.Errorf("%s is taken in with %v", subject, err)
		}
	}
}
