// Package lease lets one engine at a time do a piece of work, by an entry in a NATS key-value
// bucket whose entries expire. It makes overlap rare, not impossible: an engine that is cut off
// may work on for a moment beside its successor, which the ledger's expected versions make
// harmless. They cannot make a call to Smokeball harmless that an engine sends after it was paused
// for longer than its lease, or after it handed the lease over. Therefore calls check [Sure] first.
package lease

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// Lease is one engine's claim on an entry.
type Lease struct {
	KV       jetstream.KeyValue
	Key      string
	Owner    string        // this engine, by a name that no other one has
	Lifetime time.Duration // how long an entry lives unless it is renewed; the bucket's TTL
	Drain    time.Duration // how long work whose context has ended may keep the lease
	Log      *slog.Logger
}

// Run does the work whenever it holds the lease, until ctx ends. The work's context ends when the
// lease is lost or ctx ends; from then on [Sure] refuses and [Leaving] has ended. Run hands the
// lease over when the work has ended, or after Drain: work that still runs then ends beside the
// next leader. An error of the work ends Run.
func (l Lease) Run(ctx context.Context, work func(context.Context) error) error {
	for ctx.Err() == nil {
		revision, asked, err := l.claim(ctx)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, errWritten) {
				l.Log.Warn("can't request the lease; the engine retries", "lease", l.Key, "err", err)
				_ = retry.Wait(ctx, l.Lifetime/5) // returns early only if ctx ends
			}
			continue
		}
		l.Log.Info("this engine leads", "lease", l.Key)
		if err := l.keep(ctx, revision, l.term(asked), work); err != nil {
			return err
		}
	}
	return nil
}

// keep does the work and renews the entry until the work ends or the lease is lost.
func (l Lease) keep(ctx context.Context, revision uint64, t *term, work func(context.Context) error) error {
	held, lose := context.WithCancel(context.WithValue(ctx, termKey{}, t))
	defer lose()
	defer t.leave()
	ours := make(chan uint64, 1)
	go func() { defer lose(); ours <- l.renew(held, revision, t) }()
	ended := make(chan error, 1)
	go func() { defer lose(); ended <- work(held) }()
	<-held.Done()
	t.leave()
	err, done := l.drain(ended)
	if revision := <-ours; revision != 0 {
		l.giveBack(revision)
	}
	if !done {
		err = <-ended
	}
	return err
}

// drain waits until the work has ended, at most for Drain.
func (l Lease) drain(ended <-chan error) (err error, done bool) {
	timer := time.NewTimer(l.Drain)
	defer timer.Stop()
	select {
	case err = <-ended:
		return err, true
	case <-timer.C:
		return nil, false
	}
}

// renew renews the entry until ctx ends, and returns its last revision; 0: it is another engine's.
// While no server answers, the entry may still be this engine's, so renew goes on; the term decides
// whether calls may be sent meanwhile.
func (l Lease) renew(ctx context.Context, revision uint64, t *term) uint64 {
	for {
		if retry.Wait(ctx, l.Lifetime/5) != nil {
			return revision
		}
		asked := time.Now()
		next, err := l.prolong(ctx, revision)
		switch {
		case err == nil:
			revision = next
			t.prolong(asked.Add(l.sure()))
			continue
		case ctx.Err() != nil:
			return revision
		}
		if revision, err = l.newest(ctx, revision); err != nil {
			l.Log.Warn("the lease is lost; another engine takes over", "lease", l.Key, "err", err)
			return 0
		}
	}
}

// prolong writes the entry again. Its timeout leaves time for another try.
func (l Lease) prolong(ctx context.Context, revision uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Lifetime/5)
	defer cancel()
	return l.KV.Update(ctx, l.Key, []byte(l.Owner), revision)
}

var errLost = errors.New("the entry is another engine's or has ended")

// newest returns the entry's revision if the entry is still this engine's or no server answers: the
// answer to a successful update may have been lost.
func (l Lease) newest(ctx context.Context, revision uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Lifetime/5)
	defer cancel()
	entry, err := l.KV.Get(ctx, l.Key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return 0, errLost
	case err != nil:
		return revision, nil
	case string(entry.Value()) != l.Owner:
		return 0, errLost
	}
	return max(revision, entry.Revision()), nil
}

// handover is how long an engine that stops tries to delete its entry.
const handover = time.Second

// giveBack deletes the entry, so that the next engine starts at once instead of after its lifetime.
// revision is the newest one known; 0: none.
func (l Lease) giveBack(revision uint64) {
	ctx, cancel := context.WithTimeout(context.Background(), handover)
	defer cancel()
	for err := l.release(ctx, revision); err != nil; err = l.release(ctx, revision) {
		if retry.Wait(ctx, l.Lifetime/50) != nil {
			l.Log.Info("can't give the lease back; its entry expires", "lease", l.Key, "err", err)
			return
		}
	}
	l.Log.Info("this engine has given up its lease", "lease", l.Key)
}

// errLags says that a server answered that has not yet the newest entry.
var errLags = errors.New("the server that answered lags")

// release deletes the entry if it is this engine's. The entry may be newer than the revision: a write
// whose context ended on its way may have been carried out.
func (l Lease) release(ctx context.Context, revision uint64) error {
	if revision > 0 && l.KV.Delete(ctx, l.Key, jetstream.LastRevision(revision)) == nil {
		return nil
	}
	entry, err := l.KV.Get(ctx, l.Key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil
	case err != nil:
		return err
	case entry.Revision() < revision:
		return errLags
	case string(entry.Value()) != l.Owner:
		return nil
	}
	return l.KV.Delete(ctx, l.Key, jetstream.LastRevision(entry.Revision()))
}
