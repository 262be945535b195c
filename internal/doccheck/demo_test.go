package doccheck_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "4") // most tests wait for the demo; before the command line is read
	code := m.Run()
	if err := errors.Join(stopDemo(), os.RemoveAll(workshop())); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// workshop is the folder in which the tests build programs.
var workshop = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "doccheck")
	if err != nil {
		panic(err)
	}
	return dir
})

var (
	buildMu, helpMu sync.Mutex
	helps           = map[string]string{}
)

// build builds a program of the module once.
func build(pkg string) (string, error) {
	buildMu.Lock()
	defer buildMu.Unlock()
	path := filepath.Join(workshop(), filepath.Base(pkg))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, pkg) // as in a release: without what debuggers read it links in half the time
	cmd.Dir = top
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// helpOf is the help of a program's command. Programs with the flag package exit with 2.
func helpOf(t *testing.T, pkg string, command []string) (string, error) {
	t.Helper()
	program, err := build(pkg)
	if err != nil {
		return "", err
	}
	helpMu.Lock()
	defer helpMu.Unlock()
	key := pkg + " " + strings.Join(command, " ")
	if help, ok := helps[key]; ok {
		return help, nil
	}
	out, err := exec.CommandContext(t.Context(), program, append(slices.Clone(command), "--help")...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 2 && bytes.Contains(out, []byte("Usage of"))) {
		return "", fmt.Errorf("%s --help: %w\n%s", key, err, out)
	}
	helps[key] = string(out)
	if m := defaultCommand.FindSubmatch(out); m != nil { // its flags count without its name, too
		more, err := exec.CommandContext(t.Context(), program, append(strings.Fields(string(m[1])), "--help")...).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%s --help: %w\n%s", m[1], err, more)
		}
		helps[key] += string(more)
	}
	return helps[key], nil
}

// defaultCommand is the line of the command that a help says to be the default one.
var defaultCommand = regexp.MustCompile(`(?m)^ +([a-z-]+ [a-z-]+) .*\(the default\)`)

// demo is a running "smokeball-sync demo" whose story has been told.
type demo struct {
	cmd       *exec.Cmd
	console   string // its address, http://…
	signIn    string // the link that signs the firm admin in
	userIn    string // the link that signs the user in
	smokeball string // the simulated Smokeball's address
	nats      string
	token     string // the firm admin's
	ended     chan error
}

// demoWithin is how long the demo's story may take on a busy machine.
const demoWithin = 4 * time.Minute

var running struct {
	sync.Mutex
	demo *demo
	err  error
}

// theDemo starts the demo once for all tests.
func theDemo(t *testing.T) *demo {
	t.Helper()
	running.Lock()
	defer running.Unlock()
	if running.demo == nil && running.err == nil {
		running.demo, running.err = startDemo(filepath.Join(workshop(), "demo"))
	}
	if running.err != nil {
		t.Fatal(running.err)
	}
	return running.demo
}

func stopDemo() error {
	if running.demo == nil {
		return nil
	}
	return running.demo.stop()
}

func (d *demo) stop() error {
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return <-d.ended
}

var invitation = regexp.MustCompile(`(?s)Console: +(http://\S+?)(/session/demo/\S+)\s.*?\s+http://\S+?(/session/demo/\S+)\s.*Smokeball: +(http://\S+?)/_sim/.*Publish: +(nats://\S+).*Token: +(\S+)`)

// startDemo starts a demo in a folder of its own.
func startDemo(dir string, flags ...string) (*demo, error) {
	program, err := build("./cmd/smokeball-sync")
	if err != nil {
		return nil, err
	}
	out := &told{invited: make(chan string, 1)}
	d := &demo{cmd: exec.Command(program, append([]string{"demo", "--data-dir", dir}, flags...)...), ended: make(chan error, 1)}
	d.cmd.Stdout, d.cmd.Stderr = out, out
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { d.ended <- d.cmd.Wait() }()
	select {
	case err := <-d.ended:
		return nil, fmt.Errorf("the demo ended: %w\n%s", err, out)
	case text := <-out.invited:
		m := invitation.FindStringSubmatch(text)
		d.console, d.signIn, d.userIn, d.smokeball, d.nats, d.token = m[1], m[1]+m[2], m[1]+m[3], m[4], m[5], m[6]
		return d, nil
	case <-time.After(demoWithin):
		return nil, errors.Join(fmt.Errorf("the demo did not get to its end:\n%s", out), d.cmd.Process.Kill())
	}
}

// told is what the demo says, and tells when it invites to the console.
type told struct {
	mu      sync.Mutex
	text    bytes.Buffer
	invited chan string
	done    bool
}

func (o *told) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if text := o.text.String(); !o.done && invitation.MatchString(text) && strings.Contains(text, "Ctrl-C") {
		o.done = true
		o.invited <- text
	}
	return len(p), nil
}

func (o *told) String() string { o.mu.Lock(); defer o.mu.Unlock(); return o.text.String() }

func (d *demo) get(t *testing.T, path string) []byte {
	t.Helper()
	resp, err := http.Get(d.console + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// route is one call of the API, as the engine describes it.
type route struct{ route, who, summary string }

func (d *demo) routes(t *testing.T) []route {
	t.Helper()
	var api struct {
		Paths map[string]map[string]struct {
			Summary  string
			Security []map[string][]string
		}
	}
	if err := json.Unmarshal(d.get(t, "/openapi.json"), &api); err != nil {
		t.Fatal(err)
	}
	var list []route
	for path, operations := range api.Paths {
		for method, o := range operations {
			list = append(list, route{strings.ToUpper(method) + " " + path, whoMay(o.Security), o.Summary})
		}
	}
	slices.SortFunc(list, func(a, b route) int {
		aMethod, aPath, _ := strings.Cut(a.route, " ")
		bMethod, bPath, _ := strings.Cut(b.route, " ")
		return cmp.Or(cmp.Compare(aPath, bPath), cmp.Compare(aMethod, bMethod))
	})
	if len(list) == 0 {
		t.Fatal("the demo describes no routes")
	}
	return list
}

// whoMay names the roles that a route's security asks for.
func whoMay(security []map[string][]string) string {
	var who []string
	add := func(name string) {
		if !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	for _, s := range security {
		for _, role := range s["casehug"] {
			add(role)
		}
		if _, ok := s["operator"]; ok {
			add("operator")
		}
	}
	if len(who) == 0 {
		return "–"
	}
	return strings.Join(who, ", ")
}

// metric is one metric that the engine serves.
type metric struct {
	name, kind, help string
	labels           []string
}

var (
	metricHelp = regexp.MustCompile(`(?m)^# HELP (\S+) (.*)$`)
	metricType = regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`)
)

func (d *demo) metrics(t *testing.T) []metric {
	t.Helper()
	_ = d.get(t, "/v1/firms/f_hartwell/audit") // a refusal, which is counted
	text := string(d.get(t, "/metrics"))
	kinds := map[string]string{}
	for _, m := range metricType.FindAllStringSubmatch(text, -1) {
		kinds[m[1]] = m[2]
	}
	labels := labelsOf(text, kinds)
	var list []metric
	for _, m := range metricHelp.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "go_") && !strings.HasPrefix(m[1], "process_") && !strings.HasPrefix(m[1], "promhttp_") {
			list = append(list, metric{m[1], kinds[m[1]], strings.TrimSuffix(m[2], "."), labels[m[1]]})
		}
	}
	return list
}
