package doccheck_test

import (
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.yaml.in/yaml/v3"
)

// TestTheComposeFilesClusterWorks runs the profile "cluster" of docker-compose.yml without
// containers, on other ports and folders: three NATS servers with the flags and the configuration
// that it gives them, the simulator, and two engines as processes. One of the engines leads, both
// are ready, and what the metrics of both say is what the alerts ask for.
func TestTheComposeFilesClusterWorks(t *testing.T) {
	t.Parallel() // it mostly waits
	var file struct{ Services map[string]composed }
	text := read(t, "docker-compose.yml").text
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	ports := map[string]string{}
	for _, port := range []string{"8080", "8081", "8090", "4223", "4224", "4225", "6223", "6224", "6225"} {
		ports[port] = freePort(t)
	}
	shared := t.TempDir()
	elsewhere := func() *strings.Replacer {
		pairs := []string{"/data", t.TempDir(), "/key", shared}
		for from, to := range ports {
			pairs = append(pairs, ":"+from, ":"+to)
		}
		return strings.NewReplacer(pairs...)
	}
	for _, name := range []string{"nats-1", "nats-2", "nats-3"} {
		startNATS(t, file.Services[name], ports, elsewhere())
	}
	file.Services["smokeball"].start(t, "smokeball", elsewhere())
	first, second := "http://localhost:"+ports["8080"], "http://localhost:"+ports["8081"]
	file.Services["engine-1"].start(t, "engine-1", elsewhere())
	answers(t, first+"/readyz") // it has made the key that both share
	file.Services["engine-2"].start(t, "engine-2", elsewhere())
	answers(t, second+"/readyz")
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		both := scrape(t, first) + scrape(t, second)
		leaders := strings.Count(both, "smokeball_sync_leads{lease=\"allowance\"} 1")
		if leaders == 1 && strings.Count(both, "\nsmokeball_sync_ready 1") == 2 && strings.Count(both, "\nsmokeball_sync_outbox_position ") == 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d engines lead:\n%s", leaders, stateLine.FindAllString(both, -1))
		}
	}
}

var stateLine = regexp.MustCompile(`(?m)^smokeball_sync_(?:leads|ready|outbox).*$`)

func scrape(t *testing.T, engine string) string {
	t.Helper()
	resp, err := http.Get(engine + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// startNATS runs a NATS server as its container would, with the same flags and configuration.
func startNATS(t *testing.T, s composed, ports map[string]string, elsewhere *strings.Replacer) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(top, "ops/nats-cluster.conf"))
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(t.TempDir(), "nats-cluster.conf")
	if err := os.WriteFile(conf, []byte(elsewhere.Replace(string(config))), 0o600); err != nil {
		t.Fatal(err)
	}
	list, ok := s.Command.([]any)
	if !ok {
		t.Fatalf("the command of NATS is %v", s.Command)
	}
	var args []string
	for _, a := range list {
		arg := strings.ReplaceAll(elsewhere.Replace(a.(string)), "/etc/nats/nats-cluster.conf", conf)
		if to, isPort := ports[arg]; isPort {
			arg = to
		}
		args = append(args, arg)
	}
	flags := flag.NewFlagSet("nats-server", flag.ContinueOnError)
	never := func() { t.Errorf("NATS prints its help with %v", args) }
	options, err := server.ConfigureOptions(flags, args, never, never, never)
	if err != nil {
		t.Fatalf("NATS with %v: %v", args, err)
	}
	options.NoLog, options.NoSigs = true, true
	if !options.SyncAlways {
		t.Error("the servers do not write to disk before they acknowledge")
	}
	nats, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	nats.Start()
	t.Cleanup(func() { nats.Shutdown(); nats.WaitForShutdown() })
	if !nats.ReadyForConnections(30 * time.Second) {
		t.Fatalf("NATS with %v takes no connections", args)
	}
}
