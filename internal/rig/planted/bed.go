package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

// bed is where faults are planted.
type bed struct {
	root string // of the module
	out  io.Writer
	loud bool
}

// row is what came of a planted fault.
type row struct {
	fault
	found bool
	said  string // by the finder
	took  time.Duration
}

// plant plants a fault and runs its finder.
func (b bed) plant(ctx context.Context, f fault) row {
	fmt.Fprintf(b.out, "%s: %s\n  %s\n", f.name, f.says, f.finder.command())
	began := time.Now()
	said, err := b.find(ctx, f)
	r := row{fault: f, found: err == nil, said: said, took: time.Since(began)}
	if err != nil {
		r.said = err.Error()
	}
	fmt.Fprintf(b.out, "  %s after %s: %s\n", r.verdict(), r.took.Round(time.Second), r.said)
	return r
}

func (r row) verdict() string {
	if r.found {
		return "found"
	}
	return "NOT FOUND"
}

// find returns what the finder says of the fault.
func (b bed) find(ctx context.Context, f fault) (said string, err error) {
	dir, err := os.MkdirTemp("", "planted-*")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	overlay, err := b.overlay(dir, f)
	if err != nil {
		return "", err
	}
	if out, err := b.goTool(ctx, overlay, "build", "./"+filepath.Dir(f.file)); err != nil {
		return "", fmt.Errorf("the fault does not compile: %w\n%s", err, out)
	}
	out, err := b.goTool(ctx, overlay, f.finder.args()...)
	if b.loud {
		fmt.Fprintf(b.out, "%s\n", out)
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", errors.New("the finder found nothing")
	case !errors.As(err, &exit):
		return "", err
	}
	said = regexp.MustCompile(`[^\n]*(?:` + f.found + `)[^\n]*`).FindString(string(out))
	if said == "" {
		return "", fmt.Errorf("the finder failed without saying %q\n%s", f.found, out[max(0, len(out)-3000):])
	}
	return strings.TrimSpace(said), nil
}

// overlay writes the spoilt file and the overlay that puts it in the place of the right one.
func (b bed) overlay(dir string, f fault) (path string, err error) {
	right := filepath.Join(b.root, filepath.FromSlash(f.file))
	text, err := os.ReadFile(right)
	if err != nil {
		return "", err
	}
	spoilt, err := f.in(string(text))
	if err != nil {
		return "", err
	}
	wrong, path := filepath.Join(dir, filepath.Base(right)), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(wrong, []byte(spoilt), 0o600); err != nil {
		return "", err
	}
	table, err := json.Marshal(map[string]map[string]string{"Replace": {right: wrong}})
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, table, 0o600)
}

// goTool runs the go command in the module, and with it all that it starts, with an overlay.
func (b bed) goTool(ctx context.Context, overlay string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = b.root
	c.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlay))
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = time.Minute
	return c.CombinedOutput()
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

func printTable(out io.Writer, rows []row) {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "fault\tfinder\t\ttook\t")
	found := 0
	for _, r := range rows {
		if r.found {
			found++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", r.name, r.finder, r.verdict(), r.took.Round(time.Second))
	}
	_ = w.Flush() // out is the terminal
	fmt.Fprintf(out, "%d of %d planted faults were found\n", found, len(rows))
}
