package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// fillUp takes all space away from an engine that starts or works, gives it back some time
// later, requires the engine to take work again by itself, and kills it. One that has not
// started yet may say that it can't.
func fillUp(ctx context.Context, t *trial) error {
	if missing := t.noDisks(ctx); missing != nil {
		t.skip("full disks", missing)
		return nil
	}
	longest, refused := time.Duration(0), 0
	err := t.onDisks(ctx, func(ctx context.Context, w *world, d *disk) error {
		if err := w.launch(t.engine); err != nil {
			return err
		}
		if err := t.workAWhile(ctx, w, time.Second); err != nil {
			return err
		}
		ready := w.api.answers(ctx, "/readyz")
		took, err := t.outOfSpace(ctx, w, d)
		if !ready && errors.Is(err, errEnded) {
			refused++
			return nil
		}
		longest = max(longest, took)
		w.engine.kill()
		return err
	})
	t.note("longest time from free space to the next acknowledgement: %s; %d starts were refused for want of space", took(longest), refused)
	return err
}

// outOfSpace leaves the engine without space for a while and returns how long it took,
// with space again, until it took work.
func (t *trial) outOfSpace(ctx context.Context, w *world, d *disk) (time.Duration, error) {
	free, err := fill(d.dir)
	if err != nil {
		return 0, err
	}
	ended := w.engine.endsWithin(ctx, t.between(0, 4*time.Second))
	if err := free(); err != nil {
		return 0, err
	}
	if ended {
		return 0, fmt.Errorf("%w on a full disk: %w; it logged %s", errEnded, w.engine.err, lastLine(w.log()))
	}
	began, before := time.Now(), w.load.acknowledged()
	err = until(ctx, timeout/4, "the engine takes work again", func(context.Context) bool { return w.load.acknowledged() > before+services })
	if errors.Is(err, errInVain) {
		t.fault("with space again the engine takes no work; it logged %s", lastLine(w.log()))
		err = nil
	}
	return time.Since(began), err
}
