package projections

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// batch is how many events one transaction may write, and some more. While views catch up, each row
// of a batch is written once, and so is each page of the file.
const batch = 32_000

// part is the most events that are folded at once: no more are in memory beside as many that wait.
const part = 4_000

// followLedger folds the ledger until ctx ends, and returns nil then. One goroutine reads the
// ledger, one folds, and one writes what the batch before changed.
func (v *Views) followLedger(ctx context.Context, ledger eventstore.Store) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan eventstore.Envelope, part)
	failed := make(chan error, 1)
	go func() {
		defer close(events)
		for env, err := range ledger.Tail(ctx, v.folded()) {
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
	if err := v.follow(events); err != nil {
		return errors.Join(fmt.Errorf("fold views: %w", err), v.forget())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("follow the ledger: %w", err)
	default:
		return nil
	}
}

// follow folds events until there are no more. A batch is written while the next one is folded.
func (v *Views) follow(events <-chan eventstore.Envelope) error {
	var written chan error // of the batch before; nil: it is in the file
	for {
		select {
		case err := <-written:
			if err != nil {
				return err
			}
			written = nil
			v.settle()
		case env, ok := <-events:
			if !ok {
				return ended(written)
			}
			w, err := v.foldBatch(env, events)
			if before := ended(written); before != nil || err != nil {
				return errors.Join(before, err)
			}
			written = make(chan error, 1)
			go func(end chan<- error) { end <- v.commit(w) }(written)
		}
	}
}

// ended waits for a write, if there is one.
func ended(written <-chan error) error {
	if written == nil {
		return nil
	}
	return <-written
}

// settle drops what the tables had in memory only until it is in the file.
func (v *Views) settle() {
	for _, t := range v.tables {
		t.settle()
	}
}

// foldBatch folds the first event and those that are there already; while views catch up, part by
// part until there is a batch.
func (v *Views) foldBatch(first eventstore.Envelope, more <-chan eventstore.Envelope) (*writes, error) {
	w := newWrites()
	for list := gather([]eventstore.Envelope{first}, more); ; list = gather(list[:0], more) {
		if err := v.fold(list, w); err != nil {
			return nil, err
		}
		if len(list) < catchingUp || w.events >= batch {
			return w, v.flush(w)
		}
	}
}

// gather adds what is there already to a list, up to a part.
func gather(list []eventstore.Envelope, more <-chan eventstore.Envelope) []eventstore.Envelope {
	for len(list) < part {
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

// fold folds events into every view that has not seen them, in memory.
func (v *Views) fold(list []eventstore.Envelope, w *writes) error {
	for _, env := range list {
		w.last, w.firms[env.Stream.Firm] = env.Seq, struct{}{}
	}
	w.events += len(list)
	return v.eachTable(len(list), func(i int, stored *reader) error { return foldTable(v.tables[i], list, stored, w.changed) })
}

// flush takes over what the events changed in the file.
func (v *Views) flush(w *writes) error {
	w.views = make([]*viewWrites, len(v.tables))
	return v.eachTable(w.events, func(i int, _ *reader) (err error) {
		w.views[i], err = v.tables[i].flush()
		return err
	})
}

// eachTable does something with each table, on all cores if it is about many events.
func (v *Views) eachTable(events int, do func(i int, stored *reader) error) error {
	var taken atomic.Int64 // tables of which somebody has begun
	if events < worthSharing {
		return v.tablesLeft(&taken, do)
	}
	errs := make([]error, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = v.tablesLeft(&taken, do) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// worthSharing is the least number of events for which several goroutines fold.
const worthSharing = 64

// tablesLeft takes one table after the other until all are taken.
func (v *Views) tablesLeft(taken *atomic.Int64, do func(i int, stored *reader) error) (err error) {
	stored := &reader{db: v.db.Load()}
	defer func() { err = errors.Join(err, stored.close()) }()
	for i := int(taken.Add(1)) - 1; i < len(v.tables); i = int(taken.Add(1)) - 1 {
		if err := boltfile.Guard(func() error { return do(i, stored) }); err != nil {
			return err
		}
	}
	return nil
}

func foldTable(t folding, list []eventstore.Envelope, stored *reader, c *changes) error {
	for _, env := range list {
		if env.Seq <= *t.reached() {
			continue
		}
		if err := t.fold(stored, env, c); err != nil {
			return err
		}
		*t.reached() = env.Seq
	}
	return nil
}

// commit writes what a batch changed, with the checkpoints, in one transaction.
func (v *Views) commit(w *writes) error {
	v.revisions.begin(w.firms)
	db := v.db.Load()
	err := boltfile.Update(db.DB, func(tx *bbolt.Tx) error {
		w.size = tx.Size()
		for i, changed := range w.views {
			if i == 1 {
				v.midway.passed()
			}
			if err := changed.commit(tx, db.box); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	v.backlog.apply(w.changed)
	v.Connections.changes.note(w.changed.firms)
	if err := v.keepInMemory(w); err != nil {
		return err
	}
	v.written.Store(uint64(w.last))
	v.revisions.end(w.firms) // before anybody is told that the rows are there
	if len(v.Rebuilding()) == 0 {
		v.reach(w.last)
	} else {
		v.stir()
	}
	v.lookForWaste(w)
	v.watchers.notify(w.firms)
	return nil
}

// folded is the last event that all tables have folded.
func (v *Views) folded() eventstore.Seq {
	var least eventstore.Seq
	for i, t := range v.tables {
		if at := *t.reached(); i == 0 || at < least {
			least = at
		}
	}
	return least
}

// keepInMemory takes over what is kept in memory of the rows that were written.
func (v *Views) keepInMemory(w *writes) error {
	keep := map[string]func(key string, kept []byte) error{DueWork.bucket(): v.backlog.keep, Resources.bucket(): v.unread.keep}
	for _, changed := range w.views {
		for key, kept := range changed.kept {
			if err := keep[changed.view](key, kept); err != nil {
				return err
			}
		}
	}
	return nil
}

// take folds the parts of a batch and writes what they change.
func (v *Views) take(parts ...[]eventstore.Envelope) error {
	w := newWrites()
	var err error
	for _, list := range parts {
		err = errors.Join(err, v.fold(list, w))
	}
	if err == nil {
		err = v.flush(w)
	}
	if err == nil {
		err = v.commit(w)
	}
	if err != nil {
		return errors.Join(err, v.forget())
	}
	return nil
}

// forget drops the rows in memory, which are perhaps not in the file.
func (v *Views) forget() error {
	return v.view(func(tx *snapshot) error {
		for _, t := range v.tables {
			t.forget(tx.Tx)
		}
		return nil
	})
}
