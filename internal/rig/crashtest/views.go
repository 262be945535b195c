package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/projections"
)

// unlike folds the ledger again, as far as the views at path have come, and names the
// first difference between the two; "": there is none. Views that are ahead of the ledger have
// folded what it has lost since.
func unlike(ctx context.Context, path, masterKey string, ledger finite) (where string, err error) {
	keys, err := sealing.OpenLocalKeysReadOnly(sealing.LocalPath(filepath.Dir(path)), masterKey)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	stepwise, err := projections.OpenStored(path, keys)
	if err != nil || stepwise == nil {
		return "", err
	}
	defer func() { err = errors.Join(err, stepwise.Close()) }()
	at, err := stepwise.Reached()
	if err != nil || at == 0 {
		return "", err
	}
	if last, err := ledger.Last(ctx); err != nil || last < at {
		return fmt.Sprintf("the views have folded the event at %d, and the ledger ends at %d", at, last), err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), "rebuilt-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	rebuilt, err := projections.Open(filepath.Join(dir, "views.db"), &projections.MemoryKeys{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rebuilt.Close()) }()
	if err := rebuilt.Run(ctx, upTo{ledger, at}); err != nil {
		return "", err
	}
	return stepwise.Unlike(rebuilt)
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
