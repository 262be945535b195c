package smokeball_test

import (
	"os"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
)

// TestReadmeNamesThePermissions holds README's table to what is asked for.
func TestReadmeNamesThePermissions(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const head = "| permission | access | why | Smokeball's name |\n|---|---|---|---|\n"
	_, rest, found := strings.Cut(string(readme), head)
	if !found {
		t.Fatalf("README has no table of permissions that begins with\n%s", head)
	}
	got, _, _ := strings.Cut(rest, "\n\n")
	var want []string
	for _, p := range smokeball.Permissions() {
		access := "read"
		if p.Write {
			access = "read and write"
		}
		want = append(want, "| "+p.Name+" | "+access+" | "+p.Why+" | `"+strings.Join(p.Scopes(), "` `")+"` |")
	}
	if got != strings.Join(want, "\n") {
		t.Errorf("README's table is\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}
