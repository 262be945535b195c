package smokeball

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	// answerWithin is how long Smokeball may take to begin its answer.
	answerWithin = 10 * time.Second
	// bodyWithin is how long the rest of the answer may take.
	bodyWithin = 20 * time.Second
)

var errNoAnswer = errors.New("no answer in time")

// errNoTurn marks a call that ended while it waited for its turn.
var errNoTurn = errors.New("given up while waiting for a turn")

// limited is the way of every API call: it waits for its turn in the allowance, is
// sent, and teaches the limiter what came back.
type limited struct {
	base    http.RoundTripper
	limiter *Limiter
	metrics *metrics
}

func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	begun := time.Now()
	if err := l.limiter.Wait(req.Context()); err != nil {
		closeBody(req)
		return nil, fmt.Errorf("%w: %w", errNoTurn, err)
	}
	sent := time.Now()
	l.metrics.turns.WithLabelValues(turnOf(req.Context()).priority.String()).Observe(sent.Sub(begun).Seconds())
	resp, err := l.base.RoundTrip(req.WithContext(l.bookRepeats(req.Context())))
	if err == nil {
		l.limiter.learn(resp.StatusCode, sent)
	}
	return resp, err
}

// bookRepeats debits the requests that net/http repeats by itself when a kept
// connection turns out to be closed.
func (l limited) bookRepeats(ctx context.Context) context.Context {
	var sent atomic.Int32
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			if sent.Add(1) > 1 {
				l.limiter.debit()
			}
		},
	})
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// timed gives up on answers that do not begin, or do not end, in time.
type timed struct{ base http.RoundTripper }

func (t timed) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(answerWithin, func() { cancel(errNoAnswer) })
	stop := func() { timer.Stop(); cancel(nil) }
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		defer stop()
		return nil, inTime(ctx, err)
	}
	timer.Reset(bodyWithin)
	resp.Body = timedBody{resp.Body, ctx, stop}
	return resp, nil
}

// inTime is err, or errNoAnswer where that is its reason.
func inTime(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errNoAnswer) {
		return errNoAnswer
	}
	return err
}

type timedBody struct {
	io.ReadCloser
	ctx  context.Context
	stop func()
}

func (b timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = inTime(b.ctx, err)
	}
	return n, err
}

func (b timedBody) Close() error {
	err := b.ReadCloser.Close()
	b.stop()
	return err
}

// sending watches whether a request may have reached the other side.
type sending struct{ connecting, written atomic.Bool }

func (s *sending) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { s.connecting.Store(true) },
		WroteHeaders: func() { s.written.Store(true) },
	})
}

// settled reports that the request certainly did not reach the other side: it had no
// turn, or no connection came about. In doubt it may have.
func (s *sending) settled(err error) bool {
	return errors.Is(err, errNoTurn) || (s.connecting.Load() && !s.written.Load())
}
