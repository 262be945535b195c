package sealing

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/vault"
)

// TestAStreamThatWasJustMadeMayBeUnknown: the servers of a cluster that starts may elect another leader just
// after the stream was made, and that one answers “not found” until it has caught up.
func TestAStreamThatWasJustMadeMayBeUnknown(t *testing.T) {
	c := startCluster(t)
	nc, err := nats.Connect("", nats.InProcessServer(c.name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	var made, refused atomic.Bool
	_, err = nc.Subscribe("behind.>", func(m *nats.Msg) {
		subject := strings.TrimPrefix(m.Subject, "behind.")
		if strings.HasPrefix(subject, "STREAM.INFO") && made.Load() && !refused.Swap(true) {
			_ = m.Respond([]byte(`{"error":{"code":404,"err_code":10059,"description":"stream not found"}}`)) // the test sees that no answer came
			return
		}
		if strings.HasPrefix(subject, "STREAM.CREATE") {
			made.Store(true)
		}
		_ = nc.PublishMsg(&nats.Msg{Subject: "$JS.API." + subject, Reply: m.Reply, Data: m.Data, Header: m.Header})
	})
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.NewWithAPIPrefix(nc, "behind")
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(c.key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := OpenShared(t.Context(), js, v, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil || !refused.Load() {
		t.Errorf("closed: %v; one question was refused: %v", err, refused.Load())
	}
}
