package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// cyclesOfWorld is how many cycles a world has, because each examination reads all that
// is there. Then all is worked off and counted, which takes as long as the bus
// waits before it delivers again what a dead engine held.
const cyclesOfWorld = 24

// rounds runs cycles in world after world. Each brings the engine, which does not run
// when it begins, up and down under load.
func (t *trial) rounds(ctx context.Context, open func(context.Context) (*world, error), cycle func(context.Context, *world) error) error {
	return t.worlds(ctx, open, func(ctx context.Context, w *world) error { return t.inWorld(ctx, w, cycle) })
}

// worlds opens world after world and plays in each of them, until the cycles are done.
func (t *trial) worlds(ctx context.Context, open func(context.Context) (*world, error), play func(context.Context, *world) error) error {
	for t.cycles < t.planned && t.mayBegin(ctx) {
		w, err := open(ctx)
		if err != nil {
			return err
		}
		before := len(t.faults)
		err = play(ctx, w)
		t.smokeball += w.smokeballHas
		t.ledger += w.ledgerHas
		if err := errors.Join(err, w.close()); err != nil {
			return err
		}
		if err := t.discard(w, len(t.faults) > before); err != nil {
			return err
		}
	}
	return nil
}

// onDisks is rounds with each world's data on a disk of its own.
func (t *trial) onDisks(ctx context.Context, cycle func(context.Context, *world, *disk) error) (err error) {
	var d *disk
	defer func() { err = errors.Join(err, d.remove()) }()
	open := func(ctx context.Context) (w *world, err error) {
		if err := d.remove(); err != nil {
			return nil, err
		}
		if d, err = newDisk(ctx, t.dir); err != nil {
			return nil, err
		}
		return t.newWorld(ctx, filepath.Join(d.dir, "data"))
	}
	return t.rounds(ctx, open, func(ctx context.Context, w *world) error { return cycle(ctx, w, d) })
}

// inWorld runs the cycles of one world, works all off and counts.
func (t *trial) inWorld(ctx context.Context, w *world, cycle func(context.Context, *world) error) error {
	if _, err := w.stop(ctx); err != nil {
		return err
	}
	if err := w.answerLate(ctx); err != nil {
		return err
	}
	w.load.start(ctx)
	w.people = newPeople(w.smokeball, t.chance)
	w.people.start(ctx)
	for n := 0; n < cyclesOfWorld && t.cycles < t.planned && t.mayBegin(ctx); n++ {
		t.cycles++
		if err := errors.Join(cycle(ctx, w), t.examine(ctx, w)); err != nil {
			return err
		}
	}
	err := t.settle(ctx, w)
	t.say("%s: %d cycles; in this world %d effects in Smokeball, %d in the ledger\n", t.name, t.cycles, w.smokeballHas, w.ledgerHas)
	return err
}

// discard removes what a world has left; evidence of a fault is put where it stays.
func (t *trial) discard(w *world, evidence bool) error {
	if evidence {
		kept := filepath.Join(os.TempDir(), fmt.Sprintf("crashtest-%s-%d-%d", t.name, t.seed, t.cycles))
		t.say("%s: what this world has left is in %s\n", t.name, kept)
		if err := os.Rename(w.dir, kept); err != nil || w.data == "" || strings.HasPrefix(w.data, w.dir) {
			return err
		}
		return os.CopyFS(filepath.Join(kept, "data"), os.DirFS(w.data)) // from a disk that goes away
	}
	if t.keep {
		return nil
	}
	return os.RemoveAll(w.dir)
}
