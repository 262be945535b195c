package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

var writePage = flag.Bool("page", false, "write the shapes of docs/cli-json.md from this run")

const jsonPage = "../../docs/cli-json.md"

// TestTheJSONOutputIsAsItsPageSays runs every command that prints JSON, and holds what it prints to
// docs/cli-json.md: no member is missing, none has another type, and none is printed that the page
// does not have. -page writes the page's shapes from this run.
func TestTheJSONOutputIsAsItsPageSays(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	steps["connect"](t, c)
	c.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	for _, name := range []string{"announce", "wait", "bury", "edit", "file"} {
		steps[name](t, c)
	}
	c.things["backup"], c.things["restored"] = filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "restored")
	c.things["cluster"] = runNATS(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir()})
	c.things["alone"] = filepath.Join(t.TempDir(), "alone")
	c.things["erasures"] = filepath.Join(t.TempDir(), "erasures.json")
	page, err := os.ReadFile(jsonPage)
	if err != nil {
		t.Fatal(err)
	}
	shapes := shapesOf(string(page))
	for _, row := range jsonCommands(c) {
		real := c.prints(t, row)
		if *writePage {
			shapes[row.title] = real
			continue
		}
		want, ok := shapes[row.title]
		if !ok {
			t.Errorf("%s has no shape of %q", jsonPage, row.title)
			continue
		}
		for _, fault := range unlike(want, real, "") {
			t.Errorf("%s: %s", row.title, fault)
		}
		delete(shapes, row.title)
	}
	if *writePage {
		text := page[:bytes.Index(page, []byte("\n## "))+1]
		for _, row := range jsonCommands(c) {
			text = fmt.Appendf(text, "## %s\n\n```json\n%s\n```\n\n", row.title, indented(t, shapes[row.title]))
		}
		if err := os.WriteFile(jsonPage, append(bytes.TrimRight(text, "\n"), '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	for title := range shapes {
		t.Errorf("no command prints %q", title)
	}
}

// jsonCommand is a command as the page names it, and its arguments here.
type jsonCommand struct {
	title string
	args  []string
	keeps string // a member of the output that a later command names, as {name}
}

// jsonCommands are the commands in an order in which each finds what it is about.
func jsonCommands(c *contract) []jsonCommand {
	firm := string(testFirm)
	return []jsonCommand{
		{title: "history [FIRM]", args: []string{"history", firm}},
		{title: "history show ID", args: []string{"history", "show", "{sync}"}},
		{title: "status [FIRM]", args: []string{"status"}},
		{title: "preview FIRM MATTER", args: []string{"preview", firm, "m_1"}},
		{title: "replay --firm FIRM", args: []string{"replay", "--firm", firm}},
		{title: "sync FIRM MATTER", args: []string{"sync", firm, "m_1"}},
		{title: "sync FIRM --all --estimate", args: []string{"sync", firm, "--all", "--estimate"}},
		{title: "bulk list FIRM", args: []string{"bulk", "list", firm}},
		{title: "dead-letters list", args: []string{"dead-letters", "list"}, keeps: "id"},
		{title: "dead-letters show ID", args: []string{"dead-letters", "show", "{id}"}},
		{title: "drift list FIRM", args: []string{"drift", "list", firm}},
		{title: "drift accept FIRM MATTER FIELD", args: []string{"drift", "accept", firm, "m_1", "status"}},
		{title: "provenance FIRM MATTER", args: []string{"provenance", firm, "m_1"}},
		{title: "search FIRM [TEXT]", args: []string{"search", firm, "Ortega"}},
		{title: "keys list", args: []string{"keys", "list"}},
		{title: "rebuild", args: []string{"rebuild"}},
		{title: "backup DIR", args: []string{"backup", "{backup}"}},
		{title: "backup verify DIR", args: []string{"backup", "verify", "{backup}"}},
		{title: "erase list --out FILE", args: []string{"erase", "list", "--out", "{erasures}"}},
		{title: "restore DIR --erasures FILE", args: []string{"restore", "{backup}", "--data-dir", "{restored}", "--erasures", "{erasures}"}},
		{title: "copy to-cluster", args: []string{"copy", "to-cluster", "--data-dir", "{restored}", "--nats-url", "{cluster}", "--replicas", "1"}},
		{title: "copy from-cluster", args: []string{"copy", "from-cluster", "--data-dir", "{alone}", "--nats-url", "{cluster}", "--master-key-file", "{restored}/master-key.json"}},
		{title: "retention FIRM", args: []string{"retention", firm, "--history", "730d"}},
		{title: "erase matter FIRM MATTER --yes", args: []string{"erase", "matter", firm, "m_2", "--yes"}, keeps: "erase_id"},
		{title: "erase list", args: []string{"erase", "list"}},
		{title: "erase show FIRM ID", args: []string{"erase", "show", firm, "{erase_id}"}},
	}
}

// prints runs a command for programs and returns the shape of what it prints.
func (c *contract) prints(t *testing.T, row jsonCommand) any {
	t.Helper()
	var args []string
	for _, a := range row.args {
		args = append(args, c.fill(a))
	}
	var v any
	if err := json.Unmarshal([]byte(c.operator(t, append(args, "--json")...).out), &v); err != nil {
		t.Fatalf("%s: %v", row.title, err)
	}
	if row.keeps != "" {
		one := v
		if list, ok := v.([]any); ok {
			one = list[0]
		}
		c.things[row.keeps] = one.(map[string]any)[row.keeps].(string)
	}
	return shapeOf(v)
}

// shapeOf replaces values by the names of their types. Of a list it has what any element has.
func shapeOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		shape := map[string]any{}
		for name, inner := range v {
			shape[name] = shapeOf(inner)
		}
		return shape
	case []any:
		var all any
		for _, e := range v {
			all = joined(all, shapeOf(e))
		}
		if all == nil {
			return []any{}
		}
		return []any{all}
	case float64:
		return "number"
	case bool:
		return "bool"
	case string:
		if _, err := time.Parse(time.RFC3339, v); err == nil {
			return "time"
		}
		return "text"
	}
	return "null"
}

