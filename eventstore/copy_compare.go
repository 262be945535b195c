package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/casehug/smokeball-sync/domain"
)

// ErrOtherLedger says that two ledgers do not have the same events.
var ErrOtherLedger = errors.New("eventstore: it is another ledger")

// Compare reads two ledgers side by side. It returns ErrOtherLedger unless both have the same events
// at the same positions, and fails if an event, a chain or a signature of the second is not intact.
// The signatures of both differ where one is sealed and the other not.
func Compare(ctx context.Context, was, is Source, key Signer) (v Verified, p Proof, err error) {
	last, err := was.Last(ctx)
	if err != nil {
		return v, p, err
	}
	has, err := is.Last(ctx)
	if err != nil {
		return v, p, err
	}
	if last != has {
		return v, p, fmt.Errorf("%w: one ends at position %d, the copy at %d", ErrOtherLedger, last, has)
	}
	if last == 0 {
		return v, p, nil
	}
	if err = sameEvents(ctx, was, is, last); err != nil {
		return v, p, err
	}
	if v, err = Verify(ctx, is, last); err != nil {
		return v, p, err
	}
	p, err = Prove(ctx, is, key, last)
	return v, p, err
}

func sameEvents(ctx context.Context, was, is Source, last Seq) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next, stop := iter.Pull2(is.Tail(ctx, 0))
	defer stop()
	for a, err := range was.Tail(ctx, 0) {
		if err != nil {
			return err
		}
		b, err, ok := next()
		if err != nil {
			return err
		}
		if !ok {
			return ctx.Err()
		}
		same, err := sameEvent(a, b)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%w: position %d of the copy differs", ErrOtherLedger, a.Seq)
		}
		if a.Seq >= last {
			return nil
		}
	}
	return ctx.Err()
}

func sameEvent(a, b Envelope) (bool, error) {
	if a.Seq != b.Seq || a.Stream != b.Stream || a.Version != b.Version || !a.At.Equal(b.At) {
		return false, nil
	}
	return sameData(a.Event, b.Event)
}

// sameData compares two events; of signatures, what they sign.
func sameData(a, b domain.Event) (bool, error) {
	if x, ok := a.(domain.LedgerSigned); ok {
		y, ok := b.(domain.LedgerSigned)
		return ok && x.Position == y.Position, nil
	}
	name, data, err := domain.Marshal(a)
	if err != nil {
		return false, err
	}
	other, more, err := domain.Marshal(b)
	return name == other && bytes.Equal(data, more), err
}
