package smokeballsim

import (
	"slices"
	"strings"
)

// sorting is a Sort parameter: asc(field) or desc(field).
type sorting struct {
	field string // lower case; "": in order of acceptance
	desc  bool
}

func parseSort(text string, known ...string) (sorting, *problem) {
	if text == "" {
		return sorting{}, nil
	}
	order, rest, _ := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "(")
	field, closed := strings.CutSuffix(rest, ")")
	if !closed || order != "asc" && order != "desc" {
		return sorting{}, invalid("Sort", "%q is not of the form asc(field) or desc(field).", text)
	}
	if !slices.Contains(known, field) {
		return sorting{}, invalid("Sort", "%q is not a field to sort by; use %s.", field, strings.Join(known, ", "))
	}
	return sorting{field, order == "desc"}, nil
}

// sortBy sorts all by the requested field's comparison; equal elements keep their order.
func sortBy[T any](all []T, by sorting, fields map[string]func(a, b T) int) {
	compare := fields[by.field]
	if compare == nil {
		return
	}
	slices.SortStableFunc(all, func(a, b T) int {
		if by.desc {
			return compare(b, a)
		}
		return compare(a, b)
	})
}
