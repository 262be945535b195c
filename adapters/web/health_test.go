package web_test

import (
	"strings"
	"testing"
)

// TestTheOperatorReadsTheEnginesHealth tells that the checks that read much run only when they
// are asked for.
func TestTheOperatorReadsTheEnginesHealth(t *testing.T) {
	e := newEngine(t)
	for path, want := range map[string]string{"": "quick", "?deep=true": "deep"} {
		body := e.call(t, call{path: "/v1/operator/health" + path, header: map[string]string{"Authorization": "Operator " + operator}}).want(200).body
		if !strings.Contains(body, `"found":"`+want+`"`) || !strings.Contains(body, `"running":true`) {
			t.Errorf("%s: %s", path, body)
		}
	}
}
