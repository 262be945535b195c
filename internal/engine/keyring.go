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
	forgotten int // keys, when it was opened
	close     func() error
}

// OpenKeyring opens the keys of the engine that cfg names by its data directory or cluster.
func OpenKeyring(ctx context.Context, cfg config.Settings) (*Keyring, error) {
	return openKeyring(ctx, cfg, func(*storage) (int, error) { return 0, nil })
}

// OpenKeyringToForget is OpenKeyring for an engine whose master key file is lost for good. It removes
// the bus of one machine if its key can't be opened: nobody can read it any more.
func OpenKeyringToForget(ctx context.Context, cfg config.Settings) (*Keyring, error) {
	return openKeyring(ctx, cfg, (*storage).forgetBus)
}

func openKeyring(ctx context.Context, cfg config.Settings, beforeBus func(*storage) (forgotten int, err error)) (*Keyring, error) {
	cfg.NATSListen = "off"
	if cfg.MasterKeyFile == "" {
		cfg.MasterKeyFile = filepath.Join(cfg.DataDir, "master-key.json")
	}
	e := newEngine(cfg, Options{Log: slog.New(slog.DiscardHandler)})
	k := &Keyring{close: e.Close}
	for _, open := range []func(context.Context) error{e.store.hasLedger, e.store.openLedger,
		func(context.Context) (err error) { k.forgotten, err = beforeBus(&e.store); return err }, e.openBus,
		func(ctx context.Context) error { return e.store.openClusterKeys(ctx, e.msg.bus.JetStream()) },
		func(ctx context.Context) (err error) {
			k.secrets, err = openSecrets(ctx, cfg.MasterKeyFile, e.msg.buckets)
			k.others = e.store.wrappedKeys()
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

// Forget destroys the secrets and the other keys that no key opens any more and returns their number.
func (k *Keyring) Forget(ctx context.Context) (int, error) {
	n, err := k.secrets.Forget(ctx)
	return k.andOthers(n+k.forgotten, err, wrappedKeys.Forget)
}

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
