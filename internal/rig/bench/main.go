// Command bench measures what the engine costs, each figure beside a peer or a limit that is
// measured in the same run, and says whether the goal is met:
//
//	go run ./internal/rig/bench [-short] [-row name,…] [-firms n -length 10m -matters 1] [-out file]
//
// It prints one table and, without -short, writes docs/benchmarks.md with the date, the
// machine and plots of how costs grow. Absolute figures are the machine's; ratios are the
// engine's. A row that can't be measured is named with its fault, and the exit code is 1; a
// row that misses its goal is no fault.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// dispatch runs the measurements, or is a process that one of them starts.
func dispatch(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == childCommand {
		return runChild(ctx, args[1])
	}
	return run(ctx, args, os.Stdout)
}

// options are what the command line says.
type options struct {
	short bool
	names string
	out   string
	keep  bool

	firms   int           // of the row day; 0: as many as the form has
	length  time.Duration // of its day
	matters float64       // a firm
}

func parse(args []string, out io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.BoolVar(&o.short, "short", false, "every row in small, in about a minute; writes no document unless -out names one")
	flags.StringVar(&o.names, "row", "", "only these, separated by commas: "+strings.Join(names(), ", "))
	flags.StringVar(&o.out, "out", "", "the document to write; without -short and -row it is docs/benchmarks.md")
	flags.BoolVar(&o.keep, "keep", false, "keep the data of the measured engines, and say where")
	flags.IntVar(&o.firms, "firms", 0, "the firms of the row day (1,000; with -short 40)")
	flags.DurationVar(&o.length, "length", 0, "how long its day takes (2m; with -short 10s)")
	flags.Float64Var(&o.matters, "matters", 2, "how many new matters a firm of it has, on average")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.out == "" && !o.short && o.names == "" {
		o.out = "docs/benchmarks.md"
	}
	return o, nil
}

var errFaults = errors.New("some rows could not be measured: see above")

// run measures the rows and prints the table.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	chosen, err := choose(o.names)
	if err != nil {
		return err
	}
	l, err := openLab(o, out)
	if err != nil {
		return err
	}
	began := time.Now()
	results := l.measureAll(ctx, chosen)
	if err := l.close(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r := report{machine: thisMachine(), at: began, took: time.Since(began), short: o.short, results: results, plots: l.plots}
	r.print(out)
	if o.out != "" {
		if err := r.write(o.out); err != nil {
			return err
		}
	}
	if r.faults() > 0 {
		return errFaults
	}
	return nil
}
