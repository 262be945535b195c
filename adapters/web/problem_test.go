package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

func callError(class domain.Class, after time.Duration) error {
	return fmt.Errorf("register: %w", &domain.CallError{Op: "register webhooks", Class: class, After: after, Err: errBroken,
		Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable, Message: "Smokeball does not answer", Remedy: "We try again by ourselves."}})
}

// One table says what each kind of error becomes.
func TestErrorsBecomeProblems(t *testing.T) {
	e := newEngine(t).connect().told(t)
	for _, tt := range []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{rejection(domain.Unknown, "", "There is no such thing"), 404, "not_found", ""},
		{rejection(domain.Invalid, "", "The values are wrong"), 422, "invalid_request", ""},
		{rejection(domain.Conflict, domain.CodeNotConnected, "The firm is not connected"), 409, "not_connected", ""},
		{rejection(domain.Conflict, "", "Not now"), 409, "conflict", ""},
		{rejection(domain.Expired, domain.CodeAuthorizationExpired, "The link is old"), 410, "authorization_expired", ""},
		{rejection(domain.Denied, "", "Not you"), 403, "forbidden", ""},
		{fmt.Errorf("wrapped: %w", rejection(domain.Unknown, "", "There is no such thing")), 404, "not_found", ""},
		{callError(domain.Retryable, 0), 503, "smokeball_unavailable", "5"},
		{callError(domain.Allowance, 61500*time.Millisecond), 503, "smokeball_unavailable", "62"},
		{callError(domain.SignIn, 0), 409, "smokeball_unavailable", ""},
		{callError(domain.Permanent, 0), 502, "smokeball_unavailable", ""},
		{callError(domain.NotPermitted, 0), 502, "smokeball_unavailable", ""},
		{errBroken, 500, "internal", ""},
	} {
		e.failWith(tt.err)
		r := e.call(t, call{method: "POST", path: "/v1/firms/f_1/webhooks", token: "admin-token"})
		p := r.problem(tt.status, tt.code)
		if tt.retry != "" && (!strings.HasPrefix(p.Remedy, "Try again in ") || strings.Contains(p.Remedy, "by ourselves")) {
			t.Errorf("%v: the remedy of a click is %q", tt.err, p.Remedy)
		}
		if got := r.header.Get("Retry-After"); got != tt.retry {
			t.Errorf("%v: Retry-After %q, want %q", tt.err, got, tt.retry)
		}
		if (domain.AsRejection(tt.err) == nil) != (p.Reference != "") {
			t.Errorf("%v: reference %q", tt.err, p.Reference)
		}
		if p.Reference != "" && !strings.Contains(e.logged(), p.Reference) {
			t.Errorf("%v: the log does not have the reference", tt.err)
		}
		if strings.Contains(r.body, errBroken.Error()) {
			t.Errorf("%v: the caller sees the cause: %s", tt.err, r.body)
		}
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	e := newEngine(t)
	for _, tt := range []struct {
		name, body, kind string
		status           int
	}{
		{"malformed JSON", `{"auto`, "", 400},
		{"no body", "", "", 400},
		{"not JSON at all", "a=b", "text/plain", 415},
		{"too large", `"` + strings.Repeat("x", 1<<20) + `"`, "", 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := e.call(t, call{method: "PUT", path: "/v1/firms/f_1/settings", token: "admin-token", body: tt.body, kind: tt.kind})
			if p := r.problem(tt.status, "invalid_request"); len(tt.body) < 100 && tt.body != "" && strings.Contains(r.body, tt.body[1:]) {
				t.Errorf("the problem repeats the body: %+v", p)
			}
		})
	}
}

func TestUnknownAddresses(t *testing.T) {
	e := newEngine(t)
	for _, path := range []string{"/v1/nope", "/nope", "/v1/firms/f_1/nope", "/openapi.yaml", "/docs", "/schemas/com.casehug.nope.json", "/schemas/com.casehug.matter.created", "/static/nope.css"} {
		e.call(t, call{path: path}).problem(404, "not_found")
	}
	r := e.call(t, call{method: "PATCH", path: "/v1/firms/f_1/settings", token: "admin-token"})
	r.problem(405, "method_not_allowed")
	if got := r.header.Get("Allow"); !strings.Contains(got, "PUT") || !strings.Contains(got, "GET") {
		t.Errorf("Allow is %q", got)
	}
	e.call(t, call{path: "/nope", html: true}).want(404).contains("<h1>There is nothing here</h1>")
	e.call(t, call{path: "/v1/nope", html: true}).problem(404, "not_found")
}

