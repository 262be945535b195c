package main

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAFaultIsNamed: a row that fails, or panics, is a line of the table that says so, and the
// others are measured all the same.
func TestAFaultIsNamed(t *testing.T) {
	l, err := openLab(options{short: true}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}()
	list := l.measureAll(t.Context(), []row{
		{"broken", "what fails", func(context.Context, *lab) ([]result, error) { return nil, errors.New("no disk\nat all | here") }},
		{"panics", "what panics", func(context.Context, *lab) ([]result, error) { panic("oh") }},
		{"slow", "what is slow", func(context.Context, *lab) ([]result, error) {
			return []result{{what: "what is slow", goal: "≥ 1 ×", measured: "0.5", ratio: "0.5"}}, nil
		}},
	})
	r := report{at: time.Now(), results: list}
	if r.faults() != 2 || r.count("missed") != 1 {
		t.Errorf("the results are %+v", list)
	}
	for _, line := range []string{"| what fails | | not measured: no disk at all / here | | | **FAULT** |", "| what is slow | ≥ 1 × | 0.5 | – | 0.5 | missed |"} {
		if !strings.Contains(r.table(), line) {
			t.Errorf("the table lacks %q:\n%s", line, r.table())
		}
	}
}

// TestADocumentHoldsItsPlots: the page links each plot, and each is a picture.
func TestADocumentHoldsItsPlots(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.md")
	r := report{at: time.Now(), results: []result{{what: "a row", met: true, note: "a note"}}, plots: []plot{{name: "fold", title: "Fold", x: "events", y: "seconds",
		lines: []line{{"views", []point{{1e3, .01}, {1e4, .1}, {1e6, 11}}}, {"reading", []point{{1e3, .001}}}}}}}
	if err := r.write(file); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(page), "![Fold](figures/fold.svg)") || !strings.Contains(string(page), "a row: a note") {
		t.Errorf("the page is\n%s (%v)", page, err)
	}
	picture, err := os.Open(filepath.Join(filepath.Dir(file), "figures", "fold.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer picture.Close()
	curves := 0
	for d := xml.NewDecoder(picture); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			curves++
		}
	}
	if curves != 2 {
		t.Errorf("the picture has %d curves", curves)
	}
}

func TestNumbersAreReadable(t *testing.T) {
	for want, got := range map[string]string{
		"999": thousands(999), "1,000,000": thousands(1e6), "0.40 ms": ms(400 * time.Microsecond), "12.5 ms": ms(12500 * time.Microsecond), "250 ms": ms(250 * time.Millisecond),
		"p50 2.00 ms, p99 3.00 ms": times{time.Millisecond, 3 * time.Millisecond, 2 * time.Millisecond}.String(), "10⁶": power(6), "100": power(2), "10⁻³": power(-3),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRowsAreChosenByName(t *testing.T) {
	if list, err := choose("fold, calls"); err != nil || len(list) != 2 || list[1].name != "calls" {
		t.Errorf("chose %v, %v", list, err)
	}
	if _, err := choose("nothing"); err == nil || !strings.Contains(err.Error(), "fold") {
		t.Errorf("a name that is none is answered %v", err)
	}
	if o, err := parse([]string{"-short"}, io.Discard); err != nil || o.out != "" {
		t.Errorf("the short form would write %q, %v", o.out, err)
	}
	if o, err := parse(nil, io.Discard); err != nil || o.out != "docs/benchmarks.md" {
		t.Errorf("the whole form would write %q, %v", o.out, err)
	}
}
