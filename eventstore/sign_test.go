package eventstore

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestWhenTheLedgerIsSigned: a signature is an event, too, and must not call for the next one.
func TestWhenTheLedgerIsSigned(t *testing.T) {
	for _, c := range []struct {
		unsigned int
		inTime   bool
		want     bool
	}{{0, true, false}, {1, true, true}, {1, false, false}, {signEvents - 1, false, false}, {signEvents, false, true}} {
		d := digest{unsigned: c.unsigned}
		if got := d.due(c.inTime); got != c.want {
			t.Errorf("after %d events, in time: %v, it is due: %v", c.unsigned, c.inTime, got)
		}
	}
	d := digest{}
	d.add(Envelope{Stream: domain.LedgerStream()})
	d.add(Envelope{Stream: domain.MatterStream("f_1", "m_1")})
	if d.unsigned != 1 {
		t.Errorf("of a signature and an event %d are unsigned", d.unsigned)
	}
}

// notary signs what was appended at once.
func notary(l Store) Notary {
	return Notary{Ledger: l, Key: plainKey("ours"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Within: time.Millisecond}
}

// TestANotaryGoesOn after its first signature.
func TestANotaryGoesOn(t *testing.T) {
	b := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- notary(b).Run(ctx)
		stop()
	}()
	var head Head
	appendOne := func() {
		var err error
		head, err = b.Append(t.Context(), Commit{Stream: domain.MatterStream("f_1", "m_1"), Last: head, At: time.Unix(9, 0), Events: []domain.Event{domain.SyncReleased{Sync: "s_1"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	appendOne()
	signed := 0
	for env, err := range b.Tail(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := env.Event.(domain.LedgerSigned); !ok || Seq(e.Position) < head.Seq {
			continue
		}
		if signed++; signed == 2 {
			break
		}
		appendOne()
	}
	stop()
	if err := <-ended; err != nil || signed != 2 {
		t.Errorf("it ended after %d signatures: %v", signed, err)
	}
}

// broken is a ledger that fails.
type broken struct {
	Store
	tail, write error
}

func (b broken) Tail(ctx context.Context, after Seq) iter.Seq2[Envelope, error] {
	if b.tail != nil {
		return func(yield func(Envelope, error) bool) { yield(Envelope{}, b.tail) }
	}
	return b.Store.Tail(ctx, after)
}

func (b broken) Append(ctx context.Context, c Commit) (Head, error) {
	if b.write != nil {
		return Head{}, b.write
	}
	return b.Store.Append(ctx, c)
}

// TestANotarySaysWhyItEnds: nobody would notice otherwise that the ledger is no longer signed.
func TestANotarySaysWhyItEnds(t *testing.T) {
	b, fault := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{}), errors.New("a fault")
	fillLedger(t, b, 0, 1)
	for name, l := range map[string]broken{"its events can't be read": {b, fault, nil}, "nothing can be written": {b, nil, fault}} {
		if err := notary(l).Run(t.Context()); !errors.Is(err, fault) {
			t.Errorf("%s: it ends with %v", name, err)
		}
	}
}

// TestADigestThatIsNoneIsRefused, whoever signed it.
func TestADigestThatIsNoneIsRefused(t *testing.T) {
	key := plainKey("ours")
	for name, text := range map[string]string{"no hexadecimal number": "none", "too short": "ab"} {
		e := domain.LedgerSigned{Position: 3, Digest: text}
		e.Signature, _ = signature(key, e)
		if _, err := resume(key, e); !errors.Is(err, ErrRewritten) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// stopped is a ledger whose reader stops after the first event.
type stopped struct {
	Store
	stop context.CancelFunc
}

func (s stopped) Tail(ctx context.Context, after Seq) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		for env, err := range s.Store.Tail(ctx, after) {
			yield(env, err)
			s.stop()
			return
		}
	}
}

// TestAProofThatIsStoppedIsNoFinding: a signature further on is not one of an event that is not there.
func TestAProofThatIsStoppedIsNoFinding(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	if p, err := Prove(ctx, stopped{signedLedger(t, plainKey("ours")), stop}, plainKey("ours"), 5); !errors.Is(err, context.Canceled) || errors.Is(err, ErrRewritten) {
		t.Errorf("stopped, it proves %+v, %v", p, err)
	}
}
