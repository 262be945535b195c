package smokeball_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
)

// TestTheReadmeTellsWhatIsAskedFor compares the README's table of permissions with the
// scopes that are asked for.
func TestTheReadmeTellsWhatIsAskedFor(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	must(t, err)
	_, table, found := strings.Cut(string(text), "| permission | access | why |\n|---|---|---|\n")
	if !found {
		t.Fatal("the README has no table of permissions")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var told []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([a-z, ]+) \| (read|read and write) \|`).FindAllStringSubmatch(table, -1) {
		for resource := range strings.SplitSeq(row[1], ", ") {
			told = append(told, resource+"/read")
			if row[2] == "read and write" {
				told = append(told, resource+"/write")
			}
		}
	}
	asked := smokeball.ScopeNames()
	slices.Sort(told)
	slices.Sort(asked)
	if !slices.Equal(told, asked) {
		t.Errorf("the README tells %v, asked for are %v", told, asked)
	}
}
