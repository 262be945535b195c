package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImports holds every file to the table.
func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		for _, fault := range faults(s) {
			t.Errorf("%s %s", s.path, fault)
		}
	}
}

// faults says where a file departs from the table.
func faults(s source) []string {
	r, ok := ruleFor(s.folder())
	if !ok {
		return []string{"belongs to a package that the table does not list"}
	}
	var list []string
	for _, name := range s.imports() {
		switch ours, inside := within(name); {
		case inside && !r.allows(s, ours):
			list = append(list, "imports "+ours+", which the table does not allow: "+r.why)
		case !inside && isLibrary(name) && !r.libs && !slices.Contains(r.some, name) && !s.isTest():
			list = append(list, "imports the library "+name+": "+r.why)
		case s.folder() == "domain" && !s.isTest() && isImpure(name):
			list = append(list, "imports "+name+": "+r.why)
		}
	}
	return list
}

func ruleOf(folder string) rule {
	r, _ := ruleFor(folder)
	return r
}

func ruleFor(folder string) (rule, bool) {
	for _, r := range table {
		above, below := strings.CutSuffix(r.folder, "…")
		if folder == r.folder || (below && strings.HasPrefix(folder, above)) {
			return r, true
		}
	}
	return rule{}, false
}

// within is the folder of an import of this module.
func within(name string) (folder string, ok bool) {
	if name == module {
		return ".", true
	}
	return strings.CutPrefix(name, module+"/")
}

// allows reports whether a file of the package may import another folder. Tests may
// always import the package that they test.
func (r rule) allows(s source, folder string) bool {
	switch {
	case slices.Contains(r.may, all), slices.Contains(r.may, folder):
		return true
	case s.isTest():
		return folder == s.folder() || slices.Contains(r.tests, folder)
	}
	return false
}

func isLibrary(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return strings.Contains(first, ".")
}

func isImpure(name string) bool {
	return slices.ContainsFunc(impure, func(i string) bool { return name == i || strings.HasPrefix(name, i+"/") })
}

// TestTable holds the table itself to what the design says: the domain knows nothing
// else, adapters do not know each other (the rooms of adapters/web are one adapter), and
// nothing inside knows an adapter.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table {
		if seen[r.folder] {
			t.Errorf("%s is listed twice", r.folder)
		}
		seen[r.folder] = true
		if r.why == "" {
			t.Errorf("%s has no reason", r.folder)
		}
		for _, other := range r.may {
			if strings.HasPrefix(other, "cmd/") {
				t.Errorf("%s may import %s, a program", r.folder, other)
			}
			room := strings.HasPrefix(other, "adapters/web/") && strings.HasPrefix(r.folder+"/", "adapters/web/")
			if (strings.HasPrefix(other, "adapters/") && !room || other == all) && !r.wires {
				t.Errorf("%s may import %s, which only what puts adapters together may", r.folder, other)
			}
			if wires := ruleOf(other).wires; wires && !r.wires && !strings.HasPrefix(r.folder, "cmd/") {
				t.Errorf("%s may import %s, which puts it together", r.folder, other)
			}
			if isRig(other) && !isRig(r.folder) && !r.wires && !strings.HasPrefix(r.folder, "cmd/") {
				t.Errorf("%s may import %s, which stands in for something or breaks it", r.folder, other)
			}
			if _, ok := ruleFor(other); !ok && other != all {
				t.Errorf("%s may import %s, which the table does not list", r.folder, other)
			}
		}
	}
	if r, _ := ruleFor("domain"); len(r.may) != 0 || len(r.tests) != 0 || r.libs {
		t.Error("the domain may import more than the standard library and what it names")
	}
}

// isRig reports whether the folder holds a stand-in, or what breaks engines on purpose.
func isRig(folder string) bool { return strings.HasPrefix(folder, "internal/rig/") }

// TestEveryPackageHasAKind: internal/README.md lists every package below internal with
// its kind, and no other.
func TestEveryPackageHasAKind(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root(t), "internal", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table {
		name, inside := strings.CutPrefix(r.folder, "internal/")
		if inside && !strings.Contains(string(data), "`"+name+"`") {
			t.Errorf("internal/README.md does not list %s", name)
		}
	}
	for _, row := range strings.Split(string(data), "\n") {
		if !strings.HasPrefix(row, "|") {
			continue
		}
		for i, name := range strings.Split(row, "`") {
			if _, ok := ruleFor("internal/" + name); i%2 == 1 && !ok {
				t.Errorf("internal/README.md lists %s, which the table does not", name)
			}
		}
	}
}

// TestDomainHasNoClock: times come into the domain as arguments, and that
// nothing happens there by itself.
func TestDomainHasNoClock(t *testing.T) {
	for _, s := range sources(t) {
		if s.folder() != "domain" || s.isTest() {
			continue
		}
		for _, fault := range impurities(s.file) {
			t.Errorf("%s %s", s.path, fault)
		}
	}
}

