package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Keys returns how many secrets each sealing key has sealed. A key that is in no keyset
// any more is listed, too, where something is still sealed with it.
func (s *Secrets) Keys(ctx context.Context) (list []Key, sealed map[KeyID]int, err error) {
	sealed = map[KeyID]int{}
	err = s.each(ctx, func(e jetstream.KeyValueEntry) error {
		if id, ok := SealedBy(e.Value()); ok {
			sealed[id]++
		}
		return nil
	})
	return s.Vault.Keys(), sealed, err
}

// Rotate adds a key that seals what is sealed from now on.
func (s *Secrets) Rotate() (KeyID, error) { return s.Vault.Rotate() }

// Rewrap seals with the newest key what older ones sealed, and returns how many secrets
// that were. It may be stopped and restarted at any time.
func (s *Secrets) Rewrap(ctx context.Context) (int, error) {
	done := 0
	err := s.each(ctx, func(e jetstream.KeyValueEntry) error {
		again, err := s.rewrap(ctx, e)
		if again {
			done++
		}
		return err
	})
	return done, err
}

// rewrap seals one secret again. One that somebody writes meanwhile is sealed by them with
// the newest key; one that is gone needs nothing.
func (s *Secrets) rewrap(ctx context.Context, e jetstream.KeyValueEntry) (bool, error) {
	id, ok := SealedBy(e.Value())
	if !ok || s.Vault.isPrimary(id) {
		return false, nil
	}
	data, err := s.Vault.Unseal(e.Value(), e.Key())
	if err != nil {
		return false, err
	}
	_, err = s.Save(ctx, e.Key(), data, e.Revision())
	if errors.Is(err, ErrStale) {
		return false, nil
	}
	return err == nil, err
}

// ErrInUse says that secrets are still sealed with the key.
var ErrInUse = errors.New("vault: secrets are sealed with the key")

// Retire removes a key with which nothing is sealed any more. It returns ErrNoKey,
// ErrPrimary or ErrInUse where that can't be.
func (s *Secrets) Retire(ctx context.Context, id KeyID) error {
	_, sealed, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	if sealed[id] > 0 && !s.Vault.isPrimary(id) {
		return ErrInUse
	}
	return s.Vault.Retire(id)
}

// Lost are the secrets that no key of the master key file opens: it is another file than
// the one that they were sealed with.
func (s *Secrets) Lost(ctx context.Context) (names []string, err error) {
	known := map[KeyID]bool{}
	for _, k := range s.Vault.Keys() {
		known[k.ID] = true
	}
	err = s.each(ctx, func(e jetstream.KeyValueEntry) error {
		if id, ok := SealedBy(e.Value()); !ok || !known[id] {
			names = append(names, e.Key())
		}
		return nil
	})
	return names, err
}

// Forget destroys the secrets that no key opens any more, and counts them.
func (s *Secrets) Forget(ctx context.Context) (int, error) {
	names, err := s.Lost(ctx)
	for _, name := range names {
		if err == nil {
			err = s.Destroy(ctx, name)
		}
	}
	return len(names), err
}

func (v *Vault) isPrimary(id KeyID) bool {
	for _, k := range v.Keys() {
		if k.ID == id {
			return k.Primary
		}
	}
	return false
}

// each hands every secret over as it is kept.
func (s *Secrets) each(ctx context.Context, f func(jetstream.KeyValueEntry) error) error {
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	watcher, err := s.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
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
