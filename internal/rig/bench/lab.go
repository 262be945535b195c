package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// lab is what all measurements share.
type lab struct {
	options
	out   io.Writer
	dir   string
	plots []plot
	sites int           // folders that were given out
	lull  time.Duration // without a call after which a step has left nothing to be read

	foldRate float64              // events that the views fold in a second, where that was measured
	vendor   *smokeballsim.Server // of engines that nobody asks anything; nil: none needed it yet
	vendorAt string
}

func openLab(o options, out io.Writer) (*lab, error) {
	dir, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the measurements: %w", err)
	}
	return &lab{options: o, out: out, dir: dir, lull: 2 * time.Second}, nil
}

// idleSettings are those of an engine that nobody asks anything.
func (l *lab) idleSettings(dir string) (config.Settings, error) {
	if l.vendor == nil {
		l.vendor = smokeballsim.New(smokeballsim.Config{ClientID: app, ClientSecret: app, APIKey: app, Rate: -1})
		at, err := l.vendor.Start("127.0.0.1:0")
		if err != nil {
			return config.Settings{}, err
		}
		l.vendorAt = "http://" + strings.TrimPrefix(at, "http://")
	}
	cfg := settings(dir, "127.0.0.1:0", l.vendorAt, unlimited)
	cfg.PublicURL = "http://localhost:8080"
	return cfg, nil
}

func (l *lab) close() error {
	if l.vendor != nil {
		if err := l.vendor.Close(); err != nil {
			return err
		}
	}
	if l.keep {
		fmt.Fprintln(l.out, "kept:", l.dir)
		return nil
	}
	return os.RemoveAll(l.dir)
}

// folder is a new folder on the disk that is measured.
func (l *lab) folder() string {
	l.sites++
	return filepath.Join(l.dir, fmt.Sprint(l.sites))
}

// size is full, or in the short form small.
func (l *lab) size(full, small int) int {
	if l.short {
		return small
	}
	return full
}

// result is one line of the table.
type result struct {
	what     string
	goal     string
	measured string
	beside   string // the peer or limit, measured in the same run
	ratio    string
	met      bool
	note     string // what a reader has to know to trust it
	fault    error  // it could not be measured
}

// row is a measurement: it gives one line or more.
type row struct {
	name    string
	what    string
	measure func(context.Context, *lab) ([]result, error)
}

// longest is how long one row may take beside its given length.
const longest = 5 * time.Minute

// The row day, whose size may be given.
func (l *lab) firmsOfDay() int { return cmp.Or(l.firms, l.size(1000, 40)) }
func (l *lab) lengthOfDay() time.Duration {
	return cmp.Or(l.length, time.Duration(l.size(120, 10))*time.Second)
}
func (l *lab) mattersOfDay() float64 { return cmp.Or(l.matters, 2) }

// upTo is most, or in the short form small, but no more than the views of this machine fold in so
// many seconds.
func (l *lab) upTo(most, small int, seconds float64) int {
	if l.short {
		return small
	}
	rate := l.foldRate
	if rate == 0 {
		rate = 30_000 // the row that measures it was left out
	}
	return min(most, int(rate*seconds))
}

// measureAll measures the rows one after the other.
func (l *lab) measureAll(ctx context.Context, chosen []row) (all []result) {
	for _, r := range chosen {
		if ctx.Err() != nil {
			return all
		}
		began := time.Now()
		list := l.measure(ctx, r)
		for _, s := range list {
			fmt.Fprintf(l.out, "%-10s %s\n", r.name, s.line())
		}
		fmt.Fprintf(l.out, "%-10s took %s\n", "", time.Since(began).Round(100*time.Millisecond))
		all = append(all, list...)
	}
	return all
}

// measure measures one row on a heap and a disk that earlier ones have left.
func (l *lab) measure(ctx context.Context, r row) (list []result) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest+2*l.lengthOfDay(), errors.New("it took too long"))
	defer cancel()
	before := l.sites
	list, err := contained(func() ([]result, error) { return r.measure(ctx, l) })
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, context.Cause(ctx))
		}
		list = append(list, result{what: r.what, fault: err})
	}
	for n := before + 1; n <= l.sites && !l.keep; n++ {
		_ = os.RemoveAll(filepath.Join(l.dir, fmt.Sprint(n))) // the next row needs the disk; the end removes the rest
	}
	debug.FreeOSMemory()
	return list
}

// contained makes a panic of one row that row's fault.
func contained(do func() ([]result, error)) (list []result, err error) {
	defer func() {
		if p := recover(); p != nil {
			buf := make([]byte, 4<<10)
			err = fmt.Errorf("panic: %v\n%s", p, buf[:runtime.Stack(buf, false)])
		}
	}()
	return do()
}

func names() (list []string) {
	for _, r := range rows() {
		list = append(list, r.name)
	}
	return list
}

// choose returns the named rows; "": all.
func choose(named string) (list []row, err error) {
	if named == "" {
		return rows(), nil
	}
	for name := range strings.SplitSeq(named, ",") {
		all := rows()
		i := slices.IndexFunc(all, func(r row) bool { return r.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("-row %s: there is none of that name; there are %s", name, strings.Join(names(), ", "))
		}
		list = append(list, all[i])
	}
	return list, nil
}
