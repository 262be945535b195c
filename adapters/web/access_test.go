package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web"
)

// route is a call of the API and what each kind of caller gets.
type route struct {
	call
	user, admin, operator int
}

const settingsJSON = `{"auto_sync_on_document_approved":true,"auto_sync_on_matter_created":true,"auto_sync_on_matter_updated":true,` +
	`"auto_sync_on_client_updated":true,"link_existing_matters":false,"documents_folder":"Intake"}`

// routes are all calls of the API that somebody has to be signed in for.
func routes() []route {
	get := func(path string, user, admin, operator int) route {
		return route{call{path: path}, user, admin, operator}
	}
	do := func(method, path, body string, user, admin int) route {
		return route{call{method: method, path: path, body: body}, user, admin, 403}
	}
	return []route{
		get("/v1/firms/f_1/smokeball/matter-types", 200, 200, 403),                    // while the firm is connected
		do("POST", "/v1/firms/f_1/case-type-mappings/dry-run", mappingJSON, 403, 200), // the same
		{call{method: "POST", path: "/v1/firms/f_1/replay", body: mappingJSON}, 403, 200, 200},
		get("/v1/firms/f_1/connection", 200, 200, 200),
		do("POST", "/v1/firms/f_1/connection/authorize", "", 403, 200),
		do("DELETE", "/v1/firms/f_1/connection", "", 403, 200),
		do("POST", "/v1/firms/f_1/connection/confirm", `{"account_id":"`+elm.ID+`"}`, 403, 200),
		do("DELETE", "/v1/firms/f_1/connection/pending", "", 403, 200),
		get("/v1/firms/f_1/settings", 200, 200, 200),
		do("PUT", "/v1/firms/f_1/settings", settingsJSON, 403, 200),
		get("/v1/firms/f_1/retention", 200, 200, 200),
		{call{method: "PUT", path: "/v1/firms/f_1/retention", body: `{"history":"365d"}`}, 403, 200, 200},
		get("/v1/firms/f_1/case-type-mappings", 200, 200, 403),
		do("PUT", "/v1/firms/f_1/case-type-mappings/map_new", mappingJSON, 403, 200),
		do("PUT", "/v1/firms/f_1/case-type-mappings", mappingJSON, 403, 200),
		do("DELETE", "/v1/firms/f_1/case-type-mappings/map_divorce", "", 403, 200),
		get("/v1/firms/f_1/matters", 200, 200, 200),
		get("/v1/firms/f_1/matters/m_1001", 200, 200, 200),
		get("/v1/firms/f_1/matters/m_1001/provenance", 200, 200, 200),
		do("POST", "/v1/firms/f_1/matters/m_1001/sync", "", 202, 202),
		{call{method: "POST", path: "/v1/firms/f_1/matters/m_1001/preview"}, 200, 200, 200},
		{call{path: "/v1/firms/f_1/bulk-syncs"}, 403, 200, 200},
		{call{method: "POST", path: "/v1/firms/f_1/bulk-syncs", body: `{"all":true}`}, 403, 202, 202},
		{call{path: "/v1/firms/f_1/bulk-syncs/b_1"}, 403, 200, 200},
		{call{method: "POST", path: "/v1/firms/f_1/bulk-syncs/b_1/pause"}, 403, 202, 202},
		{call{method: "POST", path: "/v1/firms/f_1/bulk-syncs/b_1/resume"}, 403, 202, 202},
		{call{method: "DELETE", path: "/v1/firms/f_1/bulk-syncs/b_1"}, 403, 202, 202},
		{call{path: "/v1/firms/f_1/bulk-syncs/b_1/report"}, 403, 200, 200},
		get("/v1/firms/f_1/sync-history", 200, 200, 200),
		get("/v1/firms/f_1/stream", 200, 200, 200),
		get("/v1/firms/f_1/sync-history/s_done", 200, 200, 200),
		do("POST", "/v1/firms/f_1/sync-history/s_failed/retry", "", 202, 202),
		do("POST", "/v1/firms/f_1/sync-history/s_waits/cancel", "", 200, 200),
		get("/v1/firms/f_1/dead-letters", 403, 200, 200),
		get("/v1/firms/f_1/audit", 403, 200, 403),
		get("/v1/firms/f_1/dead-letters/dl_1", 403, 200, 200),
		{call{method: "POST", path: "/v1/firms/f_1/dead-letters/dl_1/retry"}, 403, 200, 200},
		{call{method: "DELETE", path: "/v1/firms/f_1/dead-letters/dl_1"}, 403, 200, 200},
		get("/v1/firms/f_1/webhooks", 403, 200, 200),
		do("POST", "/v1/firms/f_1/webhooks", "", 403, 200),
		do("DELETE", "/v1/firms/f_1/webhooks", "", 403, 200),
		do("POST", "/v1/firms/f_1/webhooks/rotate", "", 403, 200),
		do("POST", "/v1/firms/f_1/webhooks/test", "", 403, 200),
		do("POST", "/v1/firms/f_1/events", `{"id":"evt_1"}`, 403, 202),
		get("/v1/firms/f_1/drift", 403, 200, 200),
		{call{method: "POST", path: "/v1/firms/f_1/drift/check"}, 403, 202, 202},
		{call{method: "POST", path: "/v1/firms/f_1/matters/m_1006/fields/title/accept"}, 403, 202, 202},
		{call{method: "POST", path: "/v1/firms/f_1/matters/m_1006/fields/status/repair"}, 403, 202, 202},
		do("POST", "/v1/firms/f_1/matters/m_1001/rebase", `{"version":3}`, 403, 200),
		{call{method: "POST", path: "/v1/firms/f_1/matters/m_1001/erase"}, 403, 202, 202},
		{call{method: "POST", path: "/v1/firms/f_1/clients/c_77/erase"}, 403, 202, 202},
		{call{path: "/v1/firms/f_1/erasures/er_1"}, 403, 200, 200},
		do("POST", "/v1/firms/f_1/clients/c_77/rebase", `{"version":3}`, 403, 200),
		get("/v1/firms/f_1/smokeball/matters", 200, 200, 200),
		{call{method: "POST", path: "/v1/firms/f_1/matters/m_1005/link", body: `{"smokeball_matter_id":"x","client":"keep"}`}, 403, 200, 200},
		{call{method: "DELETE", path: "/v1/firms/f_1/matters/m_1005/link"}, 403, 200, 200},
		get("/v1/operator/firms", 403, 403, 200),
		get("/v1/operator/keys", 403, 403, 200),
		get("/v1/operator/health", 403, 403, 200),
		get("/v1/operator/views", 403, 403, 200),
		{call{method: "POST", path: "/v1/operator/views/rebuild"}, 403, 403, 202},
		get("/v1/operator/erasures", 403, 403, 200),
		get("/v1/operator/backups", 403, 403, 200),
		{call{method: "POST", path: "/v1/operator/backups", body: `{"dir":"/backups/monday","until":"2099-01-01T00:00:00Z"}`}, 403, 403, 202},
		{call{method: "POST", path: "/v1/operator/keys"}, 403, 403, 200},
		{call{method: "POST", path: "/v1/operator/keys/rewrap"}, 403, 403, 200},
		{call{method: "DELETE", path: "/v1/operator/keys/0000002a"}, 403, 403, 200},
	}
}

