package smokeball

import (
	"cmp"
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"strings"
	"unicode"

	"github.com/casehug/smokeball-sync/domain"
)

const (
	longestLine = 300  // characters of what a person reads in one line
	longestText = 4000 // characters of one text of Smokeball's that are kept
	mostLines   = 20   // entries of `errors` that are kept
	deepest     = 4    // levels of `errors` that are looked into
)

// vendorError is Smokeball's own words in an answer that is not a success.
type vendorError struct {
	domain.Refusal
	told bool // the answer is a document of Smokeball's, be it one that says little
}

func (k call) refusal(a answer) vendorError {
	s := parseProblem(a.body)
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	s.told = s.told || (media == "application/problem+json" && isObject(withoutBOM(a.body)))
	s.Status = a.status
	s.RequestID = domain.RequestID(cmp.Or(a.header.Get("RequestId"), string(k.request)))
	return s
}

// looseText is a JSON string; anything else is taken for none.
type looseText string

func (t *looseText) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = looseText(clean(s))
	}
	return nil
}

// problem is a problem document (RFC 7807), or the API gateway's {"message": …}.
type problem struct {
	Title   looseText `json:"title"`
	Detail  looseText `json:"detail"`
	Message looseText `json:"message"`
	Errors  any       `json:"errors"`
	Type    looseText `json:"type"`
	Status  looseInt  `json:"status"`
}

// says reports whether the document has anything of what makes it one of Smokeball's. Firewalls
// answer in JSON as well.
func (p problem) says() bool {
	return p.Title != "" || p.Detail != "" || p.Message != "" || p.Errors != nil || p.Type != "" || p.Status != 0
}

// isEmpty reports whether the body is an object that holds nothing.
func isEmpty(body []byte) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(body, &members) == nil && len(members) == 0
}

// parseProblem reads what Smokeball says about a failure. `errors` is an array of
// objects, sometimes of strings, sometimes an object of arrays: all are read. A body
// that is none of this says nothing.
func parseProblem(body []byte) vendorError {
	body = withoutBOM(body)
	var p problem
	if !isObject(body) || json.Unmarshal(body, &p) != nil {
		return vendorError{}
	}
	s := vendorError{told: p.says() || isEmpty(body)}
	s.Title = string(p.Title)
	s.Detail = cmp.Or(string(p.Detail), string(p.Message))
	s.Errors = flatten(nil, "", p.Errors, deepest)
	return s
}

// flatten appends the lines that v holds, each led by the field it is about.
func flatten(lines []string, field string, v any, depth int) []string {
	if depth == 0 || len(lines) >= mostLines {
		return lines
	}
	switch v := v.(type) {
	case string:
		return appendLine(lines, field, v)
	case []any:
		for _, e := range v {
			lines = flatten(lines, field, e, depth-1)
		}
	case map[string]any:
		return flattenObject(lines, field, v, depth)
	}
	return lines
}

// flattenObject reads one error object, or an object with a list for each field.
func flattenObject(lines []string, field string, v map[string]any, depth int) []string {
	if message := firstText(v, "message", "errorMessage", "detail", "description", "reason", "error", "title"); message != "" {
		about := cmp.Or(firstText(v, "field", "property", "propertyName", "name", "pointer", "source", "path"), field)
		return appendLine(lines, about, message)
	}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		lines = flatten(lines, clean(key), v[key], depth-1)
	}
	return lines
}

func firstText(v map[string]any, keys ...string) string {
	for _, key := range keys {
		if s, ok := v[key].(string); ok && clean(s) != "" {
			return clean(s)
		}
	}
	return ""
}

func appendLine(lines []string, field, text string) []string {
	text = clean(text)
	if text == "" || len(lines) >= mostLines {
		return lines
	}
	if field != "" {
		text = field + ": " + text
	}
	return append(lines, cut(text, longestText))
}

// clean is s as one bounded line of printable characters.
func clean(s string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return cut(strings.Join(strings.Fields(printable), " "), longestText)
}

// cut shortens s to n characters, the last of which then is an ellipsis.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}
