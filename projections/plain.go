package projections

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// An earlier version stored rows in plain text. Its file is copied into a sealed one when it is opened,
// so that its rows go on answering, and is overwritten.

// isPlain reports whether an earlier version has written the file.
func isPlain(db *bbolt.DB) (plain bool, err error) {
	err = boltfile.View(db, func(tx *bbolt.Tx) error {
		plain = tx.Bucket(checkpoints) != nil && tx.Bucket(aboutFile) == nil
		return nil
	})
	return plain, err
}

// sealPlain puts a sealed copy in the place of the file, which it closes. Killed before that, it has
// changed nothing.
func sealPlain(db *bbolt.DB, path string, keys Keys) error {
	old, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	defer old.Close() // it is synced
	err = boltfile.Guard(func() error { return copyPlain(db, path+".new", keys) })
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("seal the views: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("seal the views: %w", err)
	}
	if err := overwrite(old); err != nil {
		return fmt.Errorf("overwrite the views in plain text: %w", err)
	}
	return nil
}

func copyPlain(db *bbolt.DB, to string, keys Keys) error {
	c, err := newCopier(to, keys)
	if err != nil {
		return err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		c.from = &snapshot{Tx: tx}
		return c.copyAll(0)
	})
	if err == nil {
		err = c.db.Sync()
	}
	return c.close(err)
}

// sealedName is the name that the bucket of a view, or its checkpoint, has in a sealed file.
func sealedName(plain []byte) []byte {
	view, version, ok := strings.Cut(string(plain), ".v")
	if !ok {
		return plain
	}
	return []byte(view + ".s" + version)
}

// overwrite fills a file with zeros.
func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for at, size := int64(0), info.Size(); at < size; at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at); err != nil {
			return err
		}
	}
	return f.Sync()
}
