package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// dangerous are packages that run programs, load code, leave Go's memory safety or fill in templates
// without regard to where a value stands: what is shipped needs none of them.
var dangerous = []string{"C", "os/exec", "plugin", "text/template", "unsafe"}

// TestWhatIsShippedImportsNothingDangerous looks at the files of the shipped programs: stand-ins and
// campaigns may run programs.
func TestWhatIsShippedImportsNothingDangerous(t *testing.T) {
	for _, s := range sources(t) {
		for _, name := range dangerousImports(s) {
			t.Errorf("%s imports %s", s.path, name)
		}
	}
}

func dangerousImports(s source) (list []string) {
	if s.isTest() || isRig(s.folder()) || strings.HasPrefix(s.folder(), "examples/") {
		return nil
	}
	for _, name := range s.imports() {
		if slices.Contains(dangerous, name) {
			list = append(list, name)
		}
	}
	return list
}

// TestDangerousImportsAreFound shows that the test above can fail.
func TestDangerousImportsAreFound(t *testing.T) {
	for path, want := range map[string]int{"internal/engine/a.go": 2, "internal/engine/a_test.go": 0, "internal/rig/crashtest/a.go": 0} {
		f, err := parser.ParseFile(token.NewFileSet(), path, "package a\nimport (\n\t\"os/exec\"\n\t_ \"unsafe\"\n\t\"fmt\"\n)", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := dangerousImports(source{path: path, file: f}); len(got) != want {
			t.Errorf("%s has %v, want %d", path, got, want)
		}
	}
}

// TestNoPatternIsMadeOfInput: what is shipped has its regular expressions in its source.
func TestNoPatternIsMadeOfInput(t *testing.T) {
	for _, s := range sources(t) {
		if !s.isTest() && !isRig(s.folder()) && madeUpPatterns(s.file) > 0 {
			t.Errorf("%s makes a regular expression of values", s.path)
		}
	}
}

// madeUpPatterns counts the regular expressions that are not constants of the source.
func madeUpPatterns(f *ast.File) (n int) {
	ast.Inspect(f, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		if of, ok := call.Fun.(*ast.SelectorExpr); ok {
			if pkg, ok := of.X.(*ast.Ident); ok && pkg.Name == "regexp" && strings.Contains(of.Sel.Name, "Compile") {
				if _, constant := call.Args[0].(*ast.BasicLit); !constant {
					n++
				}
			}
		}
		return true
	})
	return n
}

// TestMadeUpPatternsAreFound shows that the test above can fail.
func TestMadeUpPatternsAreFound(t *testing.T) {
	code := "package a\nimport \"regexp\"\nvar a, b = regexp.MustCompile(`x`), regexp.MustCompile(c + `x`)"
	f, err := parser.ParseFile(token.NewFileSet(), "a.go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := madeUpPatterns(f); n != 1 {
		t.Errorf("found %d", n)
	}
}
