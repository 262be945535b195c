package bus_test

import (
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestTheClustersAccountsKeepTenantsFromTheStreams runs a NATS server with ops/nats-accounts.conf:
// services and a firm publish and hear what is theirs, and reach nothing else.
func TestTheClustersAccountsKeepTenantsFromTheStreams(t *testing.T) {
	for _, name := range []string{"ENGINE_PASSWORD", "SERVICES_PASSWORD", "F1_PASSWORD"} {
		t.Setenv(name, "secret")
	}
	path, err := filepath.Abs("../../ops/nats-accounts.conf")
	if err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opts.Host, opts.Port, opts.JetStream, opts.StoreDir, opts.NoSigs, opts.NoLog = "127.0.0.1", server.RANDOM_PORT, true, t.TempDir(), true, true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not get ready")
	}
	address := func(user string) string {
		u, err := url.Parse(s.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(user, "secret")
		return u.String()
	}
	b := open(t, func(c *bus.Config) {
		*c = bus.Config{URL: address("engine"), Logger: slog.New(slog.DiscardHandler)}
	})
	for user, stored := range map[string]string{"casehug": "casehug.f1.matter.created", "f1": "bound.casehug.f1.matter.created"} {
		conn, err := nats.Connect(address(user), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		js, err := jetstream.New(conn)
		if err != nil {
			t.Fatal(err)
		}
		ack, err := js.Publish(brief(t), "casehug.f1.matter.created", []byte("{}"))
		if err != nil {
			t.Fatalf("%s: %v", user, err)
		}
		inbox, err := b.JetStream().Stream(brief(t), bus.Inbox)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := inbox.GetMsg(brief(t), ack.Sequence); err != nil || m.Subject != stored {
			t.Errorf("%s's event is stored as %+v, %v; want %s", user, m, err, stored)
		}
		heard, err := conn.SubscribeSync("sync.f1.>")
		if err != nil || conn.FlushWithContext(brief(t)) != nil {
			t.Fatal(err)
		}
		say(t, b, "sync.f2.matter.synced", "another's")
		say(t, b, "sync.f1.matter.synced", "news")
		if m, err := heard.NextMsgWithContext(brief(t)); err != nil || string(m.Data) != "news" {
			t.Errorf("%s hears %v, %v", user, m, err)
		}
		before := state(t, b)
		for _, subject := range []string{"$JS.API.STREAM.DELETE.INBOX", "$JS.API.STREAM.INFO.INBOX", "$JS.API.STREAM.PURGE.OUTBOX", "$KV.engine-tokens.f1", "sync.f1.matter.synced", "bound.casehug.f1.matter.created", "smokeball.f1.webhook.noop"} {
			if err := conn.PublishRequest(subject, nats.NewInbox(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := conn.FlushWithContext(brief(t)); err != nil {
			t.Fatal(err)
		}
		if after := state(t, b); after != before {
			t.Errorf("%s changed the streams from\n%s\nto\n%s", user, before, after)
		}
	}
}
