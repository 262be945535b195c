package eventstore

import (
	"context"
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// TestAnAppendThatNobodyHeardWroteNothing tells it from one whose answer was lost: it is
// tried again, and where that does not help either, nobody needs to look what was written.
func TestAnAppendThatNobodyHeardWroteNothing(t *testing.T) {
	for _, err := range []error{nats.ErrNoResponders, jetstream.ErrNoStreamResponse} {
		if !passing(err) || errors.Is(appendError(err), errUnknownOutcome) {
			t.Errorf("%v: tried again %v, reported as %v", err, passing(err), appendError(err))
		}
	}
	if err := context.DeadlineExceeded; passing(err) || !errors.Is(appendError(err), errUnknownOutcome) {
		t.Errorf("%v: tried again %v, reported as %v", err, passing(err), appendError(err))
	}
}
