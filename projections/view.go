// Package projections folds the ledger into what people look at: the sync history,
// connection status, matters, due work and dead letters, as rows in one bbolt file.
//
// Every row can be folded again, so deleting the file is always safe. A view's rows
// and its checkpoint commit in one transaction: replaying the last event changes
// nothing. A view whose version changed is rebuilt by itself.
package projections

import (
	"encoding"
	"encoding/json"
	"fmt"
	"time"

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
	// Order is where a row stands in its firm's list, oldest first; no firm: in none. Nil: no list.
	Order func(R) (firm string, position uint64)
	// When is the row's time, for a choice by time from the firm's list. Nil: none is made.
	When func(R) time.Time
	// Lists names the narrower lists of its firm in which a row stands. Nil: none.
	Lists func(R) []string
	// Text is what a search of the firm's list looks through. Nil: there is none.
	Text func(R) string
	// Counted is what a row counts as in the numbers of its firm. Nil: nobody counts.
	Counted func(R) string
	// Changed is the position of the row's last change, for ChangedAfter. Nil: it is not
	// listed there.
	Changed func(R) uint64
	// Kept is what is kept in memory of a row, nil if nothing is: it is at hand at the next start
	// without reading the rows. Nil: nothing is kept of any.
	Kept func(R) []byte
	// Told notes a row after the event for what is kept of it in memory. Nil: nothing is. Views
	// are folded at the same time, so only one may have it.
	Told func(*changes, eventstore.Envelope, R)
}

// folder is a View without its row type.
type folder interface {
	bucket() string
	create(*bbolt.Tx) error
	// standIn is the bucket of an older version whose rows answer until this one's are folded.
	standIn(*bbolt.Tx) []byte
	table() folding
}

// folding folds events into the rows of a view.
type folding interface {
	// reached is the last event that was folded.
	reached() *eventstore.Seq
	fold(*reader, eventstore.Envelope, *changes) error
	// flush returns what changed since the last flush. Its result was written when the one
	// after it is asked for.
	flush() (*viewWrites, error)
	// settle notes that the result of the last flush was written.
	settle()
	// forget drops what is kept in memory.
	forget(*bbolt.Tx)
}

// bucket is the view's own. Its rows are sealed; those of versions that sealed none stand in buckets with
// a v before the number.
func (v View[R]) bucket() string { return fmt.Sprintf("%s.s%d", v.Name, v.Version) }

var (
	rowsBucket = []byte("rows")
	keptBucket = []byte("kept") // of what is kept in memory of the rows
)

func (v View[R]) create(tx *bbolt.Tx) error {
	b, err := tx.CreateBucketIfNotExists([]byte(v.bucket()))
	if err != nil {
		return err
	}
	for _, name := range v.within() {
		if _, err := b.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

func (v View[R]) standIn(tx *bbolt.Tx) []byte {
	if tx.Bucket([]byte(v.bucket())) != nil {
		return nil
	}
	return standIn(tx, v.Name, v.within())
}

// in is the bucket with the view's rows that answer.
func (v View[R]) in(tx *snapshot) *bbolt.Bucket {
	if b := tx.Bucket([]byte(v.bucket())); b != nil {
		return b
	}
	return tx.Bucket(v.standIn(tx.Tx))
}

// within are the buckets that a view's own bucket has.
func (v View[R]) within() [][]byte {
	names := [][]byte{rowsBucket}
	if v.Kept != nil {
		names = append(names, keptBucket)
	}
	if v.Order != nil {
		names = append(names, orderBucket, listsBucket, textsBucket, countsBucket)
	}
	return names
}

// eachKept yields what is kept of a view's rows, by their key.
func eachKept[R any](tx *snapshot, v View[R], fn func(key string, kept []byte) error) error {
	return v.in(tx).Bucket(keptBucket).ForEach(func(key, sealed []byte) error {
		kept, err := tx.open(v.Name, keptBucket, key, sealed)
		if err != nil {
			return err
		}
		return fn(string(key), kept)
	})
}

// encode is the stored form of a row: JSON, unless its type has a form of its own.
func encode(row any) ([]byte, error) {
	if own, ok := row.(encoding.BinaryMarshaler); ok {
		return own.MarshalBinary()
	}
	return json.Marshal(row)
}

// decode reads the stored form into the row that is pointed to.
func decode(data []byte, row any) error {
	if own, ok := row.(encoding.BinaryUnmarshaler); ok {
		return own.UnmarshalBinary(data)
	}
	return json.Unmarshal(data, row)
}

// get reads one row.
func get[R any](tx *snapshot, v View[R], key string) (row R, ok bool, err error) {
	data, err := v.stored(tx, v.in(tx).Bucket(rowsBucket), []byte(key))
	if data == nil || err != nil {
		return row, false, err
	}
	err = decode(data, &row)
	return row, err == nil, err
}

// stored is the stored form of a row, nil where there is none. It is valid until the next one is read.
func (v View[R]) stored(tx *snapshot, rows *bbolt.Bucket, key []byte) ([]byte, error) {
	return tx.open(v.Name, rowsBucket, key, rows.Get(key))
}

// all yields every row in the order of keys until fn returns false.
func all[R any](tx *snapshot, v View[R], fn func(key string, row R) bool) error {
	c := v.in(tx).Bucket(rowsBucket).Cursor()
	for k, sealed := c.First(); k != nil; k, sealed = c.Next() {
		data, err := tx.open(v.Name, rowsBucket, k, sealed)
		if err != nil {
			return err
		}
		var row R
		if err := decode(data, &row); err != nil {
			return fmt.Errorf("view %s, row %s: %w", v.Name, k, err)
		}
		if !fn(string(k), row) {
			return nil
		}
	}
	return nil
}
