package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/lease"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
)

// leases decide which engine of a cluster does a piece of work. On one machine the ledger's
// lock has decided that already.
type leases struct {
	buckets   func(ctx context.Context, name string) (jetstream.KeyValue, error)
	onCluster bool
	owner     string // this engine
	leads     *leads // shown in the metrics
	log       *slog.Logger
}

func (e *Engine) leases() leases {
	return leases{buckets: e.msg.buckets, onCluster: e.store.onCluster, owner: e.token[:12], leads: e.leads, log: e.log}
}

// leading runs all that calls Smokeball while this engine holds the lease of the allowance.
func (l leases) leading(allowance func() (string, error), all ...func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		name, err := allowance()
		if err != nil {
			return err
		}
		return l.hold(ctx, name, func(ctx context.Context) error {
			return together(smokeball.WithSlotsUntil(ctx, lease.Leaving(ctx)), all)
		})
	}
}

// hold does the work while this engine holds the lease.
func (l leases) hold(ctx context.Context, name string, work func(context.Context) error) error {
	work = l.shown(name, work)
	if !l.onCluster {
		return work(ctx)
	}
	kv, err := l.buckets(ctx, bus.Leases)
	if err != nil {
		return fmt.Errorf("open the bucket of leases: %w", err)
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return fmt.Errorf("ask how long leases live: %w", err)
	}
	return lease.Lease{KV: kv, Key: name, Owner: l.owner, Lifetime: status.TTL(), Drain: keepsLease, Log: l.log}.Run(ctx, work)
}

// shown does the work while the metrics show that this engine holds the lease.
func (l leases) shown(name string, work func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		defer l.leads.note(name)()
		return work(ctx)
	}
}

// keepsLease is how long an engine that stops keeps its lease for the calls that are under
// way: time for most of them to be answered and recorded, so that the next leader need not
// look for what they made.
const keepsLease = 750 * time.Millisecond

// together runs all until ctx ends or one of them fails, which ends the others.
func together(ctx context.Context, all []func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range all {
		group.Go(func() error { return run(ctx) })
	}
	return group.Wait()
}
