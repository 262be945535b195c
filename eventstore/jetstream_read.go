package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

const (
	readBatch = 256                   // messages of one direct get
	lagTries  = 50                    // direct gets without progress before Read gives up
	lagWait   = 20 * time.Millisecond // between them
	askEvery  = time.Second           // how long one question waits for its answer
	askPause  = 50 * time.Millisecond // before it is asked again
)

// Read implements Store. It asks the stream's leader for the newest event: the leader
// knows what was acknowledged to anybody. The events before it come by direct get,
// which any replica answers, perhaps one that lags: so they are counted against the
// newest one and asked for again until they are all there. (A consumer for each read is
// no match: making one is a replicated write, 7 ms against 1 ms on three nodes.)
func (j *JetStream) Read(ctx context.Context, s domain.Stream) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		if err := j.read(ctx, s, yield); err != nil {
			yield(Envelope{}, fmt.Errorf("read ledger from JetStream: %w", err))
		}
	}
}

// read yields a stream's events. Its error is for the caller to yield; it is nil when
// yield wanted no more.
func (j *JetStream) read(ctx context.Context, s domain.Stream, yield func(Envelope, error) bool) error {
	newest, at, err := j.newest(ctx, subjectOf(s))
	if err != nil || at == 0 {
		return err
	}
	var head Head
	for tries := 0; head.Version+1 < newest.version; {
		page, err := j.page(ctx, s, head, newest.version-1-head.Version)
		for _, env := range page {
			if !yield(env, nil) {
				return nil
			}
		}
		if err != nil {
			return err
		}
		if len(page) > 0 {
			head, tries = page[len(page)-1].Head(), 0
			continue
		}
		if tries++; tries == lagTries {
			return j.missing(ctx, s, head, at)
		}
		if err := retry.Wait(ctx, lagWait); err != nil {
			return err
		}
	}
	env, err := newest.follow(s.String(), head, at)
	if err != nil {
		return err
	}
	yield(env, nil)
	return nil
}

// missing says why the event after head cannot be had, although a newer one is there.
func (j *JetStream) missing(ctx context.Context, s domain.Stream, head Head, at Seq) error {
	m, err := j.askLeader(ctx, getRequest{Seq: uint64(head.Seq) + 1, NextFor: subjectOf(s)})
	if err != nil {
		return err
	}
	if m != nil && m.Sequence < uint64(at) {
		return fmt.Errorf("stream %s: the replicas lag behind the leader after version %d; try again", s, head.Version)
	}
	return damaged(at, fmt.Sprintf("stream %s: version %d is missing", s, head.Version+1))
}

// newest is the stream's last record and its position; 0 where there is none.
func (j *JetStream) newest(ctx context.Context, subject string) (record, Seq, error) {
	m, err := j.askLeader(ctx, getRequest{LastFor: subject})
	if err != nil || m == nil {
		return record{}, 0, err
	}
	h, err := m.header()
	if err != nil {
		return record{}, 0, damaged(Seq(m.Sequence), err.Error())
	}
	r, err := parseMessage(m.Subject, h, m.Data)
	if err != nil {
		return record{}, 0, damaged(Seq(m.Sequence), err.Error())
	}
	return r, Seq(m.Sequence), nil
}

// page reads at most count events of s after prev by direct get.
func (j *JetStream) page(ctx context.Context, s domain.Stream, prev Head, count uint64) ([]Envelope, error) {
	ctx, cancel := j.deadline(ctx)
	defer cancel()
	msgs, err := jetstreamext.GetBatch(ctx, j.js, LedgerStream, int(min(count, readBatch)),
		jetstreamext.GetBatchSeq(uint64(prev.Seq)+1), jetstreamext.GetBatchSubject(subjectOf(s)))
	if err != nil {
		return nil, err
	}
	var page []Envelope
	for m, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return page, nil
		}
		if err != nil {
			return page, err
		}
		r, err := parseMessage(m.Subject, m.Header, m.Data)
		if err != nil {
			return page, damaged(Seq(m.Sequence), err.Error())
		}
		env, err := r.follow(s.String(), prev, Seq(m.Sequence))
		if err != nil {
			return page, err
		}
		page, prev = append(page, env), env.Head()
	}
	return page, nil
}

// getRequest asks for one message: the last of a subject, or the next of it from Seq.
type getRequest struct {
	Seq     uint64 `json:"seq,omitempty"`
	LastFor string `json:"last_by_subj,omitempty"`
	NextFor string `json:"next_by_subj,omitempty"`
}

type leaderMessage struct {
	Subject  string `json:"subject"`
	Sequence uint64 `json:"seq"`
	Header   []byte `json:"hdrs"`
	Data     []byte `json:"data"`
}

func (m *leaderMessage) header() (nats.Header, error) {
	if len(m.Header) == 0 {
		return nats.Header{}, nil
	}
	return nats.DecodeHeadersMsg(m.Header)
}

// askLeader gets a message from the stream's leader, or nil where there is none. The
// client library would ask any replica, because the stream allows direct gets.
func (j *JetStream) askLeader(ctx context.Context, r getRequest) (*leaderMessage, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	got, err := j.request(ctx, "STREAM.MSG.GET."+LedgerStream, body)
	if err == nil && got.Error != nil {
		err = got.Error
	}
	if isCode(err, jetstream.JSErrCodeMessageNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask the leader of stream %s: %w", LedgerStream, err)
	}
	return got.Message, nil
}

// answer is the JetStream API's to a question for a message.
type answer struct {
	Error   *jetstream.APIError `json:"error"`
	Message *leaderMessage      `json:"message"`
}

// request asks the JetStream API for something that changes nothing. It asks again
// while there is time: a question is lost when the connection or the leader changes, and
// refused while nobody leads.
func (j *JetStream) request(ctx context.Context, subject string, body []byte) (answer, error) {
	all, cancel := j.deadline(ctx)
	defer cancel()
	for {
		got, err := j.requestOnce(all, subject, body)
		if err == nil && !(got.Error != nil && unsettled(got.Error)) {
			return got, nil
		}
		if final(err) || retry.Wait(all, askPause) != nil {
			return got, err
		}
	}
}

func (j *JetStream) requestOnce(ctx context.Context, subject string, body []byte) (got answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, askEvery)
	defer cancel()
	m, err := j.js.Conn().RequestWithContext(ctx, apiPrefix(j.js.Options())+subject, body)
	if err == nil {
		err = json.Unmarshal(m.Data, &got)
	}
	return got, err
}

// apiPrefix is where the JetStream API listens for this connection.
func apiPrefix(o jetstream.JetStreamOptions) string {
	switch {
	case o.APIPrefix != "":
		return strings.TrimSuffix(o.APIPrefix, ".") + "."
	case o.Domain != "":
		return "$JS." + o.Domain + ".API."
	}
	return "$JS.API."
}
