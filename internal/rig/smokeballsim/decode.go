package smokeballsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// strict decodes one JSON value into v and refuses fields that v does not have.
func strict(body []byte, v any) *problem {
	if len(bytes.TrimSpace(body)) == 0 {
		return newProblem(400, "The request body is empty.")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return invalid("$", "The body does not fit: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return invalid("$", "The body holds more than one JSON value.")
	}
	return nil
}

// fields are the members that a JSON object names, in the vendor's spelling (camel case).
func fields(body []byte) (map[string]any, *problem) {
	var named map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&named); err != nil || named == nil {
		return nil, invalid("$", "The body is not a JSON object.")
	}
	return camel(named).(map[string]any), nil
}

// camel converts the names of all members to camel case, because the vendor ignores the case of
// a name's first letter.
func camel(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := make(map[string]any, len(object))
	for name, value := range object {
		first, size := utf8.DecodeRuneInString(name)
		out[string(unicode.ToLower(first))+name[size:]] = camel(value)
	}
	return out
}

// merge applies patch to current: null clears, objects merge, other values replace. It returns
// a new value.
func merge[T any](current T, patch map[string]any) (T, error) {
	var next T
	was, err := asObject(current)
	if err != nil {
		return next, err
	}
	b, err := json.Marshal(overlay(was, patch))
	if err != nil {
		return next, fmt.Errorf("encode merged %T: %w", next, err)
	}
	if p := strict(b, &next); p != nil {
		return next, p
	}
	return next, nil
}

func overlay(into, patch map[string]any) map[string]any {
	if into == nil {
		into = map[string]any{}
	}
	for name, value := range patch {
		switch v := value.(type) {
		case nil:
			delete(into, name)
		case map[string]any:
			inner, _ := into[name].(map[string]any)
			into[name] = overlay(inner, v)
		default:
			into[name] = v
		}
	}
	return into
}

func asObject(v any) (map[string]any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	var out map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("decode %T: %w", v, err)
	}
	return out, nil
}
