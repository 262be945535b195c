package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

const (
	tailExpiry    = 10 * time.Second // of one pull
	tailHeartbeat = time.Second      // two missing ones: the consumer is lost
	tailIdle      = time.Minute      // after which the server forgets a consumer
	tailRetry     = 250 * time.Millisecond
)

// Tail implements Store. It resumes by itself after a loss of the connection, the server or the
// consumer.
func (j *JetStream) Tail(ctx context.Context, after Seq) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		t := tail{JetStream: j, pos: after}
		defer t.close()
		if err := t.begin(ctx); err != nil {
			yieldUnlessEnded(ctx, err, yield)
			return
		}
		for {
			env, err := t.next(ctx)
			if err != nil {
				yieldUnlessEnded(ctx, err, yield)
				return
			}
			j.seen.note(env.Stream.String(), env.Seq)
			if !yield(env, nil) {
				return
			}
		}
	}
}

// reached fails if the log ends before the position that a reader has seen.
func (j *JetStream) reached(ctx context.Context, after Seq) error {
	last, err := j.Last(ctx)
	if err != nil {
		return err
	}
	if after > last {
		return behind(last, after, "a reader")
	}
	return nil
}

// tail reads the log through its own consumer. The ledger has no holes, so a gap means that a
// message was lost on the way, and tail makes a new consumer to get it. If the new consumer has
// the same gap, the ledger is damaged.
type tail struct {
	*JetStream
	pos   Seq // the last position that was yielded
	msgs  jetstream.MessagesContext
	fresh bool // msgs has delivered nothing yet
}

// begin fails if the log ends before the reader's position.
func (t *tail) begin(ctx context.Context) error {
	for {
		err := t.reached(ctx, t.pos)
		if err == nil || ctx.Err() != nil || t.final(ctx, err) || errors.Is(err, ErrDamaged) {
			return err
		}
		t.again(ctx, err)
	}
}

// next waits for the event after pos. Its error is final.
func (t *tail) next(ctx context.Context) (Envelope, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Envelope{}, err
		}
		m, err := t.receive(ctx)
		if t.final(ctx, err) {
			return Envelope{}, fmt.Errorf("tail ledger in JetStream: %w", err)
		}
		if err != nil {
			t.again(ctx, err)
			continue
		}
		seq, err := position(m)
		if err != nil {
			return Envelope{}, fmt.Errorf("tail ledger in JetStream: %w", err)
		}
		if seq > t.pos+1 && t.fresh {
			return Envelope{}, damaged(t.pos+1, fmt.Sprintf("it is missing; the next one is %d", seq))
		}
		if seq > t.pos+1 {
			t.close()
		}
		if seq != t.pos+1 {
			continue
		}
		t.pos, t.fresh = seq, false
		return envelopeOf(m, seq, t.seals)
	}
}

// receive returns the next message. If there is no consumer, it makes one.
func (t *tail) receive(ctx context.Context) (jetstream.Msg, error) {
	if t.msgs == nil {
		if err := t.open(ctx); err != nil {
			return nil, err
		}
	}
	return t.msgs.Next(jetstream.NextContext(ctx))
}

func (t *tail) open(ctx context.Context) error {
	ctx, cancel := t.deadline(ctx)
	defer cancel()
	c, err := t.js.CreateConsumer(ctx, LedgerStream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       uint64(t.pos) + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: tailIdle,
	})
	if err != nil {
		return err
	}
	// In a cluster the answer above may come before this server has a route to the consumer. A
	// pull that is sent then is lost without an error. A request for the consumer's info
	// establishes the route.
	if _, err := c.Info(ctx); err != nil {
		return err
	}
	t.msgs, err = c.Messages(jetstream.PullExpiry(tailExpiry), jetstream.PullHeartbeat(tailHeartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	t.fresh = true
	return err
}

// again drops the consumer and waits before a new one is made.
func (t *tail) again(ctx context.Context, cause error) {
	t.close()
	if ctx.Err() != nil {
		return
	}
	t.log.Warn("ledger tail interrupted", "seq", t.pos, "err", cause)
	// The caller's loop checks ctx, whose end is Wait's only error.
	_ = retry.Wait(ctx, tailRetry)
}

func (t *tail) close() {
	if t.msgs != nil {
		t.msgs.Stop()
		t.msgs = nil
	}
}

// final reports whether a request for the ledger's stream would fail again.
func (j *JetStream) final(ctx context.Context, err error) bool {
	return errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrStreamNotFound) && j.removed(ctx)
}

// removed reports whether the cluster has not known the ledger's stream for a while. A server that has
// just been elected the cluster's leader may not know a new stream yet.
func (j *JetStream) removed(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, removedFor)
	defer cancel()
	for {
		if _, err := j.js.Stream(ctx, LedgerStream); !errors.Is(err, jetstream.ErrStreamNotFound) {
			return false
		}
		if retry.Wait(ctx, askPause) != nil {
			return true
		}
	}
}

// removedFor is how long a cluster may not know of a stream that it has.
const removedFor = 5 * time.Second

func position(m jetstream.Msg) (Seq, error) {
	meta, err := m.Metadata()
	if err != nil {
		return 0, err
	}
	return Seq(meta.Sequence.Stream), nil
}

func envelopeOf(m jetstream.Msg, seq Seq, s Sealer) (Envelope, error) {
	r, err := parseMessage(m.Subject(), m.Headers(), m.Data())
	if err != nil {
		return Envelope{}, damaged(seq, err.Error())
	}
	return r.envelope(seq, s)
}
