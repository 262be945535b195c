// Package boltfile finds damage in bbolt files. bbolt trusts the pages of its file: on a damaged one
// it panics, reads beyond the end of the file, or follows pages in a circle.
package boltfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrDamaged says that a file's pages are not what bbolt has written.
var ErrDamaged = errors.New("the file's pages are damaged")

// Guard runs what reads or writes a bbolt file, and returns ErrDamaged where bbolt panics or reads
// beyond the file.
func Guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	return do()
}

// View is db.View, guarded.
func View(db *bbolt.DB, read func(*bbolt.Tx) error) error {
	return Guard(func() error { return db.View(read) })
}

// Update is db.Update, guarded.
func Update(db *bbolt.DB, write func(*bbolt.Tx) error) error {
	return Guard(func() error { return db.Update(write) })
}

// Open is bbolt.Open, guarded. It returns ErrDamaged for a file that is no bbolt file, is shorter than
// its pages, or whose branch pages form a circle; it looks for that first, since what bbolt opens for
// writing it reads at once. The file that it returns has the name path: a lock on one whose name
// another file has taken while Open waited would keep nobody out.
func Open(path string, mode os.FileMode, options *bbolt.Options) (*bbolt.DB, error) {
	nothing, err := absent(path)
	if err != nil {
		return nil, err
	}
	if !nothing && !options.ReadOnly {
		looking := *options
		looking.ReadOnly = true
		db, err := Open(path, mode, &looking)
		if err != nil {
			return nil, err
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
	db, err := open(path, mode, options)
	if err != nil || nothing {
		return db, err
	}
	err = whole(db, path)
	if err == nil && options.ReadOnly { // before the file was opened for writing it was opened for reading
		err = circle(path)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func open(path string, mode os.FileMode, options *bbolt.Options) (*bbolt.DB, error) {
	for {
		db, file, err := openOnce(path, mode, *options)
		if err != nil {
			return db, err
		}
		named, err := hasName(file, path)
		if named && err == nil {
			return db, nil
		}
		if err := errors.Join(err, db.Close()); err != nil {
			return nil, err
		}
	}
}

// hasName reports whether the file is the one that has the name path now.
func hasName(file *os.File, path string) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(opened, named), err
}

// openOnce opens the file that has the name path when it begins.
func openOnce(path string, mode os.FileMode, options bbolt.Options) (db *bbolt.DB, file *os.File, err error) {
	openFile := options.OpenFile
	if openFile == nil {
		openFile = os.OpenFile
	}
	options.OpenFile = func(path string, flags int, mode os.FileMode) (f *os.File, err error) {
		f, err = openFile(path, flags, mode)
		file = f
		return f, err
	}
	err = Guard(func() (err error) {
		db, err = bbolt.Open(path, mode, &options)
		return err
	})
	for _, broken := range []error{berrors.ErrInvalid, berrors.ErrVersionMismatch, berrors.ErrChecksum} {
		if errors.Is(err, broken) {
			return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return db, file, err
}

func whole(db *bbolt.DB, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return View(db, func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: it has %d bytes of %d", ErrDamaged, info.Size(), tx.Size())
		}
		return nil
	})
}

// absent reports whether there is nothing to look at: no file, or an empty one.
func absent(path string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return err == nil && info.Size() == 0, err
}
