package architecture_test

import (
	"go/ast"
	"path/filepath"
	"strings"
	"testing"
)

// mostMethods is how many methods a type of the product may have, mostPort how many an interface may.
// Above that, somebody who calls one of them can reach too much.
const (
	mostMethods = 40
	mostPort    = 5
)

// TestNoTypeCanDoEverything holds types and interfaces outside of the rigs to their sizes. A method
// that build tags choose between counts once.
func TestNoTypeCanDoEverything(t *testing.T) {
	methods := map[string]map[string]bool{}
	for _, s := range sources(t) {
		if s.isTest() || strings.Contains(s.path, "internal/rig/") {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				name := filepath.Dir(s.path) + "." + receiver(f)
				if methods[name] == nil {
					methods[name] = map[string]bool{}
				}
				methods[name][f.Name.Name] = true
			}
		}
		for name, n := range wideInterfaces(s.file) {
			t.Errorf("%s: the interface %s has %d methods, more than %d: split it by who calls it", s.path, name, n, mostPort)
		}
	}
	for name, set := range methods {
		if len(set) > mostMethods {
			t.Errorf("%s has %d methods, more than %d: give a part of them a type of its own", name, len(set), mostMethods)
		}
	}
}

// receiver is the name of the type that a method belongs to.
func receiver(f *ast.FuncDecl) string {
	expr := f.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// wideInterfaces are the interfaces with more methods of their own than a port may have.
func wideInterfaces(f *ast.File) map[string]int {
	wide := map[string]int{}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if i, ok := spec.Type.(*ast.InterfaceType); ok && len(i.Methods.List) > mostPort {
			wide[spec.Name.Name] = len(i.Methods.List)
		}
		return true
	})
	return wide
}
