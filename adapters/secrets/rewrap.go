package secrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/vault"
)

// Keys returns how many secrets each sealing key has sealed, including keys that are no longer in
// the keyset but still seal something.
func (b *Bucket) Keys(ctx context.Context) (list []vault.Key, sealed map[vault.KeyID]int, err error) {
	sealed = map[vault.KeyID]int{}
	err = b.each(ctx, func(e jetstream.KeyValueEntry) error {
		if id, ok := vault.SealedBy(e.Value()); ok {
			sealed[id]++
		}
		return nil
	})
	return b.Vault.Keys(), sealed, err
}

// Rotate adds a key that seals all new secrets.
func (b *Bucket) Rotate() (vault.KeyID, error) { return b.Vault.Rotate() }

// Rewrap seals with the newest key the secrets that older keys sealed, and returns their number.
// It may be stopped and restarted at any time.
func (b *Bucket) Rewrap(ctx context.Context) (int, error) {
	done := 0
	err := b.each(ctx, func(e jetstream.KeyValueEntry) error {
		again, err := b.rewrap(ctx, e)
		if again {
			done++
		}
		return err
	})
	return done, err
}

// rewrap seals one secret again. It skips a secret that is written meanwhile, because the writer
// seals it with the newest key, and one that is gone.
func (b *Bucket) rewrap(ctx context.Context, e jetstream.KeyValueEntry) (bool, error) {
	id, ok := vault.SealedBy(e.Value())
	if !ok || b.Vault.IsPrimary(id) {
		return false, nil
	}
	data, err := b.Vault.Unseal(e.Value(), e.Key())
	if err != nil {
		return false, err
	}
	_, err = b.Save(ctx, e.Key(), data, e.Revision())
	if errors.Is(err, vault.ErrStale) {
		return false, nil
	}
	return err == nil, err
}

// Retire removes a key with which nothing is sealed any more. If it can't, it returns
// vault.ErrNoKey, vault.ErrPrimary or vault.ErrInUse.
func (b *Bucket) Retire(ctx context.Context, id vault.KeyID) error {
	_, sealed, err := b.Keys(ctx)
	if err != nil {
		return err
	}
	if sealed[id] > 0 && !b.Vault.IsPrimary(id) {
		return vault.ErrInUse
	}
	return b.Vault.Retire(id)
}

// Lost returns the secrets that no key of the master key file opens, because they were sealed with
// another file.
func (b *Bucket) Lost(ctx context.Context) (names []string, err error) {
	known := map[vault.KeyID]bool{}
	for _, k := range b.Vault.Keys() {
		known[k.ID] = true
	}
	err = b.each(ctx, func(e jetstream.KeyValueEntry) error {
		if id, ok := vault.SealedBy(e.Value()); !ok || !known[id] {
			names = append(names, e.Key())
		}
		return nil
	})
	return names, err
}

// Forget destroys the secrets that no key opens any more, and returns their number.
func (b *Bucket) Forget(ctx context.Context) (int, error) {
	names, err := b.Lost(ctx)
	for _, name := range names {
		if err == nil {
			err = b.Destroy(ctx, name)
		}
	}
	return len(names), err
}

// each calls do for every secret in its sealed form.
func (b *Bucket) each(ctx context.Context, f func(jetstream.KeyValueEntry) error) error {
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	watcher, err := b.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("list secrets: %w", err)
	}
	defer watcher.Stop()
	for {
		select {
		case e, more := <-watcher.Updates():
			if !more {
				return fmt.Errorf("list secrets: the list ended before its last entry: %w", cmp.Or(ctx.Err(), nats.ErrConnectionClosed))
			}
			if e == nil { // all entries were delivered
				return nil
			}
			if err := f(e); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("list secrets: %w", ctx.Err())
		}
	}
}

// Unopened opens every secret and returns how many there are, and the names of those that do not
// open: their key is not in the master key file, or they are damaged.
func (b *Bucket) Unopened(ctx context.Context) (total int, names []string, err error) {
	err = b.each(ctx, func(e jetstream.KeyValueEntry) error {
		total++
		if _, err := b.Vault.Unseal(e.Value(), e.Key()); err != nil {
			names = append(names, e.Key())
		}
		return nil
	})
	return total, names, err
}
