package main

import (
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A fault is planted only where what it replaces stands in its file once, and where the file with
// it is Go: a change of the engine that moves such a place has to move the fault, too.
func TestFaultsCanBePlanted(t *testing.T) {
	names := map[string]bool{}
	for _, f := range faults() {
		if names[f.name] {
			t.Errorf("two faults are called %s", f.name)
		}
		names[f.name] = true
		text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(f.file)))
		if err != nil {
			t.Error(err)
			continue
		}
		spoilt, err := f.in(string(text))
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), f.file, spoilt, parser.SkipObjectResolution); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	if len(names) < 20 {
		t.Errorf("%d faults are planted, want 20", len(names))
	}
}

// The tests and campaigns that have to find the faults are there.
func TestFindersExist(t *testing.T) {
	campaigns := textOf(t, "internal/rig/crashtest/*.go")
	for _, f := range faults() {
		if _, err := regexp.Compile(f.found); err != nil || f.found == "" {
			t.Errorf("%s: the words of its finder are %q, %v", f.name, f.found, err)
		}
		if f.campaign != "" {
			if !strings.Contains(campaigns, `"`+f.campaign+`"`) {
				t.Errorf("%s: there is no campaign %s", f.name, f.campaign)
			}
			continue
		}
		text := textOf(t, f.folder+"/*_test.go")
		for name := range strings.SplitSeq(f.tests, "|") {
			if !strings.Contains(text, "func "+name+"(t *testing.T)") {
				t.Errorf("%s: %s has no %s", f.name, f.folder, name)
			}
		}
	}
}

// textOf is the text of the files that a pattern names.
func textOf(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", filepath.FromSlash(pattern)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

func TestPlantedRefusesUnknownFaults(t *testing.T) {
	if err := run(t.Context(), []string{"-fault", "no-such-fault"}, io.Discard); err == nil || !strings.Contains(err.Error(), "no-such-fault") {
		t.Errorf("a fault that is not there: %v", err)
	}
}
