package domain_test

import (
	"errors"
	"fmt"
	"io"
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
