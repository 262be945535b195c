package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// restate replaces the library's own errors by problems. It never repeats the values of
// the request, which may be personal.
func restate(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problem.New(m.Status, domain.CodeInvalidRequest, restated(m), "Correct the request and send it again.")
	if m.Status >= http.StatusInternalServerError {
		p.Code, p.Remedy = domain.CodeInternal, "Try again."
	}
	for _, e := range m.Errors {
		if e != nil {
			p.Errors = append(p.Errors, problem.Fault{Field: fieldAt(e.Location), Message: e.Message})
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

// fieldAt turns body.client[0].email into the JSON pointer /client/0/email and returns
// the names of parameters unchanged.
func fieldAt(location string) string {
	rest, inBody := strings.CutPrefix(location, "body")
	if !inBody {
		return location
	}
	return strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(rest)
}
