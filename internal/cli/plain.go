package cli

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode"
	"unicode/utf8"
)

// plain writes text to a terminal or a log without control characters: foreign text may contain
// escape sequences that clear the screen, or characters that change the direction of text. plain
// writes them as JSON would, such as \u001b, so that JSON stays valid.
type plain struct {
	mu     sync.Mutex
	to     io.Writer
	rest   []byte // the beginning of a rune that the next Write completes
	colour bool   // to is a terminal that shows colours
}

// Write writes p without control and bidirectional characters.
func (w *plain) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := append(w.rest, p...)
	out := make([]byte, 0, len(text))
	for len(text) > 0 && (utf8.FullRune(text) || len(text) >= utf8.UTFMax) {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			out = utf8.AppendRune(out, utf8.RuneError)
		case isOrder(r):
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	w.rest = append([]byte(nil), text...)
	if _, err := w.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// isOrder reports whether a terminal may interpret the rune as a command, or change the direction
// of the text after it.
func isOrder(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029')
}

// paint writes text in a colour if the terminal shows colours. This program chose the colour, so
// it is not escaped.
func (w *plain) paint(c colour, text string) error {
	if c == uncoloured || !w.colour {
		_, err := fmt.Fprint(w, text)
		return err
	}
	if _, err := fmt.Fprintf(w.to, "\x1b[%sm", c); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, text)
	_, reset := fmt.Fprint(w.to, "\x1b[0m")
	return errors.Join(err, reset)
}
