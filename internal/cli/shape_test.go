package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// mismatches lists where v is not of the shape: an object has each member, which is null only where
// its name ends in ?; a list has elements of one shape; a word is a type (text, int, number, bool,
// time), or the words that a text may be.
func mismatches(shape, v any, at string) []string {
	switch s := shape.(type) {
	case map[string]any:
		object, ok := v.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, want an object", at, v)}
		}
		var list []string
		for name, of := range s {
			name, nullable := strings.CutSuffix(name, "?")
			inner, there := object[name]
			switch {
			case !there:
				list = append(list, at+"/"+name+" is missing")
			case inner != nil || !nullable:
				list = append(list, mismatches(of, inner, at+"/"+name)...)
			}
		}
		return list
	case []any:
		elements, ok := v.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, want a list", at, v)}
		}
		var list []string
		for i, e := range elements {
			list = append(list, mismatches(s[0], e, fmt.Sprintf("%s/%d", at, i))...)
		}
		return list
	}
	word := shape.(string)
	if !isOf(word, v) {
		return []string{fmt.Sprintf("%s is %v, want %s", at, v, word)}
	}
	return nil
}

func isOf(word string, v any) bool {
	kind, nullable := strings.CutSuffix(word, "?")
	text, isText := v.(string)
	switch {
	case v == nil:
		return nullable
	case kind == "text":
		return isText
	case kind == "number":
		_, ok := v.(float64)
		return ok
	case kind == "int":
		n, ok := v.(float64)
		return ok && n == float64(int64(n))
	case kind == "bool":
		_, ok := v.(bool)
		return ok
	case kind == "time":
		_, err := time.Parse(time.RFC3339, text)
		return err == nil
	case kind == "any":
		return true
	}
	return isText && slices.Contains(strings.Split(kind, "|"), text)
}

func TestShapes(t *testing.T) {
	shape := map[string]any{"a": "text", "b?": map[string]any{}, "c": []any{"int"}, "d": "on|off?", "e": "time"}
	good := map[string]any{"a": "x", "b": nil, "c": []any{1.0}, "d": nil, "e": "2026-11-02T15:04:05Z", "more": 1.0}
	if list := mismatches(shape, good, ""); len(list) != 0 {
		t.Errorf("what fits does not: %v", list)
	}
	bad := map[string]any{"a": nil, "b": 1.0, "c": []any{1.5}, "d": "maybe"}
	if list := mismatches(shape, bad, ""); len(list) != 5 {
		t.Errorf("found %v", list)
	}
}
