package problem_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// TestEveryCodeIsInTheTable reads the program: each code that it has is in the table of codes, once,
// and none stands in a literal beside it.
func TestEveryCodeIsInTheTable(t *testing.T) {
	found := map[domain.Code]string{}
	for path, file := range sources(t, "../../../domain", "../../../adapters", "../../../internal") {
		if slices.ContainsFunc([]string{"internal/cli/", "internal/rig/", "internal/audit/"}, func(apart string) bool { return strings.Contains(path, apart) }) {
			continue // what commands say of themselves, what only tests run, and what stands for codes in the trail
		}
		inDomain := file.Name.Name == "domain"
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if isCode(n.Type, inDomain) {
					for _, v := range n.Values {
						found[domain.Code(text(v))] = path
					}
				}
			case *ast.KeyValueExpr:
				if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Code" && text(n.Value) != "" {
					t.Errorf("%s has the code %s as a literal; codes are constants", path, text(n.Value))
				}
			}
			return true
		})
	}
	if len(found) < 50 {
		t.Fatalf("only %d codes were found", len(found))
	}
	table := problem.Codes()
	for code, path := range found {
		if !slices.Contains(table, code) {
			t.Errorf("the code %s of %s is not in the table of codes", code, path)
		}
	}
	for i, code := range table {
		if found[code] == "" {
			t.Errorf("the table has the code %s, which nothing has", code)
		}
		if i > 0 && table[i-1] == code {
			t.Errorf("the table has the code %s twice", code)
		}
	}
}

// sources are the parsed Go files below folders, without tests.
func sources(t *testing.T, folders ...string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files[filepath.ToSlash(path)], err = parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func isCode(e ast.Expr, inDomain bool) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return inDomain && e.Name == "Code"
	case *ast.SelectorExpr:
		of, ok := e.X.(*ast.Ident)
		return ok && of.Name == "domain" && e.Sel.Name == "Code"
	}
	return false
}

// text is the value of a literal; "": it is none.
func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}
