package eventstore_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/eventstore/eventstoretest"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestJetStreamCluster(t *testing.T) {
	t.Parallel()
	servers := runCluster(t)
	replicated := eventstore.JetStreamConfig{Replicas: 3}
	eventstoretest.Run(t, func(t *testing.T) eventstoretest.Ledger {
		nc := connect(t, servers[0])
		t.Cleanup(func() { deleteLedger(t, nc) })
		store := openJetStream(t, nc, replicated)
		return eventstoretest.Ledger{
			Store: store,
			Reopen: func(t *testing.T) eventstore.Store {
				closeStore(t, store)
				return openJetStream(t, connect(t, servers[1]), replicated)
			},
		}
	})
}

// deleteLedger makes room for the next test of the same cluster.
func deleteLedger(t *testing.T, nc *nats.Conn) {
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := js.DeleteStream(ctx, eventstore.LedgerStream); err != nil {
		t.Fatal(err)
	}
}

// runCluster starts three servers of one cluster on loopback, on other ports where another
// program has taken one of theirs.
func runCluster(t *testing.T) []*server.Server {
	if testing.Short() {
		t.Skip("a cluster takes seconds to form")
	}
	for range 5 {
		servers := startServers(t, freePorts(t, 3))
		if !slices.ContainsFunc(servers, func(s *server.Server) bool { return !s.ReadyForConnections(5 * time.Second) }) {
			waitFor(t, "the cluster has a leader", func() bool { return slices.ContainsFunc(servers, leads(len(servers))) })
			return servers
		}
		for _, s := range servers {
			stopServer(s)
		}
	}
	t.Fatal("no three ports stay free")
	return nil
}

// leads reports whether a server leads JetStream and knows all servers.
func leads(n int) func(*server.Server) bool {
	return func(s *server.Server) bool { return s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == n }
}

func startServers(t *testing.T, ports []int) []*server.Server {
	var routes []*url.URL
	for _, p := range ports {
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: fmt.Sprintf("127.0.0.1:%d", p)})
	}
	var servers []*server.Server
	for i, p := range ports {
		srv, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprintf("node%d", i), Host: "127.0.0.1", Port: -1, NoSigs: true,
			Cluster: server.ClusterOpts{Name: "ledgers", Host: "127.0.0.1", Port: p}, Routes: routes,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		srv.Start()
		t.Cleanup(func() { stopServer(srv) })
		servers = append(servers, srv)
	}
	return servers
}

// freePorts are ports that nobody listened on a moment ago; cluster members must know them
// before they start.
func freePorts(t *testing.T, n int) []int {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// waitFor looks again and again until done says so.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for !done() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
