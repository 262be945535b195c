package smokeballsim

import (
	"slices"
	"strings"
)

// term is one condition of a Search: a field, an operator and what it is compared with.
type term struct{ field, operator, value string }

// operators, the longest first, so that ":>" is not parsed as ":" with ">…".
var operators = [...]string{":>=", ":<=", ":!", ":>", ":<", ":"}

// parseSearch reads the values of a repeated Search parameter; all of them must hold.
func parseSearch(values []string, known ...string) ([]term, *problem) {
	terms := make([]term, 0, len(values))
	for _, text := range values {
		t, good := parseTerm(text)
		if !good {
			return nil, invalid("Search", "%q is not of the form field:value.", text)
		}
		if !slices.Contains(known, t.field) {
			return nil, invalid("Search", "%q is not a field to search; use %s.", t.field, strings.Join(known, ", "))
		}
		terms = append(terms, t)
	}
	return terms, nil
}

func parseTerm(text string) (term, bool) {
	at := strings.IndexByte(text, ':')
	if at < 1 {
		return term{}, false
	}
	field, rest := strings.ToLower(strings.TrimSpace(text[:at])), text[at:]
	for _, op := range operators {
		if value, found := strings.CutPrefix(rest, op); found {
			value = strings.ToLower(strings.TrimSpace(value))
			return term{field, op, value}, value != ""
		}
	}
	return term{}, false
}

// holds reports whether any candidate satisfies the term; ":!" requires that none is equal.
func (t term) holds(candidates ...string) bool {
	if t.operator == ":!" {
		equal := term{t.field, ":", t.value}
		return !equal.holds(candidates...)
	}
	return slices.ContainsFunc(candidates, func(c string) bool {
		return c != "" && t.compare(strings.ToLower(c))
	})
}

func (t term) compare(candidate string) bool {
	switch t.operator {
	case ":>":
		return candidate > t.value
	case ":>=":
		return candidate >= t.value
	case ":<":
		return candidate < t.value
	case ":<=":
		return candidate <= t.value
	}
	return wildcard(t.value, candidate)
}

// wildcard matches s against a pattern in which * stands for any run of characters. It
// never takes longer than len(pattern) × len(s) steps.
func wildcard(pattern, s string) bool {
	star, mark, p, i := -1, 0, 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark, p = p, i, p+1
		case p < len(pattern) && pattern[p] == s[i]:
			p, i = p+1, i+1
		case star >= 0:
			mark, p = mark+1, star+1
			i = mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
