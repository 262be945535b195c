package cli

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestTwoEnginesShareACluster runs two engines on NATS servers of their own: both are ready,
// a click at the one that does not lead is worked off, and when the leading one ends the
// other takes over.
func TestTwoEnginesShareACluster(t *testing.T) {
	t.Parallel()
	for name, admit := range map[string]func(*testing.T, *server.Options) string{
		"without credentials": func(*testing.T, *server.Options) string { return "" },
		"with credentials":    admitByJWT,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, smokeballsim.Config{})
			w.settings["ENGINE_MASTER_KEY_FILE"] = filepath.Join(t.TempDir(), "master-key.json")
			o := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true, StoreDir: t.TempDir()}
			w.settings["ENGINE_NATS_CREDS"] = admit(t, o)
			w.settings["ENGINE_NATS_URL"] = runNATS(t, o)
			first := w.serve(t)
			first.log.await(t, "this engine leads")
			second := w.another(t).serve(t)
			for _, r := range []*running{first, second} {
				r.visit(t, r.url+"/readyz").want(http.StatusOK)
			}
			first.log.await(t, "ENGINE_VISIBILITY_WAIT is not longer than a lease lives without its engine: after a takeover something may be made twice; it needs more than that")
			first.connect(t)
			eventually(t, "the first engine alone tells CaseHug", func() bool { return strings.Contains(first.log.String(), `"lease":"outbox"`) })
			second.clickAndSee(t, "m_1")
			if log := second.log.String(); strings.Contains(log, "this engine leads") {
				t.Errorf("the second engine leads beside the first one:\n%s", log)
			}
			first.stop()
			second.clickAndSee(t, "m_2")
			p := second.publisher(t, credentials(w)...)
			if told := second.synced(t, p, 2); len(told) != 2 {
				t.Errorf("CaseHug heard %+v, want two syncs", told)
			}
		})
	}
}

// another is the place of a second engine: it shares all but its data and its address.
func (w *world) another(t *testing.T) *world {
	t.Helper()
	beside := *w
	beside.settings = maps.Clone(w.settings)
	beside.settings["ENGINE_DATA_DIR"], beside.settings["ENGINE_LISTEN"] = t.TempDir(), freeAddress(t)
	return &beside
}

// clickAndSee asks for a sync as a person does, and waits until this engine shows its end.
func (r *running) clickAndSee(t *testing.T, id string) {
	t.Helper()
	r.call(t, clerk(), http.MethodPost, "/matters/"+id+"/sync", object{"matter": matter(id, 1, "Auto Accident")}).want(http.StatusAccepted)
	r.latest(t, id, domain.Succeeded)
}

func credentials(w *world) []nats.Option {
	if path := w.settings["ENGINE_NATS_CREDS"]; path != "" {
		return []nats.Option{nats.UserCredentials(path)}
	}
	return nil
}

// runNATS runs a NATS server that is none of the engine's and returns its URL.
func runNATS(t *testing.T, o *server.Options) string {
	t.Helper()
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not get ready")
	}
	return s.ClientURL()
}

// admitByJWT lets nobody in but a user of an account that may keep streams, and returns the
// user's credentials file.
func admitByJWT(t *testing.T, o *server.Options) string {
	t.Helper()
	operator, system, account, user := key(t, nkeys.CreateOperator), key(t, nkeys.CreateAccount), key(t, nkeys.CreateAccount), key(t, nkeys.CreateUser)
	resolver := &server.MemAccResolver{}
	for _, k := range []nkeys.KeyPair{system, account} {
		claims := jwt.NewAccountClaims(public(t, k))
		if k == account {
			claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit}
		}
		if err := resolver.Store(public(t, k), encode(t, claims, operator)); err != nil {
			t.Fatal(err)
		}
	}
	o.TrustedKeys, o.SystemAccount, o.AccountResolver = []string{public(t, operator)}, public(t, system), resolver
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.FormatUserConfig(encode(t, jwt.NewUserClaims(public(t, user)), account), seed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "engine.creds")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func key(t *testing.T, create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	k, err := create()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func public(t *testing.T, k nkeys.KeyPair) string {
	t.Helper()
	text, err := k.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func encode(t *testing.T, claims jwt.Claims, by nkeys.KeyPair) string {
	t.Helper()
	text, err := claims.Encode(by)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestAnEngineWithoutCredentialsIsToldSo starts an engine on servers that do not know it.
func TestAnEngineWithoutCredentialsIsToldSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	o := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir()}
	admitByJWT(t, o)
	w.settings["ENGINE_NATS_URL"] = runNATS(t, o)
	began := time.Now()
	got := execute(t, w.settings, "serve")
	if got.code == done || !strings.Contains(got.err, "ENGINE_NATS_CREDS") || time.Since(began) > patience {
		t.Errorf("exit code %d after %s: %s", got.code, time.Since(began), got.err)
	}
}
