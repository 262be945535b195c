package domain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAuditEntries tells which facts prove that somebody did something, and what.
func TestAuditEntries(t *testing.T) {
	matter := domain.MatterStream("f_1", "m_1")
	failure := domain.Failure{Code: domain.CodeAccountInUse, Fault: domain.FaultAccountInUse}
	refused := domain.RequestRefused{Actor: "u_5", Role: domain.StandardUser, Action: "deadletters.read", Code: domain.CodeForbidden, Reason: "For firm admins", Times: 4}
	for name, tt := range map[string]struct {
		event domain.Event
		want  domain.AuditEntry
		ended domain.AuditOutcome
	}{
		"a link": {domain.AuthorizationStarted{By: "u_1"}, domain.AuditEntry{Actor: "u_1", Role: domain.FirmAdmin, Action: domain.ActionAuthorize, Times: 1}, domain.AuditDone},
		"an account that is another firm's": {domain.AuthorizationFailed{By: "u_1", Failure: failure},
			domain.AuditEntry{Actor: "u_1", Role: domain.FirmAdmin, Action: domain.ActionConnect, Code: failure.Code, Failure: &failure, Times: 1}, domain.AuditRefused},
		"a connection": {domain.ConnectionAuthorized{By: "u_1", ByName: "Lee Oak", Account: domain.Account{ID: "a_1"}},
			domain.AuditEntry{Actor: "u_1", Name: "Lee Oak", Role: domain.FirmAdmin, Action: domain.ActionConnect, Target: "a_1", Times: 1}, domain.AuditDone},
		"a mapping": {domain.MappingRevised{Mapping: domain.Mapping{ID: "map_1"}, By: "u_1"},
			domain.AuditEntry{Actor: "u_1", Role: domain.FirmAdmin, Action: domain.ActionReviseMapping, Target: "map_1", Times: 1}, domain.AuditDone},
		"a sync that was asked for": {domain.SyncRequested{Trigger: domain.TriggerManual, By: "u_5"},
			domain.AuditEntry{Actor: "u_5", Action: domain.ActionRequestSync, Target: "m_1", Times: 1}, domain.AuditDone},
		"a sync that was asked for while one was queued": {domain.SyncJoined{Sync: "s_1", By: "u_5"},
			domain.AuditEntry{Actor: "u_5", Action: domain.ActionRequestSync, Target: "m_1", Times: 1}, domain.AuditDone},
		"a sync that was called off": {domain.SyncCancelled{Sync: "s_1", By: "u_5"},
			domain.AuditEntry{Actor: "u_5", Action: domain.ActionCancelSync, Target: "m_1", Times: 1}, domain.AuditDone},
		"a retry": {domain.SyncRequested{Trigger: domain.TriggerRetry, By: "u_5"},
			domain.AuditEntry{Actor: "u_5", Action: domain.ActionRetrySync, Target: "m_1", Times: 1}, domain.AuditDone},
		"a wait that was ended": {domain.SyncReleased{Sync: "s_1", Reason: domain.ReleasedByPerson, By: "u_5"},
			domain.AuditEntry{Actor: "u_5", Action: domain.ActionRetrySync, Target: "m_1", Times: 1}, domain.AuditDone},
		"a dead letter's retry in vain": {domain.DeadLetterRetried{By: "u_1", ByName: "Lee Oak", Code: domain.CodeInvalidEvent},
			domain.AuditEntry{Actor: "u_1", Name: "Lee Oak", Role: domain.FirmAdmin, Action: domain.ActionRetryDeadLetter, Target: "m_1", Code: domain.CodeInvalidEvent,
				Reason: "The event is still not accepted", Times: 1}, domain.AuditRefused},
		"a dead letter's retry": {domain.DeadLetterSettled{State: domain.DeadLetterTakenIn, By: "u_1"},
			domain.AuditEntry{Actor: "u_1", Role: domain.FirmAdmin, Action: domain.ActionRetryDeadLetter, Target: "m_1", Times: 1}, domain.AuditDone},
		"an operator's discard": {domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, By: domain.Operator, ByName: "an operator"},
			domain.AuditEntry{Actor: domain.Operator, Name: "an operator", Action: domain.ActionDiscardDeadLetter, Target: "m_1", Times: 1}, domain.AuditDone},
		"an erasure of a matter": {domain.EraseRequested{Subject: domain.EraseSubject{Matter: "m_2"}, By: "u_1", ByName: "Lee Oak"},
			domain.AuditEntry{Actor: "u_1", Name: "Lee Oak", Role: domain.FirmAdmin, Action: domain.ActionEraseMatter, Target: "m_2", Times: 1}, domain.AuditDone},
		"a refusal": {refused, domain.AuditEntry{Actor: "u_5", Role: domain.StandardUser, Action: "deadletters.read", Code: domain.CodeForbidden, Reason: "For firm admins", Times: 4}, domain.AuditRefused},
	} {
		got, ok := domain.AuditEntryOf(matter, tt.event)
		if !ok || !reflect.DeepEqual(got, tt.want) || got.Outcome() != tt.ended {
			t.Errorf("%s is the action %+v (%v), %s; want %+v, %s", name, got, ok, got.Outcome(), tt.want, tt.ended)
		}
	}
}

