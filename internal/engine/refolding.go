package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/erasure"
	"github.com/casehug/smokeball-sync/internal/retry"
	"github.com/casehug/smokeball-sync/internal/sealing"
)

// refolding folds the views of an engine of a cluster again after each destruction of a key, whichever
// engine has destroyed it, and tells the others up to which one it has. An engine that was not running
// does it at its start.
type refolding struct {
	keys   *sealing.Shared
	forget func() // what the ledger remembers of streams
	refold func(context.Context) error
	file   string // says up to which destruction the views' file was folded again
	fresh  bool   // the views' file was made at this start,
	since  uint64 // after this destruction
	kv     func(context.Context) (jetstream.KeyValue, error)
	owner  string
	log    *slog.Logger
	done   *atomic.Uint64
}

func newRefolding(e *Engine) refolding {
	return refolding{keys: e.store.shared, forget: e.store.source.Forget, refold: e.store.views.Refold, file: filepath.Join(e.store.dir, "views.erased"), fresh: e.store.fresh, since: e.store.destroyed,
		kv: func(ctx context.Context) (jetstream.KeyValue, error) { return e.msg.buckets(ctx, bus.Leases) }, owner: e.token[:12], log: e.log, done: e.refolded}
}

// foldedKey precedes an engine's name in the bucket of leases, whose entries outlive their engine by a
// few seconds.
const foldedKey = "folded."

// tellEvery is how often an engine tells the others; each entry lives for bus.LeaseLifetime.
const tellEvery = bus.LeaseLifetime / 3

// Run works until ctx ends, and returns nil then.
func (r refolding) Run(ctx context.Context) error {
	if err := r.load(); err != nil {
		return err
	}
	return together(ctx, []func(context.Context) error{r.work, r.tell})
}

// load reads what earlier runs have done. A file of views that was made at this start has no row that
// was folded before.
func (r refolding) load() error {
	if r.fresh && r.done.Load() < r.since {
		return r.reach(r.since)
	}
	text, err := os.ReadFile(r.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		r.log.Warn("a file of the data directory is damaged: the views are folded again", "path", r.file, "err", err)
	}
	r.done.Store(n)
	return nil
}

// reach notes that the views hold nothing of what was destroyed up to n.
func (r refolding) reach(n uint64) error {
	if err := os.WriteFile(r.file, strconv.AppendUint(nil, n, 10), 0o600); err != nil {
		return fmt.Errorf("note that the views were folded again: %w", err)
	}
	r.done.Store(n)
	return nil
}

// work folds the views again when a key was destroyed.
func (r refolding) work(ctx context.Context) error {
	for {
		newest, moved := r.keys.Destroyed()
		if newest > r.done.Load() {
			r.forget()
			if err := r.refold(ctx); err != nil {
				return err
			}
			if err := r.reach(newest); err != nil {
				return err
			}
			continue
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil
		}
	}
}

// tell tells the others how far this engine is until ctx ends, and then that it is gone.
func (r refolding) tell(ctx context.Context) error {
	kv, err := r.kv(ctx)
	if err != nil {
		return fmt.Errorf("open the bucket of leases: %w", err)
	}
	for {
		if _, err := kv.Put(ctx, foldedKey+r.owner, strconv.AppendUint(nil, r.done.Load(), 10)); err != nil && ctx.Err() == nil {
			r.log.Warn("the other engines can't be told that this one runs", "err", err)
		}
		if retry.Wait(ctx, tellEvery) != nil {
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = kv.Purge(leaving, foldedKey+r.owner) // it ends by itself, too
			return nil
		}
	}
}

// everywhere returns nil when the views of each engine that runs were folded again after the newest
// destruction, and erasure.ErrBusy before.
func (r refolding) everywhere(ctx context.Context) error {
	if err := r.keys.Refresh(); err != nil {
		return err
	}
	newest, _ := r.keys.Destroyed()
	if r.done.Load() < newest {
		return erasure.ErrBusy
	}
	kv, err := r.kv(ctx)
	if err != nil {
		return err
	}
	lister, err := kv.ListKeysFiltered(ctx, foldedKey+">")
	if err != nil {
		return fmt.Errorf("list the engines of the cluster: %w", err)
	}
	var names []string
	for name := range lister.Keys() {
		names = append(names, name)
	}
	for _, name := range names {
		entry, err := kv.Get(ctx, name)
		if errors.Is(err, jetstream.ErrKeyNotFound) { // it is gone
			continue
		}
		if err != nil {
			return fmt.Errorf("ask how far engine %s is: %w", name, err)
		}
		if n, err := strconv.ParseUint(string(entry.Value()), 10, 64); err != nil || n < newest {
			return erasure.ErrBusy
		}
	}
	return nil
}

// tellingAndErasing tells CaseHug while this engine holds the lease for that. On a cluster the same
// engine does the steps of erasures: it knows up to where CaseHug was told.
func tellingAndErasing(e *Engine, l leases) func(context.Context) error {
	return func(ctx context.Context) error {
		return l.hold(ctx, "outbox", func(ctx context.Context) error {
			if e.store.shared == nil {
				return e.jobs.outbox.Run(ctx)
			}
			return together(ctx, []func(context.Context) error{e.jobs.outbox.Run, e.erasureRunner(newRefolding(e).everywhere).Run})
		})
	}
}