func TestAccess(t *testing.T) {
	e := newEngine(t, stopping).connect().tell().tellMappings().tellBulk().tellDrift().told(t)
	for _, r := range routes() {
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			as := func(token string) reply { c := r.call; c.token = token; return e.call(t, c) }
			p := as("").problem(401, "not_signed_in")
			if !strings.Contains(p.Remedy, "Bearer") {
				t.Errorf("the remedy %q does not say how to sign in", p.Remedy)
			}
			if got := as("forged").want(401).header.Get("WWW-Authenticate"); !strings.Contains(got, "invalid_token") {
				t.Errorf("WWW-Authenticate is %q", got)
			}
			if strings.Contains(r.path, "/firms/f_1") {
				as("other-token").problem(404, "not_found")
			}
			as("guest-token").problem(403, "forbidden")
			for _, service := range []string{"service-token", "every-firm-token"} {
				if strings.HasSuffix(r.path, "/events") {
					as(service).want(202)
				} else {
					as(service).problem(403, "forbidden")
				}
			}
			c := r.call
			c.header = map[string]string{"Authorization": "Operator " + operator}
			e.call(t, c).want(r.operator)
			as("user-token").want(r.user)
			as("admin-token").want(r.admin)
		})
	}
}

func TestForbiddenSaysWhoMay(t *testing.T) {
	e := newEngine(t)
	p := e.call(t, call{method: "PUT", path: "/v1/firms/f_1/settings", token: "user-token", body: settingsJSON}).problem(403, "forbidden")
	if !strings.Contains(p.Remedy, "firm admin") {
		t.Errorf("the remedy %q does not name who may", p.Remedy)
	}
}

