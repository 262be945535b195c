package main

import (
	"context"
	"fmt"
	"time"
)

// What is promised of a stop.
const (
	stopsWithin  = 15 * time.Second
	secondWithin = 2 * time.Second
)

// tolerance is by what the short form may exceed the promises: it runs on machines that
// are busy with other things.
const tolerance = 3

// stopAndStopAgain ends the engine with one SIGTERM and with two in turn, while reads
// from Smokeball hang.
func stopAndStopAgain(ctx context.Context, t *trial) error {
	var once, twice time.Duration
	stops := 0
	err := t.rounds(ctx, func(ctx context.Context) (*world, error) { return t.newWorld(ctx, "") }, func(ctx context.Context, w *world) error {
		if err := t.hang(ctx, w); err != nil {
			return err
		}
		stops++
		if stops%2 == 1 {
			d, err := w.stop(ctx)
			once = max(once, d)
			return err
		}
		d, err := w.stopTwice(ctx)
		twice = max(twice, d)
		return err
	})
	t.judge("one SIGTERM", once, stopsWithin)
	t.judge("the second of two SIGTERMs", twice, secondWithin)
	return err
}

// hang brings an engine up whose calls hang.
func (t *trial) hang(ctx context.Context, w *world) error {
	if err := w.launch(t.engine); err != nil {
		return err
	}
	if err := w.ready(ctx); err != nil {
		return err
	}
	if err := w.disturb(ctx, map[string]any{"route": "GET *", "kind": "delay", "delay": "20s", "probability": 0.5}); err != nil {
		return err
	}
	return until(ctx, timeout, "syncs run", func(ctx context.Context) bool { return w.queue(ctx) > 5 })
}

// stopTwice asks twice and returns how long the engine lives after the second time.
func (w *world) stopTwice(ctx context.Context) (time.Duration, error) {
	w.engine.terminate()
	err := until(ctx, timeout, "the engine stops listening", func(ctx context.Context) bool {
		return !w.api.answers(ctx, "/healthz")
	})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	w.engine.terminate()
	if !w.engine.endsWithin(ctx, timeout) {
		return time.Since(began), fmt.Errorf("the engine does not end after a second SIGTERM")
	}
	return time.Since(began), nil
}

func (t *trial) judge(what string, longest, promised time.Duration) {
	t.note("longest end after %s: %s; %s are promised", what, took(longest), promised)
	if promised *= t.leniency(); longest > promised {
		t.fault("the engine ended %s after %s, %s too late", took(longest), what, took(longest-promised))
	}
}
