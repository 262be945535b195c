// Command crashtest brings a real engine down in every way that it promises to
// survive, again and again, and counts what came of it:
//
//	go run ./internal/rig/crashtest [-short] [-campaign name,…] [-strikes key,…] [-seed n] [-cycles n] [-limit 2h] [-keep]
//
// The engine runs as a process of its own with the embedded bus, against a simulated
// Smokeball that survives, while a publisher tells it of matters and documents, waits for
// each acknowledgement and repeats what was not acknowledged. After each crash the files
// of the dead engine are examined; at the end of each round everything is worked off
// and counted: what CaseHug was told is acknowledged is in Smokeball once, the ledger
// knows the same, CaseHug heard of each sync, and the rows folded step by step are
// those that a new fold of the ledger gives.
//
// It ends with a table and exit code 1 where anything is lost, doubled, stuck or
// different, and where a campaign could not prove what it is for.
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
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == unsyncedCommand {
		fmt.Fprintln(os.Stderr, "crashtest:", runUnsynced(os.Args[2:]))
		os.Exit(1)
	}
	if len(os.Args) > 2 && os.Args[1] == nodeCommand {
		fmt.Fprintln(os.Stderr, "crashtest:", runNode(os.Args[2]))
		os.Exit(1)
	}
	if len(os.Args) > 2 && os.Args[1] == flusherCommand {
		fmt.Fprintln(os.Stderr, "crashtest:", runFlusher(os.Args[2], os.Stdout))
		os.Exit(1)
	}
	if len(os.Args) > 2 && os.Args[1] == tunnelCommand {
		fmt.Fprintln(os.Stderr, "crashtest:", runTunnels(os.Args[2]))
		os.Exit(1)
	}
	if len(os.Args) > 2 && os.Args[1] == clientsCommand {
		if err := runClients(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "crashtest:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crashtest:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	short   bool
	names   string
	seed    uint64
	cycles  int
	limit   time.Duration
	keep    bool
	strikes string
}

func parse(args []string, out io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("crashtest", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.BoolVar(&o.short, "short", false, "few cycles of each campaign")
	flags.StringVar(&o.names, "campaign", "", "only these, separated by commas: "+strings.Join(names(), ", "))
	flags.StringVar(&o.strikes, "strikes", "", "of the campaign "+clusterCampaign+" only these, separated by commas: "+strings.Join(strikeKeys(), ", "))
	flags.Uint64Var(&o.seed, "seed", 0, "draw the moments from this seed; 0: from the clock")
	flags.IntVar(&o.cycles, "cycles", 0, "cycles of each campaign; 0: its own number")
	flags.DurationVar(&o.limit, "limit", 6*time.Hour, "begin no cycle after this time")
	flags.BoolVar(&o.keep, "keep", false, "keep data and logs of the worlds, and say where")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	return o, nil
}

var errNotProved = errors.New("not proved: see above")

// run runs the campaigns and prints the table.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	chosen, err := choose(o.names)
	if err != nil {
		return err
	}
	b, err := openBench(ctx, o, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	b.say("seed %d\n", o.seed)
	rows := b.carryOut(ctx, chosen)
	printTable(out, rows)
	return verdict(ctx, rows)
}

// carryOut runs the campaigns one after the other; in the short form, where they wait
// most of the time, side by side.
func (b *bench) carryOut(ctx context.Context, chosen []campaign) (rows []*row) {
	var all sync.WaitGroup
	for _, c := range chosen {
		t := b.trial(c)
		rows = append(rows, t.row)
		all.Go(func() { t.carryOut(ctx, c) })
		if !b.short {
			all.Wait()
		}
	}
	all.Wait()
	return rows
}

func (t *trial) carryOut(ctx context.Context, c campaign) {
	t.say("%s: %s, %d cycles\n", c.name, c.says, t.planned)
	began := time.Now()
	if err := c.run(ctx, t); err != nil && ctx.Err() == nil {
		t.fault("%v", err)
	}
	t.took = time.Since(began)
}

func verdict(ctx context.Context, rows []*row) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, r := range rows {
		if r.bad() {
			return errNotProved
		}
	}
	return nil
}
