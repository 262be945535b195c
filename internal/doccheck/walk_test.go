package doccheck_test

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inWalk is the first line of a block of docs/walk.md; what follows says what the block is.
const inWalk = "# in the walk"

// walkPorts are the ports of docs/walk.md.
var walkPorts = []string{"8070", "8080", "8081", "8082", "8090", "4223", "4224", "4225", "6223", "6224", "6225"}

// TestTheWalk does what docs/walk.md says, word by word: it starts the three nodes, publishes from TypeScript, breaks
// what the page breaks, waits until the alert of the page fires, cures it as the page does, and waits until the alert is quiet.
func TestTheWalk(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "npm"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") != "true" {
			t.Skipf("there is no %s here", tool)
		}
	}
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	w := newWalk(t)
	_, fences := read(t, "docs/walk.md").split()
	var fired []string
	for _, f := range fences {
		first, _, _ := strings.Cut(f.text, "\n")
		about, ok := strings.CutPrefix(first, inWalk)
		if !ok {
			t.Fatalf("docs/walk.md:%d begins with %q", f.line, first)
		}
		t.Logf("docs/walk.md:%d%s", f.line, about)
		w.do(t, f.text)
		if strings.HasSuffix(about, "a person connects the firm") {
			w.connect(t)
		}
		if name, ok := alertOf(about, "breaks"); ok {
			w.await(t, name, true)
			fired = append(fired, name)
		}
		if name, ok := alertOf(about, "cures"); ok {
			w.await(t, name, false)
		}
	}
	if rows := walkRow.FindAllStringSubmatch(read(t, "docs/walk.md").text, -1); len(rows) != len(fired) {
		t.Errorf("the table of docs/walk.md has %d alerts, and %v fired", len(rows), fired)
	} else {
		for i, row := range rows {
			if row[1] != fired[i] {
				t.Errorf("row %d of the table is of %s; %s fired", i+1, row[1], fired[i])
			}
		}
	}
}

var walkRow = regexp.MustCompile(`(?m)^\| \[(\w+)\]\(runbook\.md#\w+\) \|`)

// alertOf is the alert that a block breaks or cures.
func alertOf(about, what string) (string, bool) {
	m := regexp.MustCompile(`^: ` + what + ` (\w+)`).FindStringSubmatch(about)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// walk is a shell in which the blocks run, and Prometheus beside it.
type walk struct {
	elsewhere *strings.Replacer
	ports     map[string]string
	shell     io.WriteCloser
	said      *bufio.Scanner
	watch     *watch
	alerts    map[string]alert
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	dir := t.TempDir()
	w := &walk{ports: map[string]string{}, alerts: map[string]alert{}}
	pairs := []string{"$PWD/walk/", dir + "/", "walk/", dir + "/"}
	for _, port := range walkPorts {
		w.ports[port] = freePort(t)
		pairs = append(pairs, port, w.ports[port])
	}
	w.elsewhere = strings.NewReplacer(pairs...)
	for _, a := range alertsOf(t) {
		w.alerts[a.Alert] = a
	}
	w.watch = newWatch(t, "http://127.0.0.1:"+w.ports["8080"], "http://127.0.0.1:"+w.ports["8081"], "http://127.0.0.1:"+w.ports["8082"])
	cmd := exec.Command("sh", "-u")
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "HOME="+os.Getenv("HOME"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what the walk leaves running ends with the test
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.shell, w.said = stdin, bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait() // it was killed
		_, _ = in.Close(), out.Close()
		if t.Failed() {
			w.showLogs(t, dir)
		}
	})
	return w
}

func (w *walk) showLogs(t *testing.T, dir string) {
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		t.Log(err)
	}
	for _, name := range logs {
		data, _ := os.ReadFile(name) // it is only for whoever reads the failure
		t.Logf("%s:\n%s", filepath.Base(name), data[max(0, len(data)-3000):])
	}
}

// do runs a block; each of its commands has to succeed.
func (w *walk) do(t *testing.T, block string) {
	t.Helper()
	// The functions of a block stay, so the shell is the same; "set -e" ends it at the first fault.
	if _, err := fmt.Fprintf(w.shell, "set -e\n%s\necho 'the block is done'\n", w.elsewhere.Replace(block)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool, 1)
	var said []string
	go func() {
		for w.said.Scan() {
			if w.said.Text() == "the block is done" {
				ended <- true
				return
			}
			said = append(said, w.said.Text())
		}
		ended <- false
	}()
	select {
	case ok := <-ended:
		if !ok {
			t.Fatalf("the block failed:\n%s\n%s", block, strings.Join(said, "\n"))
		}
	case <-time.After(runWithin):
		t.Fatalf("the block does not end:\n%s", block)
	}
}

// connect does what a person does in a browser: signs in, clicks Connect, and allows it at Smokeball.
func (w *walk) connect(t *testing.T) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	engine, smokeball := "http://localhost:"+w.ports["8080"], "http://localhost:"+w.ports["8090"]
	answers(t, "http://localhost:"+w.ports["8070"])
	form := signInForm.FindStringSubmatch(visit(t, http.DefaultClient, http.MethodGet, "http://localhost:"+w.ports["8070"], nil))
	visit(t, browser, http.MethodPost, html.UnescapeString(form[1]), url.Values{"token": {form[2]}})
	consent := visit(t, browser, http.MethodPost, engine+"/integrations/connect", url.Values{})
	action := regexp.MustCompile(`<form method="post" action="([^"]+)">`).FindStringSubmatch(consent)
	account := regexp.MustCompile(`name="account" value="([^"]+)"`).FindStringSubmatch(consent)
	if action == nil || account == nil {
		t.Fatalf("connecting leads to\n%.2000s", consent)
	}
	page := visit(t, browser, http.MethodPost, smokeball+html.UnescapeString(action[1]), url.Values{"account": {account[1]}, "decision": {"allow"}})
	if !strings.Contains(page, "Brown LLC") {
		t.Fatalf("allowing leads to\n%.2000s", page)
	}
}

// await waits until an alert fires, or until it is quiet.
func (w *walk) await(t *testing.T, name string, wanted bool) {
	t.Helper()
	a, ok := w.alerts[name]
	if !ok {
		t.Fatalf("%s is no alert", name)
	}
	began := time.UnixMilli(w.watch.minutes * time.Minute.Milliseconds())
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		w.watch.read(t)
		if w.watch.fires(t, a) == wanted {
			t.Logf("%s fires: %v, after %s", name, wanted, w.watch.end.Sub(began))
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s fires: %v, want %v, after %s", name, !wanted, wanted, w.watch.end.Sub(began))
		}
	}
}
