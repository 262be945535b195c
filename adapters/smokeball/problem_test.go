package smokeball

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseProblem(t *testing.T) {
	for name, tc := range map[string]struct {
		body   string
		errors []string
		line   string
	}{
		"objects":            {`{"title":"Bad Request","detail":"Check the input.","errors":[{"field":"number","message":"is taken"},{"message":"no clients"}]}`, []string{"number: is taken", "no clients"}, "Check the input; number: is taken; no clients"},
		"other names":        {`{"title":"Bad Request","errors":[{"propertyName":"status","errorMessage":"is unknown"},{"source":"x","detail":"y"}]}`, []string{"status: is unknown", "x: y"}, "Bad Request; status: is unknown; x: y"},
		"texts":              {`{"title":"Bad Request","errors":["one","two","one"]}`, []string{"one", "two", "one"}, "Bad Request; one; two"},
		"object of arrays":   {`{"title":"T","errors":{"number":["is taken","is long"],"$.clientIds":["is empty"]}}`, []string{"$.clientIds: is empty", "number: is taken", "number: is long"}, "T; $.clientIds: is empty; number: is taken; number: is long"},
		"array of such":      {`{"errors":[{"number":["is taken"]}]}`, []string{"number: is taken"}, "number: is taken"},
		"gateway":            {`{"message":"Forbidden"}`, nil, "Forbidden"},
		"repeated detail":    {`{"detail":"no","errors":["no"]}`, []string{"no"}, "no"},
		"wrong types":        {`{"title":7,"detail":{"a":1},"errors":true,"message":"still"}`, nil, "still"},
		"many lines":         {`{"detail":"a\nb\u0000 \t c"}`, nil, "a b c"},
		"not JSON":           {`<html>Bad</html>`, nil, ""},
		"nothing":            {``, nil, ""},
		"null":               {`null`, nil, ""},
		"deep":               {`{"errors":[[[[[["x"]]]]]]}`, nil, ""},
		"objects of nothing": {`{"title":"T","errors":[{},{"code":5}]}`, nil, "T"},
	} {
		t.Run(name, func(t *testing.T) {
			got := parseProblem([]byte(tc.body))
			if !reflect.DeepEqual(got.Errors, tc.errors) || got.Line() != tc.line {
				t.Errorf("got %q, %q", got.Errors, got.Line())
			}
		})
	}
}

// TestWhoseARefusalIs tells Smokeball's own answers from those of what stands before it, which
// speaks JSON as well.
func TestWhoseARefusalIs(t *testing.T) {
	const problem, plain = "application/problem+json; charset=utf-8", "application/json"
	for _, c := range []struct {
		kind, body string
		told       bool
	}{
		{problem, `{"type":"about:blank","title":"Bad Request","status":400}`, true},
		{problem, `{"traceId":"00-1"}`, true},
		{plain, `{"title":"Bad Request","status":400,"errors":[]}`, true},
		{plain, `{"status":400}`, true},
		{plain, `{"message":"Forbidden"}`, true}, // the API gateway's, of a wrong key
		{plain, `{}`, true},
		{plain, `{"blocked":true}`, false},
		{plain, `{"error":"blocked","incident_id":"7"}`, false},
		{plain, `{"status":"blocked","title":7}`, false},
		{plain, `[{"title":"Bad Request"}]`, false},
		{problem, `<html>`, false},
		{"text/html", ``, false},
	} {
		got := call{op: "create matter"}.refusal(answer{status: 400, header: http.Header{"Content-Type": {c.kind}}, body: []byte(c.body)})
		if got.told != c.told {
			t.Errorf("%s of %s: told is %v", c.body, c.kind, got.told)
		}
	}
}

func TestProblemsAreBounded(t *testing.T) {
	got := parseProblem([]byte(`{"detail":"` + strings.Repeat("ä", 9000) + `","errors":["` + strings.Repeat(`x","`, 500) + `"]}`))
	if len(got.Errors) > mostLines || utf8.RuneCountInString(got.Line()) > longestLine || utf8.RuneCountInString(got.Detail) > longestText {
		t.Errorf("%d errors, a line of %d, a detail of %d", len(got.Errors), utf8.RuneCountInString(got.Line()), utf8.RuneCountInString(got.Detail))
	}
}

func FuzzParseProblem(f *testing.F) {
	f.Add([]byte(`{"title":"Bad","errors":[{"field":"a","message":"b"}]}`))
	f.Add([]byte(`{"errors":{"a":["b",{"c":"d"}]}}`))
	f.Add([]byte("{\"detail\":\"\\ud800\\n\"}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := parseProblem(body)
		if !utf8.ValidString(got.Line()) || strings.ContainsAny(got.Line(), "\n\r\x00") || utf8.RuneCountInString(got.Line()) > longestLine {
			t.Errorf("%q becomes %q", body, got.Line())
		}
		for _, line := range got.Errors {
			if line == "" || strings.ContainsAny(line, "\n\r\x00") || utf8.RuneCountInString(line) > longestText {
				t.Errorf("%q holds %q", body, line)
			}
		}
	})
}
