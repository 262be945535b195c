package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestNoSecretIsFound lets an engine connect, refresh, meet every kind of refusal and
// rotate its keys, while an eavesdropper notes each secret that passes between it and
// Smokeball. None of them is in its files, its log (at level debug), its answers, its
// pages, its metrics, its commands' output or what it tells CaseHug.
func TestNoSecretIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{AccessLifetime: 2 * time.Second})
	ear := listen(t, w)
	w.settings["ENGINE_LOG_LEVEL"] = "debug"
	r := w.serve(t)
	p := r.publisher(t)
	r.connect(t)
	r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	for _, f := range []smokeballsim.Fault{
		{Route: "POST /oauth2/token", Kind: smokeballsim.Status, Status: http.StatusServiceUnavailable, Count: 1},
		{Route: "POST /contacts", Kind: smokeballsim.Status, Status: http.StatusUnauthorized, Count: 1},
		{Route: "POST /matters", Kind: smokeballsim.Cut, Count: 1},
		{Route: "POST /matters/{id}/documents/files", Kind: smokeballsim.Status, Status: http.StatusForbidden, Count: 1},
	} {
		if err := r.sim.Fault(f); err != nil {
			t.Fatal(err)
		}
	}
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	eventually(t, "the matter's sync ends", func() bool { l := r.historyOf(t, "m_1"); return len(l) == 1 && l[0].Status.Ended() })
	p.say(t, "matter.created", "e2", matter("m_2", 1, "Auto Accident"))
	p.approve(t, "d_2", "m_2")
	last := r.latest(t, "m_2", domain.Succeeded)
	r.operator(t, "keys", "rotate")
	r.operator(t, "keys", "rewrap")
	if err := r.sim.Fault(smokeballsim.Fault{Route: "POST /oauth2/token", Kind: smokeballsim.Status, Status: http.StatusBadRequest}); err != nil {
		t.Fatal(err)
	}
	p.say(t, "matter.updated", "e3", matter("m_2", 2, "Auto Accident"))
	ear.wantsSecrets(t)

	ear.seek(t, "the log", []byte(r.log.String()))
	for name, data := range r.everything(t, string(last.ID)) {
		ear.seek(t, name, data)
	}
	for _, n := range p.heard(t, "sync.>") {
		data, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		ear.seek(t, "what CaseHug heard", data)
	}
	r.stop()
	ear.seekFiles(t, r.settings["ENGINE_DATA_DIR"])
}

// everything is what the engine answers to those who may ask.
func (r *running) everything(t *testing.T, sync string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, at := range []string{"/connection", "/settings", "/webhooks", "/matters", "/matters/m_1", "/sync-history", "/sync-history/" + sync,
		"/dead-letters", "/case-type-mappings", "/smokeball/matter-types"} {
		found[at] = r.call(t, admin(), http.MethodGet, at, nil).body
	}
	token, err := r.issuer.Sign(admin())
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"/metrics", "/openapi.json", "/readyz", "/integrations", "/integrations/advanced", "/integrations/settings",
		"/integrations/mappings", "/history", "/history/" + sync, "/matters", "/matters/m_1", "/dead-letters"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(r.signIn(t, token))
		found["page "+at] = r.do(t, req).want(http.StatusOK).body
	}
	for _, args := range [][]string{{"history", "--json"}, {"status", "--json"}, {"keys", "list", "--json"}} {
		found[strings.Join(args, " ")] = []byte(r.operator(t, args...).out)
	}
	return found
}

// eavesdropper stands between the engine and Smokeball and notes what is secret.
type eavesdropper struct {
	mu      sync.Mutex
	secrets map[string]string // and what each is
}

// listen puts an eavesdropper between the engine and its Smokeball.
func listen(t *testing.T, w *world) *eavesdropper {
	t.Helper()
	sim, err := url.Parse(w.settings["SMOKEBALL_API_URL"])
	if err != nil {
		t.Fatal(err)
	}
	e := &eavesdropper{secrets: map[string]string{appSecret: "the app's secret", appKey: "the API key"}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			e.hear(t, r.In)
			r.SetURL(sim)
			r.Out.Host = r.In.Host // its addresses lead here, too
			r.Out.Body = r.In.Body
		},
		ModifyResponse: e.hearAnswer,
		ErrorLog:       log.New(io.Discard, "", 0), // answers that are cut off on purpose
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	w.settings["SMOKEBALL_API_URL"], w.settings["SMOKEBALL_AUTH_URL"] = server.URL, server.URL
	return e
}

func (e *eavesdropper) note(what string, secrets ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range secrets {
		if len(s) > 8 {
			e.secrets[s] = what
		}
	}
}

func (e *eavesdropper) hear(t *testing.T, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if _, credentials, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		e.note("an Authorization header", credentials)
	}
	e.note("a state", r.URL.Query().Get("state"))
	switch {
	case r.URL.Path == "/oauth2/token":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		e.note("a code", form.Get("code"))
		e.note("a PKCE verifier", form.Get("code_verifier"))
		e.note("a refresh token", form.Get("refresh_token"))
	case strings.HasPrefix(r.URL.Path, "/webhooks") && len(body) > 0:
		var hook struct{ Key, EventNotificationURL string }
		if err := json.Unmarshal(body, &hook); err != nil {
			t.Error(err)
		}
		e.note("a webhook key", hook.Key)
		e.note("a webhook address", path.Base(hook.EventNotificationURL))
	}
}

func (e *eavesdropper) hearAnswer(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var told struct {
		Access    string `json:"access_token"`
		Refresh   string `json:"refresh_token"`
		UploadURL string `json:"uploadUrl"`
	}
	if json.Unmarshal(body, &told) != nil {
		return nil // not JSON, or cut off: nothing secret is in it
	}
	e.note("an access token", told.Access)
	e.note("a refresh token", told.Refresh)
	e.note("an upload address", told.UploadURL)
	return nil
}

// wantsSecrets checks that there was something to find.
func (e *eavesdropper) wantsSecrets(t *testing.T) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	kinds := map[string]int{}
	for _, what := range e.secrets {
		kinds[what]++
	}
	for _, what := range []string{"an Authorization header", "a state", "a code", "a PKCE verifier", "a refresh token", "a webhook key", "a webhook address", "an upload address"} {
		if kinds[what] == 0 {
			t.Errorf("the eavesdropper heard no %s: %v", what, kinds)
		}
	}
	t.Logf("secrets that passed: %v", kinds)
}

func (e *eavesdropper) seek(t *testing.T, where string, data []byte) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for secret, what := range e.secrets {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("%s tells %s", where, what)
		}
	}
}

func (e *eavesdropper) seekFiles(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		e.seek(t, path, data)
		files++
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files, %v", files, err)
	}
}
