package eventstore

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// plainKey is a key that signs by writing its name below the text.
type plainKey string

func (k plainKey) Name(text string) (string, error) { return string(k) + " " + text, nil }

// turned seals the facts of syncs by turning their bytes.
type turned struct{}

func (turned) Seal(_ Place, e domain.Event, data []byte) (Sealed, error) {
	if _, seals := e.(domain.SyncReleased); !seals {
		return Sealed{}, nil
	}
	return Sealed{Data: turn(data)}, nil
}

func (turned) Settle(uint64) error { return nil }

func (turned) Open(_ Place, stored []byte) ([]byte, error) { return turn(stored), nil }

func turn(data []byte) []byte {
	next := bytes.Clone(data)
	for i := range next {
		next[i] ^= 0xff
	}
	return next
}

// signedLedger has three events, which are signed, and one that is not.
func signedLedger(t *testing.T, key Signer) *Bolt {
	t.Helper()
	b := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
	fillLedger(t, b, 0, 3)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var d digest
	for env, err := range b.Tail(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if d.add(env); env.Seq == 3 {
			break
		}
	}
	if err := (Notary{Ledger: b, Key: key, Now: time.Now}).sign(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
	_, err := b.Append(t.Context(), Commit{Stream: domain.MatterStream("f_2", "m_1"), At: time.Unix(9, 0), Events: []domain.Event{domain.SyncReleased{Sync: "s_9"}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestACopyIsSignedAnew, where the signatures of the old ledger fit; what was sealed before is not
// counted as sealed.
func TestACopyIsSignedAnew(t *testing.T) {
	ctx, key, dir, now := t.Context(), plainKey("ours"), t.TempDir(), time.Unix(9, 0)
	was := signedLedger(t, key)
	path := filepath.Join(dir, "sealed.db")
	s, err := CopyToFile(ctx, was, path, turned{}, key, now)
	if err != nil || s.Events != 5 || s.Signatures != 1 || s.Sealed != 4 || s.Old == s.New {
		t.Fatalf("the copy is %+v, %v", s, err)
	}
	is, err := OpenBoltReadOnly(path, BoltOptions{Seals: turned{}})
	if err != nil {
		t.Fatal(err)
	}
	defer is.Close()
	if v, p, err := Compare(ctx, was, is, key); err != nil || v.Events != 5 || p.Signatures != 1 || p.Signed != 3 || p.Unsigned != 1 {
		t.Errorf("compared: %+v, %+v, %v", v, p, err)
	}
	if again, err := CopyToFile(ctx, is, filepath.Join(dir, "again.db"), turned{}, key, now); err != nil || again.Sealed != 0 || again.Old != s.New {
		t.Errorf("copied again it is %+v, %v", again, err)
	}
	if _, err := CopyToFile(ctx, was, filepath.Join(dir, "other.db"), nil, plainKey("theirs"), now); !errors.Is(err, ErrRewritten) {
		t.Errorf("a ledger that another key signed is copied: %v", err)
	}
	blind, err := OpenBoltReadOnly(path, BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer blind.Close()
	if _, _, err := Load[domain.Matter](ctx, blind, domain.MatterStream("f_2", "m_1")); err == nil || !strings.Contains(err.Error(), "opened no keys") {
		t.Errorf("a sealed event is read without its key: %v", err)
	}
}

// TestAnEmptyLedgerIsCopied without waiting for an event.
func TestAnEmptyLedgerIsCopied(t *testing.T) {
	empty := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
	if s, err := CopyToFile(t.Context(), empty, filepath.Join(t.TempDir(), "copy.db"), nil, plainKey("ours"), time.Unix(9, 0)); err != nil || s.Events != 0 {
		t.Errorf("the copy is %+v, %v", s, err)
	}
}

// TestSignaturesAreTheSame where they sign the same events: a copy that is sealed has other digests.
func TestSignaturesAreTheSame(t *testing.T) {
	signs := domain.LedgerSigned{Position: 7, Digest: "a", Signature: "b"}
	for name, c := range map[string]struct {
		a, b domain.Event
		same bool
	}{
		"other digests":      {signs, domain.LedgerSigned{Position: 7, Digest: "c", Signature: "d"}, true},
		"another position":   {signs, domain.LedgerSigned{Position: 8, Digest: "a", Signature: "b"}, false},
		"no signature":       {signs, domain.SyncReleased{}, false},
		"the same fact":      {domain.SyncReleased{Sync: "s_1"}, domain.SyncReleased{Sync: "s_1"}, true},
		"another one":        {domain.SyncReleased{Sync: "s_1"}, domain.SyncReleased{Sync: "s_2"}, false},
		"of another name":    {domain.SyncReleased{Sync: "s_1"}, domain.SyncSucceeded{Sync: "s_1"}, false},
		"a fact that signs?": {domain.SyncReleased{}, signs, false},
	} {
		if same, err := sameData(c.a, c.b); err != nil || same != c.same {
			t.Errorf("%s: the same is %v, %v", name, same, err)
		}
	}
}

// TestASignatureOfNoEvent is none; what is signed beyond the end that is looked at is not judged.
func TestASignatureOfNoEvent(t *testing.T) {
	for position, fits := range map[uint64]bool{0: false, 99: true} {
		b := signedLedger(t, plainKey("ours"))
		_, head, err := Load[domain.Signed](t.Context(), b, domain.LedgerStream())
		if err != nil {
			t.Fatal(err)
		}
		c := Commit{Stream: domain.LedgerStream(), Last: head, At: time.Unix(9, 0), Events: []domain.Event{domain.LedgerSigned{Position: position}}}
		if _, err := b.Append(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if p, err := Prove(t.Context(), b, plainKey("ours"), 6); errors.Is(err, ErrRewritten) == fits || (err == nil) != fits || p.Signatures != 1 {
			t.Errorf("with a signature up to %d it proves %+v, %v", position, p, err)
		}
	}
}

// TestEventsAreTheSame: at one position, of one stream, of one version, at one time.
func TestEventsAreTheSame(t *testing.T) {
	was := Envelope{Seq: 3, Stream: domain.MatterStream("f_1", "m_1"), Version: 2, At: time.Unix(9, 0), Event: domain.SyncReleased{Sync: "s_1"}}
	position, stream, version, at, elsewhere := was, was, was, was, was
	position.Seq, stream.Stream, version.Version, at.At = 4, domain.MatterStream("f_1", "m_2"), 3, time.Unix(10, 0)
	elsewhere.At = was.At.In(time.FixedZone("there", 3600))
	for name, is := range map[string]Envelope{"position": position, "stream": stream, "version": version, "time": at} {
		if same, err := sameEvent(was, is); same || err != nil {
			t.Errorf("with another %s it is the same: %v, %v", name, same, err)
		}
	}
	if same, err := sameEvent(was, elsewhere); !same || err != nil {
		t.Errorf("at the same time it is the same: %v, %v", same, err)
	}
}

// TestLedgersAreComparedToTheirEnd: the newest event may be the only one that differs.
func TestLedgersAreComparedToTheirEnd(t *testing.T) {
	ledger := func(newest domain.SyncID) *Bolt {
		b := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
		var head Head
		for _, id := range []domain.SyncID{"s_1", "s_2", newest} {
			var err error
			if head, err = b.Append(t.Context(), Commit{Stream: domain.MatterStream("f_1", "m_1"), Last: head, At: time.Unix(9, 0), Events: []domain.Event{domain.SyncReleased{Sync: id}}}); err != nil {
				t.Fatal(err)
			}
		}
		return b
	}
	was := ledger("s_3")
	if _, _, err := Compare(t.Context(), was, ledger("s_4"), plainKey("ours")); !errors.Is(err, ErrOtherLedger) || !strings.Contains(err.Error(), "position 3") {
		t.Errorf("compared with another: %v", err)
	}
	if v, _, err := Compare(t.Context(), was, ledger("s_3"), plainKey("ours")); err != nil || v.Events != 3 {
		t.Errorf("compared with the same: %+v, %v", v, err)
	}
}

// gathered is a copy that notes how many events each batch has.
type gathered struct {
	events  int
	batches []int
}

func (g *gathered) most() int { return g.events }

func (g *gathered) put(_ context.Context, batch []copied) error {
	g.batches = append(g.batches, len(batch))
	return nil
}

// TestACopyIsWrittenInBatches of as many events as the target takes, or of as many bytes as fit into memory.
func TestACopyIsWrittenInBatches(t *testing.T) {
	b := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
	large := domain.SyncReleased{Sync: "s_1", Reason: domain.ReleaseReason(strings.Repeat("x", copyBytes/5))}
	var head Head
	for range 7 {
		var err error
		if head, err = b.Append(t.Context(), Commit{Stream: domain.MatterStream("f_1", "m_1"), Last: head, At: time.Unix(9, 0), Events: []domain.Event{large}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		most int
		want []int
	}{{100, []int{5, 2}}, {3, []int{3, 3, 1}}, {7, []int{5, 2}}} {
		to := &gathered{events: c.most}
		if _, err := copyLedger(t.Context(), b, &copying{to: to, key: plainKey("ours")}, time.Unix(9, 0)); err != nil || !slices.Equal(to.batches, c.want) {
			t.Errorf("of at most %d events: batches of %v, %v", c.most, to.batches, err)
		}
	}
}
