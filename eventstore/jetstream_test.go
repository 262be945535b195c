package eventstore_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/eventstore/eventstoretest"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestJetStream(t *testing.T) {
	t.Parallel()
	eventstoretest.Run(t, func(t *testing.T) eventstoretest.Ledger {
		dir := t.TempDir()
		srv := runServer(t, dir)
		nc := connect(t, srv)
		store := openJetStream(t, nc, eventstore.JetStreamConfig{})
		return eventstoretest.Ledger{
			Store: store,
			Reopen: func(t *testing.T) eventstore.Store {
				closeStore(t, store)
				nc.Close()
				stopServer(srv)
				return openJetStream(t, connect(t, runServer(t, dir)), eventstore.JetStreamConfig{})
			},
		}
	})
}

// runServer starts a NATS server of this process, reachable in-process only, whose
// acknowledgements mean "on disk".
func runServer(t testing.TB, dir string) *server.Server {
	t.Helper()
	srv, err := server.NewServer(&server.Options{
		ServerName: "ledger", DontListen: true, JetStream: true, StoreDir: dir, SyncAlways: true, NoSigs: true,
	})
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

func stopServer(srv *server.Server) {
	srv.Shutdown()
	srv.WaitForShutdown()
}

func connect(t testing.TB, srv *server.Server) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func openJetStream(t testing.TB, nc *nats.Conn, c eventstore.JetStreamConfig) *eventstore.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	store, err := eventstore.OpenJetStream(t.Context(), js, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, store) })
	return store
}
