package syncing_test

import (
	"flag"
	"os"
	"runtime/debug"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", strconv.FormatUint(outsideCI(100), 10)); err != nil { // the command line, which is read later, may say otherwise
		panic(err)
	}
	debug.SetGCPercent(400) // the stories make much garbage, and keep little: a sixth of their computing was collecting it
	goleak.VerifyTestMain(m)
}

// outsideCI is how much of n a test does where CI is not set: go test ./... has five minutes on two processors.
func outsideCI(n uint64) uint64 {
	if os.Getenv("CI") == "true" {
		return n
	}
	return (n + 2) / 3
}
