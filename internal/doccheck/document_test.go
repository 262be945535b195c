package doccheck_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated parts of the documents, and correct links to code")

// top is the folder that holds go.mod.
const top = "../.."

// document is one Markdown file of the repository.
type document struct {
	path string // from the module's root
	text string
}

// documents are all that a stranger reads.
func documents(t *testing.T) []document {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil || len(names) == 0 {
		t.Fatalf("found no documents in docs: %v", err)
	}
	var list []document
	for _, name := range append([]string{"README.md", "CONTRIBUTING.md", "SECURITY.md"}, names...) {
		name = filepath.ToSlash(strings.TrimPrefix(name, top+string(filepath.Separator)))
		list = append(list, read(t, name))
	}
	return list
}

func read(t *testing.T, name string) document {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(top, name))
	if err != nil {
		t.Fatal(err)
	}
	return document{path: name, text: string(data)}
}

func (d document) write(t *testing.T, text string) {
	t.Helper()
	if text == d.text {
		return
	}
	if err := os.WriteFile(filepath.Join(top, d.path), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fence is a fenced block of a document.
type fence struct {
	lang string
	line int // of its first line, in the document
	text string
}

// split parts a document into its fences and its prose, in which fences are empty lines.
func (d document) split() (prose string, fences []fence) {
	var out []string
	var open *fence
	for i, line := range strings.Split(d.text, "\n") {
		mark, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			open = &fence{lang: mark, line: i + 2}
		case isFence:
			fences = append(fences, *open)
			open = nil
		case open != nil:
			open.text += strings.TrimSpace(line) + "\n"
		default:
			out = append(out, line)
			continue
		}
		out = append(out, "")
	}
	return strings.Join(out, "\n"), fences
}

// spans are the inline code of a document's prose.
func (d document) spans() []string {
	prose, _ := d.split()
	var list []string
	for _, m := range span.FindAllStringSubmatch(prose, -1) {
		list = append(list, m[1])
	}
	return list
}

var span = regexp.MustCompile("`([^`\n]+)`")

// TestTheReadmeIsShort tells that the README stays a door: what is longer belongs into docs.
func TestTheReadmeIsShort(t *testing.T) {
	if n := strings.Count(read(t, "README.md").text, "\n"); n > 150 {
		t.Errorf("README.md has %d lines, at most 150; move something to docs", n)
	}
}

// TestEveryDocumentIsReachable tells that the README leads to each document.
func TestEveryDocumentIsReachable(t *testing.T) {
	readme := read(t, "README.md").text
	for _, d := range documents(t) {
		if d.path != "README.md" && !strings.Contains(readme, "("+d.path+")") {
			t.Errorf("README.md does not link to %s", d.path)
		}
	}
}

// TestTheGlossaryIsInOrder tells that its terms are alphabetical, each once.
func TestTheGlossaryIsInOrder(t *testing.T) {
	last := ""
	for _, m := range term.FindAllStringSubmatch(read(t, "docs/glossary.md").text, -1) {
		if now := strings.ToLower(m[1]); now <= last {
			t.Errorf("%s stands after %s", m[1], last)
		} else {
			last = now
		}
	}
	if last == "" {
		t.Error("the glossary has no terms")
	}
}

var term = regexp.MustCompile(`(?m)^\| \*\*(.+?)\*\* \|`)
