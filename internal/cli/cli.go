// Package cli is the command line of smokeball-sync: it parses the arguments, runs the command and
// prints the result, for people or, with --json, for programs.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// Main runs the command line and returns the program's exit code.
func Main(ctx context.Context, args []string, getenv func(string) string, out, stderr io.Writer) int {
	err := run(ctx, args, getenv, out, stderr)
	if asJSON(args) {
		return exitJSON(&plain{to: out}, &plain{to: stderr}, err)
	}
	return exitCode(&plain{to: stderr}, err)
}

// The program's exit codes.
const (
	done       = 0
	Failed     = 1
	wrongUsage = 2
)

// errExit ends the program with the code. Everything has been printed already.
type errExit int

func (e errExit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// exitCode prints the error, unless that was done, and returns the exit code.
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
	message, remedy := wording.Error(err)
	fmt.Fprintln(stderr, "smokeball-sync:", message)
	var known *failure
	if errors.As(err, &known) {
		remedy = cmp.Or(remedy, known.Remedy)
	}
	if remedy != "" {
		fmt.Fprintln(stderr, "  To do:", remedy)
	}
	return Failed
}

// commands is the command line.
type commands struct {
	Serve       serveCmd       `cmd:"" help:"Run the engine until it is stopped."`
	Demo        demoCmd        `cmd:"" help:"Run the whole story on this machine: engine, a simulated Smokeball and a scripted CaseHug."`
	DevSignIn   signInCmd      `cmd:"" name:"dev-sign-in" help:"Serve a sign-in page for development, on which whoever opens it signs in without a password."`
	History     historyCmd     `cmd:"" help:"List the syncs of a firm, newest first, or show one whole."`
	Preview     previewCmd     `cmd:"" help:"Show what a sync of a matter would send, call by call. Nothing is sent."`
	Replay      replayCmd      `cmd:"" help:"Show what would have become of a firm's matters under other mappings. Nothing is sent."`
	Sync        syncCmd        `cmd:"" help:"Sync matters of a firm to Smokeball: those that are named, or many at once with --all or --filter."`
	Bulk        bulkCmd        `cmd:"" help:"List, show, pause, resume and cancel bulk syncs, and print their reports."`
	Status      statusCmd      `cmd:"" help:"Show the connection and the queue of each firm."`
	Keys        keysCmd        `cmd:"" help:"List, rotate and retire the keys that seal tokens and webhook keys."`
	DeadLetters deadLettersCmd `cmd:"" name:"dead-letters" help:"List, show, retry and discard events that could not be taken in."`
	Rebuild     rebuildCmd     `cmd:"" help:"Fold all views again from the ledger. The rows from before answer until that is done."`
	Provenance  provenanceCmd  `cmd:"" help:"Show where each value of a matter comes from: event, mapping, call and confirmation, with its proof."`
	Search      searchCmd      `cmd:"" help:"Search the matters that Smokeball has, by name, number or client."`
	Link        linkCmd        `cmd:"" help:"Link a matter of CaseHug to one that Smokeball has."`
	Unlink      unlinkCmd      `cmd:"" help:"Unlink a matter from the one that it is in Smokeball."`
	Backup      backupCmd      `cmd:"" help:"Back up the engine's data, running or stopped, or verify a backup."`
	Restore     restoreCmd     `cmd:"" help:"Make a data directory from a backup, with which the engine goes on and creates nothing twice."`
	Copy        copyCmd        `cmd:"" help:"Copy a stopped engine’s ledger and all that belongs to it to a NATS cluster, or from one, and compare both."`
	Seal        sealCmd        `cmd:"" help:"Seal what a stopped engine's ledger said of persons before ledgers were sealed, so that it can be erased."`
	Erase       eraseCmd       `cmd:"" help:"Erase the personal data of a matter or a client for good, or show how an erasure stands."`
	Retention   retentionCmd   `cmd:"" help:"Show or change how long a firm keeps its sync history, its audit trail and its dead letters."`
	Drift       driftCmd       `cmd:"" help:"List, check, accept and repair differences between CaseHug and Smokeball, field by field."`
	Doctor      doctorCmd      `cmd:"" help:"Check the engine, running or stopped: what is wrong, what it means and what to do."`
	Ready       readyCmd       `cmd:"" help:"Exit with 0 where the engine of this machine can take work, else with 1: for health checks."`
	Completion  completionCmd  `cmd:"" help:"Print the script that completes commands and flags in bash, zsh or fish."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// run parses the command line and runs the command.
func run(ctx context.Context, args []string, getenv func(string) string, out, stderr io.Writer) error {
	var cmds commands
	exited := -1
	parser, err := newParser(&cmds, getenv, kong.Writers(out, stderr), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		return err
	}
	if asked, err := completes(parser); asked || err != nil {
		return err
	}
	parsed, err := parser.Parse(asCommand(args))
	if exited >= 0 {
		return errExit(exited) // --help has been printed
	}
	var setting *config.UsageError
	if errors.As(err, &setting) {
		return setting // without the name of the flag that kong was reading
	}
	if err != nil {
		return &config.UsageError{Err: fmt.Errorf("smokeball-sync: %w; see %s --help", err, commandOf(err))}
	}
	return parsed.Run(newTerminal(ctx, getenv, out, stderr))
}

// asCommand turns what people type by habit into the command that it means: “help history” and
// “--version”.
func asCommand(args []string) []string {
	switch {
	case len(args) > 0 && args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case len(args) == 1 && args[0] == "--version":
		return []string{"version"}
	}
	return args
}

// commandOf is the command whose help is about a wrong usage.
func commandOf(err error) string {
	command := "smokeball-sync"
	var wrong *kong.ParseError
	if errors.As(err, &wrong) {
		for _, part := range wrong.Context.Path {
			if part.Command != nil {
				command = part.Command.FullPath()
			}
		}
	}
	return command
}

func newParser(cmds *commands, getenv func(string) string, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(cmds, append(more,
		kong.Name("smokeball-sync"),
		kong.Description("Event-sourced sync of CaseHug matters, clients and documents to Smokeball."),
		kong.Resolvers(config.Resolver(getenv, cmds.noteFile)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
	)...)
}

// noteFile remembers from which file a setting was read, for the commands that check such files.
func (c *commands) noteFile(setting, path string) {
	c.Serve.NoteFile(setting, path)
	c.Doctor.Check.NoteFile(setting, path)
	c.Doctor.Gather.NoteFile(setting, path)
}
