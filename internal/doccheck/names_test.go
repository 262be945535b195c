package doccheck_test

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testName   = regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz|Example)[A-Z]\w*`)
	metricName = regexp.MustCompile(`\b(?:smokeball_[a-z_]+|web_[a-z_]+|http_requests?_[a-z_]+)\b`)
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

// testsOf is a package and the tests of it that a document names.
var testsOf = regexp.MustCompile("`([\\w/-]+)` ((?:(?:Test|Benchmark|Fuzz|Example)[A-Z]\\w*(?:, )?)+)")

// TestTestsAreWhereTheyAreSaidToBe tells that a test stands in the package named before it;
// -update corrects the package.
func TestTestsAreWhereTheyAreSaidToBe(t *testing.T) {
	c := theCode(t)
	for _, d := range documents(t) {
		text := d.text
		for _, m := range testsOf.FindAllStringSubmatch(d.text, -1) {
			var right []string // the package, and of each test that is elsewhere its own
			homes := map[string][]string{}
			for _, name := range testName.FindAllString(m[2], -1) {
				home := m[1]
				if files := c.declared[name]; len(files) > 0 && !slices.ContainsFunc(files, func(f string) bool { return path.Dir(f) == m[1] }) {
					home = path.Dir(files[0])
					if !*update {
						t.Errorf("%s: %s is in %s, not in %s; run go test ./internal/doccheck -update", d.path, name, home, m[1])
					}
				}
				if len(homes[home]) == 0 {
					right = append(right, home)
				}
				homes[home] = append(homes[home], name)
			}
			for i, home := range right {
				right[i] = "`" + home + "` " + strings.Join(homes[home], ", ")
			}
			fixed := strings.Join(right, "; ")
			if strings.HasSuffix(m[0], ", ") {
				fixed += ", "
			}
			text = strings.ReplaceAll(text, m[0], fixed)
		}
		if *update {
			d.write(t, text)
		}
	}
}

// pathSpan is a path in a sentence, and the word after it.
var pathSpan = regexp.MustCompile("`((?:adapters|cmd|docs|domain|eventstore|examples|internal|ops|projections)(?:/[\\w.-]+)*/?)`(?: (\\w+))?")

// TestPathsExist tells that every file and folder that a document names is there. Where the
// word after a file is declared elsewhere by now, -update corrects the file.
func TestPathsExist(t *testing.T) {
	c := theCode(t)
	for _, d := range documents(t) {
		text := d.text
		for _, m := range pathSpan.FindAllStringSubmatch(d.text, -1) {
			if _, err := os.Stat(filepath.Join(top, m[1])); err == nil {
				continue
			}
			if now := c.whereIs(m[2], m[1]); *update && now != "" {
				text = strings.ReplaceAll(text, m[0], "`"+now+"` "+m[2])
				continue
			}
			t.Errorf("%s: there is no %s", d.path, m[1])
		}
		if *update {
			d.write(t, text)
		}
	}
}

// TestMetricsExist tells that every metric that a document names is one.
func TestMetricsExist(t *testing.T) {
	t.Parallel()
	exported := exportedOf(t)
	for _, d := range documents(t) {
		for _, s := range d.spans() {
			name, _, _ := strings.Cut(s, "{")
			if metricName.MatchString(name) && metricName.FindString(name) == name && !theCode(t).strings[name] {
				if _, series := exported.of(name); !series && exported[name].name == "" {
					t.Errorf("%s: there is no metric %s", d.path, name)
				}
			}
		}
	}
}

// TestCallsExist tells that every call that a document names is a route.
func TestCallsExist(t *testing.T) {
	t.Parallel()
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
