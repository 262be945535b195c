package main

import (
	"context"
	"fmt"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/lease"
)

// whileLeading runs work while this engine holds the lease of the app's allowance. On
// one machine the ledger's lock has decided that already.
func (e *engine) whileLeading(work func(context.Context) error) func(context.Context) error {
	if e.cfg.NATSURL == "" {
		return work
	}
	return func(ctx context.Context) error {
		kv, err := e.bus.JetStream().KeyValue(ctx, bus.Leases)
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
