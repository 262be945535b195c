package main

import (
	"context"
	"fmt"
	"time"
)

// point is a place in the engine's code where it can be killed, and the highest passing
// of it that is drawn.
type point struct {
	name string
	most int
}

// points are those that the build with the tag crashpoints knows.
func points() []point {
	return []point{{"before-call", 12}, {"sent-no-answer", 12}, {"answer-before-append", 12}, {"append-before-ack", 20},
		{"ack-before-checkpoint", 6}, {"token-not-stored", 2}, {"mid-projection", 20}, {"half-upload", 4}}
}

// killAtPoints lets the engine kill itself at one point after the other, each time at
// another passing of it.
func killAtPoints(ctx context.Context, t *trial) error { return t.killAt(ctx, points()) }

const sweepsCampaign = "sweeps"

// sweepPoints are the acts of a sweep and of the reads that follow it.
func sweepPoints() []point {
	return []point{{"sweep-listed", 6}, {"find-not-recorded", 6}, {"find-recorded", 6}, {"sweep-not-ended", 3}, {"read-not-recorded", 6}, {"read-not-answered", 6}}
}

// killSweeps does the same at the points of sweeps, with people who change matters and no
// webhook that tells of it.
func killSweeps(ctx context.Context, t *trial) error { return t.killAt(ctx, sweepPoints()) }

func (t *trial) killAt(ctx context.Context, points []point) error {
	died := map[string]int{}
	err := t.rounds(ctx, func(ctx context.Context) (*world, error) { return t.newWorld(ctx, "") }, func(ctx context.Context, w *world) error {
		p := points[(t.cycles-1)%len(points)]
		at := fmt.Sprintf("%s:%d", p.name, 1+t.chance.IntN(p.most))
		if err := w.launch(t.breakable, at); err != nil {
			return err
		}
		switch {
		case !w.engine.endsWithin(ctx, timeout):
			w.engine.kill()
			t.fault("the engine did not come to %s", at)
		case !w.engine.wasKilled():
			t.fault("the engine ended by itself, not at %s; it logged %s", at, lastLine(w.log()))
		default:
			died[p.name]++
		}
		return nil
	})
	for _, p := range points {
		t.note("%d kills at %s", died[p.name], p.name)
	}
	return err
}

// killAtRandom kills the engine while it starts, every fourth time, or else while it
// works.
func killAtRandom(ctx context.Context, t *trial) error {
	return t.rounds(ctx, func(ctx context.Context) (*world, error) { return t.newWorld(ctx, "") }, func(ctx context.Context, w *world) error {
		if err := w.launch(t.engine); err != nil {
			return err
		}
		if err := t.workAWhile(ctx, w, time.Second); err != nil {
			return err
		}
		w.engine.kill()
		return nil
	})
}

// workAWhile returns at a random moment while the engine starts, every fourth time, or
// else at most that long after it is ready. An engine that ends by itself is an error.
func (t *trial) workAWhile(ctx context.Context, w *world, most time.Duration) error {
	if t.cycles%4 == 3 {
		most /= 2
	} else if err := w.ready(ctx); err != nil {
		return err
	}
	if w.engine.endsWithin(ctx, t.between(0, most)) {
		return fmt.Errorf("%w: %w; it logged %s", errEnded, w.engine.err, lastLine(w.log()))
	}
	return ctx.Err()
}
