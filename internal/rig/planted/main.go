// Command planted is the track record of the campaigns: it plants one fault at a time in the
// engine, and the campaign that is for such faults has to find it.
//
//	go run ./internal/rig/planted [-short] [-fault name,…] [-keep]
//
// A fault is one replaced piece of source. It is planted through the go command's -overlay, so
// that the tree stays as it is. What finds it is a campaign of crashtest, the exhaustive walk, a
// property, or seeded stories in simulated time; that they pass without the fault, the tests and
// the campaigns show every day.
//
// It ends with a table and exit code 1 where a fault was not found, or where something else than
// the fault was.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
}

var errNotFound = errors.New("not every fault was found: see above")

// run plants the faults one after the other and prints the table.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("planted", flag.ContinueOnError)
	flags.SetOutput(out)
	short := flags.Bool("short", false, "only the faults that are found within seconds")
	names := flags.String("fault", "", "only these, separated by commas: "+strings.Join(faultNames(), ", "))
	keep := flags.Bool("keep", false, "print all that the finders say")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*names, *short)
	if err != nil {
		return err
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	b := bed{root: root, out: out, loud: *keep}
	var rows []row
	for _, f := range chosen {
		r := b.plant(ctx, f)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rows = append(rows, r)
	}
	printTable(out, rows)
	if slices.ContainsFunc(rows, func(r row) bool { return !r.found }) {
		return errNotFound
	}
	return nil
}

// choose finds the faults of a list of names, separated by commas; all of them where it is empty.
func choose(list string, short bool) ([]fault, error) {
	if list == "" {
		return slices.DeleteFunc(faults(), func(f fault) bool { return short && !f.quick }), nil
	}
	var chosen []fault
	for name := range strings.SplitSeq(list, ",") {
		i := slices.Index(faultNames(), name)
		if i < 0 {
			return nil, fmt.Errorf("-fault is %s; it needs some of %s", list, strings.Join(faultNames(), ", "))
		}
		chosen = append(chosen, faults()[i])
	}
	return chosen, nil
}

func faultNames() []string {
	var list []string
	for _, f := range faults() {
		list = append(list, f.name)
	}
	return list
}
