package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestErrorsHaveOneLogKey holds every log entry to the key "err" for its error, so that
// one query finds them all.
func TestErrorsHaveOneLogKey(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, key := range otherErrorKeys(s.file) {
			t.Errorf("%s logs an error under the key %q: use \"err\"", s.path, key)
		}
	}
}

// logCalls are the functions of log/slog, and the methods of its Logger, that take keys,
// and what collects keys for them.
var logCalls = []string{"Debug", "Info", "Warn", "Error", "DebugContext", "InfoContext", "WarnContext", "ErrorContext", "Log", "LogAttrs", "With", "Any", "String", "append"}

// otherErrorKeys are the keys beside "err" under which a file logs errors.
func otherErrorKeys(f *ast.File) (keys []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if !slices.Contains(logCalls, calledName(call)) {
			return true
		}
		for i, arg := range call.Args[:max(0, len(call.Args)-1)] {
			key, ok := arg.(*ast.BasicLit)
			if ok && key.Kind == token.STRING && key.Value != `"err"` && isError(call.Args[i+1]) {
				keys = append(keys, strings.Trim(key.Value, `"`))
			}
		}
		return true
	})
	return keys
}

// calledName is the name of the function or method that is called.
func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

// isError reports whether a logged value is an error, by its name.
func isError(e ast.Expr) bool {
	if call, ok := e.(*ast.CallExpr); ok {
		return calledName(call) == "Error" && len(call.Args) == 0
	}
	name, ok := e.(*ast.Ident)
	return ok && (name.Name == "err" || name.Name == "cause" || strings.HasSuffix(name.Name, "Err"))
}

// TestOtherErrorKeysAreFound: the check finds what breaks it.
func TestOtherErrorKeysAreFound(t *testing.T) {
	code := `package p
func f() {
	log.Error("message", "error", err)
	log.Warn("message", "firm", f, "reason", err.Error())
	slog.Any("failure", cause)
	log.Info("message", "firm", f, "err", err)
	fmt.Errorf("not a log entry: %w", err)
	l.log.Error(msg, append(fields, "problem", err)...)
}`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := otherErrorKeys(f); !slices.Equal(got, []string{"error", "reason", "failure", "problem"}) {
		t.Errorf("found %q", got)
	}
}
