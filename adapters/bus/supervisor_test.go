package bus

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// nursed is a bus whose supervisor checks the disk with try.
func nursed(t *testing.T, try func(*Bus) error) *Bus {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	b, err := Open(t.Context(), Config{Listen: "127.0.0.1:0", DataDir: t.TempDir(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	b.supervisor.end()
	b.supervisor = supervise(b.embedded, log, func() error { return try(b) })
	return b
}

// broken is a folder for a stream that the server cannot find any more, which it reports
// as it does a stream that met a fault of the disk.
func broken(b *Bus) string {
	return filepath.Join(b.embedded.config.store(), "jetstream", engineAccount, "streams", "BROKEN")
}

func seen(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("in vain: " + what)
		}
	}
}

// TestAServerThatGaveUpIsStartedAgain: the bus waits for its disk, then goes on
// for publishers and for the engine where they left off.
func TestAServerThatGaveUpIsStartedAgain(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	b := nursed(t, func(b *Bus) error {
		if tries.Add(1) == 1 {
			return errors.New("it is full")
		}
		return os.RemoveAll(broken(b))
	})
	first := b.embedded.server()
	publisher, err := dial(b.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer publisher.Close()
	cons, err := b.Durable(t.Context(), "intake")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(broken(b), 0o700); err != nil {
		t.Fatal(err)
	}
	seen(t, "the fault is told", func() bool { return b.Fault() != nil })
	seen(t, "the server is another one and well", func() bool { return b.embedded.server() != first && b.Fault() == nil })
	if tries.Load() < 2 {
		t.Errorf("the server was restarted after %d tries of the disk", tries.Load())
	}
	js, err := jetstream.New(publisher)
	if err != nil {
		t.Fatal(err)
	}
	seen(t, "the publisher is back", func() bool { // it may not have noticed yet that its server went
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := js.Publish(ctx, "casehug.f_oak.matter.created", []byte("{}"), jetstream.WithMsgID("e_1"))
		return err == nil
	})
	m, err := cons.Next(jetstream.FetchMaxWait(30 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.DoubleAck(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAFaultThatStaysIsNotFought: a server is not restarted again and again
// where that does not help.
func TestAFaultThatStaysIsNotFought(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	b := nursed(t, func(*Bus) error { tries.Add(1); return nil })
	first := b.embedded.server()
	if err := os.MkdirAll(broken(b), 0o700); err != nil {
		t.Fatal(err)
	}
	seen(t, "the server is another one", func() bool { return b.embedded.server() != first })
	second := b.embedded.server()
	looks := time.NewTimer(3 * checkEvery)
	<-looks.C
	if b.embedded.server() != second || tries.Load() != 1 || b.Fault() == nil {
		t.Errorf("the disk was tried %d times; the fault is %v", tries.Load(), b.Fault())
	}
}
