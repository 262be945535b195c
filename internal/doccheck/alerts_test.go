package doccheck_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// alert is a rule of ops/alerts.yml.
type alert struct {
	Alert       string
	Expr        string
	For         time.Duration
	Labels      map[string]string
	Annotations map[string]string
}

func alertsOf(t *testing.T) []alert {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []alert
		}
	}
	readYAML(t, "ops/alerts.yml", &file)
	var list []alert
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	if len(list) == 0 {
		t.Fatal("ops/alerts.yml has no rules")
	}
	return list
}

// readYAML reads a file of the module that may hold no other members than the value has.
func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(top, name))
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestEveryAlertNamesWhatTheEngineExports tells that the rules parse, that an engine exports each
// metric and label in them, and that each has its section in the runbook.
func TestEveryAlertNamesWhatTheEngineExports(t *testing.T) {
	t.Parallel()
	exported := exportedOf(t)
	for _, a := range alertsOf(t) {
		exported.check(t, "alert "+a.Alert, a.Expr)
		if s := a.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("alert %s has the severity %q", a.Alert, s)
		}
		if a.Annotations["summary"] == "" {
			t.Errorf("alert %s has no summary", a.Alert)
		}
	}
}

// runbookSection is a section of the runbook: its name and its three parts.
var runbookSection = regexp.MustCompile(`(?m)^### (\w+)\n\n- \*\*Means:\*\* .+(?:\n  .+)*\n- \*\*Check:\*\* .+(?:\n  .+)*\n- \*\*Cure:\*\* .+`)

// TestEveryAlertAndDeadLetterHasItsSectionInTheRunbook tells that a person who is woken finds
// what it means, what to check and the cure, and that no section is left of an alert that is gone.
func TestEveryAlertAndDeadLetterHasItsSectionInTheRunbook(t *testing.T) {
	runbook := read(t, "docs/runbook.md").text
	sections := map[string]bool{}
	for _, m := range runbookSection.FindAllStringSubmatch(runbook, -1) {
		sections[m[1]] = true
	}
	if heads := strings.Count(runbook, "\n### "); heads != len(sections) {
		t.Errorf("docs/runbook.md has %d sections, and %d of them say Means, Check and Cure", heads, len(sections))
	}
	needs := map[string]bool{}
	for _, a := range alertsOf(t) {
		needs[a.Alert] = true
		if url := a.Annotations["runbook_url"]; !strings.HasSuffix(url, "/docs/runbook.md#"+strings.ToLower(a.Alert)) {
			t.Errorf("the runbook of alert %s is %s", a.Alert, url)
		}
	}
	for _, code := range deadLetterCodes(t) {
		needs[code] = true
	}
	for name := range needs {
		if !sections[name] {
			t.Errorf("docs/runbook.md has no section %s", name)
		}
	}
	for name := range sections {
		if !needs[name] {
			t.Errorf("docs/runbook.md has a section %s, which is no alert and no code of a dead letter", name)
		}
	}
}

// unprocessable is where the code makes a dead letter's code.
var unprocessable = regexp.MustCompile(`domain\.Unprocessable\{Code: domain\.(Code\w+)|[^.]Unprocessable\{Code: (Code\w+)`)

// deadLetterCodes are the codes that the module's code gives to messages that it can't take in.
func deadLetterCodes(t *testing.T) []string {
	t.Helper()
	values := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(Code\w+) +Code = "(\w+)"`).FindAllStringSubmatch(read(t, "domain/failure.go").text, -1) {
		values[m[1]] = m[2]
	}
	found := map[string]bool{}
	for _, folder := range []string{"domain", "adapters/casehug", "internal/syncing", "internal/inbound"} {
		files, err := filepath.Glob(filepath.Join(top, folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, m := range unprocessable.FindAllStringSubmatch(read(t, strings.TrimPrefix(filepath.ToSlash(name), top+"/")).text, -1) {
				found[values[m[1]+m[2]]] = true
			}
		}
	}
	if len(found) < 4 || found[""] {
		t.Fatalf("found the codes %v", slices.Sorted(maps.Keys(found)))
	}
	return slices.Sorted(maps.Keys(found))
}

// TestEveryAlertFiresAndStaysQuiet runs each alert in Prometheus' own engine on the recorded series
// of ops/alerts_test.yml.
func TestEveryAlertFiresAndStaysQuiet(t *testing.T) {
	type cases struct{ Fires, Quiet map[string]string }
	recorded := map[string]cases{}
	readYAML(t, "ops/alerts_test.yml", &recorded)
	for _, a := range alertsOf(t) {
		c, ok := recorded[a.Alert]
		delete(recorded, a.Alert)
		if !ok || len(c.Fires) == 0 || len(c.Quiet) == 0 {
			t.Errorf("ops/alerts_test.yml has no series on which %s fires, or none on which it stays quiet", a.Alert)
			continue
		}
		if !firing(t, a, c.Fires) {
			t.Errorf("alert %s does not fire on %v", a.Alert, c.Fires)
		}
		if firing(t, a, c.Quiet) {
			t.Errorf("alert %s fires on %v", a.Alert, c.Quiet)
		}
	}
	for name := range recorded {
		t.Errorf("ops/alerts_test.yml has series for %s, which is no alert", name)
	}
}

// firing reports whether the alert fires at the end of the series.
func firing(t *testing.T, a alert, series map[string]string) bool {
	t.Helper()
	return record(t, series).fires(t, a)
}

// fires reports whether the alert fires at the end: its expression held, for the same labels, in each of
// the minutes that it has to.
func (r *recording) fires(t *testing.T, a alert) bool {
	t.Helper()
	var held map[string]bool
	for at := r.end.Add(-a.For); !at.After(r.end); at = at.Add(time.Minute) {
		now := r.query(t, a.Expr, at)
		if held == nil {
			held = now
		}
		maps.DeleteFunc(held, func(labels string, _ bool) bool { return !now[labels] })
	}
	return len(held) > 0
}

// TestTheDashboardAsksForWhatTheEngineExports tells that Grafana's dashboard is JSON whose panels
// have a title, a place and queries that parse, about metrics that an engine exports.
func TestTheDashboardAsksForWhatTheEngineExports(t *testing.T) {
	t.Parallel()
	var dashboard struct {
		UID    string
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "ops/grafana-dashboard.json").text), &dashboard); err != nil {
		t.Fatal(err)
	}
	exported, ids := exportedOf(t), map[int]bool{}
	for _, p := range dashboard.Panels {
		if p.Title == "" || ids[p.ID] || p.GridPos.W == 0 || p.GridPos.X+p.GridPos.W > 24 || len(p.Targets) == 0 {
			t.Errorf("panel %d %q has no title, place or query, or its id twice", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, q := range p.Targets {
			exported.check(t, "panel "+p.Title, q.Expr)
		}
	}
	if len(dashboard.Panels) < 20 {
		t.Errorf("the dashboard has %d panels", len(dashboard.Panels))
	}
}
