package casehug

import (
	"context"
	"errors"
	"io"
	"time"
)

var errSlow = errors.New("the document's host sends it too slowly")

// pace ends the context of a document that comes too slowly.
type pace struct {
	began time.Time
	lead  time.Duration
	rate  int64 // bytes a second
	clock *time.Timer
	end   context.CancelCauseFunc
}

// paced starts the clock of a document.
func paced(ctx context.Context, lead time.Duration, rate int64) (context.Context, *pace) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &pace{began: time.Now(), lead: lead, rate: rate, end: cancel, clock: time.AfterFunc(lead, func() { cancel(errSlow) })}
}

func (p *pace) stop() {
	p.clock.Stop()
	p.end(context.Canceled)
}

// allow gives the document more time for what has come.
func (p *pace) allow(bytes int64) {
	if p.clock.Stop() {
		more := time.Duration(float64(bytes) / float64(p.rate) * float64(time.Second))
		p.clock.Reset(time.Until(p.began.Add(p.lead + more)))
	}
}

// over reads body at its pace; closing it stops the clock.
func (p *pace) over(ctx context.Context, body io.ReadCloser) io.ReadCloser {
	return &pacedBody{ReadCloser: body, ctx: ctx, pace: p}
}

type pacedBody struct {
	io.ReadCloser
	ctx  context.Context
	pace *pace
	read int64
}

func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	b.pace.allow(b.read)
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), errSlow) {
		err = errors.Join(errSlow, err)
	}
	return n, err
}

func (b *pacedBody) Close() error {
	defer b.pace.stop()
	return b.ReadCloser.Close()
}
