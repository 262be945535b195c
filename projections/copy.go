package projections

import (
	"bytes"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
)

// copyBytes is what one transaction of a copy writes.
const copyBytes = 1 << 20

// copyTo copies the rows to another file, without gaps, as they are at one moment, and seals them with
// the key of that file. Everything is written before the read ends: after it the pages that were read may
// be used again. (bbolt's own Compact writes its last part later.) gapless is the event up to which the
// copy is said to have no gaps; 0: that is not said.
func (v *file) copyTo(path string, gapless eventstore.Seq) error {
	c, err := newCopier(path, v.keys)
	if err != nil {
		return err
	}
	err = v.view(func(from *snapshot) error {
		c.from = from
		return c.copyAll(gapless)
	})
	return c.close(err)
}

// copier writes what it is given in transactions of copyBytes.
type copier struct {
	from  *snapshot // without a box: of a version that sealed nothing
	db    *bbolt.DB
	box   *box
	keys  Keys
	tx    *bbolt.Tx // nil: none is open
	size  int
	label []byte
}

func newCopier(path string, keys Keys) (*copier, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	sealing, err := newBox(keys)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &copier{db: db, box: sealing, keys: keys}, nil
}

// close closes the copy; err says whether it is whole. The key of one that is not ends.
func (c *copier) close(err error) error {
	if err = errors.Join(err, c.drop(), c.db.Close()); err != nil {
		err = errors.Join(err, c.keys.Drop(c.box.name))
	}
	return err
}

func (c *copier) copyAll(gapless eventstore.Seq) error {
	err := c.from.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if bytes.Equal(name, aboutFile) {
			return nil
		}
		return c.copy([][]byte{name}, b)
	})
	if err == nil {
		err = c.flush()
	}
	if err != nil {
		return err
	}
	return c.db.Update(func(tx *bbolt.Tx) error {
		if err := c.box.describe(tx); err != nil || gapless == 0 {
			return err
		}
		return tx.Bucket(aboutFile).Put(renewed, binary.BigEndian.AppendUint64(nil, uint64(gapless)))
	})
}

func (c *copier) copy(path [][]byte, from *bbolt.Bucket) error {
	to, err := c.bucket(path)
	if err != nil {
		return err
	}
	return from.ForEach(func(key, value []byte) error {
		if value == nil {
			if err := c.copy([][]byte{path[0], key}, from.Bucket(key)); err != nil {
				return err
			}
			to, err = c.bucket(path)
			return err
		}
		if c.size += len(key) + len(value); c.size > copyBytes {
			if err := c.flush(); err != nil {
				return err
			}
			if to, err = c.bucket(path); err != nil {
				return err
			}
		}
		if value, err = c.value(path, key, value); err != nil {
			return err
		}
		to.FillPercent = 0.9 // keys come in their order
		return to.Put(c.key(path, key), value)
	})
}

// value is what the copy has in the place of a value.
func (c *copier) value(path [][]byte, key, value []byte) ([]byte, error) {
	if len(path) == 1 || !isSealed(path[1]) {
		return value, nil
	}
	view := viewOf(path[0])
	if c.from.box != nil {
		var err error
		if value, err = c.from.open(view, path[1], key, value); err != nil {
			return nil, err
		}
	}
	c.label = append(appendLabel(c.label[:0], view, string(path[1])), key...)
	return c.box.seal(c.label, value), nil
}

// key is what the copy has in the place of a key: that of a checkpoint names a sealed view.
func (c *copier) key(path [][]byte, key []byte) []byte {
	if c.from.box == nil && bytes.Equal(path[0], checkpoints) {
		return sealedName(key)
	}
	return key
}

// bucket is a bucket of the copy in the open transaction.
func (c *copier) bucket(path [][]byte) (b *bbolt.Bucket, err error) {
	if c.tx == nil {
		if c.tx, err = c.db.Begin(true); err != nil {
			return nil, err
		}
	}
	name := path[0]
	if c.from.box == nil {
		name = sealedName(name)
	}
	if b, err = c.tx.CreateBucketIfNotExists(name); err != nil || len(path) == 1 {
		return b, err
	}
	return b.CreateBucketIfNotExists(path[1])
}

func (c *copier) flush() error {
	c.size = 0
	if c.tx == nil {
		return nil
	}
	tx := c.tx
	c.tx = nil
	return tx.Commit()
}

// drop undoes what was not flushed.
func (c *copier) drop() error {
	if c.tx == nil {
		return nil
	}
	return c.tx.Rollback()
}
