package domain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestCallError(t *testing.T) {
	call := &domain.CallError{Op: "create matter", Class: domain.NotThere, Failure: domain.Failure{Message: "there is no such client"}, Err: io.ErrUnexpectedEOF}
	err := fmt.Errorf("sync s_1: %w", call)
	if domain.AsCallError(err) != call || !domain.IsNotThere(err) {
		t.Error("the call's error is not found in the chain")
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is not found in the chain")
	}
	if got, want := call.Error(), "create matter: there is no such client (unexpected EOF)"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	call.Err = nil
	if got, want := call.Error(), "create matter: there is no such client"; got != want {
		t.Errorf("without a cause it says %q, want %q", got, want)
	}
	if domain.IsNotThere(&domain.CallError{Class: domain.Retryable}) || domain.IsNotThere(io.EOF) || domain.AsCallError(nil) != nil {
		t.Error("something else passes for a 404")
	}
}

func TestRejection(t *testing.T) {
	r := &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Message: "There is no sync s_1"}}
	err := fmt.Errorf("retry: %w", r)
	if domain.AsRejection(err) != r || r.Error() != "There is no sync s_1" {
		t.Errorf("the rejection is %v", domain.AsRejection(err))
	}
	if domain.AsRejection(io.EOF) != nil {
		t.Error("another error passes for a rejection")
	}
}

// TestAFailureIsStoredWithoutASentence holds the form that new facts have: codes and what they
// are about. What older engines wrote is read as it was.
func TestAFailureIsStoredWithoutASentence(t *testing.T) {
	for want, f := range map[string]domain.Failure{
		`{"code":"not_connected","fault":"access_removed"}`: {Code: domain.CodeNotConnected, Fault: domain.FaultAccessRemoved},
		`{"code":"smokeball_refused","fault":"refused","about":{"op":"create_matter","stopped_after":86400},"smokeball":{"status":400,"detail":"No."}}`: {Code: domain.CodeSmokeballRefused,
			Fault: domain.FaultRefused, About: &domain.About{Op: domain.OpOf("create matter"), StoppedAfter: 86400}, Smokeball: &domain.Refusal{Status: 400, Detail: "No."}},
		`{"code":"not_confirmed","fault":"not_confirmed","about":{"thing":"matter","resource":"sb-1","seconds":180}}`: {Code: domain.CodeNotConfirmed,
			Fault: domain.FaultNotConfirmed, About: &domain.About{Thing: domain.ThingMatter, Resource: "sb-1", Seconds: 180}},
		`{"code":"internal","message":"The disk is full","remedy":"Make room."}`: {Code: domain.CodeInternal, Message: "The disk is full", Remedy: "Make room."},
	} {
		data, err := json.Marshal(f)
		if err != nil || string(data) != want {
			t.Errorf("it is stored as %s, %v; want %s", data, err, want)
		}
		var back domain.Failure
		if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, f) {
			t.Errorf("%s is read as %+v, %v", data, back, err)
		}
	}
}

// TestWith: what a failure is about grows in a copy, for another may hold the same.
func TestWith(t *testing.T) {
	f := domain.Failure{Fault: domain.FaultEngine, About: &domain.About{Op: "create_matter"}}
	g := f.With(func(a *domain.About) { a.StoppedAfter = 60 })
	if f.About.StoppedAfter != 0 || g.About.StoppedAfter != 60 || g.About.Op != "create_matter" {
		t.Errorf("%+v became %+v", f.About, g.About)
	}
	if g := (domain.Failure{}).With(func(a *domain.About) { a.Reference = "r" }); g.About.Reference != "r" {
		t.Errorf("about nothing it became %+v", g.About)
	}
}

// TestLine: Smokeball's words are one line, without what repeats, and never too long.
func TestLine(t *testing.T) {
	var none *domain.Refusal
	for want, r := range map[string]*domain.Refusal{
		"":                             none,
		"No":                           {Title: "No."},
		"It is late; a: b":             {Title: "Bad Request", Detail: "It is late.", Errors: []string{"It is late", "a: b;"}},
		strings.Repeat("è", 300):       {Detail: strings.Repeat("è", 300)},
		strings.Repeat("é", 299) + "…": {Detail: strings.Repeat("é", 400)},
	} {
		if got := r.Line(); got != want {
			t.Errorf("%+v is %q, want %q", r, got, want)
		}
	}
}

// TestSomebodyWaitsForTheCallsThatConnect, and for no others.
func TestSomebodyWaitsForTheCallsThatConnect(t *testing.T) {
	for op, want := range map[string]bool{domain.OpFinishSignIn: true, domain.OpConnectOwnApp: true, domain.OpAskConsent: true, domain.OpEndSignIn: false, "create_matter": false} {
		if got := domain.Connects(op); got != want {
			t.Errorf("%s connects: %v", op, got)
		}
	}
}
