package web_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web"
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
