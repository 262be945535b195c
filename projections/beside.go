package projections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// The views' file is renewed beside the one that answers: to rebuild views whose version
// changed, while rows of the older version answer, and to get smaller. The new file has what the
// old one has without its gaps, folds on from there, and takes its place once it is as far.

// standIn is the bucket of an older version of a view, whose rows answer until those of this
// version are folded; nil: there is none. within are the buckets that it must have.
func standIn(tx *bbolt.Tx, name string, within [][]byte) (bucket []byte) {
	prefix := []byte(name + ".s")
	c := tx.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		whole := true
		for _, in := range within {
			whole = whole && tx.Bucket(k).Bucket(in) != nil
		}
		if whole && checkpointOf(tx.Bucket(checkpoints), string(k)) > 0 {
			return bytes.Clone(k)
		}
	}
	return nil
}

// Rebuilding names the views whose version changed and whose rows are folded again; until then
// the rows answer that the version before had.
func (v *Views) Rebuilding() []string {
	v.rebuilt.Lock()
	defer v.rebuilt.Unlock()
	return v.standIns
}

// Run folds the ledger until ctx ends, and returns nil then. It renews the file when that is
// due.
func (v *Views) Run(ctx context.Context, ledger eventstore.Store) error {
	for {
		renewed, err := v.runOn(ctx, ledger)
		if err != nil || !renewed {
			return err
		}
	}
}

// runOn folds the ledger until ctx ends or the file was renewed.
func (v *Views) runOn(ctx context.Context, ledger eventstore.Store) (renewed bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	live := v.start(ctx, ledger)
	open := v.openBeside
	if len(v.Rebuilding()) == 0 {
		select {
		case <-live.ended:
			if !damagedRows(live.err) {
				return false, live.err
			}
			open = v.openEmpty
		case <-v.damaged:
			open = v.openEmpty
		case <-v.wasteful:
		case <-v.rebuilds.asked:
			open = v.openEmpty
			defer func() { v.rebuilds.over(renewed && err == nil) }()
		}
	}
	beside, err := open()
	if damagedRows(err) {
		beside, err = v.openEmpty()
	}
	if err != nil {
		return false, errors.Join(err, live.stop())
	}
	v.rebuilds.follow(beside)
	next := beside.start(ctx, ledger)
	caughtUp := beside.catchUp(ctx, v, live, next)
	err = errors.Join(ofLedger(live.stop()), next.stop())
	if caughtUp {
		return true, errors.Join(err, v.replace(beside))
	}
	return false, errors.Join(err, beside.discard())
}

// ofLedger is an error of the run that another file does not cure.
func ofLedger(err error) error {
	if damagedRows(err) {
		return nil
	}
	return err
}

// ledgerRun is a run that folds the ledger.
type ledgerRun struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // once it has ended
}

func (v *Views) start(ctx context.Context, ledger eventstore.Store) *ledgerRun {
	ctx, cancel := context.WithCancel(ctx)
	r := &ledgerRun{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.err = v.followLedger(ctx, ledger)
	}()
	return r
}

func (r *ledgerRun) stop() error {
	r.cancel()
	<-r.ended
	return r.err
}

// catchUp reports whether the file beside has come as far as the live one, which it stops
// shortly before.
func (b *Views) catchUp(ctx context.Context, v *Views, live, next *ledgerRun) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, run := range []*ledgerRun{live, next} {
		go func() {
			select {
			case <-run.ended:
				if run == next || ofLedger(run.err) != nil {
					cancel()
				}
			case <-ctx.Done():
			}
		}()
	}
	for range 2 { // the second time there is little to sync
		if b.Wait(ctx, v.written.Load()) != nil || b.db.Load().Sync() != nil {
			return false
		}
	}
	return ofLedger(live.stop()) == nil && b.Wait(ctx, v.written.Load()) == nil
}

// openBeside opens a file beside that has the rows which the live one has of this version.
func (v *Views) openBeside() (*Views, error) {
	path := v.path + ".new"
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	at := eventstore.Seq(v.written.Load())
	if len(v.Rebuilding()) > 0 {
		at = 0
	}
	if err := boltfile.Guard(func() error { return v.copyTo(path, at) }); err != nil {
		return nil, errors.Join(fmt.Errorf("renew views %s: %w", v.path, err), os.Remove(path))
	}
	return openUnsynced(path, v.keys)
}

// openEmpty opens a file beside without a row.
func (v *Views) openEmpty() (*Views, error) {
	path := v.path + ".new"
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return openUnsynced(path, v.keys)
}

func openUnsynced(path string, keys Keys) (*Views, error) {
	beside, err := open(path, keys, false)
	if err == nil {
		beside.db.Load().NoSync = true // until it takes the place of the other
	}
	return beside, err
}

// replace lets the file beside take the place of the live one, whose key ends. Who reads the old one
// reads on.
func (v *Views) replace(beside *Views) error {
	db := beside.db.Load()
	if err := db.Sync(); err != nil {
		return errors.Join(err, beside.discard())
	}
	db.NoSync = v.db.Load().NoSync
	if err := os.Rename(beside.path, v.path); err != nil {
		return errors.Join(err, beside.discard())
	}
	v.revisions.begin(nil)
	old := v.db.Swap(db)
	v.renewals.Add(1)
	v.tables, v.compact = beside.tables, beside.compact
	v.backlog.replace(beside.backlog)
	v.unread.replace(beside.unread)
	v.Connections.changes.replaced()
	v.rebuilt.Lock()
	v.standIns = nil
	v.rebuilt.Unlock()
	v.revisions.end(nil)
	v.closing.Go(func() { _ = old.Close() }) // after its readers; the file is gone by then
	err := v.dropOtherKeys()                 // also those of earlier files whose end failed; whoever waits for the end learns of an error
	v.reach(eventstore.Seq(beside.Position()))
	v.watchers.notify(nil)
	return err
}

// discard gives up a file beside.
func (b *Views) discard() error {
	db := b.db.Load()
	return errors.Join(db.Close(), os.Remove(b.path), b.keys.Drop(db.box.name))
}

// leastCompact is the size from which on a file is worth renewing.
const leastCompact = 64 << 20

// catchingUp is the least number of events at once that says that the ledger has many more.
const catchingUp = 1000

// lookForWaste has the file renewed when half of it is free, or when it has grown so much since
// it was renewed that half of it is probably slack within pages. While views catch up, it waits.
func (v *Views) lookForWaste(w *writes) {
	if w.events > catchingUp || w.size < v.worth || len(v.Rebuilding()) > 0 {
		return
	}
	stats := v.db.Load().Stats()
	free := int64(stats.FreePageN+stats.PendingPageN) * int64(v.db.Load().Info().PageSize)
	if w.size > 4*v.compact || free > w.size/2 && w.size > 2*v.compact {
		v.compact = w.size // so that it is not asked for again at once
		select {
		case v.wasteful <- struct{}{}:
		default:
		}
	}
}
