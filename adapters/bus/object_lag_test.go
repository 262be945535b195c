package bus

import (
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAnObjectThatAReplicaLacksIsThere: an object which a server of a cluster does
// not find is missing only where the leader has none either.
func TestAnObjectThatAReplicaLacksIsThere(t *testing.T) {
	t.Parallel()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	defer func() { s.Shutdown(); s.WaitForShutdown() }()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not get ready")
	}
	b, err := Open(t.Context(), Config{URL: s.ClientURL(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close(t.Context()) }()
	store, err := b.js.ObjectStore(t.Context(), Documents)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"there", "deleted"} {
		if _, err := store.PutString(t.Context(), name, "text"); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Delete(t.Context(), "deleted"); err != nil {
		t.Fatal(err)
	}
	for name, missing := range map[string]bool{"there": false, "deleted": true, "never": true} {
		err := b.noObject(t.Context(), Documents, name, jetstream.ErrObjectNotFound)
		if err == nil || errors.Is(err, ErrNoObject) != missing {
			t.Errorf("%s: %v", name, err)
		}
		body, err := b.Object(t.Context(), domain.ObjectQuestion{Firm: "f_brown", Vouched: true}, Documents, name)
		if missing != errors.Is(err, ErrNoObject) || !missing && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			if text, err := io.ReadAll(body); string(text) != "text" || errors.Join(err, body.Close()) != nil {
				t.Errorf("%s holds %q, %v", name, text, err)
			}
		}
	}
}
