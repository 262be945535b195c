package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// keyring is the sealing keys of an engine that does not run. While it is open no engine can
// start on the same data.
type Keyring struct {
	sealingKeys
	close func() error
}

// openKeyring opens the keys of the engine that cfg names by its data directory or cluster.
func OpenKeyring(ctx context.Context, cfg config.Settings) (*Keyring, error) {
	cfg.NATSListen = "off"
	if cfg.MasterKeyFile == "" {
		cfg.MasterKeyFile = filepath.Join(cfg.DataDir, "master-key.json")
	}
	e := newEngine(cfg, Options{Log: slog.New(slog.DiscardHandler)})
	k := &Keyring{close: e.Close}
	for _, open := range []func(context.Context) error{e.store.hasLedger, e.store.openLedger, e.openBus,
		func(ctx context.Context) (err error) {
			k.secrets, err = openSecrets(ctx, cfg.MasterKeyFile, e.msg.buckets)
			return err
		}} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return k, nil
}

// Close closes what the keys are kept in.
func (k *Keyring) Close() error { return k.close() }

// Forget destroys the secrets that no key opens any more and returns their number.
func (k *Keyring) Forget(ctx context.Context) (int, error) { return k.secrets.Forget(ctx) }

// openSecrets opens the bucket of what is sealed.
func openSecrets(ctx context.Context, file string, buckets func(context.Context, string) (jetstream.KeyValue, error)) (*secrets.Bucket, error) {
	v, err := vault.Open(file)
	if err != nil {
		return nil, err
	}
	kv, err := buckets(ctx, bus.Tokens)
	if err != nil {
		return nil, fmt.Errorf("open the bucket of sealed tokens: %w", err)
	}
	return secrets.New(v, kv), nil
}
