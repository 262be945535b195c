package projections

import (
	"bytes"
	"errors"
	"reflect"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
)

// Take folds the events in one transaction, as Run does with what it has gathered.
func (v *Views) Take(list []eventstore.Envelope) error { return v.take(list) }

// TakeParts folds the parts one after the other, and writes them in one transaction.
func (v *Views) TakeParts(parts ...[]eventstore.Envelope) error { return v.take(parts...) }

// Crash folds the events as far as an engine does that dies before it has written them.
func (v *Views) Crash(list []eventstore.Envelope) error {
	w := newWrites()
	err := v.fold(list, w)
	if err == nil {
		err = v.flush(w)
	}
	return errors.Join(err, v.forget())
}

// Reached is the position from which on an engine that starts takes events.
func (v *Views) Reached() eventstore.Seq { return v.folded() }

// Forget drops the rows in memory.
func (v *Views) Forget() error { return v.forget() }

// Careless leaves out the waiting for the disk.
func (v *Views) Careless() { v.db.Load().NoSync = true }

// Dump is everything that the file holds, by path.
func (v *Views) Dump() (map[string]string, error) {
	all := map[string]string{}
	err := v.view(func(tx *snapshot) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if string(name) == string(aboutFile) { // not what it holds
				return nil
			}
			return dump(all, tx, b, string(name))
		})
	})
	return all, err
}

func dump(all map[string]string, tx *snapshot, b *bbolt.Bucket, path ...string) error {
	return b.ForEach(func(k, value []byte) error {
		if value == nil {
			return dump(all, tx, b.Bucket(k), append(path, string(k))...)
		}
		opened, err := side{file: tx}.value(path, k, value)
		all[strings.Join(append(path, string(k)), " ")] = string(opened)
		return err
	})
}

// WritePlain writes what views hold as the version did that sealed nothing.
func WritePlain(v *Views, path string) error {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	plain := func(name []byte) []byte { return []byte(strings.Replace(string(name), ".s", ".v", 1)) }
	err = v.view(func(from *snapshot) error {
		return db.Update(func(tx *bbolt.Tx) error {
			return from.ForEach(func(name []byte, b *bbolt.Bucket) error {
				if string(name) == string(aboutFile) {
					return nil
				}
				to, err := tx.CreateBucket(plain(name))
				if err != nil {
					return err
				}
				return writePlain(from, b, to, plain, string(name))
			})
		})
	})
	return errors.Join(err, db.Close())
}

func writePlain(from *snapshot, b, to *bbolt.Bucket, plain func([]byte) []byte, path ...string) error {
	return b.ForEach(func(k, value []byte) error {
		if value == nil {
			below, err := to.CreateBucket(k)
			if err != nil {
				return err
			}
			return writePlain(from, b.Bucket(k), below, plain, append(path, string(k))...)
		}
		value, err := side{file: from}.value(path, k, value)
		if path[0] == string(checkpoints) {
			k = plain(k)
		}
		return errors.Join(err, to.Put(k, bytes.Clone(value)))
	})
}

// Sealed is the stored form of a value in a file that is not open.
func Sealed(tx *bbolt.Tx, keys Keys, bucket, within, key, value string) ([]byte, error) {
	sealing, err := findBox(keys, string(tx.Bucket(aboutFile).Get(keyName)))
	if err != nil {
		return nil, err
	}
	return sealing.seal(append(appendLabel(nil, viewOf([]byte(bucket)), within), key...), []byte(value)), nil
}

// RenewFrom has the file renewed from a size on.
func (v *Views) RenewFrom(size int64) { v.worth, v.compact = size, size/2 }

// Renewed is how often the file was renewed.
func (v *Views) Renewed() int { return int(v.renewals.Load()) }

// Written is how many bytes of pages were written so far.
func (v *Views) Written() int64 {
	s := v.db.Load().Stats().TxStats
	return s.GetPageAlloc()
}

// Rows are the types of all views' rows, by the view's name and version.
func Rows() map[string]reflect.Type {
	rows := map[string]reflect.Type{}
	for _, f := range allViews {
		rows[shapeOf(f)] = reflect.TypeFor[WebhookTimeline]()
		if fold, ok := reflect.TypeOf(f).FieldByName("Fold"); ok {
			rows[shapeOf(f)] = fold.Type.In(0)
		}
	}
	rows[shapeOf(Timelines)] = reflect.TypeFor[[]Moment]() // each stored apart
	return rows
}

// shapeOf names the form of a view's rows, which sealing does not change.
func shapeOf(f folder) string {
	i := strings.LastIndex(f.bucket(), ".s")
	return f.bucket()[:i] + ".v" + f.bucket()[i+2:]
}
