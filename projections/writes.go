package projections

import (
	"encoding/binary"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// writes are what a batch of events changes in the file, and in what is kept of it in memory.
type writes struct {
	views   []*viewWrites // once they are flushed
	changed *changes
	firms   map[domain.FirmID]struct{} // of the events
	last    eventstore.Seq
	events  int
	size    int64 // of the file before
}

func newWrites() *writes {
	return &writes{changed: newChanges(), firms: map[domain.FirmID]struct{}{}}
}

// viewWrites are what a batch changes of one view, in the buckets within the view's own. A nil
// value removes the key.
type viewWrites struct {
	view   string
	at     eventstore.Seq // the view's checkpoint
	in     []bucketWrites
	counts map[string]int    // what is added to the numbers of rows
	kept   map[string][]byte // what is kept of rows in memory, too
}

type bucketWrites struct {
	name   []byte
	values map[string][]byte
}

func (w *viewWrites) commit(tx *bbolt.Tx, sealing *box) error {
	b := tx.Bucket([]byte(w.view))
	for _, in := range w.in {
		if len(in.values) == 0 {
			continue
		}
		if err := w.put(b.Bucket(in.name), in, sealing); err != nil {
			return err
		}
	}
	if len(w.counts) > 0 {
		if err := count(b.Bucket(countsBucket), w.counts); err != nil {
			return err
		}
	}
	return tx.Bucket(checkpoints).Put([]byte(w.view), binary.BigEndian.AppendUint64(nil, uint64(w.at)))
}

func (w *viewWrites) put(to *bbolt.Bucket, in bucketWrites, sealing *box) error {
	if isSealed(in.name) {
		return sealing.putSealed(to, viewOf([]byte(w.view)), string(in.name), in.values)
	}
	return put(to, in.values)
}

// put writes in the order of keys, which is the cheapest for bbolt.
func put(b *bbolt.Bucket, values map[string][]byte) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		var err error
		if value := values[key]; value == nil {
			err = b.Delete([]byte(key))
		} else {
			err = b.Put([]byte(key), value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reader is a read transaction that begins when it is first required.
type reader struct {
	db   *sealedDB
	open *snapshot
	view string        // the bucket of the view whose rows were read last
	rows *bbolt.Cursor // over them
}

func (r *reader) tx() (*snapshot, error) {
	if r.open != nil {
		return r.open, nil
	}
	tx, err := r.db.Begin(false)
	if err != nil {
		return nil, err
	}
	r.open = &snapshot{Tx: tx, box: r.db.box}
	return r.open, nil
}

// sealed is a row as it is stored in the bucket of a view, nil where there is none.
func (r *reader) sealed(view, key string) ([]byte, error) {
	if r.view != view {
		tx, err := r.tx()
		if err != nil {
			return nil, err
		}
		r.view, r.rows = view, tx.Bucket([]byte(view)).Bucket(rowsBucket).Cursor()
	}
	found, sealed := r.rows.Seek([]byte(key))
	if string(found) != key {
		return nil, nil
	}
	return sealed, nil
}

func (r *reader) close() error {
	if r.open == nil {
		return nil
	}
	return r.open.Rollback()
}