// impurities says where a file looks at the clock or starts something.
func impurities(f *ast.File) []string {
	var list []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			list = append(list, "starts a goroutine")
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				list = append(list, "uses time."+n.Sel.Name)
			}
		}
		return true
	})
	return list
}

// TestPackageComments: every package says what it promises.
func TestPackageComments(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		said[s.folder()] = said[s.folder()] || hasComment(s.file)
	}
	for folder, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment: say in doc.go what it promises", folder)
		}
	}
}

// hasComment reports whether the file carries the package's comment. A program's
// comment begins with its name, as godoc has it.
func hasComment(f *ast.File) bool {
	if f.Doc == nil {
		return false
	}
	text := f.Doc.Text()
	return f.Name.Name == "main" && text != "" || strings.HasPrefix(text, "Package "+f.Name.Name+" ")
}

// TestFolderNames: no folder is a drawer for everything.
func TestFolderNames(t *testing.T) {
	for _, s := range sources(t) {
		for part := range strings.SplitSeq(s.folder(), "/") {
			if slices.Contains(catchAlls, part) {
				t.Errorf("%s is in a folder named %s: name it for what it holds", s.path, part)
			}
		}
	}
}

// TestFaultsAreFound: the rules do find what breaks them.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct {
		path, imports string
		found         bool
	}{
		{"domain/matter.go", "time", false},
		{"domain/matter.go", "context", true},
		{"domain/matter.go", "net/http", true},
		{"domain/matter.go", "log/slog", true},
		{"domain/matter.go", "math/rand/v2", true},
		{"domain/matter.go", "go.etcd.io/bbolt", true},
		{"domain/text.go", "golang.org/x/text/unicode/norm", false},
		{"domain/text.go", "golang.org/x/text/language", true},
		{"domain/matter.go", module + "/eventstore", true},
		{"domain/matter_test.go", "os", false},
		{"domain/matter_test.go", "pgregory.net/rapid", false},
		{"domain/matter_test.go", module + "/domain", false},
		{"domain/matter_test.go", module + "/eventstore", true},
		{"eventstore/bbolt.go", module + "/domain", false},
		{"eventstore/bbolt.go", module + "/eventstore/eventstoretest", true},
		{"eventstore/bbolt_test.go", module + "/eventstore/eventstoretest", false},
		{"adapters/web/routes.go", module + "/projections", false},
		{"adapters/web/routes.go", module + "/eventstore", true},
		{"adapters/web/api_test.go", module + "/eventstore", false},
		{"adapters/web/routes.go", module + "/adapters/smokeball", true},
		{"adapters/web/routes.go", module + "/adapters/web/console", false},
		{"adapters/web/api/matters.go", module + "/adapters/web/console", true},
		{"adapters/web/console/matters.go", module + "/adapters/web/api", true},
		{"adapters/web/auth/gate.go", module + "/projections", true},
		{"adapters/bus/bus_test.go", module + "/adapters/casehug", true},
		{"internal/syncing/turn.go", module + "/adapters/smokeball", true},
		{"internal/syncing/turn_test.go", module + "/adapters/smokeball", false},
		{"internal/connect/connect.go", module + "/internal/vault", false},
		{"internal/vault/vault.go", module + "/domain", true},
		{"internal/rig/smokeballsim/server.go", module + "/domain", true},
		{"internal/newcomer/new.go", "time", true},
		{"cmd/smokeball-sync/main.go", module + "/internal/cli", false},
		{"cmd/smokeball-sync/main.go", module + "/adapters/web", true},
		{"internal/engine/engine.go", module + "/adapters/web", false},
		{"internal/config/settings.go", module + "/internal/engine", true},
		{"internal/syncing/outbox.go", module + "/internal/engine", true},
		{"projections/view.go", module + "/cmd/smokeball-sync", true},
	} {
		s := source{path: c.path, file: &ast.File{Imports: []*ast.ImportSpec{{Path: &ast.BasicLit{Value: `"` + c.imports + `"`}}}}}
		if got := faults(s); len(got) > 0 != c.found {
			t.Errorf("%s imports %s: the faults are %q, want some: %v", c.path, c.imports, got, c.found)
		}
	}
}

// TestImpuritiesAreFound: a look at the clock and a goroutine are found.
func TestImpuritiesAreFound(t *testing.T) {
	code := "package domain\nimport \"time\"\nfunc f() time.Time { go f(); return time.Now() }\nfunc g(t time.Time) bool { return t.After(t) }"
	f, err := parser.ParseFile(token.NewFileSet(), "f.go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := impurities(f); !slices.Equal(got, []string{"starts a goroutine", "uses time.Now"}) {
		t.Errorf("found %q", got)
	}
}

// TestModulePath: the table speaks of this module.
func TestModulePath(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), "module "+module+"\n") {
		t.Errorf("go.mod does not begin with module %s", module)
	}
	if path.Clean(module) != module {
		t.Errorf("%s is not a clean path", module)
	}
}
