package eventstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What two engines on two nodes append, each sees at once, whichever replica answers.
func TestJetStreamClusterReadsWhatWasWritten(t *testing.T) {
	servers := runCluster(t)
	var stores []*eventstore.JetStream
	for _, srv := range servers {
		stores = append(stores, openJetStream(t, connect(t, srv), eventstore.JetStreamConfig{Replicas: 3}))
	}
	for i := range 150 {
		count, _, err := eventstore.Execute(t.Context(), stores[i%3], func() time.Time { return t0 }, one,
			func(counter) ([]domain.Event, error) { return []domain.Event{domain.SyncReleased{Sync: "s"}}, nil })
		if err != nil || int(count) != i+1 {
			t.Fatalf("append %d left %d events: %v", i+1, count, err)
		}
		seen, _, err := eventstore.Load[counter](t.Context(), stores[(i+1)%3], one)
		if err != nil || seen != count {
			t.Fatalf("another node reads %d events of %d: %v", seen, count, err)
		}
	}
}

// A node that goes away takes no acknowledged event with it.
func TestJetStreamClusterLosesANode(t *testing.T) {
	servers := runCluster(t)
	nc := connect(t, servers[0])
	store := openJetStream(t, nc, eventstore.JetStreamConfig{Replicas: 3})
	grow(t, store, 20)
	stopServer(leaderBut(t, nc, servers))
	waitFor(t, "the ledger takes events again", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, _, err := eventstore.Execute(ctx, store, func() time.Time { return t0 }, one,
			func(counter) ([]domain.Event, error) { return []domain.Event{domain.SyncReleased{Sync: "s"}}, nil })
		return err == nil
	})
	n, head, err := eventstore.Load[counter](t.Context(), store, one)
	if err != nil || n < 21 {
		t.Fatalf("%d events are left of at least 21: %v", n, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for env, err := range store.Tail(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if env.Head() == head {
			return
		}
	}
	t.Fatal("the tail does not reach the head")
}

// leaderBut is the server that leads the ledger's stream, or the last one where that
// is the first, to which the test is connected.
func leaderBut(t *testing.T, nc *nats.Conn, servers []*server.Server) *server.Server {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), eventstore.LedgerStream)
	if err != nil {
		t.Fatal(err)
	}
	for _, srv := range servers[1:] {
		if srv.Name() == s.CachedInfo().Cluster.Leader {
			return srv
		}
	}
	return servers[len(servers)-1]
}
