package doccheck_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// code is what the tests know of the module's Go files.
type code struct {
	declared map[string][]string // files by what they declare: Func, Type, Type.Method, variable
	comments map[string]string   // package comments by folder
	tags     []setting
	strings  map[string]bool // all string literals
	tests    map[string]bool // names of tests, benchmarks, fuzz targets and examples
}

var readCode = sync.OnceValues(func() (*code, error) {
	c := &code{declared: map[string][]string{}, comments: map[string]string{}, strings: map[string]bool{}, tests: map[string]bool{}}
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != top && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "data"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		return c.add(name)
	})
	return c, err
})

func theCode(t *testing.T) *code {
	t.Helper()
	c, err := readCode()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *code) add(name string) error {
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	file := filepath.ToSlash(strings.TrimPrefix(name, top+string(filepath.Separator)))
	isTest := strings.HasSuffix(file, "_test.go")
	if f.Doc != nil && !isTest {
		c.comments[path.Dir(file)] = f.Doc.Text()
	}
	declare := func(name string) { c.declared[name] = append(c.declared[name], file) }
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			declare(receiver(d) + d.Name.Name)
			if isTest && d.Recv == nil {
				c.tests[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					declare(s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						declare(n.Name)
					}
				}
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				c.strings[strings.Trim(n.Value, "`\"")] = true
			}
		case *ast.StructType:
			c.readSettings(n)
		}
		return true
	})
	return nil
}

// receiver is the type of a method and a dot; "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	for {
		switch x := of.(type) {
		case *ast.StarExpr:
			of = x.X
		case *ast.IndexExpr:
			of = x.X
		case *ast.IndexListExpr:
			of = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return ""
		}
	}
}

// whereIs is the only file that declares the function, method, type or variable, preferably
// below the folder that old was in; "": none or several do.
func (c *code) whereIs(name, old string) string {
	var all []string
	for full, files := range c.declared {
		if name != "" && (full == name || strings.HasSuffix(full, "."+name)) {
			all = append(all, files...)
		}
	}
	near := slices.DeleteFunc(slices.Clone(all), func(f string) bool { return !strings.HasPrefix(f, path.Dir(old)+"/") })
	for _, list := range [][]string{near, all} {
		if len(list) == 1 {
			return list[0]
		}
	}
	return ""
}

// find is the file that declares name: the given one, else one of its folder, else the only
// one outside of tests.
func (c *code) find(name, file string) (string, bool) {
	if pkg, rest, ok := strings.Cut(name, "."); ok && len(c.declared[name]) == 0 && pkg == strings.ToLower(pkg) {
		name = rest // domain.Identify
	}
	if slices.Contains(c.declared[name], file) {
		return file, true
	}
	var elsewhere []string
	for _, f := range c.declared[name] {
		switch {
		case path.Dir(f) == path.Dir(file):
			return f, true
		case !strings.HasSuffix(f, "_test.go"):
			elsewhere = append(elsewhere, f)
		}
	}
	if len(elsewhere) == 1 {
		return elsewhere[0], true
	}
	return "", false
}
