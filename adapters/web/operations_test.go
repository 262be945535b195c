package web_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web"
	problems "github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

func TestHealth(t *testing.T) {
	e := newEngine(t, func(c *web.Config) {
		c.Registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "syncs_total", Help: "Syncs."}, func() float64 { return 7 }))
	})
	e.call(t, call{path: "/healthz"}).want(200).contains(`"version":"1.2.3"`)
	if got := strings.TrimSpace(e.call(t, call{path: "/readyz"}).want(200).body); got != `{"status":"ready"}` {
		t.Errorf("everybody is told %s", got)
	}
	e.call(t, call{path: "/metrics"}).want(200).contains("syncs_total 7")
	e.notReady = errors.New("the bus is not connected")
	if p := e.call(t, call{path: "/readyz"}).problem(503, "not_ready"); p.Detail != "the bus is not connected" {
		t.Errorf("the detail is %q", p.Detail)
	}
}

// TestRequestsAreCountedByRoute tells that the metrics name routes and statuses, never what an
// address holds, and that nobody can make time series with addresses or methods of their own.
func TestRequestsAreCountedByRoute(t *testing.T) {
	e := newEngine(t)
	e.call(t, call{path: "/healthz"}).want(200)
	e.call(t, call{path: "/v1/firms/f_secret/audit"}).want(401)
	e.call(t, call{path: "/nowhere/m_1"}).want(404)
	e.call(t, call{method: "BREW", path: "/nowhere/m_2"}).want(404)
	page := e.call(t, call{path: "/metrics"}).want(200)
	page.contains(`http_requests_total{code="200",method="GET",route="/healthz"} 1`, `http_request_duration_seconds_count{method="GET",route="/healthz"} 1`,
		`http_requests_total{code="401",method="GET",route="/v1/firms/{firm}/audit"} 1`,
		`http_requests_total{code="404",method="GET",route="none"} 1`, `http_requests_total{code="404",method="other",route="none"} 1`)
	for _, secret := range []string{"f_secret", "nowhere", "BREW"} {
		if strings.Contains(page.body, secret) {
			t.Errorf("the metrics hold %s", secret)
		}
	}
}

func TestSchemas(t *testing.T) {
	e := newEngine(t)
	r := e.call(t, call{path: "/schemas/com.casehug.matter.created.json"}).want(200)
	if r.body != `{"title":"matter"}` || r.header.Get("Content-Type") != "application/schema+json" {
		t.Errorf("got %s, %s", r.body, r.header.Get("Content-Type"))
	}
	without := newEngine(t, func(c *web.Config) { c.Schema = nil })
	without.call(t, call{path: "/schemas/com.casehug.matter.created.json"}).problem(404, "not_found")
}

// The description lists every call of the API and the form of problems.
func TestOpenAPI(t *testing.T) {
	e := newEngine(t)
	var d struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Responses map[string]struct{ Content map[string]any }
		}
		Components struct {
			Schemas map[string]struct {
				Type       any
				Required   []string
				Properties map[string]any
			}
		}
	}
	e.call(t, call{path: "/openapi.json"}).want(200).into(&d)
	if !strings.HasPrefix(d.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s, want 3.1", d.OpenAPI)
	}
	operations := 0
	for path, methods := range d.Paths {
		for method, op := range methods {
			operations++
			if !strings.HasPrefix(path, "/v1/") && !strings.HasPrefix(path, "/webhooks/") {
				operations-- // for browsers and machines
				continue
			}
			if _, ok := op.Responses["default"].Content["application/problem+json"]; !ok {
				t.Errorf("%s %s does not describe its problems", method, path)
			}
		}
	}
	if want := len(routes()) + 1; operations != want {
		t.Errorf("%d operations, want %d: those that need a sign-in, and the bridge", operations, want)
	}
	connection := d.Components.Schemas["ConnectionBody"]
	for _, field := range []string{"firm_id", "status", "smokeball_account", "webhooks", "last_error", "rate_limit", "queue", "position"} {
		if connection.Properties[field] == nil {
			t.Errorf("the connection's schema lacks %s", field)
		}
	}
	for _, name := range []string{"Failure", "EventRef", "DeedBody", "OriginBody"} { // names that clients know
		kind, err := json.Marshal(d.Components.Schemas[name].Type)
		if err != nil || string(kind) != `["object","null"]` {
			t.Errorf("the schema %s has the type %s, %v; want it to be nullable", name, kind, err)
		}
	}
}

func TestAssets(t *testing.T) {
	e := newEngine(t)
	for file, kind := range map[string]string{"console.css": "text/css; charset=utf-8", "engine.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"} {
		r := e.call(t, call{path: "/static/" + file}).want(200)
		if r.header.Get("Content-Type") != kind || r.header.Get("ETag") == "" || r.body == "" {
			t.Errorf("%s: %v", file, r.header)
		}
		e.call(t, call{path: "/static/" + file, header: map[string]string{"If-None-Match": r.header.Get("ETag")}}).want(304)
	}
}

