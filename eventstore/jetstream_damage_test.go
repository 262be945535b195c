package eventstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What somebody else puts between the events of a stream is noticed.
func TestJetStreamNoticesDamage(t *testing.T) {
	t.Parallel()
	good := nats.Header{"Ledger-Event": {"sync.released.v1"}, "Ledger-Version": {"3"},
		"Ledger-At": {"2026-11-02T15:04:05Z"}, "Ledger-Hash": {strings.Repeat("ab", 32)}}
	for name, c := range map[string]struct {
		header nats.Header
		tail   bool // notices it too
	}{
		"a foreign message":  {nil, true},
		"a broken chain":     {good, false},
		"a wrong version":    {with(good, "Ledger-Version", "4"), false},
		"no version":         {with(good, "Ledger-Version", "x"), true},
		"a time that is not": {with(good, "Ledger-At", "today"), true},
	} {
		for _, later := range []int{0, 2} { // as the newest event, and among others
			t.Run(name, func(t *testing.T) {
				nc := connect(t, runServer(t, t.TempDir()))
				store := openJetStream(t, nc, eventstore.JetStreamConfig{})
				grow(t, store, 2)
				inject(t, nc, c.header)
				for range later {
					inject(t, nc, good)
				}
				if err := readAll(store); !errors.Is(err, eventstore.ErrDamaged) {
					t.Errorf("read: %v", err)
				}
				if err := tailOf(t, store, 3); errors.Is(err, eventstore.ErrDamaged) != c.tail {
					t.Errorf("tail: %v, want damage %v", err, c.tail)
				}
			})
		}
	}
}

func with(h nats.Header, key, value string) nats.Header {
	c := nats.Header{}
	for k, v := range h {
		c[k] = v
	}
	c.Set(key, value)
	return c
}

// inject publishes past the store.
func inject(t *testing.T, nc *nats.Conn, h nats.Header) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	_, err = js.PublishMsg(t.Context(), &nats.Msg{Subject: "ledger." + one.String(), Header: h, Data: []byte(`{"sync":"s_1"}`)})
	if err != nil {
		t.Fatal(err)
	}
}

// tailOf is what a tail of the first n events ends with.
func tailOf(t *testing.T, store eventstore.Store, n eventstore.Seq) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for env, err := range store.Tail(ctx, 0) {
		if err != nil || env.Seq == n {
			return err
		}
	}
	t.Fatal("the tail does not come this far")
	return nil
}

// A hole that an administrator made in the log is noticed by both ways to read.
func TestJetStreamNoticesAHole(t *testing.T) {
	nc := connect(t, runServer(t, t.TempDir()))
	store := openJetStream(t, nc, eventstore.JetStreamConfig{})
	grow(t, store, 5)
	s := ledgerStream(t, nc)
	if err := s.DeleteMsg(t.Context(), 3); err == nil {
		t.Fatal("the stream lets messages be deleted")
	}
	if err := s.Purge(t.Context()); err == nil {
		t.Fatal("the stream lets itself be purged")
	}
	recreateWithout(t, nc, 3)
	if err := readAll(store); !errors.Is(err, eventstore.ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	if err := tailOf(t, store, 5); !errors.Is(err, eventstore.ErrDamaged) || !strings.Contains(err.Error(), "ledger position 3: it is missing") {
		t.Errorf("tail: %v", err)
	}
}

func ledgerStream(t *testing.T, nc *nats.Conn) jetstream.Stream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), eventstore.LedgerStream)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// createWhenGone makes a stream where one of the name was deleted. The server says that
// it is gone before its files are.
func createWhenGone(t *testing.T, js jetstream.JetStream, c jetstream.StreamConfig) jetstream.Stream {
	t.Helper()
	tries := time.NewTicker(20 * time.Millisecond)
	defer tries.Stop()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for {
		s, err := js.CreateStream(t.Context(), c)
		var busy *jetstream.APIError
		if err == nil {
			return s
		}
		if !errors.As(err, &busy) || busy.ErrorCode != storeNotMade {
			t.Fatal(err)
		}
		select {
		case <-tries.C:
		case <-late.C:
			t.Fatal(err)
		}
	}
}

// storeNotMade is the server's error code where it can't make a stream's files.
const storeNotMade = 10049

// recreateWithout makes the stream again, as a restore without safeguards would, with
// one message missing.
func recreateWithout(t *testing.T, nc *nats.Conn, missing uint64) {
	t.Helper()
	old := ledgerStream(t, nc)
	var msgs []*jetstream.RawStreamMsg
	for seq := range old.CachedInfo().State.LastSeq {
		m, err := old.GetMsg(t.Context(), seq+1)
		if err != nil {
			t.Fatal(err)
		}
		msgs = append(msgs, m)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), eventstore.LedgerStream); err != nil {
		t.Fatal(err)
	}
	s := createWhenGone(t, js, jetstream.StreamConfig{Name: eventstore.LedgerStream, Subjects: []string{"ledger.>"}, AllowDirect: true})
	for _, m := range msgs {
		own := nats.Header{}
		for k, v := range m.Header {
			if strings.HasPrefix(k, "Ledger-") {
				own[k] = v
			}
		}
		if _, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: m.Subject, Header: own, Data: m.Data}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteMsg(t.Context(), missing); err != nil {
		t.Fatal(err)
	}
}
