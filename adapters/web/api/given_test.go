package api

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestGivenCarriesEveryProperty tells that whatever the schema of CaseHug's events allows a
// matter, a client or a document to have reaches the engine from POST …/sync as well: members
// that given.go does not know are ignored.
func TestGivenCarriesEveryProperty(t *testing.T) {
	for schema, carry := range map[string]func(data []byte) (any, error){
		"matter":   func(b []byte) (any, error) { g, err := read[matterGiven](b); return g.data(), err },
		"client":   func(b []byte) (any, error) { g, err := read[clientGiven](b); return g.data(), err },
		"document": func(b []byte) (any, error) { g, err := read[documentGiven](b); return g.data(), err },
		"content":  func(b []byte) (any, error) { g, err := read[documentGiven](b); return g.data().Content, err },
	} {
		given := example(t, schema)
		in := given
		if schema == "content" {
			in = map[string]any{"content": given}
		}
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		data, err := carry(body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := asMap(data)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range given {
			if !reflect.DeepEqual(got[name], want) {
				t.Errorf("%s of a %s is given as %v and carried as %v", name, schema, want, got[name])
			}
		}
	}
}

func read[T any](b []byte) (g T, err error) { return g, json.Unmarshal(b, &g) }

func asMap(v any) (m map[string]any, err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return m, json.Unmarshal(b, &m)
}

// property is what a schema says of a property, as far as examples require it.
type property struct {
	Ref   string `json:"$ref"`
	Type  any
	Enum  []any
	Items *property
}

// example is an object with a value in every property of the schema.
func example(t *testing.T, schema string) map[string]any {
	t.Helper()
	text, err := os.ReadFile("../../casehug/schemas/" + schema + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ Properties map[string]property }
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Properties) < 2 {
		t.Fatalf("the schema %s has the properties %v", schema, s.Properties)
	}
	o := map[string]any{}
	for name, p := range s.Properties {
		o[name] = p.example(t, name)
	}
	return o
}

func (p property) example(t *testing.T, name string) any {
	t.Helper()
	kind := fmt.Sprint(p.Type)
	switch ref := strings.TrimPrefix(p.Ref, "#/$defs/"); {
	case ref == "client" || ref == "content":
		return example(t, ref)
	case ref == "version" || strings.Contains(kind, "integer"):
		return float64(7)
	case ref == "moment":
		return "2026-11-02T15:04:05-06:00"
	case len(p.Enum) > 0:
		return p.Enum[0]
	case p.Items != nil:
		return []any{p.Items.example(t, name)}
	case ref != "" || strings.Contains(kind, "string"):
		return "the " + name
	}
	t.Fatalf("no rule gives an example of %s: %+v", name, p)
	return nil
}
