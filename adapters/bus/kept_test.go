package bus

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A closed journal stands for that of a file system that has stopped writing: the server may have
// acknowledged, and the disk has lost it.
func TestNothingIsAcknowledgedThatTheDiskMayHaveLost(t *testing.T) {
	b, err := Open(t.Context(), Config{Listen: "127.0.0.1:0", DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	conn, err := dial(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	documents, err := js.ObjectStore(t.Context(), Documents)
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(context.Context) error{
		"a publisher's event": func(ctx context.Context) error {
			_, err := js.PublishMsg(ctx, &nats.Msg{Subject: "casehug.f_oak.matter.created", Data: []byte("{}")})
			return err
		},
		"a document": func(ctx context.Context) error {
			_, err := documents.PutBytes(ctx, "d_1", []byte("bytes"))
			return err
		},
		"what the engine publishes": func(ctx context.Context) error {
			return b.Publish(ctx, Bound+"casehug.f_oak.matter.created", "", nil, []byte("{}"))
		},
	}
	each := func(what string, good func(error) bool) {
		for name, publish := range ways {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if err := publish(ctx); !good(err) {
				t.Errorf("%s: %s: %v", what, name, err)
			}
			cancel()
		}
	}
	each("the disk is well", func(err error) bool { return err == nil })
	if err := b.embedded.journal.Close(); err != nil {
		t.Fatal(err)
	}
	each("the disk has stopped", func(err error) bool { return err != nil })
}

// TestTheJournalStandsOnTheDiskOfTheBus: the folder of the bus may be a mount of its own.
func TestTheJournalStandsOnTheDiskOfTheBus(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nats.flush"), nil, 0o600); err != nil { // of an earlier version
		t.Fatal(err)
	}
	b, err := Open(t.Context(), Config{Listen: "off", DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.WithoutCancel(t.Context())) })
	if files, err := filepath.Glob(filepath.Join(dir, "*.flush")); len(files) != 0 || err != nil {
		t.Errorf("beside the folder are %v, %v", files, err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "nats", "*.flush")); len(files) != 1 || err != nil {
		t.Errorf("in the folder are %v, %v", files, err)
	}
}
