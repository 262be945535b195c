package casehug

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// maxFaults bounds the list for one event: a sender with a hundred faults needs no
// more to see what is wrong.
const maxFaults = 100

// dataFaults says in people's words what a schema found wrong, one fault per field,
// ordered by field.
func dataFaults(err error) []domain.FieldFault {
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return []domain.FieldFault{{Reason: "cannot be checked: it holds a value that JSON does not know"}}
	}
	faults := leafFaults(ve, nil)
	slices.SortFunc(faults, func(a, b domain.FieldFault) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason))
	})
	faults = slices.CompactFunc(faults, func(a, b domain.FieldFault) bool { return a.Field == b.Field })
	return bounded(faults)
}

// bounded cuts the list at maxFaults and says so.
func bounded(faults []domain.FieldFault) []domain.FieldFault {
	if len(faults) <= maxFaults {
		return faults
	}
	rest := len(faults) - maxFaults
	return append(faults[:maxFaults:maxFaults],
		domain.FieldFault{Reason: fmt.Sprintf("has %d more faults that are not listed", rest)})
}

// leafFaults appends the faults below e: only a leaf names a cause, what is above it
// names the way.
func leafFaults(e *jsonschema.ValidationError, faults []domain.FieldFault) []domain.FieldFault {
	for _, c := range e.Causes {
		faults = leafFaults(c, faults)
	}
	if len(e.Causes) > 0 {
		return faults
	}
	at := pointer(e.InstanceLocation)
	if missing, ok := e.ErrorKind.(*kind.Required); ok {
		for _, name := range missing.Missing {
			faults = append(faults, domain.FieldFault{Field: at + "/" + name, Reason: "is missing" + hint(name)})
		}
		return faults
	}
	return append(faults, domain.FieldFault{Field: at, Reason: reason(e.ErrorKind) + hint(last(e.InstanceLocation))})
}

// pointer is the JSON pointer of a place in an event's data. The places are fields
// that the schemas name and positions in lists, so nothing needs escaping.
func pointer(tokens []string) string {
	if len(tokens) == 0 {
		return ""
	}
	return "/" + strings.Join(tokens, "/")
}

func last(tokens []string) string {
	if len(tokens) == 0 {
		return ""
	}
	return tokens[len(tokens)-1]
}

// hint tells what a field has to do with its neighbours.
func hint(field string) string {
	switch field {
	case "last_name":
		return "; give last_name or company_name"
	case "url":
		return "; give either object or url"
	}
	return ""
}

// reason says what a value must be. It never repeats the value.
func reason(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "must be " + typeWords(k.Want) + ", not " + typeWord(k.Got)
	case *kind.Enum:
		return enumReason(k.Want)
	case *kind.Pattern:
		return "must be " + cmp.Or(schemas().words[k.Want], "written as its schema says")
	case *kind.Format:
		return "must be a time as in RFC 3339, such as 2026-11-02T15:04:05Z"
	case *kind.MinLength:
		return "is empty"
	case *kind.MaxLength:
		return fmt.Sprintf("has %d characters; at most %d are taken", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %d entries; at most %d are taken", k.Got, k.Want)
	case *kind.Minimum:
		return "must be at least " + k.Want.RatString()
	case *kind.Maximum:
		return "must be at most " + k.Want.RatString()
	}
	return "does not match its schema"
}

// enumReason names the choices. A field whose only choices are to be empty does not
// belong there.
func enumReason(want []any) string {
	var choices []string
	for _, w := range want {
		if s, ok := w.(string); ok && s != "" {
			choices = append(choices, s)
		}
	}
	if len(choices) == 0 {
		return "must be left out here"
	}
	return "must be one of " + strings.Join(choices, ", ")
}

// typeWords names the types that a value may have, null last.
func typeWords(want []string) string {
	var words []string
	for _, w := range want {
		if w != "null" {
			words = append(words, typeWord(w))
		}
	}
	if slices.Contains(want, "null") {
		words = append(words, "null")
	}
	return strings.Join(words, " or ")
}

// typeWord is what people call a JSON type.
func typeWord(jsonType string) string {
	switch jsonType {
	case "string":
		return "a text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	}
	return jsonType
}
