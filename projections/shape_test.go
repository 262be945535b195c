package projections_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/projections"
)

// TestARowOfAnotherShapeHasAnotherVersion: rows which an older engine folded are
// never read as if they had the shape of today's: whoever changes a row, or a type of domain
// that it holds, raises the view's version, and go test ./projections -update.
func TestARowOfAnotherShapeHasAnotherVersion(t *testing.T) {
	const file = "testdata/shapes.json"
	shapes := map[string]string{}
	for view, row := range projections.Rows() {
		shapes[view] = shape(row)
	}
	if *update {
		data, err := json.MarshalIndent(shapes, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(data, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	known := map[string]string{}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &known); err != nil {
		t.Fatal(err)
	}
	for name, now := range shapes {
		switch was, ok := known[name]; {
		case !ok:
			t.Errorf("%s is in no list of shapes: write it with -update", name)
		case was != now:
			t.Errorf("rows of %s have another shape than before: raise the view's version, then -update", name)
		}
	}
}

// shape is a digest of what a row looks like as JSON.
func shape(row reflect.Type) string {
	var text strings.Builder
	describe(&text, row, map[reflect.Type]bool{})
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:8])
}

// describe writes what of a type JSON shows.
func describe(text *strings.Builder, t reflect.Type, within map[reflect.Type]bool) {
	switch {
	case t == reflect.TypeFor[time.Time](), within[t]:
		fmt.Fprint(text, t.Name())
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Array, t.Kind() == reflect.Map:
		fmt.Fprint(text, t.Kind(), " of ")
		describe(text, t.Elem(), within)
	case t.Kind() == reflect.Struct:
		within[t] = true
		fmt.Fprint(text, "{")
		for f := range fieldsOf(t) {
			fmt.Fprintf(text, "%s %q ", f.Name, f.Tag.Get("json"))
			describe(text, f.Type, within)
			fmt.Fprint(text, ";")
		}
		fmt.Fprint(text, "}")
		delete(within, t)
	default:
		fmt.Fprint(text, t.Kind())
	}
}

func fieldsOf(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && f.Tag.Get("json") != "-" && !yield(f) {
				return
			}
		}
	}
}
