package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// ErrUnfinishedCopy says that a copy into the ledger was broken off.
var ErrUnfinishedCopy = errors.New("eventstore: a copy into this ledger was not finished")

// ErrNotEmpty says that a ledger is there already.
var ErrNotEmpty = errors.New("eventstore: there is a ledger already")

// BeginCopy makes the ledger's stream, which will be sealed and into which CopyToJetStream copies, or
// finds the one of a copy that was broken off. Any other is ErrNotEmpty. No engine opens the stream
// before FinishCopy.
func BeginCopy(ctx context.Context, js jetstream.JetStream, replicas int) error {
	s, err := js.Stream(ctx, LedgerStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, sealedForm.copying(ledgerConfig(jetstream.StreamConfig{Name: LedgerStream}, max(replicas, 1))))
	} else if err == nil && !isCopying(s.CachedInfo().Config) {
		err = ErrNotEmpty
	}
	if err != nil {
		return fmt.Errorf("begin a copy into JetStream stream %s: %w", LedgerStream, err)
	}
	return nil
}

// IsCopying reports whether a copy into the ledger was begun and not finished.
func IsCopying(ctx context.Context, js jetstream.JetStream) (bool, error) {
	s, err := js.Stream(ctx, LedgerStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, nil
	}
	return err == nil && isCopying(s.CachedInfo().Config), err
}

// CopyToJetStream copies a ledger into the one that BeginCopy made, where all events are sealed. It goes
// on where an earlier copy of the same ledger was broken off.
func CopyToJetStream(ctx context.Context, from Source, js jetstream.JetStream, seals Sealer, key Signer, now time.Time) (s SealedLedger, err error) {
	to, err := OpenJetStreamReadOnly(ctx, js, seals)
	if err != nil {
		return s, err
	}
	if !to.IsSealed() {
		return s, fmt.Errorf("copy to JetStream: the copy into stream %s was begun by a version that did not seal: delete the stream and begin again", LedgerStream)
	}
	have, err := to.Last(ctx)
	if err != nil {
		return s, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	there, end := iter.Pull2(to.Tail(ctx, 0))
	defer end()
	return copyLedger(ctx, from, &copying{to: streamCopy{to}, seals: seals, key: key, have: have, there: there}, now)
}

// FinishCopy lets engines open the ledger.
func FinishCopy(ctx context.Context, js jetstream.JetStream) error {
	s, err := js.Stream(ctx, LedgerStream)
	if err != nil {
		return err
	}
	c := s.CachedInfo().Config
	_, err = js.UpdateStream(ctx, formOf(c).note(c))
	return err
}

// OpenJetStreamReadOnly opens a cluster's ledger for reading, without a change of its stream. seals may be
// nil for one that is not sealed.
func OpenJetStreamReadOnly(ctx context.Context, js jetstream.JetStream, seals Sealer) (*JetStream, error) {
	s, err := js.Stream(ctx, LedgerStream)
	if err != nil {
		return nil, fmt.Errorf("open ledger in JetStream stream %s: %w", LedgerStream, err)
	}
	return &JetStream{js: js, log: slog.Default(), seals: seals, form: formOf(s.CachedInfo().Config)}, nil
}

// streamCopy writes a copy to the stream.
type streamCopy struct{ to *JetStream }

func (s streamCopy) most() int { return batchEvents }

// put writes a batch after the position before it, and nowhere else. If an answer was lost it asks
// where the stream ends.
func (s streamCopy) put(ctx context.Context, batch []copied) error {
	first, last := batch[0].head.Seq, batch[len(batch)-1].head.Seq
	for {
		at, err := s.to.publish(copyMessages(batch, first-1))
		if err == nil && at != last {
			return fmt.Errorf("copy to JetStream: position %d was written to %d", last, at)
		}
		if err == nil {
			return nil
		}
		has, asked := s.to.Last(ctx)
		switch {
		case asked == nil && has == last:
			return nil
		case asked == nil && has != first-1:
			return fmt.Errorf("copy to JetStream: another program writes to stream %s: %w", LedgerStream, err)
		case refused(err) && !unsettled(err):
			return fmt.Errorf("copy to JetStream: %w", err)
		}
		if retry.Wait(ctx, publishPause) != nil {
			return fmt.Errorf("copy to JetStream: %w", err)
		}
	}
}

// copyMessages are messages that the server writes only if the stream ends at after.
func copyMessages(batch []copied, after Seq) []*nats.Msg {
	msgs := make([]*nats.Msg, len(batch))
	for i, c := range batch {
		msgs[i] = message(c.record)
	}
	msgs[0].Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(uint64(after), 10))
	return msgs
}
