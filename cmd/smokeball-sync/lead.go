package main

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/lease"
)

// whileLeading runs all that calls Smokeball while this engine holds the lease of the
// app's allowance.
func (e *engine) whileLeading(all ...func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		app, err := e.desk.Vault.Name("allowance " + e.cfg.ClientID)
		if err != nil {
			return err
		}
		return e.alone(ctx, "allowance."+app, func(ctx context.Context) error { return together(ctx, all) })
	}
}

// tellAlone tells CaseHug while this engine holds the lease of that: news that several
// engines publish at the same time, under the same id, get into each other's way.
func (e *engine) tellAlone(ctx context.Context) error { return e.alone(ctx, "outbox", e.outbox.Run) }

// alone does the work while this engine holds the lease. On one machine the ledger's lock
// has decided that already.
func (e *engine) alone(ctx context.Context, name string, work func(context.Context) error) error {
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
	return lease.Lease{KV: kv, Key: name, Owner: e.token[:12], Life: status.TTL(), Log: e.log}.Run(ctx, work)
}

var errNotLeading = errors.New("another engine may lead by now")

// stillLeads keeps a call back that was begun under the lease where this engine stood still
// for so long that another one may have taken over, looked in vain for what the call makes,
// and made it.
func stillLeads(ctx context.Context) error {
	if !lease.Held(ctx) {
		return errNotLeading
	}
	return nil
}

// together runs all until ctx ends or one of them fails, which ends the others.
func together(ctx context.Context, all []func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range all {
		group.Go(func() error { return run(ctx) })
	}
	return group.Wait()
}
