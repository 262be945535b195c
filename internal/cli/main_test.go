package cli

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	moreAtOnce()
	goleak.VerifyTestMain(m, append(sourceSetup(), goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(workshop); err != nil {
			fmt.Fprintln(os.Stderr, "remove the program:", err)
			code = Failed
		}
		os.Exit(code)
	}))...)
}

// sourceSetup is the embedded server's goroutine that looks for a stream's source: where the
// server stops meanwhile it waits for half a minute more.
func sourceSetup() []goleak.Option {
	var known []goleak.Option
	for n := range 6 {
		known = append(known, goleak.IgnoreAnyFunction(fmt.Sprintf("github.com/nats-io/nats-server/v2/server.(*stream).trySetupSourceConsumer.func%d", n+1)))
	}
	return known
}

// atOnce is how many tests run side by side unless -parallel says otherwise: most of
// them wait for an engine, not for a processor.
const atOnce = "8"

func moreAtOnce() {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", atOnce) // a flag of package testing that takes numbers
	}
}

// program is the path of the program as it is shipped, without the race detector of
// the tests: what starts many times has to start fast.
var program = sync.OnceValues(func() (string, error) { return build("smokeball-sync", "../../cmd/smokeball-sync") })

func build(name, folder string) (string, error) {
	path := filepath.Join(workshop, name)
	if out, err := exec.Command("go", "build", "-o", path, folder).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return path, nil
}
