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
	askEvery  = time.Second           // timeout of one request
	askPause  = 50 * time.Millisecond // before the request is repeated
)

// Read implements Store. It asks the stream's leader for the newest event, because the leader has
// every acknowledged event. It reads the events before that one by direct get. Any replica may
// answer a direct get, even one that lags, so Read repeats it until the versions up to the newest
// event are complete. (A consumer for each read is slower: creating one is a replicated write,
// 7 ms against 1 ms on three nodes.)
func (j *JetStream) Read(ctx context.Context, s domain.Stream) iter.Seq2[Envelope, error] {
	return j.readAfter(ctx, s, Head{})
}

func (j *JetStream) folds() *folds { return &j.known }

// readAfter is Read for the events after head.
func (j *JetStream) readAfter(ctx context.Context, s domain.Stream, head Head) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		if err := j.read(ctx, s, head, yield); err != nil {
			yield(Envelope{}, fmt.Errorf("read ledger from JetStream: %w", err))
		}
	}
}

// read yields a stream's events after head. The caller yields its error; that is nil when yield
// returned false.
func (j *JetStream) read(ctx context.Context, s domain.Stream, head Head, yield func(Envelope, error) bool) error {
	newest, at, err := j.newestSeen(ctx, s)
	if err != nil {
		return err
	}
	if at == head.Seq {
		return nil
	}
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
	env, err := newest.follow(s.String(), head, at, j.seals)
	if err != nil {
		return err
	}
	yield(env, nil)
	return nil
}

// missing returns the reason why the event after head cannot be read although a newer one exists.
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

// newestSeen is newest, as soon as the leader shows what a Tail has yielded.
func (j *JetStream) newestSeen(ctx context.Context, s domain.Stream) (record, Seq, error) {
	least := j.seen.of(s.String())
	for range lagTries {
		r, at, err := j.newest(ctx, subjectOf(s))
		if err != nil || at >= least {
			return r, at, err
		}
		if err := retry.Wait(ctx, lagWait); err != nil {
			return record{}, 0, err
		}
	}
	return record{}, 0, fmt.Errorf("stream %s: the leader lags behind event %d; try again", s, least)
}

// newest is the stream's last record and its position; 0 where there is none.
func (j *JetStream) newest(ctx context.Context, subject string) (record, Seq, error) {
	m, err := j.last(ctx, subject)
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

// last is a subject's last message; nil: the leader has none. A server answers “not found” also when it
// could not read what it has. Its index of subjects is in memory and tells the two apart.
func (j *JetStream) last(ctx context.Context, subject string) (*leaderMessage, error) {
	for range 2 { // between the two questions the first message may have been appended
		m, err := j.askLeader(ctx, getRequest{LastFor: subject})
		if err != nil || m != nil {
			return m, err
		}
		n, err := j.count(ctx, subject)
		if err != nil || n == 0 {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the leader of stream %s has events of %s and can't read them now; the log of that NATS server says why", LedgerStream, subject)
}

// count asks the leader how many messages of a subject it has.
func (j *JetStream) count(ctx context.Context, subject string) (uint64, error) {
	got, err := j.versions(ctx, subject)
	return got[subject], err
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
		env, err := r.follow(s.String(), prev, Seq(m.Sequence), j.seals)
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

// askLeader gets a message from the stream's leader; nil: there is none. The client library would
// ask any replica, because the stream allows direct gets.
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

// answer is the JetStream API's answer to a getRequest, or to a question about the stream.
type answer struct {
	Error   *jetstream.APIError `json:"error"`
	Message *leaderMessage      `json:"message"`
	Total   int                 `json:"total"` // subjects, of which State has a page
	State   struct {
		Subjects map[string]uint64 `json:"subjects"`
	} `json:"state"`
}

// request makes a read-only request to the JetStream API. It retries until its deadline: a request
// is lost when the connection or the leader changes, and refused while there is no leader.
func (j *JetStream) request(ctx context.Context, subject string, body []byte) (answer, error) {
	all, cancel := j.deadline(ctx)
	defer cancel()
	for {
		got, err := j.requestOnce(all, subject, body)
		if err == nil && (got.Error == nil || !j.passes(all, got.Error)) {
			return got, nil
		}
		if errors.Is(err, nats.ErrConnectionClosed) || retry.Wait(all, askPause) != nil {
			return got, err
		}
	}
}

// passes reports whether the server refused a request for a transient reason.
func (j *JetStream) passes(ctx context.Context, refused *jetstream.APIError) bool {
	return unsettled(refused) || errors.Is(refused, jetstream.ErrStreamNotFound) && !j.removed(ctx)
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

// apiPrefix returns the subject prefix of the JetStream API for this connection.
func apiPrefix(o jetstream.JetStreamOptions) string {
	switch {
	case o.APIPrefix != "":
		return strings.TrimSuffix(o.APIPrefix, ".") + "."
	case o.Domain != "":
		return "$JS." + o.Domain + ".API."
	}
	return "$JS.API."
}
