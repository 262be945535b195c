package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// glossary is the document that says which words the code gave up.
const glossary = "docs/glossary.md"

// TestGivenUpWordsDeclareNothing holds declarations to the glossary: its table of words that
// were given up, and its table of exceptions.
func TestGivenUpWordsDeclareNothing(t *testing.T) {
	g := readGlossary(t)
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, name := range declared(s.file) {
			if word := g.fault(s.path, name); word != "" {
				t.Errorf("%s declares %s: the word %q was given up, use %s; see %s", s.path, name, word, g.words[word], glossary)
			}
		}
		for _, name := range spoken(s.file) {
			if g.fault(s.path, name) != "" || slices.Contains(unmistakable, strings.ToLower(name)) {
				t.Errorf("%s: a comment says %s, which was given up; see %s", s.path, name, glossary)
			}
		}
	}
	for _, e := range g.exceptions {
		if !e.used {
			t.Errorf("%s: nothing in %s needs the exception %s any more", glossary, e.where, e.name)
		}
	}
}

// unmistakable are the words that no comment has in another sense.
var unmistakable = []string{"anew", "bury", "buries", "buried", "unfit"}

// commentName is a name in camel case, or one of the unmistakable words.
var commentName = regexp.MustCompile(`\b(?:[A-Za-z]*[a-z][A-Z][A-Za-z]*|(?i:` + strings.Join(unmistakable, "|") + `))\b`)

// spoken are the names and the unmistakable words of a file's comments.
func spoken(f *ast.File) []string {
	var list []string
	for _, c := range f.Comments {
		list = append(list, commentName.FindAllString(c.Text(), -1)...)
	}
	return list
}

// vocabulary is what the glossary says of words that were given up.
type vocabulary struct {
	words      map[string]string // and what to use
	exceptions []*exception
}

// exception is a run of words that may stand in a name, within a folder or file.
type exception struct {
	name, where string
	used        bool
}

const everywhere = "everywhere"

func readGlossary(t *testing.T) vocabulary {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(t), glossary))
	if err != nil {
		t.Fatal(err)
	}
	g := vocabulary{words: map[string]string{}}
	for _, row := range rows(string(data), "| given up | use |") {
		g.words[row[0]] = row[1]
	}
	for _, row := range rows(string(data), "| name | where | reason |") {
		if row[2] == "" {
			t.Errorf("%s: the exception %s has no reason", glossary, row[0])
		}
		g.exceptions = append(g.exceptions, &exception{name: row[0], where: row[1]})
	}
	if len(g.words) < 10 {
		t.Fatalf("%s has no table of words that were given up", glossary)
	}
	return g
}

// rows are the cells of the table with the head, without code marks.
func rows(text, head string) [][]string {
	_, rest, _ := strings.Cut(text, head+"\n")
	var list [][]string
	for i, line := range strings.Split(rest, "\n") {
		if i == 0 {
			continue // the line under the head
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.Trim(cell, " `"))
		}
		list = append(list, cells)
	}
	return list
}

// fault is the word that was given up and that the name has all the same; "": none.
func (g vocabulary) fault(file, name string) string {
	parts := split(name)
	for i, part := range parts {
		if _, ok := g.words[part]; ok && !g.allows(file, parts, i) {
			return part
		}
	}
	return ""
}

// allows reports whether an exception covers the part of a name.
func (g vocabulary) allows(file string, parts []string, at int) bool {
	found := false
	for _, e := range g.exceptions {
		run := split(e.name)
		i := slices.Index(run, parts[at])
		if i < 0 || at < i || at-i+len(run) > len(parts) || !slices.Equal(parts[at-i:at-i+len(run)], run) {
			continue
		}
		if e.where == everywhere || file == e.where || strings.HasPrefix(file, e.where+"/") {
			e.used, found = true, true
		}
	}
	return found
}

// split parts a name in camel case into its words, in lower case.
func split(name string) []string {
	var parts []string
	letters := []rune(name)
	begin := 0
	for i := range letters {
		if i == begin {
			continue
		}
		starts := unicode.IsUpper(letters[i]) && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if starts || letters[i] == '_' {
			parts = append(parts, strings.ToLower(strings.Trim(string(letters[begin:i]), "_")))
			begin = i
		}
	}
	return append(parts, strings.ToLower(strings.Trim(string(letters[begin:]), "_")))
}

// declared are the names that a file declares for others to read: of its package, of methods,
// fields and parameters.
func declared(f *ast.File) []string {
	var list []string
	add := func(names ...*ast.Ident) {
		for _, n := range names {
			list = append(list, n.Name)
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			add(d.Name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					add(s.Name)
				case *ast.ValueSpec:
					add(s.Names...)
				}
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv != nil { // its name is nobody's business
				ast.Inspect(n.Type, func(n ast.Node) bool { addFields(n, add); return true })
				ast.Inspect(n.Body, func(n ast.Node) bool { addFields(n, add); return true })
				return false
			}
		default:
			addFields(n, add)
		}
		return true
	})
	return list
}

func addFields(n ast.Node, add func(...*ast.Ident)) {
	if field, ok := n.(*ast.Field); ok {
		add(field.Names...)
	}
}

// TestGivenUpWordsAreFound: the rule finds what it is to find.
func TestGivenUpWordsAreFound(t *testing.T) {
	g := vocabulary{words: map[string]string{"turn": "attempt", "letter": "deadLetter"}, exceptions: []*exception{{name: "deadLetter", where: everywhere}, {name: "turnstile", where: "domain"}}}
	for name, want := range map[string]string{"Turn": "turn", "nextTurn": "turn", "Return": "", "returned": "", "turnKey": "turn", "HTTPTurn": "turn", "letters": "",
		"DeadLetter": "", "openDeadLetter": "", "letterOf": "letter", "old_turn": "turn"} {
		if got := g.fault("domain/x.go", name); got != want {
			t.Errorf("%s: found %q, want %q", name, got, want)
		}
	}
	code := "package p\ntype turn struct{ lane int }\ntype I interface{ Wake() }\nfunc (desk turn) F(care int) (mark int) { f := func(wish int) {}; _ = f; local := 1; return local }\nvar beat, pulse = 1, 2"
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := declared(f)
	slices.Sort(got)
	if want := []string{"F", "I", "Wake", "beat", "care", "lane", "mark", "pulse", "turn", "wish"}; !slices.Equal(got, want) {
		t.Errorf("declared are %q, want %q", got, want)
	}
}

// TestGivenUpWordsInCommentsAreFound: names and the unmistakable words, nothing else.
func TestGivenUpWordsInCommentsAreFound(t *testing.T) {
	code := "// Package p waits its turn: LetterLife, *domain.Unfit and nextTurn.\npackage p\n\n// f begins Anew, IDs wish to be buried, a letter is unfit.\nfunc f() {}\n"
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", code, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := spoken(f), []string{"LetterLife", "Unfit", "nextTurn", "Anew", "buried", "unfit"}; !slices.Equal(got, want) {
		t.Errorf("spoken are %q, want %q", got, want)
	}
}
