// Package projections folds the ledger into what people look at: the sync history,
// connection status, matters, due work and dead letters, as rows in one bbolt file.
//
// Every row can be folded again, so deleting the file is always safe. A view's rows
// and its checkpoint commit in one transaction: replaying the last event changes
// nothing. A view whose version changed is rebuilt by itself.
package projections

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
)

// View says how rows of one kind come from events. Its functions are pure.
type View[R any] struct {
	Name    string
	Version int
	// Keys are the rows that an event changes; none: the event does not concern the view.
	Keys func(eventstore.Envelope) []string
	// Fold returns the row after the event; the row is zero at first.
	Fold func(R, eventstore.Envelope) R
	// Gone reports that a folded row is to be removed. Nil: rows stay.
	Gone func(R) bool
	// Order is where a row stands in its firm's list, oldest first. Nil: no list.
	Order func(R) (firm string, position uint64)
	// Told notes a row after the event for what is kept of it in memory. Nil: nothing is.
	Told func(*changes, eventstore.Envelope, R)
}

// folder is a View without its row type.
type folder interface {
	bucket() string
	fold(*bbolt.Tx, eventstore.Envelope, *changes) error
	create(*bbolt.Tx) error
}

func (v View[R]) bucket() string { return fmt.Sprintf("%s.v%d", v.Name, v.Version) }

var (
	rowsBucket  = []byte("rows")
	orderBucket = []byte("order")
)

func (v View[R]) create(tx *bbolt.Tx) error {
	b, err := tx.CreateBucketIfNotExists([]byte(v.bucket()))
	if err != nil {
		return err
	}
	if _, err := b.CreateBucketIfNotExists(rowsBucket); err != nil {
		return err
	}
	_, err = b.CreateBucketIfNotExists(orderBucket)
	return err
}

func (v View[R]) fold(tx *bbolt.Tx, env eventstore.Envelope, c *changes) error {
	b := tx.Bucket([]byte(v.bucket()))
	for _, key := range v.Keys(env) {
		if err := v.foldRow(b, key, env, c); err != nil {
			return fmt.Errorf("view %s, row %s, event at %d: %w", v.Name, key, env.Seq, err)
		}
	}
	return nil
}

func (v View[R]) foldRow(b *bbolt.Bucket, key string, env eventstore.Envelope, c *changes) error {
	rows := b.Bucket(rowsBucket)
	var row R
	if old := rows.Get([]byte(key)); old != nil {
		if err := json.Unmarshal(old, &row); err != nil {
			return err
		}
		if err := v.unlist(b, row); err != nil {
			return err
		}
	}
	row = v.Fold(row, env)
	if v.Told != nil {
		v.Told(c, env, row)
	}
	if v.Gone != nil && v.Gone(row) {
		return rows.Delete([]byte(key))
	}
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if err := v.list(b, row, key); err != nil {
		return err
	}
	return rows.Put([]byte(key), data)
}

func (v View[R]) unlist(b *bbolt.Bucket, row R) error {
	if v.Order == nil {
		return nil
	}
	return b.Bucket(orderBucket).Delete(orderKey(v.Order(row)))
}

func (v View[R]) list(b *bbolt.Bucket, row R, key string) error {
	if v.Order == nil {
		return nil
	}
	return b.Bucket(orderBucket).Put(orderKey(v.Order(row)), []byte(key))
}

func orderKey(firm string, position uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(firm), 0), position)
}

// get reads one row.
func get[R any](tx *bbolt.Tx, v View[R], key string) (row R, ok bool, err error) {
	data := tx.Bucket([]byte(v.bucket())).Bucket(rowsBucket).Get([]byte(key))
	if data == nil {
		return row, false, nil
	}
	err = json.Unmarshal(data, &row)
	return row, err == nil, err
}

// all yields every row in the order of keys until fn returns false.
func all[R any](tx *bbolt.Tx, v View[R], fn func(key string, row R) bool) error {
	c := tx.Bucket([]byte(v.bucket())).Bucket(rowsBucket).Cursor()
	for k, data := c.First(); k != nil; k, data = c.Next() {
		var row R
		if err := json.Unmarshal(data, &row); err != nil {
			return fmt.Errorf("view %s, row %s: %w", v.Name, k, err)
		}
		if !fn(string(k), row) {
			return nil
		}
	}
	return nil
}

// newest yields a firm's rows, newest first, from those before position on (0: all),
// until fn returns false.
func newest[R any](tx *bbolt.Tx, v View[R], firm string, before uint64, fn func(row R) bool) error {
	b := tx.Bucket([]byte(v.bucket()))
	c := b.Bucket(orderBucket).Cursor()
	prefix := append([]byte(firm), 0)
	if before == 0 {
		before = ^uint64(0)
	}
	move := c.Prev
	if k, _ := c.Seek(orderKey(firm, before)); k == nil {
		move = c.Last
	}
	for k, key := move(); k != nil && len(k) == len(prefix)+8 && string(k[:len(prefix)]) == string(prefix); k, key = c.Prev() {
		row, ok, err := get(tx, v, string(key))
		if err != nil {
			return fmt.Errorf("view %s, row %s: %w", v.Name, key, err)
		}
		if ok && !fn(row) {
			return nil
		}
	}
	return nil
}
