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
// app's allowance. On one machine the ledger's lock has decided that already.
func (e *engine) whileLeading(all ...func(context.Context) error) func(context.Context) error {
	work := func(ctx context.Context) error { return together(ctx, all) }
	if e.cfg.NATSURL == "" {
		return work
	}
	return func(ctx context.Context) error {
		kv, err := e.buckets(ctx, bus.Leases)
		if err != nil {
			return fmt.Errorf("open the bucket of leases: %w", err)
		}
		status, err := kv.Status(ctx)
		if err != nil {
			return fmt.Errorf("ask how long leases live: %w", err)
		}
		app, err := e.desk.Vault.Name("allowance " + e.cfg.ClientID)
		if err != nil {
			return err
		}
		return lease.Lease{KV: kv, Key: "allowance." + app, Owner: e.token[:12], Life: status.TTL(), Log: e.log}.Run(ctx, work)
	}
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
