package console

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestEveryActionHasWords tells that the audit page names each of the domain's actions in words
// of its own.
func TestEveryActionHasWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../../domain/audit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	actions, texts := 0, map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); !ok || kind.Name != "Action" {
			return true
		}
		word, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		actions++
		text := actionText(domain.Action(word))
		if text == readingText(domain.Action(word)) {
			t.Errorf("actionText has no words for %s", word)
		}
		if other, ok := texts[text]; ok {
			t.Errorf("%s and %s are both called %q", other, word, text)
		}
		texts[text] = word
		return true
	})
	if actions < 19 {
		t.Fatalf("domain/audit.go has only %d actions", actions)
	}
}

// TestEveryFieldHasALabel fails where the matter page would show a field by its raw name.
func TestEveryFieldHasALabel(t *testing.T) {
	for _, name := range append(domain.MatterFieldNames(), domain.ClientFieldNames()...) {
		if fieldText(name) == name {
			t.Errorf("%s has no label", name)
		}
	}
}
