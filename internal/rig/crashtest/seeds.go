package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// seededTests run the engine's handlers in simulated time, each seed another order of
// events, faults and kills.
const seededTests = "^(TestBadLuck|TestBadLuckAndLateErrors|TestKilledAgainAndAgain|TestAnyOrderOnSeveralEngines)$"

// shard is how many seeds one process runs.
const shard = 100

// failure is how a failing seed shows in the output of a test.
var failure = regexp.MustCompile(`(?m)^\s+--- FAIL: (\w+)/seed_(\d+) `)

// runSeeds builds the tests of the handlers once and runs them for many seeds.
func runSeeds(ctx context.Context, t *trial) error {
	t.uncounted = true
	binary := filepath.Join(t.dir, "syncing.test")
	if err := goTool(ctx, "test", "-c", "-o", binary, module+"/internal/syncing"); err != nil {
		return err
	}
	t.note("each seed is one run of each of %s, which count effects themselves", seededTests)
	for from := 1; from <= t.planned && t.mayBegin(ctx); from += shard {
		n := min(shard, t.planned-from+1)
		out, err := exec.CommandContext(ctx, binary, "-test.run", seededTests, "-test.timeout", "20m", "-from", fmt.Sprint(from), "-seeds", fmt.Sprint(n)).CombinedOutput()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.cycles += n
		if t.cycles%1000 == 0 {
			t.say("%s: %d\n", t.name, t.cycles)
		}
		if err := t.blameSeeds(out, err, fmt.Sprintf("crashtest-seeds-%d.txt", from)); err != nil {
			return fmt.Errorf("seeds %d to %d: %w\n%s", from, from+n-1, err, tail(out))
		}
	}
	return nil
}

// blameSeeds notes each failing seed with the command that replays it, and keeps what
// the tests said in a file that stays.
func (t *trial) blameSeeds(out []byte, err error, file string) error {
	var exit *exec.ExitError
	if err == nil || !errors.As(err, &exit) {
		return err
	}
	found := failure.FindAllSubmatch(out, -1)
	if len(found) == 0 {
		return err // it did not come to a seed
	}
	file = filepath.Join(os.TempDir(), file)
	for _, f := range found {
		t.fault("seed %s of %s fails (%s); replay it with: go test -run '^%s$' ./internal/syncing -seed %s", f[2], f[1], file, f[1], f[2])
	}
	return os.WriteFile(file, out, 0o600)
}

// tail is the end of a long output.
func tail(out []byte) []byte { return out[max(0, len(out)-4000):] }
