package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

// DeleteObject removes what a firm's document was read from, if it was put before a time: the
// shared object, unless it bears another firm's mark, and the one that the firm's own tenant put.
// What is not there is no error.
func (b *Bus) DeleteObject(ctx context.Context, f domain.FirmID, bucket, name string, before time.Time) error {
	store, err := b.js.ObjectStore(ctx, bucket)
	if err != nil {
		return fmt.Errorf("find bucket %s: %w", bucket, err)
	}
	for _, n := range []string{ownName(string(f), name), name} {
		object, err := b.objectEntry(ctx, bucket, n)
		switch {
		case errors.Is(err, jetstream.ErrObjectNotFound), errors.Is(err, ErrNoObject):
			continue
		case err != nil:
			return fmt.Errorf("look at object %s/%s: %w", bucket, n, err)
		case object.entry.Firm != "" && object.entry.Firm != f, object.info.ModTime.After(before):
			continue
		}
		if err := store.Delete(ctx, n); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
			return fmt.Errorf("delete object %s/%s: %w", bucket, n, err)
		}
	}
	return nil
}
