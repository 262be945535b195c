package eventstore

import (
	"context"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Verified is what Verify has read.
type Verified struct {
	Events  int
	Streams int
	Last    Seq
	Newest  time.Time // the latest time of an event
}

// Verify reads the log up to a position and then each of its streams. It returns ErrDamaged if an
// event can't be read, a stream has a gap, a hash chain is broken, or the log and its streams do
// not have the same events.
func Verify(ctx context.Context, ledger Store, end Seq) (v Verified, err error) {
	if end == 0 {
		return v, nil
	}
	events := map[domain.Stream]int{}
	tailing, stop := context.WithCancel(ctx)
	defer stop()
	for env, err := range ledger.Tail(tailing, 0) {
		if err != nil {
			return v, err
		}
		events[env.Stream]++
		v.Events, v.Last = v.Events+1, env.Seq
		if env.At.After(v.Newest) {
			v.Newest = env.At
		}
		if env.Seq >= end {
			break
		}
	}
	for stream, logged := range events {
		if err := verifyStream(ctx, ledger, stream, logged, end); err != nil {
			return v, err
		}
	}
	v.Streams = len(events)
	return v, ctx.Err()
}

// verifyStream reads a stream, which checks its versions and its chain, and compares how many
// events it has with the log.
func verifyStream(ctx context.Context, ledger Store, stream domain.Stream, logged int, end Seq) error {
	for env, err := range ledger.Read(ctx, stream) {
		if err != nil {
			return err
		}
		if env.Seq <= end {
			logged--
		}
	}
	if logged != 0 {
		return fmt.Errorf("stream %s and the log differ by %d events: %w; %s", stream, logged, ErrDamaged, remedy)
	}
	return nil
}
