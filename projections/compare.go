package projections

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// ErrUnfinished says that the views in a file are not all at one position, or are those of another
// version: the next engine folds them on.
var ErrUnfinished = errors.New("the views are being folded again")

// Stored are views in a file that no engine writes.
type Stored struct{ db *sealedDB }

// OpenStored opens a views' file for reading; nil: there is none, or an engine was killed before it wrote
// the first row.
func OpenStored(path string, keys Keys) (*Stored, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	db, err := boltfile.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("open the views %s: %w", path, err)
	}
	name, err := keyOf(db)
	if name == "" || err != nil {
		return nil, errors.Join(err, db.Close())
	}
	sealing, err := findBox(keys, name)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the views %s: %w", path, err), db.Close())
	}
	return &Stored{&sealedDB{db, sealing}}, nil
}

// Close closes the file.
func (s *Stored) Close() error { return s.db.Close() }

func (s *Stored) view(read func(*snapshot) error) error {
	return boltfile.View(s.db.DB, func(tx *bbolt.Tx) error { return read(&snapshot{Tx: tx, box: s.db.box}) })
}

// Reached is the position that all views have reached; they move together.
func (s *Stored) Reached() (at eventstore.Seq, err error) {
	err = s.view(func(tx *snapshot) error {
		marks := tx.Bucket(checkpoints)
		if marks == nil {
			return nil // killed before its first transaction
		}
		first := true
		return marks.ForEach(func(_, v []byte) error {
			seq := eventstore.Seq(binary.BigEndian.Uint64(v))
			if !first && seq != at {
				return ErrUnfinished
			}
			at, first = seq, false
			return nil
		})
	})
	return at, err
}

// Unlike names the first key that the stored rows and those of v do not have alike, or whose value does
// not open in its place; "": there is none. Both have to be at the same position.
func (s *Stored) Unlike(v *Views) (where string, err error) {
	err = s.view(func(x *snapshot) error {
		return v.view(func(y *snapshot) error {
			for _, f := range allViews {
				if x.Bucket([]byte(f.bucket())) == nil {
					return ErrUnfinished
				}
			}
			where = differ(side{x, x.Cursor(), x.Bucket}, side{y, y.Cursor(), y.Bucket})
			return nil
		})
	})
	return where, err
}

// side is one of two files that are compared: the buckets and values at one place.
type side struct {
	file   *snapshot
	cursor *bbolt.Cursor
	bucket func([]byte) *bbolt.Bucket
}

func (s side) below(name []byte) side {
	b := s.bucket(name)
	return side{s.file, b.Cursor(), b.Bucket}
}

// value is the opened form of a value.
func (s side) value(path []string, key, value []byte) ([]byte, error) {
	if len(path) != 2 || !isSealed([]byte(path[1])) {
		return value, nil
	}
	return s.file.open(viewOf([]byte(path[0])), []byte(path[1]), key, value)
}

func differ(x, y side, path ...string) string {
	k, v := x.cursor.First()
	l, w := y.cursor.First()
	for ; k != nil || l != nil; k, v, l, w = pair(x.cursor, y.cursor) {
		name := strings.Join(append(path, string(k)), "/")
		if !bytes.Equal(k, l) || (v == nil) != (w == nil) {
			return fmt.Sprintf("%s, folded again %s", name, strings.Join(append(path, string(l)), "/"))
		}
		if len(path) == 0 && bytes.Equal(k, aboutFile) {
			continue
		}
		if v == nil {
			if where := differ(x.below(k), y.below(l), append(path, string(k))...); where != "" {
				return where
			}
			continue
		}
		if where := unlikeValues(x, y, path, k, v, w); where != "" {
			return name + where
		}
	}
	return ""
}

func unlikeValues(x, y side, path []string, key, v, w []byte) string {
	a, err := x.value(path, key, v)
	if err != nil {
		return ", which does not open in its place"
	}
	b, err := y.value(path, key, w)
	if err != nil || !bytes.Equal(a, b) {
		return ", folded again otherwise"
	}
	return ""
}

func pair(x, y *bbolt.Cursor) (k, v, l, w []byte) {
	k, v = x.Next()
	l, w = y.Next()
	return k, v, l, w
}
