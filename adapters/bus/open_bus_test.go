package bus_test

import (
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

func TestOpenMakesWhatTheTableNames(t *testing.T) {
	t.Parallel()
	b := open(t)
	for name, want := range map[string]struct {
		subjects string
		window   time.Duration
	}{bus.Inbox: {"casehug.> bound.casehug.> smokeball.>", 0}, bus.Outbox: {"sync.>", 2 * time.Minute}} {
		s, err := b.JetStream().Stream(brief(t), name)
		if err != nil {
			t.Fatal(err)
		}
		c := s.CachedInfo().Config
		if got := strings.Join(c.Subjects, " "); got != want.subjects || c.Storage != jetstream.FileStorage || c.MaxAge.Hours() != 90*24 || c.Duplicates != want.window {
			t.Errorf("%s: %+v", name, c)
		}
	}
	for _, name := range []string{bus.Tokens, bus.State, bus.Leases} {
		kv, err := b.JetStream().KeyValue(brief(t), name)
		if err != nil {
			t.Fatal(err)
		}
		status, err := kv.Status(brief(t))
		if err != nil || status.History() != 1 || (name == bus.Leases) != (status.TTL().Seconds() == 6) {
			t.Errorf("%s: %+v, %v", name, status, err)
		}
		if s, err := b.JetStream().Stream(brief(t), "KV_"+name); err != nil || s.CachedInfo().Config.AllowDirect {
			t.Errorf("%s is read from any replica, also from one that lags (%v)", name, err)
		}
	}
	for _, name := range []string{bus.Intake, bus.Webhooks} {
		if cons, err := b.Durable(brief(t), name); err != nil || cons.CachedInfo().Config.MaxDeliver != -1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Durable(brief(t), "unknown"); err == nil {
		t.Error("an unknown durable is found")
	}
}

// What was published and how far the consumers came survives a restart.
func TestRestartKeepsMessagesAndPositions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	same := func(c *bus.Config) { c.DataDir = dir }
	b := open(t, same)
	for _, data := range []string{"one", "two", "three"} {
		say(t, b, "casehug.f1.matter.created", data)
	}
	_, tenant := dial(t, b)
	if _, err := tenant.CreateConsumer(brief(t), bus.Outbox, jetstream.ConsumerConfig{Durable: "theirs"}); err != nil {
		t.Fatal(err)
	}
	intake, err := b.Durable(brief(t), bus.Intake)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := intake.Next(); err != nil || m.DoubleAck(brief(t)) != nil {
		t.Fatal(err)
	}
	shut(t, b)

	b = open(t, same)
	if intake, err = b.Durable(brief(t), bus.Intake); err != nil {
		t.Fatal(err)
	}
	if m, err := intake.Next(); err != nil || string(m.Data()) != "two" {
		t.Errorf("after the restart: %v, %v; want the second message", m, err)
	}
	_, tenant = dial(t, b)
	if _, err := tenant.Consumer(brief(t), bus.Outbox, "theirs"); err != nil {
		t.Errorf("a tenant's consumer: %v", err)
	}
}

func TestListenOffTakesNoConnections(t *testing.T) {
	t.Parallel()
	b := open(t, func(c *bus.Config) { c.Listen = "off" })
	if b.ClientURL() != "" {
		t.Errorf("listens at %s", b.ClientURL())
	}
	say(t, b, "casehug.f1.matter.created", "{}")
}

// standalone is a NATS server that is none of the engine's, as a cluster is.
func standalone(t testing.TB) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not get ready")
	}
	return s
}

func TestOpenConnectsToACluster(t *testing.T) {
	t.Parallel()
	s := standalone(t)
	for range 2 { // a second engine finds what the first one made
		b := open(t, func(c *bus.Config) { *c = bus.Config{URL: s.ClientURL()} })
		say(t, b, "sync.f1.matter.synced", "{}")
		if _, err := b.Durable(brief(t), bus.Intake); err != nil {
			t.Error(err)
		}
		if o := b.Conn().Opts; o.PingInterval*time.Duration(o.MaxPingsOut) > 10*time.Second {
			t.Errorf("a server that hangs is left after %d pings, one each %s", o.MaxPingsOut, o.PingInterval)
		}
		shut(t, b)
	}
}

// A tenant's account cannot carry an engine.
func TestOpenReportsWhatTheClusterRefuses(t *testing.T) {
	t.Parallel()
	tenants := open(t)
	if _, err := bus.Open(t.Context(), bus.Config{URL: tenants.ClientURL()}); err == nil || !strings.Contains(err.Error(), "make stream ENGINE_VOID") {
		t.Errorf("%v; want the first thing that the account may not do", err)
	}
}

func TestOpenNamesTheVariableAtFault(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("users: []"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config bus.Config
		says   []string
	}{
		"port taken":       {bus.Config{DataDir: t.TempDir(), Listen: taken.Addr().String()}, []string{"ENGINE_NATS_LISTEN", taken.Addr().String(), "address already in use", "choose a free port"}},
		"no port":          {bus.Config{DataDir: t.TempDir(), Listen: "localhost"}, []string{"ENGINE_NATS_LISTEN", "host:port"}},
		"no folder":        {bus.Config{}, []string{"ENGINE_DATA_DIR"}},
		"folder is a file": {bus.Config{DataDir: file, Listen: "off"}, []string{"ENGINE_DATA_DIR", file}},
		"replicas alone":   {bus.Config{DataDir: t.TempDir(), Replicas: 3}, []string{"ENGINE_REPLICAS", "ENGINE_NATS_URL"}},
		"replicas even":    {bus.Config{URL: "nats://127.0.0.1:1", Replicas: 2}, []string{"ENGINE_REPLICAS", "1, 3 or 5"}},
		"no users file":    {bus.Config{DataDir: t.TempDir(), UsersFile: file + "x"}, []string{"ENGINE_NATS_USERS_FILE", file + "x"}},
		"no users":         {bus.Config{DataDir: t.TempDir(), UsersFile: file}, []string{"ENGINE_NATS_USERS_FILE", "names no user"}},
		"no cluster":       {bus.Config{URL: "nats://me:hidden@127.0.0.1:1"}, []string{"ENGINE_NATS_URL is nats://me:xxxxx@127.0.0.1:1"}},
		"no credentials":   {bus.Config{URL: "nats://127.0.0.1:1", Creds: file + "x"}, []string{"ENGINE_NATS_CREDS"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Logger = slog.New(slog.DiscardHandler)
			b, err := bus.Open(t.Context(), c.config)
			if err == nil {
				shut(t, b)
				t.Fatal("it opens")
			}
			for _, word := range c.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than one line", err)
			}
		})
	}
}

func TestMain(m *testing.M) {
	atOnce := "8" // most tests wait for a server; the command line, which is read later, may say otherwise
	if os.Getenv("CI") == "true" {
		atOnce = "4" // under the race detector
	}
	_ = flag.Set("test.parallel", atOnce)
	goleak.VerifyTestMain(m, leftByNATS()...)
}

// leftByNATS are goroutines of the server and the client that outlive what started them. The
// server's looks for a stream's source: where the server stops meanwhile it waits for half a minute
// more. The client's is started by an object's Put; where Put is over before it runs, it waits for
// ever (nats.go 1.55: cleanupReplySub takes its channel away).
func leftByNATS() []goleak.Option {
	known := []goleak.Option{goleak.IgnoreAnyFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect")}
	for n := range 6 {
		known = append(known, goleak.IgnoreAnyFunction(fmt.Sprintf("github.com/nats-io/nats-server/v2/server.(*stream).trySetupSourceConsumer.func%d", n+1)))
	}
	return known
}
