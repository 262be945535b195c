package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func none(string) string { return "" }

// started runs the command and returns its address and what stops it, which reports how
// it ended.
func started(t *testing.T, getenv func(string) string, args ...string) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"--listen", "127.0.0.1:0", "--account", "acme=Acme Law"}, args...), getenv, in)
	}()
	line := make([]byte, 512)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(string(line[:n])), func() {
		t.Helper()
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it does not stop")
		}
	}
}

func body(t *testing.T, got *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(got.Body)
	if err = errors.Join(err, got.Body.Close()); err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v %s", got.Status, err, b)
	}
	return string(b)
}

func TestRunServesUntilItIsStopped(t *testing.T) {
	url, stop := started(t, none)
	got, err := http.Get(url + "/_sim/")
	if page := body(t, got, err); !strings.Contains(page, "Acme Law") {
		t.Errorf("page = %s", page)
	}
	stop()
}

func TestStateFileOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	env := func(n string) string { return map[string]string{"SIM_STATE_FILE": path}[n] }
	url, stop := started(t, env)
	got, err := http.Post(url+"/_sim/accounts/acme/contacts", "application/json", strings.NewReader(`{"person":{"lastName":"Rivera"}}`))
	body(t, got, err)
	stop()
	url, stop = started(t, none, "--state-file", path)
	got, err = http.Get(url + "/_sim/state")
	if state := body(t, got, err); !strings.Contains(state, "Rivera") {
		t.Errorf("after the restart there is %s", state)
	}
	stop()
	if err := os.WriteFile(path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"--account", "acme", "--state-file", path}, none, io.Discard); err == nil || exitCode(err) != 1 || !strings.Contains(err.Error(), path) {
		t.Errorf("a foreign state file = %v", err)
	}
}

func TestEnvironmentSetsWhatFlagsDoNot(t *testing.T) {
	env := map[string]string{
		"SIM_CLIENT_ID": "from-env", "SIM_API_KEY": "key", "SIM_ACCOUNT": "a=First Firm; b", "SIM_VISIBLE_AFTER": "1s",
		"SIM_RATE": "10", "SIM_TOKEN_LIFETIME": "5m", "SIM_AUTO_CONSENT": "b", "SIM_SEED": "3", "SIM_BURST": "7",
		"SIM_PRIVATE_APP": "p1:s1:k1:a; p2:s2:k2:b",
	}
	o, _, err := parse([]string{"--client-id", "from-flag", "--burst=9"}, func(n string) string { return env[n] }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	c, err := o.config()
	if err != nil {
		t.Fatal(err)
	}
	if c.ClientID != "from-flag" || c.ClientSecret != "sim-secret" || c.APIKey != "key" || c.Rate != 10 || c.Burst != 9 || c.Seed != 3 {
		t.Errorf("config = %+v", c)
	}
	if c.VisibleAfter != (smokeballsim.Delay{Min: time.Second, Max: time.Second}) || c.AccessLifetime != 5*time.Minute || c.RefreshLifetime != 720*time.Hour {
		t.Errorf("times = %+v", c)
	}
	if p := c.PrivateApps; len(p) != 2 || p[0] != (smokeballsim.PrivateApp{ClientID: "p1", ClientSecret: "s1", APIKey: "k1", Account: "a"}) || p[1].Account != "b" {
		t.Errorf("private apps = %d", len(p))
	}
	if len(c.Accounts) != 2 || c.Accounts[0].Name != "First Firm" || c.Accounts[1].ID != "b" || c.AutoConsent != "b" {
		t.Errorf("accounts = %+v", c.Accounts)
	}
}

func TestWrongUseIsNamed(t *testing.T) {
	for _, args := range [][]string{
		{"--nothing"}, {"--visible-after", "1s..300ms"}, {"--visible-after", "soon"}, {"--account", "=x"},
		{"--account", "a=A", "--auto-consent", "b"}, {"--rate", "fast"},
		{"--private-app", "id:secret:key"}, {"--account", "a=A", "--private-app", "id:secret:key:b"}, {"--private-app", "::key:b"},
	} {
		err := run(t.Context(), args, none, io.Discard)
		if err == nil || exitCode(err) != 2 || !strings.Contains(err.Error(), "--help") {
			t.Errorf("%v = %v", args, err)
		}
	}
	if err := run(t.Context(), []string{"--listen", "127.0.0.1:none"}, none, io.Discard); err == nil || exitCode(err) != 1 {
		t.Errorf("a senseless address = %v", err)
	}
}

func TestHelpNamesTheFlags(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, none, &out); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--listen", "--visible-after", "--auto-consent", "SIM_CLIENT_ID"} {
		if !strings.Contains(out.String(), flag) {
			t.Errorf("help lacks %s", flag)
		}
	}
}

func FuzzSpan(f *testing.F) {
	f.Add("300ms..1.5s")
	f.Add("1s")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		var s span
		if s.UnmarshalText([]byte(text)) == nil && (s.Min < 0 || s.Max < s.Min) {
			t.Fatalf("%q reads as %v", text, s)
		}
	})
}
