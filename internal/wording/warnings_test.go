package wording_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// codes are the warning codes that the domain declares.
func codes(t *testing.T) (list []domain.WarningCode) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../domain/warning.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "WarningCode" {
			code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, domain.WarningCode(code))
		}
		return false
	})
	return list
}

// TestEveryWarningHasASentence tells that people read a sentence for each code, with what it is
// about in it, and nothing of how the sentence is made.
func TestEveryWarningHasASentence(t *testing.T) {
	about := domain.About{Client: "c_77", Owner: "c_78", Clients: []domain.ClientID{"c_77"}, Contact: "sb-1", Name: "Ana Lopez", File: "retainer.pdf", Value: "now", Was: "then",
		Fields: []string{"title", "case_number", "phone number"}, Values: []domain.FieldValue{{Field: "status", Value: "Open"}, {Field: "clients"}}, Cause: &domain.Failure{Message: "It is locked."}}
	all := codes(t)
	if len(all) < 30 {
		t.Fatalf("only %d codes are declared", len(all))
	}
	for _, code := range all {
		for _, about := range []*domain.About{&about, nil} {
			if text := wording.Warning(domain.Warning{Code: code, About: about}); text == "" || strings.Contains(text, "no sentence") || strings.Contains(text, "%!") || strings.ContainsAny(text, `'"`) {
				t.Errorf("%s says %q", code, text)
			}
		}
	}
}

// TestAnOldWarningKeepsItsSentence tells that what an older engine wrote is shown as it wrote it.
func TestAnOldWarningKeepsItsSentence(t *testing.T) {
	old := domain.Warning{Code: domain.WarnTypeNormalised, Message: "Case type \"Auto\" was taken", Link: "https://x"}
	if got := wording.Warning(old); got != old.Message {
		t.Errorf("it is shown as %q", got)
	}
	if got := wording.Warning(domain.Warning{Code: "of_tomorrow"}); got == "" {
		t.Error("a code of a newer engine has no sentence at all")
	}
}

// TestWarnings tells some sentences whole.
func TestWarnings(t *testing.T) {
	for want, w := range map[string]domain.Warning{
		"CaseHug’s title, case number and client c_1 held characters that can’t be seen": {Code: domain.WarnTextCleaned, About: &domain.About{Fields: []string{"title", "case_number"}, Clients: []domain.ClientID{"c_1"}}},
		"It has another name (“Rivera”), another clients than CaseHug":                   {Code: domain.WarnMatterDiffers, About: &domain.About{Values: []domain.FieldValue{{Field: "name", Value: "Rivera"}, {Field: "clients"}}}},
		"Client c_1 has the e-mail address of Ana Lopez (sb-1) in Smokeball":             {Code: domain.ContactEmailShared, About: &domain.About{Client: "c_1", Name: "Ana Lopez", Contact: "sb-1"}},
		"Smokeball refused the opened date; everything else was sent. It said: No":       {Code: domain.WarnOpenedRefused, About: &domain.About{Cause: &domain.Failure{Message: "No."}}},
		"it was refused before, and nobody has asked to try it again":                    {Code: domain.WarnFileNotRenamed, About: &domain.About{Why: domain.WhyRefusedBefore}},
		"the file was deleted there": {Code: domain.WarnFileNotRenamed, About: &domain.About{Why: domain.WhyDeleted}},
		"Smokeball has no staff member with the e-mail address lee@firm.example":                    {Code: domain.WarnResponsibleNotFound, About: &domain.About{Value: "lee@firm.example"}},
		"The case is A (IL) now. The matter in Smokeball keeps the type that was chosen for A (CA)": {Code: domain.WarnTypeKept, About: &domain.About{Name: "A (IL)", Was: "A (CA)"}},
	} {
		if got := wording.Warning(w); !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q", w.Code, got, want)
		}
	}
}
