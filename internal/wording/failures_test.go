package wording_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// declaredFaults are the faults that the domain declares.
func declaredFaults(t *testing.T) (list []domain.Fault) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../domain/fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Fault" {
			fault, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, domain.Fault(fault))
		}
		return false
	})
	return list
}

// TestEveryFaultHasAMessageAndARemedy: people read what failed and what to do about it for each
// fault, however much is known, with quotes and apostrophes as
// in print, and nothing of how the sentences are made.
func TestEveryFaultHasAMessageAndARemedy(t *testing.T) {
	cause := &domain.Failure{Code: domain.CodeSmokeballUnavailable, Fault: domain.FaultServer, About: &domain.About{Status: 503}}
	about := domain.About{Op: "create_matter", Thing: domain.ThingFile, Setting: "SMOKEBALL_API_URL", Status: 503, Resource: "sb-1", Mapping: "map_1", Nearest: []string{"Truck Accident"},
		Size: 3, Limit: 4, Seconds: 180, Since: time.Unix(0, 0), Until: time.Unix(60, 0), Name: "Auto (IL)", File: "retainer.pdf", Value: "now", Was: "then", Cause: cause}
	said := &domain.Refusal{Status: 400, Detail: "It did not please us."}
	all := declaredFaults(t)
	if len(all) < 80 {
		t.Fatalf("only %d faults are declared", len(all))
	}
	seen := map[domain.Fault]bool{}
	for _, fault := range all {
		if seen[fault] {
			t.Errorf("two faults are called %s", fault)
		}
		seen[fault] = true
		for _, f := range []domain.Failure{{Fault: fault}, {Fault: fault, About: &about, Smokeball: said}} {
			message, remedy := wording.Failure(f)
			for _, text := range []string{message, remedy} {
				if !strings.Contains(text, " ") || !strings.HasSuffix(text, ".") || strings.HasSuffix(text, "..") || strings.Contains(text, "no sentence") || strings.Contains(text, "%!") || strings.ContainsAny(text, `'"`) {
					t.Errorf("%s says %q", fault, text)
				}
			}
		}
	}
}

// TestAnOldFailureKeepsItsSentences: what an older engine wrote is shown as it wrote it, and a
// fault of a newer one is shown as a failure all the same.
func TestAnOldFailureKeepsItsSentences(t *testing.T) {
	old := domain.Failure{Code: domain.CodeSmokeballRefused, Message: "Smokeball refused it", Remedy: "Correct it."}
	if message, remedy := wording.Failure(old); message != old.Message || remedy != old.Remedy {
		t.Errorf("it is shown as %q, %q", message, remedy)
	}
	if message, remedy := wording.Failure(domain.Failure{Fault: "of_tomorrow"}); message == "" || remedy == "" {
		t.Errorf("a fault of a newer engine is shown as %q, %q", message, remedy)
	}
}

// TestFailures tells some sentences whole.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		failure         domain.Failure
		message, remedy string
	}{
		{domain.Failure{Fault: domain.FaultRefused, About: &domain.About{Op: domain.OpOf("create matter")}, Smokeball: &domain.Refusal{Detail: "It is locked."}},
			"Smokeball refuses to create the matter: It is locked.", "Correct the matter in CaseHug and sync it again. Smokeball said: “It is locked”."},
		{domain.Failure{Code: domain.CodeDocumentUnavailable, Fault: domain.FaultHostDown, About: &domain.About{File: "a.pdf", StoppedAfter: 86400}},
			"The document “a.pdf” cannot be read: its host is out of order.", "We stopped trying after 24 hours. Click Retry in the sync history once the document can be fetched."},
		{domain.Failure{Fault: domain.FaultCredentialsRefused, About: &domain.About{Op: domain.OpFinishSignIn, Reference: "abcd1234"}},
			"Smokeball’s sign-in does not accept CaseHug’s credentials.",
			"CaseHug’s operators have to act; the reference for them is abcd1234. CaseHug’s operators correct SMOKEBALL_CLIENT_ID and SMOKEBALL_CLIENT_SECRET. Then a firm admin clicks “Connect to Smokeball” again."},
		{domain.Failure{Fault: domain.FaultMappedTypeGone, About: &domain.About{Name: "Auto (IL)", Value: "Motor", Mapping: "map_1", Was: "Auto", Nearest: []string{"Truck", "Bus"}}},
			"Auto (IL) is mapped to the matter type Motor, which Smokeball no longer has.",
			"Open Settings → Integrations → Smokeball → Case Type Mappings. A firm admin chooses another matter type for mapping map_1, Auto, there; nearest: Truck, Bus. The sync then goes on by itself."},
		{domain.Failure{Fault: domain.FaultNotConfirmed, About: &domain.About{Thing: domain.ThingName, Resource: "sb-1", Seconds: 180}},
			"Smokeball accepted the name of the file and did not show it within 3 minutes (sb-1).", "Look for it in Smokeball. Then click Retry: we look again before anything is sent."},
		{domain.Failure{Fault: domain.FaultWebhooksNotRenewed, About: &domain.About{Cause: &domain.Failure{Fault: domain.FaultServer, About: &domain.About{Status: 503}}}},
			"The webhook subscription could not be renewed: Smokeball answers with a fault (503).", "It is retried automatically. Syncs go on meanwhile and are confirmed by asking."},
	} {
		if message, remedy := wording.Failure(c.failure); message != c.message || remedy != c.remedy {
			t.Errorf("%s says\n%q\n%q, want\n%q\n%q", c.failure.Fault, message, remedy, c.message, c.remedy)
		}
	}
}

// TestError: a terminal shows the sentences of a failure that has codes, and every other error
// with its whole chain.
func TestError(t *testing.T) {
	coded := fmt.Errorf("connect: %w", &domain.CallError{Op: "read firm", Failure: domain.Failure{Fault: domain.FaultServer}})
	spoken := fmt.Errorf("retry: %w", &domain.Rejection{Failure: domain.Failure{Message: "There is no sync s_1", Remedy: "Look for it."}})
	for want, err := range map[string]error{
		"Smokeball answers with a fault. We try again by ourselves.": coded,
		"retry: There is no sync s_1 Look for it.":                   spoken,
		"disk full ": errors.New("disk full"),
	} {
		if message, remedy := wording.Error(err); message+" "+remedy != want {
			t.Errorf("%v is shown as %q, %q", err, message, remedy)
		}
	}
}
