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
	tailHeartbeat = time.Second      // twice without one: the consumer is gone
	tailIdle      = time.Minute      // after which the server forgets a consumer
	tailRetry     = 250 * time.Millisecond
)

// Tail implements Store. It goes on by itself when the connection, the server or the
// consumer comes back.
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
			if !yield(env, nil) {
				return
			}
		}
	}
}

// reached makes sure that the log has come to the position that a reader has seen.
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

// tail reads the log through a consumer of its own. The ledger has no holes, so a
// message that is not the next one was lost on the way, and a new consumer brings it.
// Where a new consumer leaves the same hole, the ledger is damaged.
type tail struct {
	*JetStream
	pos   Seq // the last position that was handed out
	msgs  jetstream.MessagesContext
	fresh bool // msgs has brought nothing yet
}

// begin makes sure that the log has come to where the reader is.
func (t *tail) begin(ctx context.Context) error {
	for {
		err := t.reached(ctx, t.pos)
		if err == nil || ctx.Err() != nil || final(err) || errors.Is(err, ErrDamaged) {
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
		if final(err) {
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
		return envelopeOf(m, seq)
	}
}

// receive takes the next message, from a new consumer where there is none.
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
	// In a cluster the answer above may come before this server knows where the
	// consumer listens; a pull sent then is lost without a word. Asking the consumer
	// once more makes the way known.
	if _, err := c.Info(ctx); err != nil {
		return err
	}
	t.msgs, err = c.Messages(jetstream.PullExpiry(tailExpiry), jetstream.PullHeartbeat(tailHeartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	t.fresh = true
	return err
}

// again gives up the consumer and waits a little before there is a new one.
func (t *tail) again(ctx context.Context, cause error) {
	t.close()
	if ctx.Err() != nil {
		return
	}
	t.log.Warn("ledger tail interrupted", "seq", t.pos, "err", cause)
	// The loop around looks at ctx, which is all that pause can report.
	_ = retry.Wait(ctx, tailRetry)
}

func (t *tail) close() {
	if t.msgs != nil {
		t.msgs.Stop()
		t.msgs = nil
	}
}

// final reports whether no new consumer can help.
func final(err error) bool {
	return errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrStreamNotFound)
}

func position(m jetstream.Msg) (Seq, error) {
	meta, err := m.Metadata()
	if err != nil {
		return 0, err
	}
	return Seq(meta.Sequence.Stream), nil
}

func envelopeOf(m jetstream.Msg, seq Seq) (Envelope, error) {
	r, err := parseMessage(m.Subject(), m.Headers(), m.Data())
	if err != nil {
		return Envelope{}, damaged(seq, err.Error())
	}
	return r.envelope(seq)
}
