package eventstoretest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// key is a key that signs.
type key string

// Name is a keyed hash of the text.
func (k key) Name(text string) (string, error) {
	h := hmac.New(sha256.New, []byte(k))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// signed runs a notary until the ledger is signed up to a position.
func signed(t *testing.T, s eventstore.Store, after eventstore.Seq) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	done := make(chan error, 1)
	n := eventstore.Notary{Ledger: s, Key: key("ours"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Within: 20 * time.Millisecond}
	go func() { done <- n.Run(ctx) }()
	for env, err := range s.Tail(ctx, after) {
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := env.Event.(domain.LedgerSigned); ok && eventstore.Seq(e.Position) >= after {
			break
		}
	}
	if ctx.Err() != nil {
		t.Fatalf("nobody signed within %s", waitLimit)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// proved writes a ledger whose last two events are not signed.
func proved(t *testing.T, real eventstore.Store) []eventstore.Envelope {
	t.Helper()
	one := put(t, real, matter(1), eventstore.Head{}, facts(0, 3)...)
	two := put(t, real, matter(2), eventstore.Head{}, facts(100, 3)...)
	signed(t, real, two.Seq)
	one = put(t, real, matter(1), one, facts(3, 2)...)
	all := replay(t, real, 0, 9)
	p, err := eventstore.Prove(t.Context(), real, key("ours"), one.Seq)
	if err != nil || p != (eventstore.Proof{Signatures: 1, Signed: two.Seq, Unsigned: 2}) {
		t.Errorf("the ledger is proved with %+v, %v", p, err)
	}
	if _, err := eventstore.Prove(t.Context(), real, key("theirs"), one.Seq); !errors.Is(err, eventstore.ErrRewritten) {
		t.Errorf("with another key it is proved with %v", err)
	}
	return all
}

// rewritten forges a ledger as an attacker would who can write its file and knows how the chains
// are made: it appends every event again, so that every chain is intact.
func rewritten(t *testing.T, open func(*testing.T) Ledger) {
	var all []eventstore.Envelope
	t.Run("it is proved", func(t *testing.T) { all = proved(t, open(t).Store) })
	forger, err := key("theirs").Name("what they like")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(i int, env *eventstore.Envelope) (keep bool)
		want   error
	}{
		{"nothing", func(int, *eventstore.Envelope) bool { return true }, nil},
		{"an event", func(i int, env *eventstore.Envelope) bool {
			if i == 1 {
				env.Event = fact(7)
			}
			return true
		}, eventstore.ErrRewritten},
		{"a time", func(i int, env *eventstore.Envelope) bool {
			if i == 1 {
				env.At = env.At.Add(time.Second)
			}
			return true
		}, eventstore.ErrRewritten},
		{"an event is left out", func(i int, env *eventstore.Envelope) bool { return i != 2 }, eventstore.ErrRewritten},
		{"an event and the signature", func(i int, env *eventstore.Envelope) bool {
			if i == 1 {
				env.Event = fact(7)
			}
			if e, ok := env.Event.(domain.LedgerSigned); ok {
				e.Signature = forger
				env.Event = e
			}
			return true
		}, eventstore.ErrRewritten},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged, heads, end := open(t).Store, map[domain.Stream]eventstore.Head{}, eventstore.Seq(0)
			for i, env := range all {
				if !c.change(i, &env) {
					continue
				}
				head, err := forged.Append(t.Context(), eventstore.Commit{Stream: env.Stream, Last: heads[env.Stream], At: env.At, Events: []domain.Event{env.Event}})
				if err != nil {
					t.Fatal(err)
				}
				heads[env.Stream], end = head, head.Seq
			}
			read(t, forged, matter(1)) // its chain is whole
			if _, err := eventstore.Prove(t.Context(), forged, key("ours"), end); !errors.Is(err, c.want) {
				t.Errorf("it is proved with %v, want %v", err, c.want)
			}
		})
	}
}