// TestTheDescriptionSaysWhoMayCall tells that each operation names the ways to sign in and the
// roles that it is for.
func TestTheDescriptionSaysWhoMayCall(t *testing.T) {
	var d struct {
		Paths map[string]map[string]struct{ Security []map[string][]string }
	}
	newEngine(t).call(t, call{path: "/openapi.json"}).want(200).into(&d)
	for call, want := range map[string]string{
		"get /v1/firms/{firm}/connection":            `[{"casehug":["user"]},{"session":["user"]},{"operator":[]}]`,
		"post /v1/firms/{firm}/connection/authorize": `[{"casehug":["firm_admin"]},{"session":["firm_admin"]}]`,
		"post /v1/firms/{firm}/events":               `[{"casehug":["firm_admin"]},{"session":["firm_admin"]},{"casehug":["service"]}]`,
		"post /v1/operator/keys":                     `[{"operator":[]}]`,
		"post /webhooks/smokeball/{secret}":          `null`,
	} {
		method, path, _ := strings.Cut(call, " ")
		got, err := json.Marshal(d.Paths[path][method].Security)
		if err != nil || string(got) != want {
			t.Errorf("%s is described for %s, %v, want %s", call, got, err, want)
		}
	}
}

// codeWord is a code in the description of an answer.
var codeWord = regexp.MustCompile("`([a-z_]+)`")

// TestEveryOperationIsExplained tells that each operation has a description, a group that is
// described, problems with their codes, and examples of what is sent and answered.
func TestEveryOperationIsExplained(t *testing.T) {
	type content map[string]struct{ Example any }
	var d struct {
		Servers    []any
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
		Tags  []struct{ Name, Description string }
		Paths map[string]map[string]struct {
			Summary, Description string
			Tags                 []string
			Security             []any
			RequestBody          struct{ Content content }
			Responses            map[string]struct {
				Description string
				Content     content
			}
		}
	}
	newEngine(t).call(t, call{path: "/openapi.json"}).want(200).into(&d)
	if len(d.Components.Schemas["Problem"].Properties["code"].Enum) != len(problems.Codes()) {
		t.Error("the codes of problems are not described")
	}
	groups := map[string]bool{}
	for _, tag := range d.Tags {
		groups[tag.Name] = tag.Description != ""
	}
	for path, methods := range d.Paths {
		for method, op := range methods {
			at := method + " " + path
			if op.Summary == "" || op.Description == "" || len(op.Tags) != 1 || !groups[op.Tags[0]] {
				t.Errorf("%s is explained by %q, %q, in %v", at, op.Summary, op.Description, op.Tags)
			}
			if len(op.Security) > 0 && (!strings.Contains(op.Responses["401"].Description, "`not_signed_in`") || !strings.Contains(op.Responses["403"].Description, "`forbidden`")) {
				t.Errorf("%s does not say how it refuses", at)
			}
			for kind, body := range op.RequestBody.Content {
				if body.Example == nil {
					t.Errorf("%s has no example of its body (%s)", at, kind)
				}
			}
			for status, r := range op.Responses {
				for _, code := range codeWord.FindAllStringSubmatch(r.Description, -1) {
					if !slices.Contains(problems.Codes(), domain.Code(code[1])) {
						t.Errorf("%s names the code %s, which no problem has", at, code[1])
					}
				}
				for _, kind := range []string{"application/json", "text/event-stream"} {
					if c, ok := r.Content[kind]; ok && status[0] == '2' && c.Example == nil && path != "/asyncapi.json" {
						t.Errorf("%s has no example of its answer %s", at, status)
					}
				}
			}
		}
	}
	if len(d.Servers) == 0 {
		t.Error("no server is named")
	}
}

// TestTheReferencePages shows the description of the API to people.
func TestTheReferencePages(t *testing.T) {
	e := newEngine(t)
	all := e.call(t, call{path: "/api", html: true}).want(200).contains("<h1>API</h1>", `href="/api/post-matters-matter-sync"`).lacks("<script", "style=")
	checkPage(t, "api", all.body)
	one := e.call(t, call{path: "/api/post-matters-matter-link", html: true}).want(200).contains("client_choice_required", "smokeball_matter_id").lacks("<script", "style=")
	checkPage(t, "operation", one.body)
	e.call(t, call{path: "/api/none", html: true}).want(404)
}

// TestBrowserReference looks at the pages of the API's description in a browser.
func TestBrowserReference(t *testing.T) {
	chromium(t)
	b := openBrowser(t, newEngine(t).url)
	for _, path := range []string{"/api", "/api/post-matters-matter-link", "/api/get-matters-matter"} {
		b.open(path)
		b.accessible(path)
	}
	b.quiet("the reference")
}
