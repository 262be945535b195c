package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	problems "github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// call is one request to the engine.
type call struct {
	method string // empty: GET
	path   string
	token  string // Bearer
	cookie string // the session's token
	body   string
	kind   string // Content-Type; empty: JSON for bodies
	html   bool   // asks for a page
	header map[string]string
}

// reply is what the engine answered.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (e *engine) call(t *testing.T, c call) reply {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(t.Context(), c.method, e.url+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	c.dress(r)
	res, err := e.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return reply{t: t, status: res.StatusCode, header: res.Header, body: string(body)}
}

func (c call) dress(r *http.Request) {
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "casehug_session", Value: c.cookie})
	}
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.kind != "" {
		r.Header.Set("Content-Type", c.kind)
	}
	if c.html {
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
	}
	for name, v := range c.header {
		r.Header.Set(name, v)
	}
}

func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d; body: %s", r.status, status, r.body)
	}
	return r
}

// into decodes the body.
func (r reply) into(v any) reply {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("%v; body: %s", err, r.body)
	}
	return r
}

func (r reply) contains(parts ...string) reply {
	r.t.Helper()
	for _, p := range parts {
		if !strings.Contains(r.body, p) {
			r.t.Errorf("the answer lacks %q: %s", p, r.body)
		}
	}
	return r
}

func (r reply) lacks(parts ...string) reply {
	r.t.Helper()
	for _, p := range parts {
		if strings.Contains(r.body, p) {
			r.t.Errorf("the answer has %q: %s", p, r.body)
		}
	}
	return r
}

// leads checks where a form sends the browser.
func (r reply) leads(path string) reply {
	r.t.Helper()
	if got := r.header.Get("Location"); got != path {
		r.t.Errorf("leads to %s, want %s", got, path)
	}
	return r
}

// problem is a problem document as callers read it.
type problem struct {
	Type, Title, Code, Detail, Remedy, Reference string
	Status                                       int
	Errors                                       []struct{ Field, Message string }
}

// problem decodes a problem document and checks what every one of them has.
func (r reply) problem(status int, code string) problem {
	r.t.Helper()
	r.want(status)
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("Content-Type %q, want application/problem+json", got)
	}
	var p problem
	r.into(&p)
	if p.Status != status || p.Code != code || p.Title == "" || p.Detail == "" || p.Remedy == "" {
		r.t.Errorf("problem %+v; want status %d, code %s, and title, detail and remedy", p, status, code)
	}
	if !slices.Contains(problems.Codes(), domain.Code(p.Code)) {
		r.t.Errorf("the code %s is not among those that the API describes", p.Code)
	}
	return p
}
