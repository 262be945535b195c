package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

// DeleteObject removes the objects of a firm's document that were put before a time: the shared
// object, unless it is marked with another firm, and the one that the firm's own tenant put. A
// missing object is no error.
func (b *Bus) DeleteObject(ctx context.Context, f domain.FirmID, bucket, name string, before time.Time) error {
	store, err := b.js.Stream(ctx, "OBJ_"+bucket)
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
		if err := b.eraseObject(ctx, store, f, bucket, n); err != nil { // its bytes do not stay in free space
			return fmt.Errorf("delete object %s/%s: %w", bucket, n, err)
		}
	}
	return nil
}
