package doccheck_test

import (
	"fmt"
	"go/doc"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/doctor"
)

// part is a generated part of a document, between two comments.
var part = regexp.MustCompile(`(?s)<!-- generated: (\w+) -->\n(.*?)<!-- end -->\n`)

// TestGeneratedParts tells that the documents say what the code says; -update writes it.
func TestGeneratedParts(t *testing.T) {
	t.Parallel()
	makers := map[string]func(*testing.T) string{
		"settings": settingsTable, "permissions": permissionsTable, "states": stateDiagram, "packages": packageTable,
		"routes": routeTable, "metrics": metricTable, "checks": checkSections,
	}
	found := map[string]bool{}
	for _, d := range documents(t) {
		text := part.ReplaceAllStringFunc(d.text, func(old string) string {
			m := part.FindStringSubmatch(old)
			maker, ok := makers[m[1]]
			if !ok || found[m[1]] {
				t.Errorf("%s: nobody knows how to generate %q, or it is there twice", d.path, m[1])
				return old
			}
			found[m[1]] = true
			want := maker(t)
			if want != m[2] && !*update {
				t.Errorf("%s: the part %q is outdated; run go test ./internal/doccheck -update\n%s", d.path, m[1], difference(m[2], want))
			}
			return "<!-- generated: " + m[1] + " -->\n" + want + "<!-- end -->\n"
		})
		if *update {
			d.write(t, text)
		}
	}
	for name := range makers {
		if !found[name] {
			t.Errorf("no document has the part %q", name)
		}
	}
}

// difference lists the lines that only one of the two has.
func difference(is, want string) string {
	var b strings.Builder
	has, needs := strings.Split(is, "\n"), strings.Split(want, "\n")
	for _, l := range has {
		if !slices.Contains(needs, l) {
			b.WriteString("- " + l + "\n")
		}
	}
	for _, l := range needs {
		if !slices.Contains(has, l) {
			b.WriteString("+ " + l + "\n")
		}
	}
	return b.String()
}

func table(head string, rows []string) string {
	return "| " + head + " |\n|" + strings.Repeat("---|", strings.Count(head, "|")+1) + "\n" + strings.Join(rows, "")
}

func settingsTable(t *testing.T) string {
	var rows []string
	for _, s := range theCode(t).serveSettings(t) {
		name := "`" + s.env + "`"
		if s.secret {
			name += ", or `" + s.env + "_FILE`"
		}
		value := ""
		if s.value != "" {
			value = "`" + s.value + "`"
		}
		rows = append(rows, fmt.Sprintf("| %s | `--%s` | %s | %s |\n", name, s.flag, value, s.help))
	}
	return table("variable | flag | default | meaning", rows)
}

func permissionsTable(*testing.T) string {
	var rows []string
	for _, p := range smokeball.Permissions() {
		access := "read"
		if p.Write {
			access = "read and write"
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | `%s` |\n", p.Name, access, p.Why, strings.Join(p.Scopes(), "` `")))
	}
	return table("permission | access | why | Smokeball's name", rows)
}

func stateDiagram(*testing.T) string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	var ends []domain.Status
	for _, m := range domain.Moves() {
		from := string(m.From)
		if from == "" {
			from = "[*]"
		}
		word := strings.TrimSuffix(strings.TrimPrefix(m.Event, "sync."), ".v1")
		fmt.Fprintf(&b, "    %s --> %s : %s\n", from, m.To, word)
		if m.To.Ended() && !slices.Contains(ends, m.To) {
			ends = append(ends, m.To)
		}
	}
	for _, s := range ends {
		fmt.Fprintf(&b, "    %s --> [*]\n", s)
	}
	b.WriteString("```\n")
	return b.String()
}

func packageTable(t *testing.T) string {
	comments := theCode(t).comments
	var rows []string
	for _, folder := range slices.Sorted(maps.Keys(comments)) {
		words := strings.Fields(new(doc.Package).Synopsis(comments[folder])) // Package domain holds …
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", folder, strings.TrimSuffix(strings.Join(words[2:], " "), ":")))
	}
	return table("package | what it is", rows)
}

func routeTable(t *testing.T) string {
	var rows []string
	for _, r := range theDemo(t).routes(t) {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", r.route, r.who, r.summary))
	}
	return table("call | who | does", rows)
}

func checkSections(*testing.T) string {
	var b strings.Builder
	for _, e := range doctor.Catalog() {
		fmt.Fprintf(&b, "### %s\n\n**%s.** %s\n\n- Means: %s\n- Cure: %s\n\n", e.Code, e.Title, e.Looks, e.Means, e.Cure)
	}
	return b.String()
}