// What comes first: whether the caller is known, then the firm, then the role, and
// only then whether the request makes sense.
func TestAccessComesBeforeValidation(t *testing.T) {
	e := newEngine(t)
	wrong := call{method: "PUT", path: "/v1/firms/f_1/settings", body: "{"}
	e.call(t, wrong).problem(401, "not_signed_in")
	wrong.token = "user-token"
	e.call(t, wrong).problem(403, "forbidden")
	wrong.token = "admin-token"
	e.call(t, wrong).problem(400, "invalid_request")
}

func TestCredentials(t *testing.T) {
	e := newEngine(t)
	for _, tt := range []struct {
		name, authorization string
		status              int
	}{
		{"an operator token that is wrong", "Operator nope", 401},
		{"an operator token that is empty", "Operator ", 401},
		{"a scheme that is unknown", "Basic dXNlcjpwYXNz", 401},
		{"a scheme in small letters", "bearer admin-token", 200},
		{"a firm that is no id, for an operator", "Operator " + operator, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e.call(t, call{path: "/v1/firms/f_1/connection", header: map[string]string{"Authorization": tt.authorization}}).want(tt.status)
		})
	}
	e.call(t, call{path: "/v1/firms/f.1/connection", header: map[string]string{"Authorization": "Operator " + operator}}).problem(404, "not_found")
}

func TestNoOperatorTokenMeansNoOperator(t *testing.T) {
	e := newEngine(t, func(c *web.Config) { c.OperatorToken = "" })
	e.call(t, call{path: "/v1/operator/firms", header: map[string]string{"Authorization": "Operator "}}).problem(401, "not_signed_in")
}

func TestWithoutUsersNobodyGetsIn(t *testing.T) {
	e := newEngine(t, func(c *web.Config) { c.Users = nil })
	for _, c := range []call{{path: "/v1/firms/f_1/connection", token: "admin-token"}, {path: "/v1/firms/f_1/connection"}} {
		p := e.call(t, c).problem(401, "not_signed_in")
		if !strings.Contains(p.Remedy, "ENGINE_JWKS_URL") {
			t.Errorf("the remedy %q does not name ENGINE_JWKS_URL", p.Remedy)
		}
	}
	e.call(t, call{path: "/integrations", html: true}).want(401).contains("ENGINE_JWKS_URL")
}

func TestCookieIsASignIn(t *testing.T) {
	e := newEngine(t)
	e.call(t, call{path: "/v1/firms/f_1/connection", cookie: "user-token"}).want(200)
	change := call{method: "POST", path: "/v1/firms/f_1/connection/authorize", cookie: "admin-token"}
	e.call(t, change).want(200)
	change.header = map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
	e.call(t, change).problem(403, "cross_origin")
	change.cookie, change.token = "", "admin-token"
	e.call(t, change).want(200)
}

// Every form of the console refuses other sites' posts, without asking a port.
func TestFormsRefuseOtherSites(t *testing.T) {
	e := newEngine(t, stopping).connect().tell().told(t)
	for _, path := range []string{"/integrations/connect", "/integrations/disconnect", "/integrations/settings", "/integrations/retention", "/integrations/mappings",
		"/integrations/mappings/remove", "/integrations/webhooks", "/integrations/webhooks/remove", "/integrations/webhooks/rotate", "/integrations/webhooks/test", "/integrations/account/confirm", "/integrations/account/drop",
		"/matters/m_1001/sync", "/history/s_failed/retry", "/history/s_waits/cancel", "/session/end"} {
		for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}} {
			c := call{method: "POST", path: path, cookie: "admin-token", header: header, html: true, kind: "application/x-www-form-urlencoded"}
			if r := e.call(t, c); r.status != http.StatusForbidden {
				t.Errorf("POST %s with %v: status %d, want 403", path, header, r.status)
			}
		}
	}
	if asked := e.asked(); asked != "" {
		t.Errorf("a port was asked: %s", asked)
	}
}
