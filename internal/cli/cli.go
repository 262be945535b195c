// Package cli is the command line of smokeball-sync: it parses the arguments, carries the
// command out and prints what came of it, for people or, with --json, for programs.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
)

// Main carries the command line out and returns the program's exit code.
func Main(ctx context.Context, args []string, getenv func(string) string, out, stderr io.Writer) int {
	return exitCode(&plain{to: stderr}, run(ctx, args, getenv, out, stderr))
}

// What the program exits with.
const (
	done       = 0
	Failed     = 1
	wrongUsage = 2
)

// errExit ends the program with the code; what there is to say has been said.
type errExit int

func (e errExit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// exitCode reports the error where it was not reported yet.
func exitCode(stderr io.Writer, err error) int {
	var code errExit
	var usage *config.UsageError
	switch {
	case err == nil:
		return done
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, err)
		return wrongUsage
	}
	fmt.Fprintln(stderr, "smokeball-sync:", err)
	if r := domain.AsRejection(err); r != nil {
		fmt.Fprintln(stderr, "  To do:", r.Failure.Remedy)
	}
	return Failed
}

// commands is the command line.
type commands struct {
	Serve       serveCmd       `cmd:"" help:"Run the engine until it is stopped."`
	Demo        demoCmd        `cmd:"" help:"Run the whole story on this machine: engine, a simulated Smokeball and a scripted CaseHug."`
	History     historyCmd     `cmd:"" help:"List the syncs of a firm, newest first."`
	Status      statusCmd      `cmd:"" help:"Show the connection and the queue of each firm."`
	Keys        keysCmd        `cmd:"" help:"List, rotate and retire the keys that seal tokens and webhook keys."`
	DeadLetters deadLettersCmd `cmd:"" name:"dead-letters" help:"List, show, retry and discard events that could not be taken in."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// terminal is what a command talks to.
type terminal struct {
	ctx    context.Context
	getenv func(string) string
	out    io.Writer
	err    io.Writer
}

// run parses the command line and carries the command out.
func run(ctx context.Context, args []string, getenv func(string) string, out, stderr io.Writer) error {
	var cmds commands
	exited := -1
	parser, err := newParser(&cmds, getenv, kong.Writers(out, stderr), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return errExit(exited) // --help has been printed
	}
	var setting *config.UsageError
	if errors.As(err, &setting) {
		return setting // without the flag that the command line was being read for
	}
	if err != nil {
		return &config.UsageError{Err: fmt.Errorf("smokeball-sync: %w; see smokeball-sync --help", err)}
	}
	return parsed.Run(&terminal{ctx: ctx, getenv: getenv, out: &plain{to: out}, err: &plain{to: stderr}})
}

func newParser(cmds *commands, getenv func(string) string, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(cmds, append(more,
		kong.Name("smokeball-sync"),
		kong.Description("Event-sourced sync of CaseHug matters, clients and documents to Smokeball."),
		kong.Resolvers(config.Resolver(getenv, cmds.Serve.NoteFile)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
	)...)
}
