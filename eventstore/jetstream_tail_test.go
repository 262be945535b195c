package eventstore_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// A tail goes on when the server comes back.
func TestJetStreamTailSurvivesRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, SyncAlways: true, NoSigs: true}
	srv := listen(t, opts)
	nc, err := nats.Connect(srv.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	store := openJetStream(t, nc, eventstore.JetStreamConfig{})
	grow(t, store, 3)
	seen := make(chan eventstore.Seq, 100)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- forward(ctx, store, seen) }()
	expect(t, seen, 1, 3)

	opts.Port = srv.Addr().(*net.TCPAddr).Port
	stopServer(srv)
	listen(t, opts)
	waitFor(t, "the connection is back", nc.IsConnected)
	grow(t, store, 3)
	expect(t, seen, 4, 6)
	cancel()
	if err := <-ended; err != nil {
		t.Fatalf("the tail ended with %v", err)
	}
}

func listen(t *testing.T, opts server.Options) *server.Server {
	t.Helper()
	srv, err := server.NewServer(&opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { stopServer(srv) })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	return srv
}

// forward sends the positions of a tail until ctx ends.
func forward(ctx context.Context, store eventstore.Store, seen chan<- eventstore.Seq) error {
	for env, err := range store.Tail(ctx, 0) {
		if err != nil {
			return err
		}
		seen <- env.Seq
	}
	return nil
}

func expect(t *testing.T, seen <-chan eventstore.Seq, from, to eventstore.Seq) {
	t.Helper()
	for want := from; want <= to; want++ {
		select {
		case got := <-seen:
			if got != want {
				t.Fatalf("position %d comes, want %d", got, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("position %d does not come", want)
		}
	}
}
