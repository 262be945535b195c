package projections

import (
	"errors"
	"sync/atomic"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// file is the views' file, which another one may replace while rows are read.
type file struct {
	path    string
	damaged chan struct{} // holds one element once a reader met a damaged page
	db      atomic.Pointer[sealedDB]
	keys    Keys
}

// sealedDB is an open file, and what seals its values.
type sealedDB struct {
	*bbolt.DB
	box *box
}

// view reads rows, also while the file is being replaced.
func (f *file) view(read func(*snapshot) error) error {
	for {
		db := f.db.Load()
		err := boltfile.View(db.DB, func(tx *bbolt.Tx) error { return read(&snapshot{Tx: tx, box: db.box}) })
		if errors.Is(err, boltfile.ErrDamaged) {
			select {
			case f.damaged <- struct{}{}:
			default: // it is known already
			}
		}
		if !errors.Is(err, berrors.ErrDatabaseNotOpen) || f.db.Load() == db {
			return err
		}
	}
}
