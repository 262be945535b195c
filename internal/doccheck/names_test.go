package doccheck_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testName   = regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz|Example)[A-Z]\w*`)
	metricName = regexp.MustCompile(`\b(?:smokeball_[a-z_]+|web_[a-z_]+)\b`)
	pathName   = regexp.MustCompile(`^(?:adapters|cmd|docs|domain|eventstore|examples|internal|ops|projections)(?:/[\w.-]+)*/?$`)
	callName   = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) (…?/\S*)$`)
	moduleName = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)
)

// TestTestsExist tells that every test that a document names is one.
func TestTestsExist(t *testing.T) {
	c := theCode(t)
	for _, d := range documents(t) {
		prose, _ := d.split()
		for _, name := range testName.FindAllString(prose, -1) {
			if !c.tests[name] {
				t.Errorf("%s: there is no %s", d.path, name)
			}
		}
	}
}

// TestPathsExist tells that every file and folder that a document names is there.
func TestPathsExist(t *testing.T) {
	for _, d := range documents(t) {
		for _, s := range d.spans() {
			if !pathName.MatchString(s) {
				continue
			}
			if _, err := os.Stat(filepath.Join(top, s)); err != nil {
				t.Errorf("%s: there is no %s", d.path, s)
			}
		}
	}
}

// TestMetricsExist tells that every metric that a document names is one.
func TestMetricsExist(t *testing.T) {
	known := map[string]bool{}
	for _, m := range theDemo(t).metrics(t) {
		known[m.name] = true
	}
	for _, d := range documents(t) {
		for _, s := range d.spans() {
			name, _, _ := strings.Cut(s, "{")
			if metricName.MatchString(name) && metricName.FindString(name) == name && !known[name] && !theCode(t).strings[name] {
				t.Errorf("%s: there is no metric %s", d.path, name)
			}
		}
	}
}

// TestCallsExist tells that every call that a document names is a route.
func TestCallsExist(t *testing.T) {
	routes := slices.Sorted(maps.Keys(theCode(t).strings))
	routes = slices.DeleteFunc(routes, func(s string) bool { return !callName.MatchString(s) })
	for _, d := range documents(t) {
		for _, s := range d.spans() {
			m := callName.FindStringSubmatch(s)
			if m == nil || m[2] == "/" {
				continue
			}
			if !slices.ContainsFunc(routes, func(r string) bool { return sameCall(r, m[1], m[2]) }) {
				t.Errorf("%s: no route is %s", d.path, s)
			}
		}
	}
}

var parameter = regexp.MustCompile(`\{[^}]*\}(\.json)?`)

// sameCall compares a route with a call of a document, which may begin with … and may name
// its parameters otherwise.
func sameCall(route, method, path string) bool {
	of, at, _ := strings.Cut(route, " ")
	at, path = parameter.ReplaceAllString(at, "{}"), parameter.ReplaceAllString(path, "{}")
	path, _, _ = strings.Cut(path, "?")
	if rest, short := strings.CutPrefix(path, "…"); short {
		return of == method && strings.HasSuffix(at, rest)
	}
	return of == method && at == path
}

// TestEveryDependencyHasAReason tells that the table of dependencies is that of go.mod.
func TestEveryDependencyHasAReason(t *testing.T) {
	doc := read(t, "docs/architecture.md").text
	_, rows, _ := strings.Cut(doc, "| module | reason |\n|---|---|\n")
	rows, _, _ = strings.Cut(rows, "\n\n")
	listed := map[string]bool{}
	for row := range strings.SplitSeq(strings.TrimSpace(rows), "\n") {
		for name := range strings.SplitSeq(strings.Split(row, "|")[1], ",") {
			listed[strings.TrimSpace(name)] = true
		}
	}
	direct := map[string]bool{}
	for _, m := range moduleName.FindAllStringSubmatch(read(t, "go.mod").text, -1) {
		direct[m[1]] = true
		if !listed[m[1]] {
			t.Errorf("docs/architecture.md gives no reason for %s", m[1])
		}
	}
	for name := range listed {
		if !direct[name] {
			t.Errorf("docs/architecture.md lists %s, which go.mod does not require directly", name)
		}
	}
}
