package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// bench is what all campaigns share: the programs, a folder for scratch, the time.
type bench struct {
	options
	out  io.Writer
	mu   sync.Mutex // one line, one address at a time
	dir  string
	ends time.Time // no cycle begins after it

	engine, breakable string // the engine as it is shipped, and the build with the crash points
	simulator         string

	addresses map[string]bool // that worlds have
}

// reserve reports whether no world had the address before.
func (b *bench) reserve(address string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.addresses[address] {
		return false
	}
	if b.addresses == nil {
		b.addresses = map[string]bool{}
	}
	b.addresses[address] = true
	return true
}

// openBench builds the programs.
func openBench(ctx context.Context, o options, out io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp("", "crashtest-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the worlds: %w", err)
	}
	b := &bench{options: o, out: out, dir: dir, ends: time.Now().Add(o.limit),
		engine: filepath.Join(dir, "engine"), breakable: filepath.Join(dir, "engine-crashpoints"), simulator: filepath.Join(dir, "simulator")}
	for _, args := range [][]string{
		{"build", "-o", b.engine, module + "/cmd/smokeball-sync"},
		{"build", "-o", b.breakable, "-tags", "crashpoints", module + "/cmd/smokeball-sync"},
		{"build", "-o", b.simulator, module + "/cmd/smokeball-sim"},
	} {
		if err := goTool(ctx, args...); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	return b, nil
}

const module = "github.com/casehug/smokeball-sync"

// goTool runs the go command in the module.
func goTool(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go %v: %w\n%s", args, err, out)
	}
	return nil
}

func (b *bench) close() error {
	if b.keep {
		b.say("kept: %s\n", b.dir)
		return nil
	}
	return os.RemoveAll(b.dir)
}

// say prints for people.
func (b *bench) say(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprintf(b.out, format, args...)
}

// mayBegin reports whether another cycle may begin.
func (b *bench) mayBegin(ctx context.Context) bool {
	return ctx.Err() == nil && time.Now().Before(b.ends)
}
