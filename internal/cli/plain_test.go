package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// Whatever a stranger wrote, and however it is cut into writes, nothing that a terminal obeys
// gets out, and JSON stays the same JSON.
func TestNothingThatATerminalObeysGetsOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune{0x1b, 0x07, 0x9b, 0x202e, 0x2066, 0x200f, 0x2028, '\r', 0x7f, 'é', '界'}))).Draw(t, "text")
		inJSON, err := json.Marshal(given)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{given, string(inJSON)} {
			var out strings.Builder
			w := &plain{to: &out}
			for rest := []byte(text); len(rest) > 0; {
				n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
				if m, err := w.Write(rest[:n]); m != n || err != nil {
					t.Fatalf("wrote %d of %d, %v", m, n, err)
				}
				rest = rest[n:]
			}
			for _, r := range out.String() {
				if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
					t.Fatalf("%q gets out of %q", r, text)
				}
			}
			if text == string(inJSON) {
				var again string
				if err := json.Unmarshal([]byte(out.String()), &again); err != nil || again != given {
					t.Fatalf("%q is read as %q, %v", given, again, err)
				}
			}
		}
	})
}
