package smokeball

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// answerWithin is how long Smokeball may take to begin its answer.
	answerWithin = 10 * time.Second
	// bodyWithin is how long the rest of the answer may take.
	bodyWithin = 20 * time.Second
)

var (
	errNoAnswer = errors.New("no answer in time")
	errNoEnd    = errors.New("no end of the answer in time")
)

// errNoSlot marks a call that ended while it waited for its slot.
var errNoSlot = errors.New("given up while waiting for a slot")

// limited is the way of every API call: it waits for its slot in the allowance, is sent
// (see beforeSend), is sent, and teaches the limiter and its firm's circuit what came back. Where the circuit
// is open it fails at once with an *outage, without a slot.
type limited struct {
	base     http.RoundTripper
	limiter  *Limiter
	circuits *circuits
	metrics  *metrics
	permit   func(context.Context) error // nil: all are sent
}

func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	firm := slotOf(ctx).firm
	p, err := l.circuits.enter(slotOf(ctx))
	if err != nil {
		closeBody(req)
		return nil, err
	}
	req, answered, err := l.awaitSlot(req, p)
	if err != nil {
		l.circuits.settle(firm, p, noVerdict, nil)
		return nil, err
	}
	sent := time.Now()
	resp, err := l.base.RoundTrip(req.WithContext(l.bookRepeats(ctx)))
	answered()
	if err == nil {
		l.limiter.learn(resp.StatusCode, sent)
	}
	if v := judge(ctx, resp, err); v != answers {
		l.circuits.settle(firm, p, v, v.fault(opOf(ctx), resp, err))
		return resp, err
	}
	resp.Body = &settlingBody{ReadCloser: resp.Body, ctx: ctx, settle: func(v verdict) {
		l.circuits.settle(firm, p, v, v.fault(opOf(ctx), nil, io.ErrUnexpectedEOF))
	}}
	return resp, nil
}

// awaitSlot waits for the call's slot and returns the request as it is sent. answered is for the
// moment of its answer.
func (l limited) awaitSlot(req *http.Request, p pass) (ready *http.Request, answered func(), err error) {
	ctx := req.Context()
	sent, err := l.wait(ctx, p, req.Method != http.MethodGet)
	if err != nil {
		closeBody(req)
		return nil, nil, err
	}
	defer sent()
	ready, err = l.prepare(ctx, req)
	if err != nil {
		closeBody(req)
		return nil, nil, err
	}
	return ready, l.limiter.depart(), nil
}

// wait returns when the call's slot is granted. A call whose circuit opens meanwhile does
// not wait any longer.
func (l limited) wait(ctx context.Context, p pass, writes bool) (sent func(), err error) {
	begun := time.Now()
	t := slotOf(ctx)
	t.writes = writes
	t.confirms, _ = ctx.Value(confirmsKey{}).(bool)
	waiting, cancel := context.WithCancel(context.WithValue(ctx, slotKey{}, t))
	defer cancel()
	defer context.AfterFunc(p.flow, cancel)()
	over := slotsUntil(ctx)
	defer context.AfterFunc(over, cancel)()
	end := beginWait(ctx)
	sent, err = l.limiter.Wait(waiting)
	end()
	switch {
	case err == nil:
		if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
			n.Add(1)
		}
		l.metrics.slots.WithLabelValues(slotOf(ctx).priority.String()).Observe(time.Since(begun).Seconds())
		return sent, nil
	case ctx.Err() == nil && over.Err() == nil:
		return nil, l.circuits.held(p)
	}
	return nil, fmt.Errorf("%w: %w", errNoSlot, err)
}

// permitted asks whether the call may still be sent, now that its slot is granted.
func (l limited) permitted(ctx context.Context) error {
	if l.permit == nil {
		return nil
	}
	if err := l.permit(ctx); err != nil {
		return fmt.Errorf("%w: %w", errNoSlot, err)
	}
	return nil
}

// settlingBody reports the call's outcome to the circuit once its answer has been read.
type settlingBody struct {
	io.ReadCloser
	ctx    context.Context
	settle func(verdict)
	broken bool
	once   sync.Once
}

func (b *settlingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.broken = b.broken || (err != nil && err != io.EOF)
	return n, err
}

func (b *settlingBody) Close() error {
	b.once.Do(func() {
		v := answers
		if b.broken {
			v = judge(b.ctx, nil, io.ErrUnexpectedEOF)
		}
		b.settle(v)
	})
	return b.ReadCloser.Close()
}

// bookRepeats debits the requests that net/http repeats by itself when a kept
// connection turns out to be closed.
func (l limited) bookRepeats(ctx context.Context) context.Context {
	firm := askerOf(ctx)
	var sent atomic.Int32
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			if sent.Add(1) > 1 {
				l.limiter.debit(firm)
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
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	timer.Stop()
	if err != nil {
		defer cancel(nil)
		return nil, inTime(ctx, err)
	}
	timer = time.AfterFunc(bodyWithin, func() { cancel(errNoEnd) })
	resp.Body = timedBody{resp.Body, ctx, func() { timer.Stop(); cancel(nil) }}
	return resp, nil
}

// inTime is err, or the end of the time where that is its reason.
func inTime(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errNoAnswer) || errors.Is(cause, errNoEnd) {
		return cause
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

// settled reports that the request certainly did not reach the other side: it was held
// back, had no slot, or no connection came about. In doubt it may have.
func (s *sending) settled(err error) bool {
	var held *outage
	return errors.As(err, &held) || errors.Is(err, errNoSlot) || (s.connecting.Load() && !s.written.Load())
}