// joined is what either shape has: null gives way to what is there.
func joined(a, b any) any {
	x, isMap := a.(map[string]any)
	y, both := b.(map[string]any)
	list, isList := a.([]any)
	switch {
	case a == nil || a == "null" || isList && len(list) == 0:
		return b
	case isMap && both:
		for name, inner := range y {
			x[name] = joined(x[name], inner)
		}
		return x
	}
	return a
}

// unlike lists where two shapes differ. What is null, or an empty list, in one of them may be
// anything in the other.
func unlike(page, real any, at string) (faults []string) {
	p, isObject := page.(map[string]any)
	r, both := real.(map[string]any)
	if isObject && both {
		for name := range r {
			if _, ok := p[name]; !ok {
				faults = append(faults, at+"/"+name+" is printed, and the page does not have it")
			}
		}
		for name, inner := range p {
			if there, ok := r[name]; ok {
				faults = append(faults, unlike(inner, there, at+"/"+name)...)
			} else if !optional(at + "/" + name) {
				faults = append(faults, at+"/"+name+" is missing")
			}
		}
		return faults
	}
	pl, isList := page.([]any)
	rl, lists := real.([]any)
	switch {
	case isList && lists && len(pl) == 1 && len(rl) == 1:
		return unlike(pl[0], rl[0], at+"/0")
	case isList && lists, page == "null", real == "null", fmt.Sprint(page) == fmt.Sprint(real):
		return nil
	}
	return []string{fmt.Sprintf("%s is %v, the page has %v", at, real, page)}
}

// optional members are printed where they mean something.
func optional(at string) bool {
	return slices.ContainsFunc([]string{"/smokeball", "/about", "/link", "/more", "/backups_until"}, func(end string) bool { return strings.HasSuffix(at, end) })
}

// shapesOf are the page's shapes by the titles of its sections.
func shapesOf(page string) map[string]any {
	shapes := map[string]any{}
	for _, section := range strings.Split(page, "\n## ")[1:] {
		title, rest, _ := strings.Cut(section, "\n")
		_, text, _ := strings.Cut(rest, "```json\n")
		text, _, _ = strings.Cut(text, "\n```")
		var v any
		if json.Unmarshal([]byte(text), &v) == nil {
			shapes[title] = v
		}
	}
	return shapes
}

func indented(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
