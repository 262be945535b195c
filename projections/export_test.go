package projections

import (
	"reflect"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
)

// Take folds the events in one transaction, as Run does with what it has gathered.
func (v *Views) Take(list []eventstore.Envelope) error { return v.take(list) }

// Careless leaves out the waiting for the disk.
func (v *Views) Careless() { v.db.NoSync = true }

// Dump is everything that the file holds, by path.
func (v *Views) Dump() (map[string]string, error) {
	all := map[string]string{}
	err := v.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return dump(all, string(name), b) })
	})
	return all, err
}

func dump(all map[string]string, path string, b *bbolt.Bucket) error {
	return b.ForEach(func(k, value []byte) error {
		if value == nil {
			return dump(all, path+" "+string(k), b.Bucket(k))
		}
		all[path+" "+string(k)] = string(value)
		return nil
	})
}

// Written is how many bytes of pages were written so far.
func (v *Views) Written() int64 {
	s := v.db.Stats().TxStats
	return s.GetPageAlloc()
}

// Rows are the types of all views' rows, by the view's name and version.
func Rows() map[string]reflect.Type {
	rows := map[string]reflect.Type{}
	for _, f := range allViews {
		rows[f.bucket()] = reflect.TypeFor[WebhookTimeline]()
		if fold, ok := reflect.TypeOf(f).FieldByName("Fold"); ok {
			rows[f.bucket()] = fold.Type.In(0)
		}
	}
	return rows
}
