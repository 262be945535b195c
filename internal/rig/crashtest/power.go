package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// unsyncedCommand makes this program become another one whose writes are not flushed.
const unsyncedCommand = "unsynced"

// cutPower shuts the file system down under a working engine. First it shows that this
// does lose what was not flushed: else the rest would prove nothing.
func cutPower(ctx context.Context, t *trial) error {
	if missing := t.noDisks(ctx); missing != nil {
		t.skip("power cuts", missing)
		return nil
	}
	if err := t.control(ctx); err != nil {
		return fmt.Errorf("negative control: %w", err)
	}
	return t.onDisks(ctx, func(ctx context.Context, w *world, d *disk) error {
		if err := w.launch(t.engine); err != nil {
			return err
		}
		if err := t.workAWhile(ctx, w, time.Second); err != nil {
			return err
		}
		return w.blackout(ctx, d)
	})
}

// blackout stops the engine and takes the disk away from it at the same instant, as far as
// the engine can tell, and brings the disk back. Were the engine still to run, Linux would
// lie to it: a flush that is under way while the file system is shut down is reported as
// done, although what it was to flush is lost. Power that fails stops the processor too,
// so nobody hears of such a flush.
func (w *world) blackout(ctx context.Context, d *disk) error {
	if err := w.engine.freeze(ctx); err != nil {
		return err
	}
	if err := cutOff(d.dir); err != nil {
		return err
	}
	w.engine.kill()
	return d.replug(ctx)
}

// control cuts the power of engines for which nothing is flushed. Something that was
// acknowledged has to be lost.
func (t *trial) control(ctx context.Context) error {
	controls := 5
	if t.short {
		controls = 1
	}
	lossy, lost, told := 0, 0, 0
	for range controls {
		gone, of, err := t.cutUnsynced(ctx)
		if err != nil {
			return err
		}
		if gone > 0 {
			lossy++
		}
		lost, told = lost+gone, told+of
	}
	t.note("negative control, nothing flushed: %d of %d cuts lost %d of %d acknowledged matters", lossy, controls, lost, told)
	if lossy == 0 {
		t.fault("engines that flush nothing lost nothing: these power cuts prove nothing")
	}
	return nil
}

// casesOfControl are told of before the power is cut.
const casesOfControl = 10

// cutUnsynced returns how many of the matters that were acknowledged are gone after the
// power cut of an engine whose writes were not flushed.
func (t *trial) cutUnsynced(ctx context.Context) (gone, told int, err error) {
	d, err := newDisk(ctx, t.dir)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, d.remove()) }()
	w, err := t.newWorld(ctx, filepath.Join(d.dir, "data"))
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if _, err := w.stop(ctx); err != nil {
		return 0, 0, err
	}
	if err := command(ctx, "sync", "-f", d.dir); err != nil {
		return 0, 0, err
	}
	if err := w.launchUnsynced(t.engine); err != nil {
		return 0, 0, err
	}
	if err := w.ready(ctx); err != nil {
		return 0, 0, err
	}
	w.load.start(ctx)
	err = until(ctx, timeout, "some cases are acknowledged", func(context.Context) bool { return w.load.acknowledged() >= casesOfControl })
	if err != nil {
		return 0, 0, err
	}
	told = w.load.stop()
	if err := w.blackout(ctx, d); err != nil {
		return 0, 0, err
	}
	gone, err = t.forgotten(ctx, w, told)
	return gone, told, err
}

func (w *world) launchUnsynced(path string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	w.engine, err = start(w.log(), w.settings, self, unsyncedCommand, path, "serve")
	return err
}

// forgotten counts the matters that an engine does not know, some time after it was
// told of all. One that does not even start knows none.
func (t *trial) forgotten(ctx context.Context, w *world, told int) (gone int, err error) {
	if err := w.launch(t.engine); err != nil {
		return 0, err
	}
	if err := w.ready(ctx); errors.Is(err, errEnded) {
		return told, nil
	} else if err != nil {
		return 0, err
	}
	err = until(ctx, 5*time.Second, "the engine knows all", func(ctx context.Context) bool {
		gone = 0
		for n := range caseNumber(told) {
			if !w.api.answers(ctx, "/v1/firms/"+firm+"/matters/"+n.matter()) {
				gone++
			}
		}
		return gone == 0
	})
	if err != nil && ctx.Err() != nil {
		return 0, err
	}
	return gone, nil
}
