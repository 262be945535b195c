package web_test

import (
	"slices"
	"testing"
)

// TestEveryOperationIsInAGroupThatIsDescribed, and each group has operations.
func TestEveryOperationIsInAGroupThatIsDescribed(t *testing.T) {
	var d struct {
		Servers []struct{ URL string }
		Tags    []struct{ Name, Description string }
		Paths   map[string]map[string]struct{ Tags []string }
	}
	newEngine(t).call(t, call{path: "/openapi.json"}).want(200).into(&d)
	if len(d.Servers) != 1 || d.Servers[0].URL != "/" {
		t.Errorf("the servers are %+v, want the one that serves the document", d.Servers)
	}
	used := map[string]int{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			known := len(op.Tags) == 1 && slices.ContainsFunc(d.Tags, func(g struct{ Name, Description string }) bool {
				return g.Name == op.Tags[0] && g.Description != ""
			})
			if !known {
				t.Errorf("%s %s is in %q, want one group that is described", method, path, op.Tags)
				continue
			}
			used[op.Tags[0]]++
		}
	}
	for _, g := range d.Tags {
		if used[g.Name] == 0 {
			t.Errorf("no operation is in the group %s", g.Name)
		}
	}
}
