package bus_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// said is a log that can be read while it is written.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestWhoSharesTheEnginesAccountIsTold opens the bus on a server where a service is connected in
// the engine's account, and where none is.
func TestWhoSharesTheEnginesAccountIsTold(t *testing.T) {
	t.Parallel()
	for tenants, want := range map[string]string{
		"ENGINE":   "others are connected in the engine's NATS account",
		"SERVICES": "nobody else is connected in the engine's NATS account",
	} {
		t.Run(tenants, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "nats.conf")
			account := map[string]string{"ENGINE": "{user: engine, password: secret}", "SERVICES": "{user: other, password: secret}"}
			account[tenants] += ", {user: casehug, password: secret}"
			text := fmt.Sprintf("accounts { ENGINE { jetstream: enabled, users: [%s] }, SERVICES { users: [%s] } }", account["ENGINE"], account["SERVICES"])
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			opts, err := server.ProcessConfigFile(file)
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
			conn, err := bus.Dial(s.ClientURL(), nats.UserInfo("casehug", "secret"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			u, err := url.Parse(s.ClientURL())
			if err != nil {
				t.Fatal(err)
			}
			u.User = url.UserPassword("engine", "secret")
			log := &said{}
			open(t, func(c *bus.Config) { *c = bus.Config{URL: u.String(), Logger: slog.New(slog.NewTextHandler(log, nil))} })
			within(t, 10*time.Second, want, func() bool { return strings.Contains(log.String(), want) })
			if strings.Contains(log.String(), "casehug]") != (tenants == "ENGINE") {
				t.Errorf("the log says %s", log)
			}
		})
	}
}
