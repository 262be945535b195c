package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/casehug/smokeball-sync/domain"
)

// The codes that only the HTTP side has.
const (
	codeNotCaughtUp      domain.Code = "not_caught_up"
	codeNotReady         domain.Code = "not_ready"
	codeMethodNotAllowed domain.Code = "method_not_allowed"
	codeCrossOrigin      domain.Code = "cross_origin"
)

// problem is an error as RFC 9457 has it.
type problem struct {
	Type      string      `json:"type" doc:"Always about:blank; code tells problems apart."`
	Title     string      `json:"title" doc:"The kind of problem, in words."`
	Status    int         `json:"status" doc:"The HTTP status."`
	Code      domain.Code `json:"code" doc:"A stable word for programs."`
	Detail    string      `json:"detail" doc:"What could not be done, and why."`
	Remedy    string      `json:"remedy,omitempty" doc:"What to do, and who must act."`
	Errors    []fault     `json:"errors,omitempty" doc:"What is wrong with which field."`
	Reference string      `json:"reference,omitempty" doc:"What operators find in the log."`

	header http.Header
}

// fault is what is wrong with one field: a JSON pointer into the body, or a name such
// as query.limit.
type fault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p *problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with the status.
func (p *problem) GetHeaders() http.Header { return p.header }

// ContentType is the media type of problems.
func (p *problem) ContentType(string) string { return "application/problem+json" }

func newProblem(status int, code domain.Code, detail, remedy string) *problem {
	return &problem{Type: "about:blank", Title: title(status), Status: status, Code: code, Detail: detail, Remedy: remedy, header: http.Header{}}
}

func (p *problem) with(header, value string) *problem {
	p.header.Set(header, value)
	return p
}

func title(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "Not signed in"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusUnprocessableEntity:
		return "Values are not valid"
	}
	return http.StatusText(status)
}

// asKnownProblem is the problem in err's chain, or nil.
func asKnownProblem(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// problemOf is the one place that turns errors into what callers see. What the caller
// cannot mend is logged here, under the reference that the caller is given.
func (s *site) problemOf(ctx context.Context, err error) *problem {
	if p := asKnownProblem(err); p != nil {
		return p
	}
	if r := domain.AsRejection(err); r != nil {
		return rejected(r)
	}
	if errors.Is(ctx.Err(), context.Canceled) && errors.Is(err, context.Canceled) {
		return newProblem(statusClientGone, domain.CodeInternal, "The caller gave up.", "Ask again.") // nobody reads it
	}
	p := failed(err)
	p.Reference = newReference()
	s.Logger.LogAttrs(ctx, level(p.Status), "call failed", logAttrs(p, err)...)
	return p
}

// statusClientGone is what proxies log for a request whose client left before the answer.
const statusClientGone = 499

func newReference() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return "req_" + hex.EncodeToString(b[:])
}

func rejected(r *domain.Rejection) *problem {
	status, code := http.StatusInternalServerError, domain.CodeInternal
	switch r.Reason {
	case domain.Unknown:
		status, code = http.StatusNotFound, domain.CodeNotFound
	case domain.Invalid:
		status, code = http.StatusUnprocessableEntity, domain.CodeInvalidRequest
	case domain.Conflict:
		status, code = http.StatusConflict, "conflict"
	case domain.Expired:
		status, code = http.StatusGone, "expired"
	case domain.Denied:
		status, code = http.StatusForbidden, domain.CodeForbidden
	}
	if r.Failure.Code != "" {
		code = r.Failure.Code
	}
	p := newProblem(status, code, r.Failure.Message, r.Failure.Remedy)
	for _, f := range r.Faults {
		p.Errors = append(p.Errors, fault{Field: f.Field, Message: f.Reason})
	}
	return p
}

func failed(err error) *problem {
	c := domain.AsCallError(err)
	if c == nil {
		return newProblem(http.StatusInternalServerError, domain.CodeInternal,
			"The trouble is on our side and has been recorded.", "Try again; if it stays, tell CaseHug support the reference.")
	}
	p := newProblem(http.StatusBadGateway, c.Failure.Code, c.Failure.Message, c.Failure.Remedy)
	switch c.Class {
	case domain.Retryable, domain.Allowance:
		after := max(c.After, 5*time.Second)
		p.Status, p.Remedy = http.StatusServiceUnavailable, clickAgain(after)
		_ = p.with("Retry-After", seconds(after))
	case domain.SignIn:
		p.Status = http.StatusConflict
	}
	p.Title = title(p.Status)
	return p
}

// clickAgain is the remedy where something did not get through that a person waits for.
// The failure's own remedy is about syncs, which try again by themselves; a click does not.
func clickAgain(after time.Duration) string {
	n := wholly(after)
	return "Click again in " + wholeSeconds(&n) + "; a program sends its call again."
}

func seconds(d time.Duration) string {
	return strconv.Itoa(wholly(d))
}

// wholly is a duration in seconds, rounded up.
func wholly(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func invalid(field, message string) *problem {
	p := newProblem(http.StatusUnprocessableEntity, domain.CodeInvalidRequest, "A value of the request is not valid.", "Correct it and send it again.")
	p.Errors = []fault{{Field: field, Message: message}}
	return p
}

func notCaughtUp(want, have uint64) *problem {
	return newProblem(http.StatusServiceUnavailable, codeNotCaughtUp,
		fmt.Sprintf("The answer does not include ledger position %d yet; it is at %d.", want, have),
		"Ask again in a second.").with("Retry-After", "1")
}

// restate puts a problem in the place of the library's own errors. It never repeats
// the values of the request, which may be personal.
func restate(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := newProblem(m.Status, domain.CodeInvalidRequest, restated(m), "Correct the request and send it again.")
	if m.Status >= http.StatusInternalServerError {
		p.Code, p.Remedy = domain.CodeInternal, "Try again."
	}
	for _, e := range m.Errors {
		if e != nil {
			p.Errors = append(p.Errors, fault{Field: fieldAt(e.Location), Message: e.Message})
		}
	}
	return p, nil
}

func restated(m *huma.ErrorModel) string {
	switch m.Status {
	case http.StatusBadRequest:
		if len(m.Errors) == 0 {
			return "The request has no body."
		}
		return "The body of the request cannot be read as JSON."
	case http.StatusUnprocessableEntity:
		return "A value of the request is not valid."
	case http.StatusRequestEntityTooLarge:
		return "The body of the request is larger than 1 MB."
	case http.StatusUnsupportedMediaType:
		return "The body of the request is not JSON."
	}
	return m.Detail
}

// fieldAt turns body.client[0].email into the JSON pointer /client/0/email and leaves
// the names of parameters as they are.
func fieldAt(location string) string {
	rest, inBody := strings.CutPrefix(location, "body")
	if !inBody {
		return location
	}
	return strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(rest)
}
