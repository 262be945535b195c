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
	settles  = time.Minute            // how long a cluster may take until it answers
	askAgain = 250 * time.Millisecond // before it is asked again
)

// The server's codes for a cluster that is not itself at the moment.
const (
	incomplete   = 10004
	noPeers      = 10005 // to put something on
	notAssigned  = 10007
	notAvailable = 10008
	notLeader    = 10009
	notEnabled   = 10076 // the library's own, too, where no server answers
)

// retrier is how long a question may be asked again that can do no harm twice: for the
// embedded server none, whose faults do not pass.
type retrier time.Duration

// retry asks until there is an answer, or a refusal that does not pass. A cluster that starts,
// or has just lost a server, is without a leader for a moment, and forgets what it was asked.
// The library gives up each single question after five seconds, where ctx has no deadline.
func (p retrier) retry(ctx context.Context, question func(context.Context) error) error {
	for ends := time.Now().Add(time.Duration(p)); ; {
		err := question(ctx)
		if p == 0 || !passing(err) {
			return err
		}
		if time.Now().After(ends) || retry.Wait(ctx, askAgain) != nil {
			return fmt.Errorf("the NATS cluster of ENGINE_NATS_URL does not get ready: %w; check that most of its servers run and reach each other", err)
		}
	}
}

// agree makes something that another engine may be making at the same moment. The server
// answers only one of those who ask for the same new stream, and forgets the others: they
// ask again soon, and find it. Each further question may take longer, for a cluster that is
// slow.
func (p retrier) agree(ctx context.Context, make func(context.Context) error) error {
	within := answers.First
	return p.retry(ctx, func(ctx context.Context) error {
		if p > 0 {
			limited, cancel := context.WithTimeout(ctx, within)
			defer cancel()
			ctx, within = limited, answers.Next(within)
		}
		err := make(ctx)
		if p > 0 && errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return fmt.Errorf("%w: %w", errMadeMeanwhile, err)
		}
		return err
	})
}

// answers is how long an answer about something new is waited for.
var answers = retry.Backoff{First: time.Second, Limit: 5 * time.Second}

// errMadeMeanwhile says that another engine has created what this one was about to create; the
// next read returns it.
var errMadeMeanwhile = errors.New("another engine has just made it")

// passing reports whether nobody answered, or for a reason that passes.
func passing(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return slices.Contains([]jetstream.ErrorCode{incomplete, noPeers, notAssigned, notAvailable, notLeader, notEnabled}, api.ErrorCode)
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders) ||
		errors.Is(err, nats.ErrDisconnected) || errors.Is(err, errMadeMeanwhile)
}
