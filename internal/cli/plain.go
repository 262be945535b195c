package cli

import (
	"fmt"
	"io"
	"sync"
	"unicode"
	"unicode/utf8"
)

// plain writes text to a terminal or a log so that nothing in it is an order: what a
// stranger wrote may hold escapes that clear the screen, or marks that turn text around.
// They come out as JSON would write them, \u001b, so that JSON stays JSON.
type plain struct {
	mu   sync.Mutex
	to   io.Writer
	rest []byte // of a rune that the next Write goes on with
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

// isOrder reports whether a terminal may take the rune for an order, or turn what follows
// around.
func isOrder(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029')
}
