package casehug

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed schemas/*.json
var schemaFiles embed.FS

// schemas are read and compiled at first use; they never change after that.
var schemas = sync.OnceValue(loadSchemas)

// catalog holds the schema of each event type's data.
type catalog struct {
	events map[string]eventSchema
	words  map[string]string // pattern → what it asks for, in people's words
}

// eventSchema is one schema as it is published and as it is applied.
type eventSchema struct {
	text []byte
	rule *jsonschema.Schema
}

// Schema is the JSON Schema (draft 2020-12) of the data of events of one type, such
// as com.casehug.matter.created. It refers to nothing outside itself. It reports
// false for a type that is not on the bus.
func Schema(eventType string) ([]byte, bool) {
	s, ok := schemas().events[eventType]
	return bytes.Clone(s.text), ok
}

// loadSchemas panics if a schema of this package is broken: that is a fault of the
// program, and every test meets it.
func loadSchemas() catalog {
	eventTypes, parts := readSchemas()
	c := catalog{events: map[string]eventSchema{}, words: map[string]string{}}
	collectWords(parts, c.words)
	for _, eventType := range eventTypes {
		c.events[eventType] = bundle(eventType, parts)
	}
	return c
}

// readSchemas lists the types that have a schema and reads the definitions that the
// schemas refer to: each file that is named after one thing, and values.json with
// the small ones.
func readSchemas() (eventTypes []string, parts map[string]any) {
	files, err := schemaFiles.ReadDir("schemas")
	must(err)
	parts = readSchema("values")
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".json")
		if strings.HasPrefix(name, "com.") {
			eventTypes = append(eventTypes, name)
		} else if name != "values" {
			parts[name] = readSchema(name)
		}
	}
	return eventTypes, parts
}

func readSchema(name string) map[string]any {
	raw, err := schemaFiles.ReadFile(path.Join("schemas", name+".json"))
	must(err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	must(err)
	return doc.(map[string]any)
}

// bundle puts the definitions that an event's schema needs into it and compiles it.
func bundle(eventType string, parts map[string]any) eventSchema {
	doc := readSchema(eventType)
	defs := map[string]any{}
	addDefs(doc, parts, defs)
	if len(defs) > 0 {
		doc["$defs"] = defs
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	must(err)
	compiler := jsonschema.NewCompiler()
	compiler.RegisterFormat(&jsonschema.Format{Name: "date-time", Validate: isMoment})
	compiler.AssertFormat()
	must(compiler.AddResource("urn:"+eventType, doc))
	return eventSchema{text, compiler.MustCompile("urn:" + eventType)}
}

// addDefs copies to defs the parts that node refers to, and those they refer to.
func addDefs(node any, parts, defs map[string]any) {
	walk(node, func(o map[string]any) {
		ref, _ := o["$ref"].(string)
		name, ok := strings.CutPrefix(ref, "#/$defs/")
		if _, known := defs[name]; !ok || known {
			return
		}
		part, ok := parts[name]
		if !ok {
			panic(fmt.Sprintf("schema refers to the unknown definition %q", name))
		}
		defs[name] = part
		addDefs(part, parts, defs)
	})
}

// collectWords remembers how the schemas describe each pattern, so that a reason
// given to people says what the schema says.
func collectWords(node any, words map[string]string) {
	walk(node, func(o map[string]any) {
		pattern, ok := o["pattern"].(string)
		if says, described := o["description"].(string); ok && described {
			words[pattern] = says
		}
	})
}

// walk calls visit for every object in node, the outer ones first.
func walk(node any, fn func(map[string]any)) {
	switch n := node.(type) {
	case map[string]any:
		fn(n)
		for _, v := range n {
			walk(v, fn)
		}
	case []any:
		for _, v := range n {
			walk(v, fn)
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
