// Command smokeball-sync synchronises a law firm's intake (CaseHug) with its practice
// management (Smokeball). See the README for what it promises.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/casehug/smokeball-sync/internal/cli"
)

func main() {
	ctx, stop := untilStopped(context.Background())
	defer stop()
	os.Exit(cli.Main(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// untilStopped is a context that the first SIGINT or SIGTERM ends. The second one
// ends the process at once: the ledger is safe at any instruction.
func untilStopped(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(cli.Failed)
	}()
	return ctx, cancel
}
