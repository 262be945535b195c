package web_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// schema is what the OpenAPI document says of a value.
type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]schema
	Items      *schema
}

// openAPI is the part of the document that describes answers.
type openAPI struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema schema }
		}
	}
	Components struct{ Schemas map[string]schema }
}

// nulls lists where v is null and its schema does not allow that.
func (d openAPI) nulls(s schema, v any, at string) []string {
	if s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	var list []string
	switch v := v.(type) {
	case nil:
		if types, _ := s.Type.([]any); s.Type != nil && !slices.Contains(types, any("null")) {
			list = append(list, at)
		}
	case map[string]any:
		for name, inner := range v {
			list = append(list, d.nulls(s.Properties[name], inner, at+"/"+name)...)
		}
	case []any:
		for i, inner := range v {
			if s.Items != nil {
				list = append(list, d.nulls(*s.Items, inner, fmt.Sprintf("%s/%d", at, i))...)
			}
		}
	}
	return list
}

// What an answer may leave open as null, the OpenAPI document says.
func TestNullsAreDescribed(t *testing.T) {
	for name, e := range map[string]*engine{"bare": newEngine(t, stopping), "connected": newEngine(t, stopping).connect().tell().tellMappings()} {
		e.told(t)
		var d openAPI
		e.call(t, call{path: "/openapi.json"}).want(200).into(&d)
		for path, methods := range d.Paths {
			op, ok := methods["get"]
			if !ok {
				continue
			}
			address := strings.NewReplacer("{firm}", "f_1", "{matter}", "m_1001", "{id}", map[bool]string{true: "dl_1", false: "s_failed"}[strings.Contains(path, "dead-letters")]).Replace(path)
			c := call{path: address, token: "admin-token"}
			if strings.HasPrefix(path, "/v1/operator") {
				c = call{path: address, header: map[string]string{"Authorization": "Operator " + operator}}
			}
			r := e.call(t, c)
			body, isJSON := op.Responses["200"].Content["application/json"]
			if r.status != 200 || !isJSON {
				continue // the bare engine has no such thing, or it is a stream
			}
			var v any
			if err := json.Unmarshal([]byte(r.body), &v); err != nil {
				t.Fatal(err)
			}
			for _, at := range d.nulls(body.Schema, v, "") {
				t.Errorf("%s, GET %s: %s is null, which the document does not allow", name, path, at)
			}
		}
	}
}