// TestEveryActionIsProvedByAnEvent tells that what somebody did is in the audit trail, whichever
// action it is: an action without an event in AuditEntryOf would only ever show refusals.
func TestEveryActionIsProvedByAnEvent(t *testing.T) {
	proved := map[domain.Action]bool{}
	for _, e := range append(samples(), domain.SyncRequested{Trigger: domain.TriggerManual, By: "u_5"}, domain.SyncRequested{Trigger: domain.TriggerRetry, By: "u_5"},
		domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, By: "u_1"}, domain.EraseRequested{Subject: domain.EraseSubject{Matter: "m_1"}, By: "u_1"}) {
		if entry, ok := domain.AuditEntryOf(domain.MatterStream("f_1", "m_1"), e); ok && entry.Outcome() == domain.AuditDone {
			proved[entry.Action] = true
		}
	}
	for _, a := range actions(t) {
		if !proved[a] {
			t.Errorf("no event proves that somebody did %s: AuditEntryOf lacks it", a)
		}
	}
}

// actions are the constants of type Action.
func actions(t *testing.T) (list []domain.Action) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "audit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Action" {
			word, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, domain.Action(word))
		}
		return true
	})
	if len(list) < 19 {
		t.Fatalf("audit.go has only the actions %v", list)
	}
	return list
}

func TestWhatNobodyDidIsNoAuditEntry(t *testing.T) {
	for _, e := range []domain.Event{
		domain.SyncRequested{Trigger: domain.TriggerDocumentApproved, By: "u_5"}, domain.SyncRequested{Trigger: domain.TriggerManual},
		domain.WebhooksRemoved{Subscription: "sub"}, domain.AuthorizationFailed{Failure: domain.Failure{Code: domain.CodeAuthorizationDenied}},
		domain.SyncJoined{Sync: "s_1"}, domain.SyncReleased{Sync: "s_1", Reason: domain.ReleasedByRequest, By: "u_5"}, domain.ConnectionLost{}, domain.SyncSucceeded{}, domain.MatterCreated{},
	} {
		if d, ok := domain.AuditEntryOf(domain.MatterStream("f_1", "m_1"), e); ok {
			t.Errorf("%s is the action %+v", e.EventName(), d)
		}
	}
}

// TestRefusalKeys tells that repetitions meet their first refusal and nothing else does.
func TestRefusalKeys(t *testing.T) {
	first := domain.RequestRefused{Actor: "u_5", Action: "settings.change", Target: "m_1", Code: domain.CodeForbidden, Since: time.Unix(5, 0), Times: 1}
	again := first
	again.Times, again.Reason, again.Since = 7, "in other words", first.Since.UTC()
	if first.Key() != again.Key() {
		t.Error("a repetition has another key")
	}
	for name, change := range map[string]func(*domain.RequestRefused){
		"actor": func(r *domain.RequestRefused) { r.Actor = "u_6" }, "action": func(r *domain.RequestRefused) { r.Action = "settings.read" },
		"target": func(r *domain.RequestRefused) { r.Target = "m_2" }, "code": func(r *domain.RequestRefused) { r.Code = domain.CodeNotFound },
		"time": func(r *domain.RequestRefused) { r.Since = time.Unix(6, 0) },
	} {
		other := first
		if change(&other); other.Key() == first.Key() {
			t.Errorf("refusals of another %s have the same key", name)
		}
	}
}

func TestAuditStreamsAreOfADay(t *testing.T) {
	at := time.Date(2026, 11, 23, 23, 30, 0, 0, time.FixedZone("", -3600))
	s := domain.AuditStream("f_1", at)
	if got, err := domain.ParseStream(s.String()); s.String() != "audit.f_1.20261124" || err != nil || got != s {
		t.Errorf("the stream is %s, read as %v, %v", s, got, err)
	}
}

// TestOnlyWhoIsKnownToHaveAskedIsInTheAudit: by a token, or over the API before proofs were recorded.
func TestOnlyWhoIsKnownToHaveAskedIsInTheAudit(t *testing.T) {
	for _, tt := range []struct {
		proof  domain.AskProof
		origin domain.EventRef
		known  bool
	}{
		{domain.AskedByToken, domain.EventRef{Source: "/casehug", ID: "e1"}, true},
		{"claimed", domain.EventRef{Source: domain.APISource, ID: "e1"}, false},
		{"", domain.EventRef{Source: domain.APISource, ID: "e1"}, true},
		{"", domain.EventRef{}, true},
		{"", domain.EventRef{Source: "/casehug", ID: "e1"}, false},
	} {
		_, ok := domain.AuditEntryOf(domain.MatterStream("f_1", "m_1"), domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerManual, By: "u_5", Proof: tt.proof, Origin: tt.origin})
		if ok != tt.known {
			t.Errorf("proof %q, origin %+v: %v", tt.proof, tt.origin, ok)
		}
	}
}