// broken are views that fail, or worse.
type broken struct {
	ports.Connections
	panics bool
}

func (b broken) Connection(domain.FirmID) (projections.ConnectionRow, error) {
	if b.panics {
		panic("row of maria@example.com is broken")
	}
	return projections.ConnectionRow{}, errBroken
}

// halted is progress that fails.
type halted struct{ ports.Progress }

func (halted) Wait(context.Context, uint64) error { return errBroken }

func breakViews(c *web.Config, panics bool) {
	c.Views.Connections, c.Views.Progress = broken{c.Views.Connections, panics}, halted{c.Views.Progress}
}

func TestTroubleOnOurSide(t *testing.T) {
	for _, panics := range []bool{false, true} {
		e := newEngine(t, func(c *web.Config) { breakViews(c, panics) })
		p := e.call(t, call{path: "/v1/firms/f_1/connection", token: "user-token"}).problem(500, "internal")
		e.call(t, call{path: "/integrations", cookie: "user-token", html: true}).want(500).contains("<h1>This page could not be made</h1>", "req_")
		log := e.logged()
		if p.Reference == "" || !strings.Contains(log, p.Reference) {
			t.Errorf("the log lacks the reference %q", p.Reference)
		}
		if strings.Contains(log, "maria@example.com") {
			t.Error("the log has personal data")
		}
	}
	e := newEngine(t, func(c *web.Config) { breakViews(c, false) })
	e.call(t, call{path: "/v1/firms/f_1/matters?min_position=1", token: "user-token"}).problem(500, "internal")
}

func TestLogNamesRoutesAndNoSecrets(t *testing.T) {
	e := newEngine(t).tell().told(t)
	e.call(t, call{method: "POST", path: "/webhooks/smokeball/the-secret", body: `{}`}).want(200)
	e.call(t, call{path: "/oauth/smokeball/callback?state=the-state&code=the-code", html: true})
	e.call(t, call{path: "/v1/firms/f_1/matters?q=maria", token: "user-token"}).want(200)
	e.call(t, call{path: "/session/demo/once", html: true}).want(303)
	log := e.logged()
	for _, part := range []string{`"route":"POST /webhooks/smokeball/{secret}"`, `"route":"GET /v1/firms/{firm}/matters"`, `"firm":"f_1"`, `"status":200`} {
		if !strings.Contains(log, part) {
			t.Errorf("the log lacks %s", part)
		}
	}
	for _, secret := range []string{"the-secret", "the-state", "the-code", "maria", "user-token", "demo/once"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q: %s", secret, log)
		}
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	e := newEngine(t, func(c *web.Config) { c.PublicURL = "https://sync.casehug.example" })
	for _, path := range []string{"/integrations", "/nope", "/v1/firms/f_1/connection", "/healthz"} {
		h := e.call(t, call{path: path, html: true}).header
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self' https:"} {
			if !strings.Contains(h.Get("Content-Security-Policy"), part) {
				t.Errorf("%s: the policy lacks %s", path, part)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=31536000; includeSubDomains"} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

// A client that gives up before its answer is there is no fault of the engine's: the log
// has the request, and no error.
func TestAClientThatGivesUpIsNoError(t *testing.T) {
	e := newEngine(t).connect().told(t)
	ctx, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url+"/v1/firms/f_1/connection?min_position=999999", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer admin-token")
	if answer, err := http.DefaultClient.Do(r); err == nil {
		_ = answer.Body.Close()
		t.Fatalf("it was answered with %d", answer.StatusCode)
	}
	for deadline := time.Now().Add(stepWithin); !strings.Contains(e.logged(), `"status":499`); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log does not have the request:\n%s", e.logged())
		}
	}
	if log := e.logged(); strings.Contains(log, `"level":"ERROR"`) || strings.Contains(log, `"level":"WARN"`) {
		t.Errorf("the log has an error:\n%s", log)
	}
}

func TestConfigNamesWhatIsMissing(t *testing.T) {
	_, err := web.New(web.Config{PublicURL: "ftp://x"})
	for _, part := range []string{"Views", "Past", "Syncs", "Versions", "Links", "Accounts", "Consents", "Settings", "Webhooks", "Mappings", "DeadLetters", "Keys", "Inbox", "Allowance", "Ready", "Registry", "Logger", "Now", `"ftp://x"`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error %v does not name %s", err, part)
		}
	}
	e := newEngine(t)
	c := e.config()
	c.ConsentURL = "smokeball"
	if _, err := web.New(c); err == nil || !strings.Contains(err.Error(), "ConsentURL") {
		t.Errorf("the error is %v, want one that names ConsentURL", err)
	}
}
