package domain_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

var update = flag.Bool("update", false, "write the golden events that are missing; one that exists stands for what ledgers hold and stays")

const goldens = "testdata/events"

// TestGoldens holds every event to the form in which ledgers have it: what was ever
// written is read without loss, as the same type.
func TestGoldens(t *testing.T) {
	if *update {
		writeMissing(t)
	}
	for _, name := range domain.EventNames() {
		t.Run(name, func(t *testing.T) {
			stored, err := os.ReadFile(filepath.Join(goldens, name+".json"))
			if err != nil {
				t.Fatalf("the event has no golden; run go test -run TestGoldens -update: %v", err)
			}
			e, err := domain.Unmarshal(name, stored)
			if err != nil {
				t.Fatal(err)
			}
			if e.EventName() != name {
				t.Errorf("it is read as %s", e.EventName())
			}
			again, data, err := domain.Marshal(e)
			if err != nil || again != name {
				t.Fatalf("it is stored as %s, %v", again, err)
			}
			if got := indented(t, data); !bytes.Equal(got, stored) {
				t.Errorf("it is stored as\n%swant\n%s", got, stored)
			}
		})
	}
}

// TestGoldensAreKnown tells that no stored event has lost its type.
func TestGoldensAreKnown(t *testing.T) {
	files, err := filepath.Glob(goldens + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no goldens: %v", err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".json"); !slices.Contains(domain.EventNames(), name) {
			t.Errorf("%s is stored in ledgers and no longer in the catalogue", name)
		}
	}
}

// TestSamples tells that every event has a sample with every field filled, so that
// its golden shows the whole shape.
func TestSamples(t *testing.T) {
	have := map[string]bool{}
	for _, e := range samples() {
		if have[e.EventName()] {
			t.Errorf("%s has two samples", e.EventName())
		}
		have[e.EventName()] = true
		for _, path := range blanks(reflect.ValueOf(e), e.EventName()) {
			t.Errorf("the sample leaves %s empty", path)
		}
	}
	for _, name := range domain.EventNames() {
		if !have[name] {
			t.Errorf("%s has no sample", name)
		}
	}
}

func TestUnknownEvents(t *testing.T) {
	if e, err := domain.Unmarshal("matter.invented.v1", []byte("{}")); err == nil {
		t.Errorf("an unknown name is read as %+v", e)
	}
	if e, err := domain.Unmarshal("matter.created.v1", []byte(`{"matter":{"version":"three"}}`)); err == nil {
		t.Errorf("a wrong shape is read as %+v", e)
	}
	if name, _, err := domain.Marshal(stranger{}); err == nil {
		t.Errorf("an event outside the catalogue is stored as %s", name)
	}
}

// stranger is an event that the catalogue does not list.
type stranger struct{}

func (stranger) EventName() string { return "stranger.v1" }

func writeMissing(t *testing.T) {
	t.Helper()
	if err := os.MkdirAll(goldens, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, e := range samples() {
		name, data, err := domain.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(goldens, name+".json")
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, indented(t, data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func indented(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// choices are the types of which a value fills one part or another.
var choices = []reflect.Type{reflect.TypeFor[domain.Warning](), reflect.TypeFor[domain.Failure](), reflect.TypeFor[domain.Content](), reflect.TypeFor[domain.ClientData](), reflect.TypeFor[domain.ContactDraft]()}

// blanks names the fields that a value leaves empty.
func blanks(v reflect.Value, path string) []string {
	if v.IsZero() {
		return []string{path}
	}
	switch {
	case v.Kind() == reflect.Pointer:
		return blanks(v.Elem(), path)
	case v.Kind() == reflect.Slice && v.Len() == 0:
		return []string{path}
	case v.Kind() != reflect.Struct || v.Type().PkgPath() == "time" || slices.Contains(choices, v.Type()):
		return nil
	}
	var found []string
	for i := range v.NumField() {
		found = append(found, blanks(v.Field(i), path+"."+v.Type().Field(i).Name)...)
	}
	return found
}
