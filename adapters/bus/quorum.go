package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// ErrNoQuorum says that a stream of a cluster stores no messages, because no leader of it is known
// that reaches most of its replicas.
var ErrNoQuorum = errors.New("no quorum")

// quorum watches whether a cluster stores messages. That a server answers does not show it: one that
// has lost the others describes its streams for as long as it runs, for up to twenty seconds as their
// leader. The answer's content counts, and of each stream, because each has a leader of its own.
type quorum struct {
	js  jetstream.JetStream
	log *slog.Logger

	mu      sync.Mutex
	streams []string
	fault   error
}

const (
	describesWithin = 2 * time.Second
	// A replica answers its leader every second. NATS allows it ten seconds, and looks every ten.
	replicaWithin = 5 * time.Second
)

// watch checks until ctx ends. What two checks in a row have seen counts: a single answer may be late.
func (q *quorum) watch(ctx context.Context) {
	var before error
	for retry.Wait(ctx, checkEvery) == nil {
		now := q.check(ctx)
		if ctx.Err() != nil {
			return
		}
		if now == nil || before != nil {
			q.note(now)
		}
		before = now
	}
}

// check asks for all streams at once.
func (q *quorum) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, describesWithin)
	defer cancel()
	q.mu.Lock()
	names := slices.Clone(q.streams)
	q.mu.Unlock()
	faults := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			s, err := q.js.Stream(ctx, name)
			if err == nil {
				err = leads(s.CachedInfo().Cluster)
			}
			if err != nil {
				faults[i] = fmt.Errorf("%w of stream %s: %w", ErrNoQuorum, name, err)
			}
		})
	}
	all.Wait()
	for _, err := range faults {
		if err != nil {
			return err // one stands for all: they mostly fail together
		}
	}
	return nil
}

// leads reports why a stream has no leader that reaches most of its replicas, or nil.
func leads(c *jetstream.ClusterInfo) error {
	if c == nil { // the one server of no cluster
		return nil
	}
	if c.Leader == "" {
		return errors.New("it has no leader")
	}
	reached, all := 1, 1+len(c.Replicas)
	for _, r := range c.Replicas {
		if r.Active < replicaWithin {
			reached++
		}
	}
	if 2*reached <= all {
		return fmt.Errorf("its leader %s reaches %d of %d servers, itself included", c.Leader, reached, all)
	}
	return nil
}

// note stores the state and logs its changes.
func (q *quorum) note(fault error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := q.fault
	q.fault = fault
	switch {
	case was == nil && fault != nil:
		q.log.Error("the NATS cluster stores no events; start the servers of ENGINE_NATS_URL that are down, and mend what keeps them from each other; the engine then continues by itself", "err", fault)
	case was != nil && fault == nil:
		q.log.Info("the NATS cluster stores events again")
	}
}

func (q *quorum) state() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.fault
}

// MakesStreams reports why the cluster makes no stream and no consumer now, or nil. Its meta leader
// makes them, and it alone answers this question. Streams that exist store messages without it,
// which is why it is no [Bus.Fault]: an engine that runs goes on. One that starts cannot.
func MakesStreams(ctx context.Context, b *Bus) error {
	if b.quorum == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, describesWithin)
	defer cancel()
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("no meta leader answers: %w", err)
	}
	return nil
}

// Require adds a stream that somebody else makes to those without which the bus has a fault: on a
// cluster the ledger's.
func Require(b *Bus, stream string) {
	if b.quorum == nil {
		return
	}
	b.quorum.mu.Lock()
	defer b.quorum.mu.Unlock()
	b.quorum.streams = append(b.quorum.streams, stream)
}
