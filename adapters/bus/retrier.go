package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

const (
	settles  = time.Minute            // how long a cluster may take to answer
	askAgain = 250 * time.Millisecond // between two requests
)

// The server's codes for a cluster that is not ready at the moment.
const (
	incomplete   = 10004
	noPeers      = 10005 // to place a stream or consumer on
	notAssigned  = 10007
	notAvailable = 10008
	notLeader    = 10009
	notEnabled   = 10076 // also the library's code when no server answers
)

// retrier is how long an idempotent request is retried. It is 0 for the embedded server, whose
// faults are not transient.
type retrier time.Duration

// retry repeats a request until it succeeds or fails for a reason that is not transient. A
// cluster that starts, or has just lost a server, has no leader for a moment and loses requests.
// If ctx has no deadline, the library ends each request after five seconds.
func (p retrier) retry(ctx context.Context, question func(context.Context) error) error {
	for ends := time.Now().Add(time.Duration(p)); ; {
		err := question(ctx)
		if p == 0 || !passing(err) && !unknown(err) {
			return err
		}
		if time.Now().After(ends) || retry.Wait(ctx, askAgain) != nil {
			return fmt.Errorf("the NATS cluster of ENGINE_NATS_URL did not become ready: %w; check that most of its servers run and reach each other", err)
		}
	}
}

// unknown reports whether a server did not know a stream, bucket or consumer of the table. All were made
// before they are asked for, but a server that has just been elected the cluster's leader does not know of
// the newest for a moment.
func unknown(err error) bool {
	return errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound)
}

// agree makes something that another engine may be making at the same moment. Of several requests
// for the same new stream the server answers only one and drops the others: those retry soon and
// find the stream. Each retry has a longer timeout, in case the cluster is slow.
func (p retrier) agree(ctx context.Context, make func(context.Context) error) error {
	within := answers.First
	if p == 0 {
		within = embeddedAnswers
	}
	return p.retry(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		within = answers.Next(within)
		err := make(ctx)
		if p > 0 && errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return fmt.Errorf("%w: %w", errMadeMeanwhile, err)
		}
		return err
	})
}

// answers are the timeouts of agree's requests.
var answers = retry.Backoff{First: time.Second, Limit: 5 * time.Second}

// embeddedAnswers is how long the embedded server may take for a request. It waits for the disk,
// which may be busy while an engine starts.
const embeddedAnswers = 30 * time.Second

// errMadeMeanwhile says that another engine has created what this one was about to create; the
// next read returns it.
var errMadeMeanwhile = errors.New("another engine has just made it")

// passing reports whether a request failed for a transient reason, such as no answer.
func passing(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return slices.Contains([]jetstream.ErrorCode{incomplete, noPeers, notAssigned, notAvailable, notLeader, notEnabled}, api.ErrorCode)
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders) ||
		errors.Is(err, nats.ErrDisconnected) || errors.Is(err, errMadeMeanwhile) || errors.Is(err, errUnreadable)
}
