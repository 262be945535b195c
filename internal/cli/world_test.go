package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

const testFirm domain.FirmID = "f_brown"

const (
	testAccount = "6a1e2f30-54c1-4a8e-9c55-7b1f6f6d3a99"
	appID       = "app-7d2c"
	appSecret   = "secret-of-the-app-91f3"
	appKey      = "key-of-the-app-55ab"
	issuerName  = "https://login.casehug.example"
	audienceOf  = "smokeball-sync"
)

// world is all that an engine meets: a simulated Smokeball, CaseHug's sign-in, and its
// own settings and data, which stay over restarts.
type world struct {
	sim      *smokeballsim.Server
	issuer   *casehug.Issuer
	http     *http.Client
	settings map[string]string
}

// newWorld starts a Smokeball that is quick and without a rate limit unless c says
// otherwise.
func newWorld(t *testing.T, c smokeballsim.Config) *world {
	t.Helper()
	w := &world{http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(w.http.CloseIdleConnections)
	address := w.startSim(t, c)
	w.settings = map[string]string{
		"ENGINE_DATA_DIR": t.TempDir(), "ENGINE_NATS_LISTEN": "127.0.0.1:0", "ENGINE_LISTEN": freeAddress(t),
		"ENGINE_JWKS_URL": w.signIn(t), "ENGINE_JWT_ISSUER": issuerName, "ENGINE_JWT_AUDIENCE": audienceOf,
		"SMOKEBALL_CLIENT_ID": appID, "SMOKEBALL_CLIENT_SECRET": appSecret, "SMOKEBALL_API_KEY": appKey,
		"SMOKEBALL_API_URL": address, "SMOKEBALL_AUTH_URL": address, "SMOKEBALL_RATE": "1000", "SMOKEBALL_BURST": "100",
		"ENGINE_VISIBILITY_WAIT": "1s", "ENGINE_CONFIRMATION_WAIT": "30s",
	}
	w.settings["ENGINE_PUBLIC_URL"] = "http://" + w.settings["ENGINE_LISTEN"]
	return w
}

func (w *world) startSim(t *testing.T, c smokeballsim.Config) string {
	t.Helper()
	c.ClientID, c.ClientSecret, c.APIKey, c.AutoConsent = appID, appSecret, appKey, testAccount
	c.Accounts = []smokeballsim.Account{{ID: testAccount, Name: "Brown LLC", Location: "IL"}}
	c.Rate = cmp.Or(c.Rate, -1)
	c.VisibleAfter = cmp.Or(c.VisibleAfter, smokeballsim.Delay{Min: time.Millisecond, Max: 50 * time.Millisecond})
	c.RetryPauses = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond}
	w.sim = smokeballsim.New(c)
	address, err := w.sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return address
}

// signIn serves the key set of CaseHug's sign-in.
func (w *world) signIn(t *testing.T) string {
	t.Helper()
	var err error
	if w.issuer, err = casehug.NewIssuer(issuerName, audienceOf); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.issuer)
	t.Cleanup(server.Close)
	return server.URL
}

// nextPort is where the search for a free port goes on.
var nextPort atomic.Int64

const firstPort, portCount = 20000, 12000

var portsFrom = rand.Int64N(portCount) // other processes look for ports too

// freeAddress is outside the range from which the kernel gives ports: what else listens in
// this process, or calls, cannot take it before the engine does. No two tests get the same.
func freeAddress(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+(portsFrom+nextPort.Add(1))%portCount))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return l.Addr().String()
	}
}

func (w *world) getenv(name string) string { return w.settings[name] }

// has is what the firm has in Smokeball.
func (w *world) has() smokeballsim.AccountState { return w.sim.State().Accounts[0] }

// running is an engine that serves.
type running struct {
	*world
	url  string // of its HTTP side
	nats string // where publishers connect
	log  *logbook
	stop func() // and wait until it has ended well
}

// serve runs the engine in this process until the test ends or stops it.
func (w *world) serve(t *testing.T) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{world: w, log: newLogbook()}
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"serve"}, w.getenv, io.Discard, r.log)
		r.log.end()
	}()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the engine ended with %v", err)
		}
	}
	t.Cleanup(r.stop)
	r.find(t)
	return r
}

// find learns the addresses from the log of an engine that is ready.
func (r *running) find(t *testing.T) {
	t.Helper()
	ready := r.log.await(t, "ready")
	r.url, r.nats = "http://"+ready.text("listen"), ready.text("publishers")
}

// restart stops the engine and starts it again on the same data.
func (r *running) restart(t *testing.T) *running {
	t.Helper()
	r.stop()
	return r.serve(t)
}
