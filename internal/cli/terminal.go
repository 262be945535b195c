package cli

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"
)

// terminal is the command's output.
type terminal struct {
	ctx    context.Context
	getenv func(string) string
	out    *plain
	err    *plain
	screen io.Writer // the terminal of the error output, for a line that is overwritten; nil: there is none
	width  int       // of the terminal in columns; 0: there is none, lines may have any length
}

// newTerminal detects whether the outputs are terminals.
func newTerminal(ctx context.Context, getenv func(string) string, out, stderr io.Writer) *terminal {
	t := &terminal{ctx: ctx, getenv: getenv, out: &plain{to: out}, err: &plain{to: stderr}}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.screen = f
	}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return t
	}
	t.out.colour = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		t.width = width
	}
	return t
}
