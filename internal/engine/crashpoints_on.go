//go:build crashpoints

package engine

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// The points at which a crash test may kill the engine.
const (
	beforeCall          = "before-call"           // an intent is on disk, its call is not made
	sentNoAnswer        = "sent-no-answer"        // a call is on the wire, no answer was read
	answerBeforeAppend  = "answer-before-append"  // an answer is here, its outcome is not on disk
	appendBeforeAck     = "append-before-ack"     // a message's facts are on disk, it is not acknowledged
	ackBeforeCheckpoint = "ack-before-checkpoint" // the bus has the news for CaseHug, the mark has not moved
	tokenNotStored      = "token-not-stored"      // a token was refreshed and is not kept
	midProjection       = "mid-projection"        // some rows are folded, the transaction is open
	halfUpload          = "half-upload"           // half of a document's bytes are sent
	sweepListed         = "sweep-listed"          // Smokeball has listed what changed, nothing of it is looked at
	findNotRecorded     = "find-not-recorded"     // a sweep has found something, that is not on disk
	findRecorded        = "find-recorded"         // what a sweep has found is on disk, how far it is is not
	sweepNotEnded       = "sweep-not-ended"       // a sweep has looked at everything, that is not on disk
	readNotRecorded     = "read-not-recorded"     // a read has shown a change, that is not on disk
	readNotAnswered     = "read-not-answered"     // what a read has shown is on disk, that the find is read is not
)

// crashPoint names the point and the passing of it that kills, as in before-call:3.
const crashPoint = "ENGINE_CRASH_AT"

// crashes kills the process at the n-th passing of a point.
type crashes struct {
	at       string
	left     *atomic.Int64
	answered *atomic.Bool // by Smokeball, and nothing was appended since
}

// openCrashes reads which point kills and wraps the ledger and the views.
func (e *Engine) openCrashes(context.Context) error {
	at, n, _ := strings.Cut(os.Getenv(crashPoint), ":")
	passing, err := strconv.ParseInt(n, 10, 64)
	if at != "" && (err != nil || passing < 1) {
		return fmt.Errorf("%s is %q; it needs a point and a number, such as %s:3", crashPoint, os.Getenv(crashPoint), beforeCall)
	}
	e.crashes = crashes{at: at, left: &atomic.Int64{}, answered: &atomic.Bool{}}
	e.crashes.left.Store(passing)
	e.store.ledger = crashingLedger{e.store.ledger, e.crashes}
	e.store.views.CrashInFold(func() { e.crashes.pass(midProjection) })
	return nil
}

// pass counts, and does not return from the passing that kills.
func (c crashes) pass(point string) {
	if point == "" || point != c.at || c.left.Add(-1) != 0 {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}

type crashingLedger struct {
	ledger
	crashes
}

func (l crashingLedger) Append(ctx context.Context, c eventstore.Commit) (eventstore.Head, error) {
	if l.answered.Swap(false) {
		l.pass(answerBeforeAppend)
	}
	before, after := sweepPoints(c.Events)
	l.pass(before)
	head, err := l.ledger.Append(ctx, c)
	if err == nil {
		l.pass(after)
	}
	return head, err
}

// sweepPoints are the points before and after events of sweeps are appended; "": none.
func sweepPoints(events []domain.Event) (before, after string) {
	for _, e := range events {
		switch e := e.(type) {
		case domain.ChangeFound:
			return findNotRecorded, findRecorded
		case domain.SweepEnded:
			return sweepNotEnded, ""
		case domain.MatterSeen:
			if e.By == domain.BySweep {
				return readNotRecorded, readNotAnswered
			}
		}
	}
	return "", ""
}

// transport is the way to Smokeball. Reads and the sign-in change nothing there and are
// not counted.
func (c crashes) transport() http.RoundTripper {
	return crashingTransport{http.DefaultTransport.(*http.Transport).Clone(), c}
}

type crashingTransport struct {
	http.RoundTripper
	crashes
}

func (t crashingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	isUpload := r.Method == http.MethodPut && r.Header.Get("Authorization") == ""
	if r.URL.Query().Has("Sort") && r.Method == http.MethodGet {
		answer, err := t.RoundTripper.RoundTrip(r)
		t.pass(sweepListed)
		return answer, err
	}
	switch {
	case isUpload && r.Body != nil:
		r = r.Clone(r.Context())
		r.Body = &crashingBody{ReadCloser: r.Body, half: r.ContentLength / 2, crashes: t.crashes}
		return t.RoundTripper.RoundTrip(r)
	case r.Method == http.MethodGet, strings.HasPrefix(r.URL.Path, "/oauth2/"):
		return t.RoundTripper.RoundTrip(r)
	}
	t.pass(beforeCall)
	sent := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { t.pass(sentNoAnswer) }})
	answer, err := t.RoundTripper.RoundTrip(r.WithContext(sent))
	if err == nil {
		t.answered.Store(true)
	}
	return answer, err
}

// crashingBody passes its point when half of it was read before and that is sent.
type crashingBody struct {
	io.ReadCloser
	crashes
	half, read int64
}

func (b *crashingBody) Read(p []byte) (int, error) {
	before := b.read
	if before >= b.half {
		b.half = 1 << 62
		b.pass(halfUpload)
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	return n, err
}

func (c crashes) tokens(s smokeball.TokenStore) smokeball.TokenStore { return crashingTokens{s, c} }

type crashingTokens struct {
	smokeball.TokenStore
	crashes
}

func (t crashingTokens) Save(ctx context.Context, f domain.FirmID, fresh smokeball.Tokens, revision uint64) (uint64, error) {
	t.pass(tokenNotStored)
	return t.TokenStore.Save(ctx, f, fresh, revision)
}

// acks lets the messages of a consumer pass their point when they are acknowledged.
func (c crashes) acks(bind bus.Bind) bus.Bind {
	return func(ctx context.Context, topic string) (jetstream.Consumer, error) {
		consumer, err := bind(ctx, topic)
		if err != nil {
			return nil, err
		}
		return crashingConsumer{consumer, c}, nil
	}
}

type crashingConsumer struct {
	jetstream.Consumer
	crashes
}

func (k crashingConsumer) Messages(o ...jetstream.PullMessagesOpt) (jetstream.MessagesContext, error) {
	messages, err := k.Consumer.Messages(o...)
	return crashingMessages{messages, k.crashes}, err
}

type crashingMessages struct {
	jetstream.MessagesContext
	crashes
}

func (m crashingMessages) Next(o ...jetstream.NextOpt) (jetstream.Msg, error) {
	message, err := m.MessagesContext.Next(o...)
	if err != nil {
		return nil, err
	}
	return crashingMessage{message, m.crashes}, nil
}

type crashingMessage struct {
	jetstream.Msg
	crashes
}

func (m crashingMessage) Ack() error {
	m.pass(appendBeforeAck)
	return m.Msg.Ack()
}

func (c crashes) checkpoint(m *checkpoint) crashingCheckpoint { return crashingCheckpoint{m, c} }

type crashingCheckpoint struct {
	*checkpoint
	crashes
}

func (m crashingCheckpoint) Save(ctx context.Context, position uint64) error {
	m.pass(ackBeforeCheckpoint)
	return m.checkpoint.Save(ctx, position)
}
