package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/casehug/smokeball-sync/internal/retry"
)

const (
	// jetStreamGroup is how many commits are written together.
	jetStreamGroup = 500
	// batchEvents is the most messages of an atomic batch; the server allows 1,000. A commit
	// fits, because it has at most MaxEvents.
	batchEvents = MaxEvents
	// batchFrom is how many commits have to wait before one atomic batch, which has a
	// fixed cost, is faster than publishing each by itself.
	batchFrom    = 15
	publishPause = 20 * time.Millisecond // before a publish is retried
)

// Append implements Store. Commits that wait at the same time share an atomic batch.
func (j *JetStream) Append(ctx context.Context, c Commit) (Head, error) {
	return j.queue.append(ctx, c)
}

// write publishes a group. A second commit to the same stream follows after the rest of the
// group, because a batch may state only one condition for each stream.
func (j *JetStream) write(group []*pending) {
	group = waiting(group)
	if err := j.queue.settleKeys(group)(); err != nil {
		for _, p := range group {
			p.settle(Head{}, err)
		}
		return
	}
	first, again := onePerStream(group)
	if !worthBatch(first) {
		j.writeEach(first)
	} else {
		for _, batch := range batches(first) {
			j.writeBatch(batch)
		}
	}
	for _, p := range again {
		j.writeOne(p)
	}
}

// worthBatch reports whether one batch is cheaper than publishing each commit by itself.
func worthBatch(group []*pending) bool {
	need := 0
	for _, p := range group {
		if len(p.own().records) > 1 {
			need++
		}
	}
	return len(group) >= batchFrom || need > 1
}

// onePerStream splits off the commits to a stream to which an earlier commit of the group writes.
func onePerStream(group []*pending) (first, again []*pending) {
	seen := make(map[string]bool, len(group))
	for _, p := range group {
		if slices.ContainsFunc(p.parts, func(a part) bool { return seen[a.stream] }) {
			again = append(again, p)
		} else {
			first = append(first, p)
		}
		for _, a := range p.parts {
			seen[a.stream] = true
		}
	}
	return first, again
}

// batches cuts a group so that each piece fits into one batch.
func batches(group []*pending) [][]*pending {
	var all [][]*pending
	var one []*pending
	size := 0
	for _, p := range group {
		if size+p.size() > batchEvents {
			all, one, size = append(all, one), nil, 0
		}
		one, size = append(one, p), size+p.size()
	}
	return append(all, one)
}

// writeEach publishes commits concurrently, each by itself.
func (j *JetStream) writeEach(group []*pending) {
	var wg sync.WaitGroup
	for _, p := range group {
		wg.Go(func() { j.writeOne(p) })
	}
	wg.Wait()
}

// writeOne publishes a commit by itself. If it has parts of one event each, it publishes them one
// after the other, because that takes a tenth of a batch's time.
func (j *JetStream) writeOne(p *pending) {
	if len(p.parts) == 1 || p.size() > len(p.parts) {
		last, err := j.publish(messages(p))
		j.settle(p, last, err)
		return
	}
	var last Seq
	var err error
	for _, a := range p.parts {
		if last, err = j.publish(partMessages(a)); err != nil {
			break
		}
	}
	j.settle(p, last, err)
}

// writeBatch publishes commits as one atomic batch. If the server refuses the batch, it has
// written nothing and does not say which commit was at fault, so writeBatch publishes each by
// itself.
func (j *JetStream) writeBatch(group []*pending) {
	var msgs []*nats.Msg
	for _, p := range group {
		msgs = append(msgs, messages(p)...)
	}
	last, err := j.publish(msgs)
	if len(group) > 1 && refused(err) {
		j.writeEach(group)
		return
	}
	last -= Seq(len(msgs))
	for _, p := range group {
		last += Seq(p.size())
		j.settle(p, last, err)
	}
}

// publish writes messages, all or none, and returns the position of the last one.
// Until its deadline it retries if the server certainly wrote nothing and the reason is
// transient: the stream has no leader, or a part of a batch was lost on the way.
func (j *JetStream) publish(msgs []*nats.Msg) (Seq, error) {
	ctx, cancel := j.deadline(context.Background())
	defer cancel()
	for {
		last, err := j.publishOnce(ctx, msgs)
		if !passing(err) || retry.Wait(ctx, publishPause) != nil {
			return last, err
		}
	}
}

func (j *JetStream) publishOnce(ctx context.Context, msgs []*nats.Msg) (Seq, error) {
	if len(msgs) == 1 {
		ack, err := j.js.PublishMsg(ctx, msgs[0], jetstream.WithExpectStream(LedgerStream), jetstream.WithRetryAttempts(0))
		if err != nil {
			return 0, err
		}
		return Seq(ack.Sequence), nil
	}
	ack, err := jetstreamext.PublishMsgBatch(ctx, j.js, msgs)
	if err != nil {
		return 0, err
	}
	return Seq(ack.Sequence), nil
}

// passing reports whether nothing was written, for a transient reason.
func passing(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.ErrorCode == jetstreamext.JSErrCodeBatchPublishIncomplete ||
			api.ErrorCode == jetstreamext.JSErrCodeAtomicPublishTooManyInflight
	}
	return unheard(err)
}

// unheard reports whether no server received the message; the library has two errors for that.
func unheard(err error) bool {
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse)
}

// deadline bounds one exchange with the server.
func (j *JetStream) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, j.js.Options().DefaultTimeout)
}

// settle answers the writer of a commit: with the head, if its last event is at position last, or
// with the reason why it was not written.
func (j *JetStream) settle(p *pending, last Seq, err error) {
	if err != nil {
		p.settle(Head{}, appendError(err))
		return
	}
	if j.mark != nil {
		j.mark.note(last)
	}
	p.settle(lastOf(p.own().records, last), nil)
}

// refused reports whether the server answered and wrote nothing.
func refused(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api)
}

// appendError distinguishes a lost race, a refusal and a lost answer.
func appendError(err error) error {
	var api *jetstream.APIError
	switch {
	case unheard(err):
		return fmt.Errorf("write ledger to JetStream: stream %s has no leader: %w; check the NATS servers", LedgerStream, err)
	case !errors.As(err, &api):
		return fmt.Errorf("write ledger to JetStream: %w: %w", errUnknownOutcome, err)
	case api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence,
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return ErrConflict
	}
	return fmt.Errorf("write ledger to JetStream: %w", err)
}
