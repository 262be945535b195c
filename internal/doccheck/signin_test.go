package doccheck_test

import (
	"regexp"
	"strings"
	"testing"
)

// refusalIn is where the code says why a token signs nobody in.
var refusalIn = regexp.MustCompile(`"((?:the token|the request|the sign-in) [^"]+)"|lacks\("([^"]+)"\)`)

// TestEveryRefusalOfATokenIsExplained tells that whoever reads why a token was refused finds the
// sentence in docs/sign-in.md.
func TestEveryRefusalOfATokenIsExplained(t *testing.T) {
	page, n := read(t, "docs/sign-in.md").text, 0
	for _, m := range refusalIn.FindAllStringSubmatch(read(t, "adapters/casehug/users.go").text, -1) {
		sentence := m[1]
		if m[2] != "" {
			sentence = "the token lacks " + m[2]
		} else if strings.HasSuffix(sentence, " lacks ") {
			continue // where the sentences above are put together
		}
		n++
		if !strings.Contains(page, "\n| "+sentence+" |") {
			t.Errorf("docs/sign-in.md does not explain %q", sentence)
		}
	}
	if n < 15 {
		t.Errorf("found only %d refusals", n)
	}
}
