package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// failure is the reason why a command failed, as --json prints it.
type failure struct {
	Code    domain.Code  `json:"code"`
	Message string       `json:"message"`
	Remedy  string       `json:"remedy,omitempty"`
	Status  int          `json:"status,omitempty"` // of the engine's answer
	Fields  []fieldFault `json:"fields,omitempty"`
}

// Error is the message.
func (f *failure) Error() string { return f.Message }

// fieldFault is the fault of one value.
type fieldFault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Codes of failures that the engine did not answer.
const (
	codeWrongUsage domain.Code = "wrong_usage"
	codeFailed     domain.Code = "failed"
)

// asJSON reports whether the command line has --json. It does not parse the command line, because
// it is also used for one that can't be parsed.
func asJSON(args []string) bool {
	for _, a := range args {
		switch {
		case a == "--":
			return false
		case a == "--json", strings.HasPrefix(a, "--json="):
			return a != "--json=false"
		}
	}
	return false
}

// exitJSON prints why a command failed as one object on out, and for people on stderr.
func exitJSON(out, stderr io.Writer, err error) int {
	code := exitCode(stderr, err)
	var said errExit
	if err == nil || errors.As(err, &said) {
		return code
	}
	if err := printJSON(out, map[string]*failure{"error": failureOf(err)}); err != nil {
		fmt.Fprintln(stderr, "smokeball-sync:", err)
	}
	return code
}

func failureOf(err error) *failure {
	var usage *config.UsageError
	var refused *refusedError
	var known *failure
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &usage):
		return &failure{Code: codeWrongUsage, Message: err.Error()}
	case errors.As(err, &refused):
		return &failure{Code: refused.problem.Code, Message: words.Sentence(refused.problem.Detail), Remedy: words.Sentence(refused.problem.Remedy),
			Status: refused.status, Fields: refused.problem.Errors}
	}
	if r := domain.AsRejection(err); r != nil {
		message, remedy := wording.Failure(r.Failure)
		return &failure{Code: r.Failure.Code, Message: message, Remedy: remedy}
	}
	return &failure{Code: codeFailed, Message: err.Error()}
}
