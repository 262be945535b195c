package cli

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestARollingUpgradeLosesNothing runs what production runs, each part as a process: three NATS
// servers with TLS and the accounts of ops/nats-accounts.conf, and two engines of one version. Under
// load each engine is stopped and a newer binary started on its data. In Smokeball each
// matter and each client is there once, made by one call, and CaseHug is told of each sync once. When two
// of the three servers are killed, both engines say that they are not ready.
func TestARollingUpgradeLosesNothing(t *testing.T) {
	t.Parallel()
	onlyInCI(t, "three NATS servers and two engines, each a process, take half a minute")
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	c, engines := upgradeUnderLoad(t, path, newerProgram(t))
	c.leaveOne(t)
	for _, e := range engines {
		eventually(t, e.url+" says that one of three servers is not enough", func() bool {
			r := e.visit(t, e.url+"/readyz")
			return r.status == http.StatusServiceUnavailable && strings.Contains(string(r.body), "stores no events")
		})
		scraped := string(e.visit(t, e.url+"/metrics").want(http.StatusOK).body)
		for _, series := range []string{"smokeball_sync_ready 0", "smokeball_sync_inbox_waiting ", `smokeball_sync_read_timestamp_seconds{source="ledger"}`} {
			if !strings.Contains(scraped, "\n"+series) {
				t.Errorf("%s exports no series %s", e.url, series)
			}
		}
	}
}

// upgradeUnderLoad upgrades two engines of a cluster from one program to another, one after the other.
func upgradeUnderLoad(t *testing.T, older string, newer release) (securedCluster, []*process) {
	t.Helper()
	c := startSecuredCluster(t)
	w := newWorld(t, smokeballsim.Config{})
	w.settings["ENGINE_MASTER_KEY_FILE"] = filepath.Join(t.TempDir(), "master-key.json")
	w.settings["ENGINE_NATS_URL"], w.settings["ENGINE_NATS_CA"], w.settings["ENGINE_REPLICAS"] = c.urls("engine"), c.ca, "3"
	w.settings["ENGINE_VISIBILITY_WAIT"] = "5s"
	c.refusesStrangers(t, w)

	engines := []*process{w.launchWith(t, older)}
	engines[0].find(t) // it makes the key that both share
	engines = append(engines, w.another(t).launchWith(t, older))
	engines[1].find(t)
	engines[0].connect(t)

	load := c.publishOn(t)
	for i, old := range engines {
		load.atLeast(t, 10*(i+1))
		if v := old.version(t); v == newer.version {
			t.Errorf("engine %d is %s before its upgrade", i, v)
		}
		old.signal(t, syscall.SIGTERM)
		if code := old.wait(t, patience); code != done {
			t.Errorf("engine %d ended with %d:\n%s", i, code, old.log)
		}
		engines[i] = old.launchWith(t, newer.path)
		engines[i].find(t)
		if v := engines[i].version(t); v != newer.version {
			t.Errorf("engine %d is %s after its upgrade", i, v)
		}
	}
	load.atLeast(t, 30)
	asked := load.end()
	for _, e := range engines {
		eventually(t, fmt.Sprintf("%s shows the ends of %d syncs", e.url, asked), func() bool { return len(e.history(t, nil)) == asked && e.allSucceeded(t) })
	}
	w.wantMattersOnce(t, asked)
	c.wantToldOnce(t, asked)
	return c, engines
}

