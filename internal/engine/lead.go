package engine

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/internal/lease"
)

// whileLeading runs all that calls Smokeball while this engine holds the lease of the
// app's allowance.
func (e *Engine) whileLeading(all ...func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		app, err := e.secrets.Vault.Name("allowance " + e.cfg.ClientID)
		if err != nil {
			return err
		}
		return e.withLease(ctx, "allowance."+app, func(ctx context.Context) error {
			return together(smokeball.WithSlotsUntil(ctx, lease.Leaving(ctx)), all)
		})
	}
}

// runOutbox tells CaseHug while this engine holds the lease of that: news that several
// engines publish at the same time, under the same id, get into each other's way.
func (e *Engine) runOutbox(ctx context.Context) error {
	return e.withLease(ctx, "outbox", e.outbox.Run)
}

// withLease does the work while this engine holds the lease. On one machine the ledger's lock
// has decided that already.
func (e *Engine) withLease(ctx context.Context, name string, work func(context.Context) error) error {
	if e.cfg.NATSURL == "" {
		return work(ctx)
	}
	kv, err := e.buckets(ctx, bus.Leases)
	if err != nil {
		return fmt.Errorf("open the bucket of leases: %w", err)
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return fmt.Errorf("ask how long leases live: %w", err)
	}
	return lease.Lease{KV: kv, Key: name, Owner: e.token[:12], Lifetime: status.TTL(), Drain: keepsLease, Log: e.log}.Run(ctx, work)
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
