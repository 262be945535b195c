// Command smokeball-sim is a Smokeball of our own for development, demos and tests: the
// vendor's contract over HTTP, with faults on demand. Everything it holds is gone when it
// stops, unless it has a state file: with one it goes on where it was, even after a kill.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // events name time zones, also where the machine knows none

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "smokeball-sim:", err)
		os.Exit(exitCode(err))
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	o, help, err := parse(args, getenv, stdout)
	if err != nil || help {
		return err
	}
	config, err := o.config()
	if err != nil {
		return err
	}
	config.Log = slog.New(slog.NewTextHandler(stdout, nil))
	s, err := smokeballsim.Open(config)
	if err != nil {
		return err
	}
	url, err := s.Start(o.Listen)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if _, err := fmt.Fprintf(stdout, "A simulated Smokeball listens on %s: the API and the sign-in there, a page for people at %[1]s/_sim/.\n", url); err != nil {
		return fmt.Errorf("say where it listens: %w", err)
	}
	<-ctx.Done()
	return s.Close()
}
