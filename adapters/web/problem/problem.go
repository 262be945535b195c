package problem

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// Problem is an error document of RFC 9457.
type Problem struct {
	Type      string      `json:"type" doc:"Always about:blank; code tells problems apart."`
	Title     string      `json:"title" doc:"The kind of problem, in words."`
	Status    int         `json:"status" doc:"The HTTP status."`
	Code      domain.Code `json:"code" doc:"A stable word for programs. A later version may add words."`
	Detail    string      `json:"detail" doc:"What could not be done, and why."`
	Remedy    string      `json:"remedy,omitempty" doc:"What to do, and who must act."`
	Errors    []Fault     `json:"errors,omitempty" doc:"What is wrong with which field."`
	Reference string      `json:"reference,omitempty" doc:"What operators find in the log."`

	header http.Header
}

// Fault is what is wrong with one field: a JSON pointer into the body, or a name such
// as query.limit.
type Fault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func New(status int, code domain.Code, detail, remedy string) *Problem {
	return &Problem{Type: "about:blank", Title: title(status), Status: status, Code: code, Detail: detail, Remedy: remedy, header: http.Header{}}
}

// With sets a header of the answer.
func (p *Problem) With(header, value string) *Problem {
	p.header.Set(header, value)
	return p
}

// SetStatus changes the status and the title that follows from it.
func (p *Problem) SetStatus(status int) *Problem {
	p.Status, p.Title = status, title(status)
	return p
}

// Write answers with the problem as JSON. A reader who is gone needs no answer.
func (p *Problem) Write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.header)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(p)
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

// As returns the problem in err's chain, or nil.
func As(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// Reporter turns errors into problems and logs those that the caller cannot correct.
type Reporter struct{ Logger *slog.Logger }

// Of returns what the caller is told of err. What is logged carries the reference
// that the caller gets.
func (s Reporter) Of(ctx context.Context, err error) *Problem {
	if p := As(err); p != nil {
		return p
	}
	if r := domain.AsRejection(err); r != nil {
		return Rejected(r)
	}
	if errors.Is(ctx.Err(), context.Canceled) && errors.Is(err, context.Canceled) {
		return New(statusClientGone, domain.CodeInternal, "The caller gave up.", "Ask again.") // nobody reads it
	}
	p := Failed(err)
	level := slog.LevelWarn
	if p.Status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.Logger.LogAttrs(ctx, level, "call failed", slog.String("reference", p.Reference), slog.String("code", string(p.Code)),
		slog.Int("status", p.Status), slog.Any("err", err))
	return p
}

// statusClientGone is what proxies log for a request whose client left before the answer.
const statusClientGone = 499

func newReference() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return "req_" + hex.EncodeToString(b[:])
}

// Rejected is the problem of a command that was rejected.
func Rejected(r *domain.Rejection) *Problem {
	status, code := http.StatusInternalServerError, domain.CodeInternal
	switch r.Reason {
	case domain.Unknown:
		status, code = http.StatusNotFound, domain.CodeNotFound
	case domain.Invalid:
		status, code = http.StatusUnprocessableEntity, domain.CodeInvalidRequest
	case domain.Conflict:
		status, code = http.StatusConflict, CodeConflict
	case domain.Expired:
		status, code = http.StatusGone, CodeExpired
	case domain.Denied:
		status, code = http.StatusForbidden, domain.CodeForbidden
	}
	if r.Failure.Code != "" {
		code = r.Failure.Code
	}
	message, remedy := wording.Failure(r.Failure)
	p := New(status, code, message, remedy)
	for _, f := range r.Faults {
		p.Errors = append(p.Errors, Fault{Field: f.Field, Message: f.Reason})
	}
	return p
}

// Failed is the problem of an error that the caller did not cause, with a new reference.
// It does not repeat the cause, which may be personal.
func Failed(err error) *Problem {
	c := domain.AsCallError(err)
	if c == nil {
		p := New(http.StatusInternalServerError, domain.CodeInternal,
			"The trouble is on our side and has been recorded.", "Try again; if it stays, tell CaseHug support the reference.")
		p.Reference = newReference()
		return p
	}
	message, remedy := wording.Failure(c.Failure)
	p := New(http.StatusBadGateway, c.Failure.Code, message, remedy)
	p.Reference = newReference()
	switch c.Class {
	case domain.Retryable, domain.Allowance:
		after := wholly(max(c.After, 5*time.Second))
		p.Remedy = clickAgain(after)
		return p.SetStatus(http.StatusServiceUnavailable).With("Retry-After", strconv.Itoa(after))
	case domain.SignIn:
		return p.SetStatus(http.StatusConflict)
	}
	return p
}

// clickAgain is the remedy where a call failed that a person waits for. The failure's own
// remedy is about syncs, which the engine retries; a click is not retried.
func clickAgain(seconds int) string {
	return "Try again in " + words.Seconds(seconds) + "."
}

// wholly is a duration in seconds, rounded up.
func wholly(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// Invalid is the problem of one value.
func Invalid(field, message string) *Problem {
	p := New(http.StatusUnprocessableEntity, domain.CodeInvalidRequest, "A value of the request is not valid.", "Correct it and send it again.")
	p.Errors = []Fault{{Field: field, Message: message}}
	return p
}

func UnknownAddress() *Problem {
	return New(http.StatusNotFound, domain.CodeNotFound, "There is nothing at this address.", "GET /openapi.json lists the addresses of the API.")
}
