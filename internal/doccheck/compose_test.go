package doccheck_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// composed is one service of docker-compose.yml.
type composed struct {
	Entrypoint  []string
	Command     any // a word, or a list
	Environment map[string]string
	Profiles    []string // empty: it starts without a profile
}

// TestOneCanSignInToWhatTheComposeFileStarts runs the commands of docker-compose.yml as processes,
// on other ports and another folder, signs in on the page that it names, and is led to Smokeball's.
func TestOneCanSignInToWhatTheComposeFileStarts(t *testing.T) {
	var file struct{ Services map[string]composed }
	text := read(t, "docker-compose.yml").text
	elsewhere := []string{"/data", t.TempDir()}
	ports := map[string]string{}
	for _, port := range []string{"8070", "8080", "8090", "4222"} {
		ports[port] = freePort(t)
		elsewhere = append(elsewhere, ":"+port, ":"+ports[port])
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	for name, s := range file.Services {
		if len(s.Profiles) > 0 {
			continue
		}
		s.start(t, name, strings.NewReplacer(elsewhere...))
	}
	signIn, engine, smokeball := "http://localhost:"+ports["8070"], "http://localhost:"+ports["8080"], "http://localhost:"+ports["8090"]
	for _, at := range []string{signIn + "/jwks.json", engine + "/readyz", smokeball + "/_sim/"} {
		answers(t, at)
	}
	page := visit(t, http.DefaultClient, http.MethodGet, signIn, nil)
	people := signInForm.FindAllStringSubmatch(page, -1)
	if len(people) != 2 {
		t.Fatalf("the page invites %d people:\n%s", len(people), page)
	}
	for n, wanted := range [][2]string{{"Folasade Osei", "Integrations</a>"}, {"Ben Lindqvist", "Connection</a>"}} {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &http.Client{Jar: jar}
		console := visit(t, browser, http.MethodPost, html.UnescapeString(people[n][1]), url.Values{"token": {people[n][2]}})
		if !strings.Contains(console, wanted[0]) || !strings.Contains(console, wanted[1]) {
			t.Errorf("the console of %s is\n%s", wanted[0], console)
		}
		if n == 0 {
			if consent := visit(t, browser, http.MethodPost, engine+"/integrations/connect", url.Values{}); !strings.Contains(consent, "Allow this app to use Smokeball?") {
				t.Errorf("connecting leads to\n%.2000s", consent)
			}
		}
	}
}

// signInForm is a form that signs somebody in at the engine.
var signInForm = regexp.MustCompile(`<form method="post" action="([^"]+/session)"><input type="hidden" name="token" value="([^"]+)">`)

// given is a setting's value where the environment has none: ${NAME:-value}.
var given = regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`)

// start runs the service's command until the test ends.
func (s composed) start(t *testing.T, name string, elsewhere *strings.Replacer) {
	t.Helper()
	program := "./cmd/smokeball-sync"
	if len(s.Entrypoint) > 0 {
		program = "./cmd/" + filepath.Base(s.Entrypoint[0])
	}
	path, err := build(program)
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	switch c := s.Command.(type) {
	case string:
		args = strings.Fields(c)
	case []any:
		for _, a := range c {
			args = append(args, fmt.Sprint(a))
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	for i := range args {
		args[i] = elsewhere.Replace(args[i])
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	for k, v := range s.Environment {
		cmd.Env = append(cmd.Env, k+"="+elsewhere.Replace(given.ReplaceAllString(v, "$1")))
	}
	said := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was interrupted
		if t.Failed() {
			t.Logf("%s:\n%s", name, said)
		}
	})
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// answers waits until an address answers.
func answers(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(address)
		if err == nil {
			_ = resp.Body.Close()
		}
		if err == nil && resp.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not answer: %v", address, err)
		}
	}
}

// visit opens a page, as a form of the sign-in page does, and returns what it shows.
func visit(t *testing.T, browser *http.Client, method, address string, form url.Values) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		at, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", at.Scheme+"://"+at.Host)
	}
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %v\n%.1000s", method, address, resp.Status, err, body)
	}
	return string(body)
}
