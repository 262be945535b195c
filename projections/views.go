package projections

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
)

// all views, in one list.
var allViews = []folder{History, Matters, Connections, DueWork, Routes, DeadLetters, Clients, Unread, Resources, Audit, webhookTimelines{}}

// Views are the rows folded from a ledger, in one bbolt file.
type Views struct {
	db     *bbolt.DB
	midway crashPoint

	backlog *backlog
	unread  *unread

	mu    sync.Mutex
	at    eventstore.Seq
	moved chan struct{} // closed and replaced when at moves
}

var checkpoints = []byte("checkpoints")

// Open opens or makes the views' file. Views that are new, or of a new version, are
// empty until Run has caught up; old versions are dropped.
func Open(path string) (*Views, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open views: %w", err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 3 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("open views %s: %w; if another engine runs on this data directory, stop it first", path, err)
	}
	v := &Views{db: db, moved: make(chan struct{}), backlog: newBacklog(), unread: &unread{rows: map[string]ResourceRow{}}}
	err = db.Update(v.prepare)
	if err == nil {
		err = db.View(v.backlog.load)
	}
	if err == nil {
		err = db.View(v.unread.load)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare views %s: %w", path, err), db.Close())
	}
	return v, nil
}

// prepare makes the buckets and finds the position that all views have reached.
func (v *Views) prepare(tx *bbolt.Tx) error {
	progress, err := tx.CreateBucketIfNotExists(checkpoints)
	if err != nil {
		return err
	}
	known := map[string]bool{string(checkpoints): true}
	for _, f := range allViews {
		known[f.bucket()] = true
	}
	if err := dropOthers(tx, known); err != nil {
		return err
	}
	for i, f := range allViews {
		if err := f.create(tx); err != nil {
			return err
		}
		at := checkpointOf(progress, f)
		if i == 0 || at < v.at {
			v.at = at
		}
	}
	return nil
}

// dropOthers removes the rows and the checkpoints of views that this binary does not
// have. A checkpoint that stayed would keep the rows from being folded again when a
// binary that has the view comes back.
func dropOthers(tx *bbolt.Tx, known map[string]bool) error {
	var old [][]byte
	err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if !known[string(name)] {
			old = append(old, append([]byte(nil), name...))
		}
		return nil
	})
	for _, name := range old {
		err = errors.Join(err, tx.DeleteBucket(name), tx.Bucket(checkpoints).Delete(name))
	}
	return err
}

func checkpointOf(progress *bbolt.Bucket, f folder) eventstore.Seq {
	data := progress.Get([]byte(f.bucket()))
	if len(data) != 8 {
		return 0
	}
	return eventstore.Seq(binary.BigEndian.Uint64(data))
}

// Close closes the file. Run must have returned.
func (v *Views) Close() error { return v.db.Close() }

// batch is the most events that are folded in one transaction.
const batch = 1000

// Run folds the ledger until ctx ends, and returns nil then.
func (v *Views) Run(ctx context.Context, ledger eventstore.Store) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan eventstore.Envelope, batch)
	failed := make(chan error, 1)
	go func() {
		defer close(events)
		for env, err := range ledger.Tail(ctx, eventstore.Seq(v.Position())) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case events <- env:
			case <-ctx.Done():
				return
			}
		}
	}()
	for env := range events {
		if err := v.take(gather(env, events)); err != nil {
			return fmt.Errorf("fold views: %w", err)
		}
	}
	select {
	case err := <-failed:
		return fmt.Errorf("follow the ledger: %w", err)
	default:
		return nil
	}
}

// gather adds what is there already to the first event, up to a batch.
func gather(first eventstore.Envelope, more <-chan eventstore.Envelope) []eventstore.Envelope {
	list := []eventstore.Envelope{first}
	for len(list) < batch {
		select {
		case env, ok := <-more:
			if !ok {
				return list
			}
			list = append(list, env)
		default:
			return list
		}
	}
	return list
}

// take folds events into every view that has not seen them, with the checkpoints, in
// one transaction.
func (v *Views) take(list []eventstore.Envelope) error {
	changed := newChanges()
	err := v.db.Update(func(tx *bbolt.Tx) error {
		progress := tx.Bucket(checkpoints)
		for i, f := range allViews {
			if i == 1 {
				v.midway.passed()
			}
			seen := checkpointOf(progress, f)
			for _, env := range list {
				if env.Seq <= seen {
					continue
				}
				if err := f.fold(tx, env, changed); err != nil {
					return err
				}
			}
			last := max(seen, list[len(list)-1].Seq)
			if err := progress.Put([]byte(f.bucket()), binary.BigEndian.AppendUint64(nil, uint64(last))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	v.backlog.apply(changed)
	v.unread.apply(changed.resources)
	v.reach(list[len(list)-1].Seq)
	return nil
}

func (v *Views) reach(at eventstore.Seq) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if at > v.at {
		v.at = at
		close(v.moved)
		v.moved = make(chan struct{})
	}
}

// Position is the ledger position that every view includes.
func (v *Views) Position() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return uint64(v.at)
}

// Changes returns the position and a channel that is closed when it moves on.
func (v *Views) Changes() (uint64, <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return uint64(v.at), v.moved
}

// Wait returns when the views include the position, or with ctx's error.
func (v *Views) Wait(ctx context.Context, position uint64) error {
	for {
		at, moved := v.Changes()
		if at >= position {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for ledger position %d, the views are at %d: %w", position, at, ctx.Err())
		}
	}
}

// rowKey joins ids, which never contain a slash.
func rowKey(parts ...string) string { return strings.Join(parts, "/") }