// leaveOne kills two of the servers. The one that stays led the inbox, and goes on answering about it.
func (c securedCluster) leaveOne(t *testing.T) {
	t.Helper()
	_, js := c.dial(t, "engine")
	inbox, err := js.Stream(t.Context(), bus.Inbox)
	if err != nil {
		t.Fatal(err)
	}
	for n, server := range c.servers {
		if fmt.Sprintf("nats-%d", n+1) == inbox.CachedInfo().Cluster.Leader {
			continue
		}
		if err := server.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
}

// allSucceeded reports whether every sync that this engine shows did.
func (r *running) allSucceeded(t *testing.T) bool {
	t.Helper()
	for _, e := range r.history(t, nil) {
		if e.Status.Ended() && e.Status != "succeeded" {
			t.Fatalf("the sync of %s is %s: %+v", e.Matter, e.Status, e.Error)
		}
		if e.Status != "succeeded" {
			return false
		}
	}
	return true
}

// wantMattersOnce counts what Smokeball has, and what was asked of it.
func (w *world) wantMattersOnce(t *testing.T, n int) {
	t.Helper()
	has, seen := w.has(), map[string]int{}
	for _, m := range has.Matters {
		seen[m.ExternalSystemID]++
	}
	for i := range n {
		if id := fmt.Sprint("m_", i); seen[id] != 1 {
			t.Errorf("Smokeball has %s %d times", id, seen[id])
		}
	}
	if len(has.Matters) != n || len(has.Contacts) != n {
		t.Errorf("Smokeball has %d matters and %d contacts, want %d of each", len(has.Matters), len(has.Contacts), n)
	}
	if calls := w.sim.Counts().ByRoute; calls["POST /matters"] != n || calls["POST /contacts"] != n {
		t.Errorf("%d matters and contacts were created by %v", n, calls)
	}
}

// version is the version that the engine's metrics name; "": they name none.
func (r *running) version(t *testing.T) string {
	t.Helper()
	text := string(r.visit(t, r.url+"/metrics").want(http.StatusOK).body)
	_, rest, ok := strings.Cut(text, `smokeball_sync_build_info{`)
	_, rest, named := strings.Cut(rest, `version="`)
	if _, of, more := strings.Cut(rest, `,version="`); strings.HasPrefix(rest, "go") && more {
		rest = of
	}
	if v, _, _ := strings.Cut(rest, `"`); ok && named {
		return v
	}
	return ""
}

// release is a binary with its version.
type release struct{ path, version string }

// newerProgram is the program as ops/release stamps it.
func newerProgram(t *testing.T) release {
	t.Helper()
	r := release{path: filepath.Join(workshop, "newer"), version: "99.0.0"}
	stamp := shipped + " -X github.com/casehug/smokeball-sync/internal/engine.stamped=" + r.version
	if out, err := exec.Command("go", "build", "-o", r.path, "-ldflags", stamp, "../../cmd/smokeball-sync").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r
}

// securedCluster is three NATS servers, each a process: clients and servers meet by TLS
// alone, and only users of ops/nats-accounts.conf are let in.
type securedCluster struct {
	ca      string
	ports   []string
	servers []*exec.Cmd
}

const clusterPassword = "password-of-the-cluster"

func startSecuredCluster(t *testing.T) securedCluster {
	t.Helper()
	path, err := build("nats-server", "github.com/nats-io/nats-server/v2")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := securedCluster{ca: filepath.Join(dir, "ca.pem")}
	cert, key := certify(t, dir)
	accounts, err := os.ReadFile("../../ops/nats-accounts.conf")
	if err != nil {
		t.Fatal(err)
	}
	keep(t, filepath.Join(dir, "nats-accounts.conf"), accounts)
	var routes []string
	for range 3 {
		c.ports = append(c.ports, freeAddress(t))
		routes = append(routes, freeAddress(t))
	}
	for n := range 3 {
		conf := filepath.Join(dir, fmt.Sprintf("nats-%d.conf", n+1))
		keep(t, conf, fmt.Appendf(nil, `server_name: nats-%d
listen: %s
tls { cert_file: %q, key_file: %q }
cluster {
  name: smokeball-sync
  listen: %s
  routes: [%s]
  tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }
}
jetstream { store_dir: %q, sync_interval: always }
include "nats-accounts.conf"
`, n+1, c.ports[n], cert, key, routes[n], "nats://"+strings.Join(routes, ", nats://"), cert, key, c.ca, filepath.Join(dir, fmt.Sprint("data-", n+1))))
		c.servers = append(c.servers, startServer(t, path, conf))
	}
	return c
}

func startServer(t *testing.T, program, conf string) *exec.Cmd {
	t.Helper()
	cmd, log := exec.Command(program, "--config", conf), newLogbook()
	cmd.Stderr = log
	for _, name := range []string{"ENGINE_PASSWORD", "SERVICES_PASSWORD", "F1_PASSWORD"} {
		cmd.Env = append(cmd.Env, name+"="+clusterPassword)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("%s:\n%s", conf, log)
		}
	})
	return cmd
}

