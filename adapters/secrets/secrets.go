// Package secrets keeps sealed values in a NATS key-value bucket, with optimistic concurrency: a
// writer names the revision that it has seen.
package secrets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/vault"
)

// Bucket holds sealed values by name. A writer names the revision that it has seen.
type Bucket struct {
	Vault *vault.Vault // seals them
	kv    jetstream.KeyValue
}

// New keeps secrets in the NATS bucket, sealed by v.
func New(v *vault.Vault, kv jetstream.KeyValue) *Bucket { return &Bucket{Vault: v, kv: kv} }

// Load opens a secret and returns its revision. Without one it returns vault.ErrNone.
func (b *Bucket) Load(ctx context.Context, name string) ([]byte, uint64, error) {
	entry, err := b.kv.Get(ctx, name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, vault.ErrNone
	}
	if err != nil {
		return nil, 0, fmt.Errorf("load secret %s: %w", name, err)
	}
	data, err := b.Vault.Unseal(entry.Value(), name)
	return data, entry.Revision(), err
}

// Save seals and stores a secret, provided that revision is still the newest one (0: there is
// none); otherwise it returns vault.ErrStale. It returns the new revision.
func (b *Bucket) Save(ctx context.Context, name string, data []byte, revision uint64) (uint64, error) {
	sealed, err := b.Vault.Seal(data, name)
	if err != nil {
		return 0, err
	}
	if revision == 0 {
		revision, err = b.kv.Create(ctx, name, sealed)
	} else {
		revision, err = b.kv.Update(ctx, name, sealed, revision)
	}
	if stale(err) {
		return 0, vault.ErrStale
	}
	if err != nil {
		return 0, fmt.Errorf("save secret %s: %w", name, err)
	}
	return revision, nil
}

// stale reports whether another writer was faster. Single and replicated streams have different
// codes for that.
func stale(err error) bool {
	if errors.Is(err, jetstream.ErrKeyExists) {
		return true
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == wrongLastSequenceReplicated)
}

// wrongLastSequenceReplicated is the server's code for a wrong expected sequence on a replicated
// stream or inside a batch.
const wrongLastSequenceReplicated = 10164

// Put seals and stores a secret, whatever its revision.
func (b *Bucket) Put(ctx context.Context, name string, data []byte) error {
	sealed, err := b.Vault.Seal(data, name)
	if err != nil {
		return err
	}
	if _, err := b.kv.Put(ctx, name, sealed); err != nil {
		return fmt.Errorf("save secret %s: %w", name, err)
	}
	return nil
}

// Destroy removes a secret and its earlier values from the bucket.
func (b *Bucket) Destroy(ctx context.Context, name string) error {
	if err := b.kv.Purge(ctx, name); err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return fmt.Errorf("destroy secret %s: %w", name, err)
	}
	return nil
}

// listWithin is the timeout of a list. A request during a change of leaders may get lost, and the
// library would wait for ever.
const listWithin = 30 * time.Second

// Names lists the secrets whose names begin with kind and a dot.
func (b *Bucket) Names(ctx context.Context, kind string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	lister, err := b.kv.ListKeysFiltered(ctx, kind+".>")
	if err != nil {
		return nil, fmt.Errorf("list secrets %s: %w", kind, err)
	}
	var names []string
	for name := range lister.Keys() {
		names = append(names, name)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list secrets %s: %w", kind, err)
	}
	return names, nil
}
