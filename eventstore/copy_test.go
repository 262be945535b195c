package eventstore_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// copyKey is a key that signs.
type copyKey string

func (k copyKey) Name(text string) (string, error) {
	h := hmac.New(sha256.New, []byte(k))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// filled is a ledger of one machine with events of some streams.
func filled(t *testing.T, text string, events int) *eventstore.Bolt {
	t.Helper()
	l, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	heads := map[int]eventstore.Head{}
	for i := 0; i < events; i += 100 {
		stream := i / 100 % 5
		var list []domain.Event
		for n := range 100 {
			list = append(list, domain.SyncRequested{Sync: domain.SyncID(fmt.Sprint(text, i+n))})
		}
		c := eventstore.Commit{Stream: domain.MatterStream("f_1", domain.MatterID(fmt.Sprint("m_", stream))), Last: heads[stream], At: time.Unix(int64(i+1), 0), Events: list}
		if heads[stream], err = l.Append(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// TestACopyOfALedgerHasTheSameEvents copies a ledger of one machine to JetStream and back. Nobody opens
// half a copy, a copy of another ledger is not mixed with it, and a finished one is copied over by none.
func TestACopyOfALedgerHasTheSameEvents(t *testing.T) {
	ctx, key, now := t.Context(), copyKey("ours"), time.Unix(9, 0)
	js, err := jetstream.New(connect(t, runServer(t, t.TempDir())))
	if err != nil {
		t.Fatal(err)
	}
	was := filled(t, "s_", 1200)
	if err := eventstore.BeginCopy(ctx, js, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.OpenJetStream(ctx, js, eventstore.JetStreamConfig{}); !errors.Is(err, eventstore.ErrUnfinishedCopy) {
		t.Errorf("half a copy opens: %v", err)
	}
	if _, err := eventstore.CopyToJetStream(ctx, filled(t, "s_", 600), js, nil, key, now); err != nil { // as much as a copy that was broken off
		t.Fatal(err)
	}
	if _, err := eventstore.CopyToJetStream(ctx, filled(t, "other_", 1200), js, nil, key, now); !errors.Is(err, eventstore.ErrOtherLedger) {
		t.Errorf("another ledger is mixed with it: %v", err)
	}
	s, err := eventstore.CopyToJetStream(ctx, was, js, nil, key, now)
	if err != nil || s.Events != 1200 || s.Old != s.New || s.Check(key) != nil {
		t.Fatalf("the copy is %+v, %v", s, err)
	}
	if again, err := eventstore.CopyToJetStream(ctx, was, js, nil, key, now); err != nil || again.New != s.New { // one that has everything, and was not finished
		t.Errorf("the copy again is %+v, %v", again, err)
	}
	is, err := eventstore.OpenJetStreamReadOnly(ctx, js, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, _, err := eventstore.Compare(ctx, was, is, key); err != nil || v.Events != 1200 || v.Streams != 5 {
		t.Errorf("compared: %+v, %v", v, err)
	}
	if _, _, err := eventstore.Compare(ctx, filled(t, "other_", 1200), is, key); !errors.Is(err, eventstore.ErrOtherLedger) {
		t.Errorf("another ledger is taken for the same: %v", err)
	}
	if err := eventstore.FinishCopy(ctx, js); err != nil {
		t.Fatal(err)
	}
	if err := eventstore.BeginCopy(ctx, js, 1); !errors.Is(err, eventstore.ErrNotEmpty) {
		t.Errorf("a ledger is copied over: %v", err)
	}
	open, err := eventstore.OpenJetStream(ctx, js, eventstore.JetStreamConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := s.Check(copyKey("theirs")); !errors.Is(err, eventstore.ErrRewritten) {
		t.Errorf("another key's statement is answered %v", err)
	}
	path := filepath.Join(t.TempDir(), "back.db")
	if err := os.WriteFile(path, []byte("half a copy"), 0o600); err != nil { // one that was broken off
		t.Fatal(err)
	}
	if _, err := eventstore.CopyToFile(ctx, open, path, nil, key, now); err != nil {
		t.Fatal(err)
	}
	back, err := eventstore.OpenBoltReadOnly(path, eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if v, _, err := eventstore.Compare(ctx, was, back, key); err != nil || v.Events != 1200 {
		t.Errorf("there and back: %+v, %v", v, err)
	}
}

// TestAFileOfALedgerIsCopiedWhole, up to its newest event, unless the copy is called off.
func TestAFileOfALedgerIsCopiedWhole(t *testing.T) {
	was, path := filled(t, "s_", 300), filepath.Join(t.TempDir(), "copy.db")
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	last, err := was.CopyTo(t.Context(), to)
	if err := errors.Join(err, to.Close()); err != nil || last != 300 {
		t.Fatalf("copied up to %d, %v", last, err)
	}
	is, err := eventstore.OpenBoltReadOnly(path, eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer is.Close()
	if v, _, err := eventstore.Compare(t.Context(), was, is, copyKey("ours")); err != nil || v.Events != 300 {
		t.Errorf("compared: %+v, %v", v, err)
	}
	for name, to := range map[string]func(stop context.CancelFunc) io.Writer{
		"before it begins": func(stop context.CancelFunc) io.Writer { stop(); return io.Discard },
		"on its way":       func(stop context.CancelFunc) io.Writer { return stopping(stop) },
	} {
		ctx, stop := context.WithCancel(t.Context())
		if last, err := was.CopyTo(ctx, to(stop)); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) || last != 0 {
			t.Errorf("called off %s: copied up to %d, %v", name, last, err)
		}
	}
}

// stopping is a writer that calls the copy off with its first bytes.
type stopping context.CancelFunc

func (s stopping) Write(b []byte) (int, error) {
	s()
	return len(b), nil
}
