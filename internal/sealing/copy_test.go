package sealing

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// signedPlain is a ledger without a seal, with a signature in it and events after that.
func signedPlain(t *testing.T, dir string, keys *Keys) *eventstore.Bolt {
	t.Helper()
	l, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	appendTo(t, l, somewhere, rivera)
	appendTo(t, l, domain.MatterStream("f_1", "m_2"), rivera)
	stop := sign(t, l, keys)
	for {
		if p, err := eventstore.Prove(t.Context(), l, keys.vault, last(t, l)); err != nil || p.Signatures > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	appendTo(t, l, somewhere, domain.MatterUpdated{Matter: rivera.Matter})
	return l
}

func last(t *testing.T, l *eventstore.Bolt) eventstore.Seq {
	t.Helper()
	at, err := l.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func all(t *testing.T, l *eventstore.Bolt) (list []eventstore.Envelope) {
	t.Helper()
	end := last(t, l)
	for env, err := range l.Tail(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if list = append(list, env); env.Seq >= end {
			break
		}
	}
	return list
}

// TestASealedCopyIsTheSameLedger: the same facts at the same positions, whole and signed, without a
// name in its file, and with a statement that shows which ledger it was.
func TestASealedCopyIsTheSameLedger(t *testing.T) {
	dir := t.TempDir()
	keys := openKeys(t, dir)
	plain := signedPlain(t, dir, keys)
	path := filepath.Join(dir, "copy.db")
	s, err := plain.SealTo(t.Context(), path, &Sealer{Keys: keys}, keys.vault, time.Unix(9, 0))
	if err != nil {
		t.Fatal(err)
	}
	if s.Events != 4 || s.Sealed != 3 || s.Signatures != 1 || s.Old == s.New || s.Check(keys.vault) != nil {
		t.Errorf("the statement is %+v, %v", s, s.Check(keys.vault))
	}
	s.Old = s.New
	if err := s.Check(keys.vault); !errors.Is(err, eventstore.ErrRewritten) {
		t.Errorf("another statement is taken for a true one: %v", err)
	}
	data, err := os.ReadFile(path)
	if err != nil || bytes.Contains(data, []byte("Rivera")) {
		t.Errorf("the copy has names, or %v", err)
	}
	sealed, err := eventstore.OpenBolt(path, eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler), Seals: &Sealer{Keys: keys}})
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	was, is := all(t, plain), all(t, sealed)
	if len(was) != len(is) {
		t.Fatalf("%d events became %d", len(was), len(is))
	}
	for i := range was {
		was[i].Hash, is[i].Hash, was[i].Sealed, is[i].Sealed = eventstore.Hash{}, eventstore.Hash{}, false, false
		if _, signed := was[i].Event.(domain.LedgerSigned); !signed && !reflect.DeepEqual(was[i], is[i]) {
			t.Errorf("event %+v became %+v", was[i], is[i])
		}
	}
	if p, err := eventstore.Prove(t.Context(), sealed, keys.vault, last(t, sealed)); err != nil || p.Signatures != 1 {
		t.Errorf("it is proved %+v, %v", p, err)
	}
	if got := read(t, sealed, somewhere); len(got) != 2 {
		t.Errorf("its stream has %v", got)
	}
	appendTo(t, sealed, somewhere, domain.MatterOutdated{Version: 1})
}

// TestARewrittenLedgerIsNotSealed: its signatures would hide the change.
func TestARewrittenLedgerIsNotSealed(t *testing.T) {
	dir := t.TempDir()
	keys := openKeys(t, dir)
	plain := signedPlain(t, dir, openKeys(t, t.TempDir())) // signed with another key
	if _, err := plain.SealTo(t.Context(), filepath.Join(dir, "copy.db"), &Sealer{Keys: keys}, keys.vault, time.Unix(9, 0)); !errors.Is(err, eventstore.ErrRewritten) {
		t.Errorf("it is sealed: %v", err)
	}
}

// sign runs a notary that signs at once.
func sign(t *testing.T, l *eventstore.Bolt, keys *Keys) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	n := eventstore.Notary{Ledger: l, Key: keys.vault, Now: time.Now, Log: slog.New(slog.DiscardHandler), Within: time.Millisecond}
	go func() { ended <- n.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