func keep(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// certify makes a certificate authority and a certificate of it for 127.0.0.1.
func certify(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	about := func(serial int64, isCA bool) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: isCA, BasicConstraintsValid: true,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	}
	secrets := make([]*ecdsa.PrivateKey, 2)
	for i := range secrets {
		var err error
		if secrets[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	authority := about(1, true)
	for i, name := range []string{"ca.pem", "server.pem"} {
		der, err := x509.CreateCertificate(rand.Reader, about(int64(i+1), i == 0), authority, &secrets[i].PublicKey, secrets[0])
		if err != nil {
			t.Fatal(err)
		}
		keep(t, filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	private, err := x509.MarshalPKCS8PrivateKey(secrets[1])
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "server.pem"), filepath.Join(dir, "server-key.pem")
	keep(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return cert, key
}

// urls are the cluster's addresses for a user.
func (c securedCluster) urls(user string) string {
	var list []string
	for _, at := range c.ports {
		list = append(list, "tls://"+user+":"+clusterPassword+"@"+at)
	}
	return strings.Join(list, ",")
}

func (c securedCluster) dial(t *testing.T, user string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	var conn *nats.Conn
	eventually(t, "the cluster takes connections", func() (ok bool) {
		var err error
		conn, err = nats.Connect(c.urls(user), nats.RootCAs(c.ca), nats.MaxReconnects(-1))
		return err == nil
	})
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, js
}

// refusesStrangers tells that nobody gets in without the authority's certificate or as a user that
// is not listed, and that an engine says which setting is missing.
func (c securedCluster) refusesStrangers(t *testing.T, w *world) {
	t.Helper()
	c.dial(t, "casehug")
	for what, connect := range map[string]func() (*nats.Conn, error){
		"that does not know the authority": func() (*nats.Conn, error) { return nats.Connect(c.urls("casehug")) },
		"that is not listed":               func() (*nats.Conn, error) { return nats.Connect(c.urls("mallory"), nats.RootCAs(c.ca)) },
	} {
		if conn, err := connect(); err == nil {
			conn.Close()
			t.Errorf("a client %s connects", what)
		}
	}
	for setting, change := range map[string]string{"ENGINE_NATS_CA": "", "ENGINE_NATS_URL": c.urls("mallory")} {
		stranger := w.another(t)
		stranger.settings[setting] = change
		if got := execute(t, stranger.settings, "serve"); got.code == done || !strings.Contains(got.err, "ENGINE_NATS_C") {
			t.Errorf("with another %s the engine ends with %d: %s", setting, got.code, got.err)
		}
	}
}

// clusterLoad asks for the sync of one new matter after the other, as a service of CaseHug's.
type clusterLoad struct {
	asked chan int // how many are acknowledged
	end   func() int
}

func (c securedCluster) publishOn(t *testing.T) clusterLoad {
	t.Helper()
	conn, js := c.dial(t, "casehug")
	p := publisher{conn, js}
	ctx, stop := context.WithCancel(t.Context())
	load, last := clusterLoad{asked: make(chan int)}, make(chan int, 1)
	go func() {
		next := time.NewTicker(150 * time.Millisecond)
		defer next.Stop()
		for n := 0; ; {
			select {
			case <-next.C:
				data := object{"matter": matter(fmt.Sprint("m_", n), 1, "Auto Accident"), "requested_by": "u_5"}
				id := fmt.Sprint("ask-", n)
				for try(t.Context(), func(ctx context.Context) error {
					return p.publish(ctx, "matter.sync_requested", id, publisherSource+"/"+id, data)
				}) != nil && t.Context().Err() == nil {
				}
				n++
			case load.asked <- n:
			case <-ctx.Done():
				last <- n
				return
			}
		}
	}()
	load.end = func() int { stop(); n := <-last; last <- n; return n }
	t.Cleanup(func() { load.end() })
	return load
}

// atLeast waits until so many matters were published.
func (l clusterLoad) atLeast(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprint(n, " matters are published"), func() bool { return <-l.asked >= n })
}

// wantToldOnce reads what the engines told CaseHug: each sync once.
func (c securedCluster) wantToldOnce(t *testing.T, n int) {
	t.Helper()
	conn, js := c.dial(t, "engine")
	p, told := publisher{conn, js}, map[string]int{}
	eventually(t, "CaseHug hears of the syncs", func() bool {
		clear(told)
		for _, heard := range p.heard(t, "sync."+string(testFirm)+".matter.synced") {
			told[heard.Data.Matter]++
		}
		return len(told) >= n
	})
	for id, times := range told {
		if times != 1 {
			t.Errorf("CaseHug is told %d times of the sync of %s", times, id)
		}
	}
}
