package cli

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// workshop is where program builds; TestMain makes and removes it.
var workshop string

func TestMain(m *testing.M) {
	var err error
	if workshop, err = os.MkdirTemp("", "smokeball-sync-test-*"); err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for the program:", err)
		os.Exit(Failed)
	}
	_ = flag.Set("test.parallel", atOnce) // before the command line is read
	debug.SetGCPercent(200)               // engines of short lives leave much garbage
	goleak.VerifyTestMain(m, append(leftByNATS(), goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(workshop); err != nil {
			fmt.Fprintln(os.Stderr, "remove the program:", err)
			code = Failed
		}
		os.Exit(code)
	}))...)
}

// onlyInCI skips a test that takes more of the five minutes of go test ./... than it can have: where CI is
// set it runs.
func onlyInCI(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "true" {
		t.Skip("runs where CI=true: " + why)
	}
}

// leftByNATS are goroutines of the server and the client that outlive what started them. The
// server's looks for a stream's source: where the server stops meanwhile it waits for half a minute
// more. The client's is started by an object's Put; where Put is over before it runs, it waits for
// ever (nats.go 1.55: cleanupReplySub takes its channel away).
func leftByNATS() []goleak.Option {
	known := []goleak.Option{goleak.IgnoreAnyFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect")}
	for n := range 6 {
		known = append(known, goleak.IgnoreAnyFunction(fmt.Sprintf("github.com/nats-io/nats-server/v2/server.(*stream).trySetupSourceConsumer.func%d", n+1)))
	}
	return known
}

// atOnce is how many tests run side by side unless -parallel says otherwise: most of
// them wait for an engine, not for a processor.
const atOnce = "8"

// program is the path of the program as it is shipped, without the race detector of
// the tests: what starts many times has to start fast.
var program = sync.OnceValues(func() (string, error) { return build("smokeball-sync", "../../cmd/smokeball-sync") })

// shipped are the linker's flags of a release; without what debuggers read it links in half the time.
const shipped = "-s -w"

func build(name, folder string) (string, error) {
	path := filepath.Join(workshop, name)
	if out, err := exec.Command("go", "build", "-ldflags", shipped, "-o", path, folder).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return path, nil
}
