package doccheck_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var (
	link       = regexp.MustCompile(`\[([^\[\]]*)\]\(([^()\s]+)\)`)
	identifier = regexp.MustCompile("^`([A-Za-z]\\w*(?:\\.\\w+)?)`$")
)

// TestLinks follows every relative link: the file exists, the heading exists, and the file of a
// link whose text is an identifier declares it; -update corrects the file. Links name no lines,
// which every change of the code would move.
func TestLinks(t *testing.T) {
	for _, d := range documents(t) {
		text := d.text
		prose, _ := d.split()
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			fixed, err := d.follow(t, m[1], m[2])
			if err != nil && *update && fixed != "" {
				text = strings.ReplaceAll(text, m[0], "["+m[1]+"]("+fixed+")")
				continue
			}
			if err != nil {
				t.Errorf("%s: %s: %v", d.path, m[0], err)
			}
		}
		d.write(t, text)
	}
}

// follow checks one link; fixed is what the target should be, where that is known.
func (d document) follow(t *testing.T, text, target string) (fixed string, err error) {
	if strings.Contains(target, "://") {
		return "", fmt.Errorf("leads outside of the repository, where no test can follow")
	}
	name, anchor, _ := strings.Cut(target, "#")
	if m := identifier.FindStringSubmatch(text); m != nil && path.Ext(name) == ".go" {
		return d.followCode(t, m[1], target)
	}
	file := d.path
	if name != "" {
		file = path.Join(path.Dir(d.path), name)
	}
	data, err := os.ReadFile(filepath.Join(top, file))
	switch {
	case err != nil:
		return "", fmt.Errorf("there is no file %s", file)
	case anchor != "" && !hasHeading(document{file, string(data)}, anchor):
		return "", fmt.Errorf("%s has no heading #%s", file, anchor)
	}
	return "", nil
}

func (d document) followCode(t *testing.T, name, target string) (fixed string, err error) {
	file, _, _ := strings.Cut(target, "#")
	p, ok := theCode(t).find(name, path.Join(path.Dir(d.path), file))
	if !ok {
		return "", fmt.Errorf("%s is declared neither there nor in its folder nor once elsewhere", name)
	}
	rel, err := filepath.Rel(path.Dir(d.path), p)
	if err != nil {
		return "", err
	}
	if fixed = filepath.ToSlash(rel); fixed != target {
		return fixed, fmt.Errorf("%s is declared in %s; run go test ./internal/doccheck -update", name, p)
	}
	return fixed, nil
}

// hasHeading reports whether GitHub gives one of the document's headings the anchor.
func hasHeading(d document, anchor string) bool {
	prose, _ := d.split()
	seen := map[string]int{}
	for line := range strings.SplitSeq(prose, "\n") {
		title := strings.TrimLeft(line, "#")
		if title == line || !strings.HasPrefix(title, " ") {
			continue
		}
		slug := slugOf(strings.TrimSpace(title))
		n := seen[slug]
		seen[slug]++
		if n > 0 {
			slug += "-" + strconv.Itoa(n)
		}
		if slug == anchor {
			return true
		}
	}
	return false
}

func slugOf(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// TestLinksAreChecked tells that the rules find what is wrong.
func TestLinksAreChecked(t *testing.T) {
	d := document{path: "docs/x.md", text: "# A title, with: marks\n"}
	for _, c := range []struct {
		text, target string
		good         bool
	}{
		{"README", "../README.md", true},
		{"README", "README.md", false},
		{"a heading", "../README.md#two-commands", true},
		{"a heading", "../README.md#three-commands", false},
		{"outside", "https://example.com", false},
		{"`Store`", "../eventstore/eventstore.go", true},
		{"`Store`", "../eventstore/eventstore.go#L1", false},
		{"`Store`", "../eventstore/execute.go", false},
		{"`NoSuchThing`", "../eventstore/eventstore.go", false},
	} {
		if _, err := d.follow(t, c.text, c.target); (err == nil) != c.good {
			t.Errorf("[%s](%s): %v, want it to be good: %v", c.text, c.target, err, c.good)
		}
	}
	if got := slugOf("A title, with: marks"); got != "a-title-with-marks" {
		t.Errorf("the anchor is %s", got)
	}
}
