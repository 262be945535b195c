package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// A commit writes the pages that it changes to another place of the file, and leaves the old ones free; the
// heads come in any order and leave their pages half full. Compact copies the ledger to a new file that
// has neither, and goes on with it.

// bucketCompacted says up to which event the file was copied without gaps. A file that never was has none.
const bucketCompacted = "compacted"

var compactedKey = []byte("at")

// Compact copies the ledger into a new file without gaps, which then replaces the old one. Reads and
// appends go on meanwhile; appends wait for the last step, in which the new file gets the newest
// events and its name. Killed at any moment, the engine finds the old file or the new one, whole.
func (b *Bolt) Compact(ctx context.Context) error {
	err := b.compact(ctx)
	if err != nil {
		err = fmt.Errorf("compact ledger %s: %w", b.path, err)
	}
	return err
}

// lastStep is how many events the last step copies at most, unless they come faster than they are copied.
const lastStep = 500

func (b *Bolt) compact(ctx context.Context) (err error) {
	if b.queue == nil {
		return errors.New("it is open for reading only")
	}
	c, err := newCompaction(b)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.drop())
		}
	}()
	if err := c.copyHeads(ctx); err != nil {
		return err
	}
	for left := Seq(lastStep); left >= lastStep; {
		if left, err = c.advance(ctx); err != nil {
			return err
		}
	}
	if err := c.db.Sync(); err != nil { // the last step has little left to flush then
		return err
	}
	return b.queue.between(ctx, func() error { return c.replace(ctx) })
}

// compaction is a copy that is being made.
type compaction struct {
	of   *Bolt
	path string
	db   *bolt.DB
	at   Seq // up to here it has the log
}

func newCompaction(b *Bolt) (*compaction, error) {
	path := compactionPath(b.path)
	if err := removeFile(path); err != nil {
		return nil, err
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, FreelistType: bolt.FreelistMapType, Timeout: lockWait})
	if err != nil {
		return nil, errors.Join(err, removeFile(path)) // a full disk leaves the beginning of it
	}
	c := &compaction{of: b, path: path, db: db}
	err = boltfile.Update(db, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists([]byte(bucketCompacted))
		return errors.Join(makeBuckets(tx), err)
	})
	if err != nil {
		return nil, errors.Join(err, c.drop())
	}
	return c, nil
}

func compactionPath(ledger string) string { return ledger + ".new" }

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyHeads copies the heads in their order, so that their pages become full. Most are the final ones; those
// of streams that get events meanwhile are put again with their record.
func (c *compaction) copyHeads(ctx context.Context) error {
	var from []byte // the first head that is not copied
	for {
		var keys, values [][]byte
		err := c.of.view(ctx, func(tx *bolt.Tx) error {
			heads := tx.Bucket([]byte(bucketHeads)).Cursor()
			for k, v := heads.Seek(from); k != nil && len(keys) < headsAtOnce; k, v = heads.Next() {
				keys, values = append(keys, bytes.Clone(k)), append(values, bytes.Clone(v))
			}
			return nil
		})
		if err != nil || len(keys) == 0 {
			return err
		}
		err = boltfile.Update(c.db, func(tx *bolt.Tx) (err error) {
			heads := tx.Bucket([]byte(bucketHeads))
			heads.FillPercent = 0.9
			for i, k := range keys {
				err = errors.Join(err, heads.Put(k, values[i]))
			}
			return err
		})
		if err != nil {
			return err
		}
		from = append(keys[len(keys)-1], 0)
	}
}

// headsAtOnce is how many heads one transaction copies.
const headsAtOnce = 5000

// advance copies up to the end that the log has now, and returns how many events came meanwhile.
func (c *compaction) advance(ctx context.Context) (left Seq, err error) {
	end, err := c.of.Last(ctx)
	for err == nil && c.at < end {
		err = c.page(ctx)
	}
	if err != nil {
		return 0, err
	}
	now, err := c.of.Last(ctx)
	return now - end, err
}

// page copies some records, byte for byte, and their streams' heads.
func (c *compaction) page(ctx context.Context) error {
	var values [][]byte
	err := c.of.view(ctx, func(tx *bolt.Tx) error {
		log, size := tx.Bucket([]byte(bucketLog)).Cursor(), 0
		for k, v := log.Seek(encodeSeq(c.at + 1)); k != nil && len(values) < pageEvents && size <= pageBytes; k, v = log.Next() {
			if next := c.at + Seq(len(values)) + 1; decodeSeq(k) != next {
				return damaged(next, fmt.Sprintf("it is missing; the next one is %d", decodeSeq(k)))
			}
			values, size = append(values, bytes.Clone(v)), size+len(v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return boltfile.Update(c.db, func(tx *bolt.Tx) error {
		for _, v := range values {
			if err := putCopy(tx, c.at+1, v); err != nil {
				return err
			}
			c.at++
		}
		return tx.Bucket([]byte(bucketCompacted)).Put(compactedKey, encodeSeq(c.at))
	})
}

// putCopy puts a record at its position and notes it as the newest of its stream.
func putCopy(tx *bolt.Tx, at Seq, value []byte) error {
	r, err := storedRecord(at, value)
	if err != nil {
		return err
	}
	log, heads := tx.Bucket([]byte(bucketLog)), tx.Bucket([]byte(bucketHeads))
	log.FillPercent = 0.9
	if err := log.Put(encodeSeq(at), value); err != nil {
		return err
	}
	if known, err := decodeHead(heads.Get([]byte(r.stream))); err == nil && known.Seq >= at {
		return nil
	}
	return heads.Put([]byte(r.stream), encodeHead(lastOf([]record{r}, at)))
}

// replace gives the copy the rest of the log and the ledger's name. Nothing is appended meanwhile. Once
// the file has its name it is the ledger, whatever fails.
func (c *compaction) replace(ctx context.Context) error {
	if _, err := c.advance(ctx); err != nil {
		return err
	}
	if err := c.db.Sync(); err != nil {
		return err
	}
	c.db.NoSync = false
	if err := os.Rename(c.path, c.of.path); err != nil {
		return err
	}
	old := c.of.db.Swap(c.db)
	c.of.compacts.closeLater(old)
	if err := errors.Join(syncFolder(filepath.Dir(c.of.path)), c.of.disk.Check()); err != nil {
		// The old name could come back with a power cut, and with it an end before the newest events.
		c.of.compacts.refuse(fmt.Errorf("its new file may lose its name with a power cut: %w; start the engine again", err))
	}
	return nil
}

// syncFolder returns when the names in a folder are on the disk.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// drop removes a copy that did not become the ledger.
func (c *compaction) drop() error { return errors.Join(c.db.Close(), removeFile(c.path)) }
