package secrets

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/vault"
)

// Keys returns how many secrets each sealing key has sealed. A key that is in no keyset
// any more is listed, too, where something is still sealed with it.
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

// Rotate adds a key that seals what is sealed from now on.
func (b *Bucket) Rotate() (vault.KeyID, error) { return b.Vault.Rotate() }

// Rewrap seals with the newest key what older ones sealed, and returns how many secrets
// that were. It may be stopped and restarted at any time.
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

// rewrap seals one secret again. One that somebody writes meanwhile is sealed by them with
// the newest key; one that is gone needs nothing.
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

// Retire removes a key with which nothing is sealed any more. It returns vault.ErrNoKey,
// vault.ErrPrimary or vault.ErrInUse where that can't be.
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

// Lost are the secrets that no key of the master key file opens: it is another file than
// the one that they were sealed with.
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

// Forget destroys the secrets that no key opens any more, and counts them.
func (b *Bucket) Forget(ctx context.Context) (int, error) {
	names, err := b.Lost(ctx)
	for _, name := range names {
		if err == nil {
			err = b.Destroy(ctx, name)
		}
	}
	return len(names), err
}

// each hands every secret over as it is kept.
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
		case e := <-watcher.Updates():
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
