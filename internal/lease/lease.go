// Package lease lets one engine at a time do a piece of work, by an entry in a NATS
// key-value bucket whose entries end by themselves. It is for order, not for safety:
// an engine that is cut off may work on for a moment beside its successor, which the
// ledger's expected versions make harmless. What no ledger can make harmless, a call that
// an engine sends after it stood still for longer than its lease, asks [Held] first.
package lease

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lease is one engine's claim on an entry.
type Lease struct {
	KV    jetstream.KeyValue
	Key   string
	Owner string        // this engine, by a name that no other one has
	Life  time.Duration // how long an entry of the bucket lives unless it is renewed
	Log   *slog.Logger
}

// Run does the work whenever the lease is held, until ctx ends. The work's context
// ends when the lease is lost, and tells [Held]; the work's error ends Run.
func (l Lease) Run(ctx context.Context, work func(context.Context) error) error {
	for ctx.Err() == nil {
		asked := time.Now()
		revision, err := l.KV.Create(ctx, l.Key, []byte(l.Owner))
		if err != nil {
			if !errors.Is(err, jetstream.ErrKeyExists) && ctx.Err() == nil {
				l.Log.Warn("the lease can't be asked for", "lease", l.Key, "err", err)
			}
			pause(ctx, l.Life/5)
			continue
		}
		l.Log.Info("this engine leads", "lease", l.Key)
		if err := l.hold(ctx, revision, l.term(asked), work); err != nil {
			return err
		}
	}
	return nil
}

// hold does the work and renews the entry until either ends.
func (l Lease) hold(ctx context.Context, revision uint64, t *term, work func(context.Context) error) error {
	held, lose := context.WithCancel(context.WithValue(ctx, termKey{}, t))
	defer lose()
	renewed := make(chan uint64, 1)
	go func() { defer lose(); renewed <- l.renew(held, revision, t) }()
	err := work(held)
	lose()
	l.giveBack(<-renewed)
	return err
}

// renew keeps the entry alive and returns its last revision when it is lost or ctx
// ends. After a fault it tries on as long as the entry must still be ours.
func (l Lease) renew(ctx context.Context, revision uint64, t *term) uint64 {
	for {
		pause(ctx, l.Life/5)
		if ctx.Err() != nil {
			return revision
		}
		asked := time.Now()
		next, err := l.prolong(ctx, revision)
		switch {
		case err == nil:
			revision = next
			t.prolong(asked.Add(l.sure()))
		case ctx.Err() != nil:
			return revision
		case !t.lasts(time.Now()):
			l.Log.Warn("the lease is lost; another engine takes over", "lease", l.Key, "err", err)
			return revision
		default:
			revision = l.newest(ctx, revision)
		}
	}
}

// prolong writes the entry anew. It does not wait so long for an answer that there would be
// no time for another try.
func (l Lease) prolong(ctx context.Context, revision uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Life/5)
	defer cancel()
	return l.KV.Update(ctx, l.Key, []byte(l.Owner), revision)
}

// newest is the entry's revision where it is still ours: the answer to an update that was
// done may have been lost.
func (l Lease) newest(ctx context.Context, revision uint64) uint64 {
	ctx, cancel := context.WithTimeout(ctx, l.Life/5)
	defer cancel()
	entry, err := l.KV.Get(ctx, l.Key)
	if err != nil || string(entry.Value()) != l.Owner {
		return revision
	}
	return max(revision, entry.Revision())
}

// giveBack lets the next engine begin at once instead of after the entry's life.
func (l Lease) giveBack(revision uint64) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := l.KV.Delete(ctx, l.Key, jetstream.LastRevision(revision)); err != nil {
		l.Log.Info("the lease was not given back; it ends by itself", "lease", l.Key, "err", err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
