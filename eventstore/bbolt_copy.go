package eventstore

import (
	"context"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"
)

// CopyTo writes the ledger's file as it is at one moment, while it is being written, and returns the
// newest position that the copy has. The high-water mark is not part of it.
func (b *Bolt) CopyTo(ctx context.Context, to io.Writer) (last Seq, err error) {
	err = b.view(ctx, func(tx *bolt.Tx) error {
		key, _ := tx.Bucket([]byte(bucketLog)).Cursor().Last()
		last = decodeSeq(key)
		_, err := tx.WriteTo(untilDone{ctx, to})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("copy ledger %s: %w", b.path, err)
	}
	return last, nil
}

// untilDone is a writer that fails when ctx has ended.
type untilDone struct {
	ctx context.Context
	to  io.Writer
}

func (w untilDone) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.to.Write(b)
}
