package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// unlike folds the ledger again, as far as the views at path have come, and names the
// first difference between the two; "": there is none.
func unlike(ctx context.Context, path string, ledger eventstore.Store) (string, error) {
	stepwise, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return "", fmt.Errorf("open the views: %w", err)
	}
	defer stepwise.Close()
	at, err := checkpoint(stepwise)
	if err != nil || at == 0 {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), "rebuilt-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	anew := filepath.Join(dir, "views.db")
	if err := rebuildViews(ctx, anew, upTo{ledger, at}); err != nil {
		return "", err
	}
	rebuilt, err := bbolt.Open(anew, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return "", fmt.Errorf("open the views that were rebuilt: %w", err)
	}
	defer rebuilt.Close()
	return difference(stepwise, rebuilt)
}

func rebuildViews(ctx context.Context, path string, ledger eventstore.Store) error {
	views, err := projections.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(views.Run(ctx, ledger), views.Close())
}

// upTo is a ledger that ends at a position.
type upTo struct {
	eventstore.Store
	last eventstore.Seq
}

func (u upTo) Tail(ctx context.Context, after eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		if after >= u.last {
			return
		}
		for env, err := range u.Store.Tail(ctx, after) {
			if !yield(env, err) || err != nil || env.Seq >= u.last {
				return
			}
		}
	}
}

var errTorn = errors.New("the views have different checkpoints")

// checkpoint is the position that all views have reached; they move together.
func checkpoint(db *bbolt.DB) (at eventstore.Seq, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		marks := tx.Bucket([]byte("checkpoints"))
		if marks == nil {
			return nil // killed before its first transaction
		}
		first := true
		return marks.ForEach(func(_, v []byte) error {
			seq := eventstore.Seq(binary.BigEndian.Uint64(v))
			if !first && seq != at {
				return errTorn
			}
			at, first = seq, false
			return nil
		})
	})
	return at, err
}

// difference names the first key that two files do not have alike, in any bucket.
func difference(a, b *bbolt.DB) (where string, err error) {
	err = a.View(func(x *bbolt.Tx) error {
		return b.View(func(y *bbolt.Tx) error {
			where = differ(x.Cursor(), y.Cursor(), x.Bucket, y.Bucket, "")
			return nil
		})
	})
	return where, err
}

func differ(x, y *bbolt.Cursor, inX, inY func([]byte) *bbolt.Bucket, path string) string {
	k, v := x.First()
	l, w := y.First()
	for ; k != nil || l != nil; k, v, l, w = pair(x, y) {
		name := fmt.Sprintf("%s/%s", path, k)
		if !bytes.Equal(k, l) || !bytes.Equal(v, w) {
			return fmt.Sprintf("%s, rebuilt %s/%s", name, path, l)
		}
		if v != nil {
			continue
		}
		below, other := inX(k), inY(l)
		if where := differ(below.Cursor(), other.Cursor(), below.Bucket, other.Bucket, name); where != "" {
			return where
		}
	}
	return ""
}

func pair(x, y *bbolt.Cursor) (k, v, l, w []byte) {
	k, v = x.Next()
	l, w = y.Next()
	return k, v, l, w
}
