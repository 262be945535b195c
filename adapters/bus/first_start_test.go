package bus

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startsWithin is far more than engines need that are the first on a cluster, and less than they need one
// after the other: the library waits five seconds for each request that the server drops.
const startsWithin = 30 * time.Second

// TestAFirstStartSideBySide: engines which find an empty cluster at the same moment
// make its streams and buckets together, and not one after the other.
func TestAFirstStartSideBySide(t *testing.T) {
	servers := runServers(t, 3)
	began := time.Now()
	var all sync.WaitGroup
	for _, s := range servers {
		all.Go(func() {
			b, err := Open(t.Context(), Config{URL: s.ClientURL(), Replicas: len(servers), Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			if took := time.Since(began); took > startsWithin {
				t.Errorf("the bus is open after %s only", took)
			}
			_ = b.Close(t.Context())
		})
	}
	all.Wait()
	t.Logf("all are open after %s", time.Since(began))
}

// runServers runs the servers of a cluster, at other addresses where another program has taken
// one of theirs.
func runServers(t *testing.T, n int) []*server.Server {
	t.Helper()
	if testing.Short() {
		t.Skip("a cluster takes seconds to form")
	}
	for range 5 {
		servers := startServers(t, freeAddresses(t, n))
		if !slices.ContainsFunc(servers, func(s *server.Server) bool { return !s.ReadyForConnections(5 * time.Second) }) {
			for deadline := time.Now().Add(30 * time.Second); !formed(servers); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the cluster does not form")
				}
			}
			return servers
		}
		for _, s := range servers {
			s.Shutdown()
			s.WaitForShutdown()
		}
	}
	t.Fatal("no addresses stay free")
	return nil
}

func startServers(t *testing.T, addresses []string) (servers []*server.Server) {
	t.Helper()
	var routes []*url.URL
	for _, address := range addresses {
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: address})
	}
	for i, route := range routes {
		port, err := strconv.Atoi(route.Port())
		if err != nil {
			t.Fatal(err)
		}
		s, err := server.NewServer(&server.Options{ServerName: fmt.Sprintf("n%d", i+1), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
			Cluster: server.ClusterOpts{Name: "bus", Host: "127.0.0.1", Port: port}, Routes: routes,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		servers = append(servers, s)
	}
	return servers
}

// formed reports whether the servers have a leader who knows them all.
func formed(servers []*server.Server) bool {
	return slices.ContainsFunc(servers, func(s *server.Server) bool {
		return s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == len(servers)
	})
}

// freeAddresses are addresses at which nobody listened a moment ago.
func freeAddresses(t *testing.T, n int) (list []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		list = append(list, l.Addr().String())
	}
	return list
}
