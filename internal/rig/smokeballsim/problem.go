package smokeballsim

import (
	"fmt"
	"net/http"
)

// problem is an error in the vendor's format: an RFC 7807 document whose errors are an array
// of objects.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance,omitempty"`
	Errors   []flaw `json:"errors"`
}

// flaw is one fault of a request.
type flaw struct {
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// Error names the status and the cause.
func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail) }

func newProblem(status int, detail string, flaws ...flaw) *problem {
	if flaws == nil {
		flaws = []flaw{}
	}
	return &problem{
		Type:   fmt.Sprintf("https://httpstatuses.io/%d", status),
		Title:  http.StatusText(status),
		Status: status,
		Detail: detail,
		Errors: flaws,
	}
}

// invalid is a 400 about one field.
func invalid(field, format string, args ...any) *problem {
	return invalidAll(flaw{field, fmt.Sprintf(format, args...)})
}

// invalidAll is a 400 about several fields.
func invalidAll(flaws ...flaw) *problem {
	return newProblem(http.StatusBadRequest, "One or more fields are invalid.", flaws...)
}

func missing(kind, id string) *problem {
	return newProblem(http.StatusNotFound, fmt.Sprintf("No %s has the id %q, or it is not there yet.", kind, id))
}

func foreign(kind, id string) *problem {
	return newProblem(http.StatusForbidden, fmt.Sprintf("The %s %q is not of this account.", kind, id))
}
