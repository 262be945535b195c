package engine

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/projections"
)

// Rebuild folds again the views of an engine that does not run, and returns how many events they
// include. masterKey is the master key file; empty: the one in the directory. progress is called now and then with the event that was folded last.
func Rebuild(ctx context.Context, dir, masterKey string, progress func(at, of uint64)) (events uint64, err error) {
	if err := checkRestored(dir); err != nil {
		return 0, err
	}
	if _, err := os.Stat(ledgerPath(dir)); err != nil {
		return 0, noLedger(dir, err)
	}
	masterKey = cmp.Or(masterKey, filepath.Join(dir, "master-key.json"))
	ledger, err := sealing.OpenLedger(dir, masterKey)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	last, err := ledger.Last(ctx)
	if err != nil {
		return 0, err
	}
	keys, err := sealing.OpenLocalKeysIn(dir, masterKey)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	views, err := projections.Open(filepath.Join(dir, "views.db"), keys)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, views.Close()) }()
	views.Rebuild()
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- views.Run(ctx, ledger) }()
	err = awaitRebuild(ctx, views, func(at uint64) { progress(at, uint64(last)) })
	stop()
	return uint64(last), errors.Join(err, <-ended)
}

// awaitRebuild returns when the rebuild is over.
func awaitRebuild(ctx context.Context, views *projections.Views, progress func(at uint64)) error {
	for {
		r := views.LastRebuild()
		switch {
		case r.Done > 0:
			return nil
		case !r.Running:
			return errors.New("the rebuild was interrupted: the views are as they were")
		}
		progress(r.Position)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
