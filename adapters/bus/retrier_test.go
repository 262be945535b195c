package bus

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var refusals = map[string]struct {
	err    error
	passes bool
}{
	"no answer":           {context.DeadlineExceeded, true},
	"nobody listens":      {nats.ErrNoResponders, true},
	"nobody leads":        {&jetstream.APIError{Code: 503, ErrorCode: notAvailable}, true},
	"a peer is missing":   {&jetstream.APIError{Code: 400, ErrorCode: noPeers}, true},
	"no such stream yet":  {jetstream.ErrStreamNotFound, true},
	"no such bucket yet":  {jetstream.ErrBucketNotFound, true},
	"no consumer yet":     {jetstream.ErrConsumerNotFound, true},
	"JetStream is off":    {jetstream.ErrJetStreamNotEnabled, true},
	"not in this account": {jetstream.ErrJetStreamNotEnabledForAccount, false},
	"another fault":       {errors.New("no"), false},
	"no longer connected": {nats.ErrConnectionClosed, false},
}

// TestAClusterThatSettlesIsAskedAgain: which refusals pass, and that the question is
// asked until they have.
func TestAClusterThatSettlesIsAskedAgain(t *testing.T) {
	for name, r := range refusals {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				err := retrier(settles).retry(t.Context(), func(context.Context) error {
					if asked++; asked < 20 {
						return r.err
					}
					return nil
				})
				if r.passes != (err == nil) || r.passes != (asked == 20) {
					t.Errorf("asked %d times: %v", asked, err)
				}
			})
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		silent := func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		err := retrier(settles).retry(t.Context(), silent)
		if took := time.Since(began); err == nil || !strings.Contains(err.Error(), "ENGINE_NATS_URL") || took < settles || took > settles+10*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		began = time.Now()
		if err := retrier(settles).retry(gone, silent); err == nil || time.Since(began) > time.Second {
			t.Errorf("called off: %v after %s", err, time.Since(began))
		}
		if err := retrier(0).retry(t.Context(), func(context.Context) error { return nats.ErrTimeout }); !errors.Is(err, nats.ErrTimeout) {
			t.Errorf("the embedded server: %v", err)
		}
	})
}
