package web_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
)

// door is a request and what each kind of caller gets for it.
type door struct {
	call
	nobody, other, user, admin, operator int
}

// pages are all routes beside the API's: the console's pages and forms, and what is open
// to everybody. A page shows its visitor's own firm; the things of others are not there.
func pages() []door {
	page := func(path string, other, user, admin int) door {
		return door{call{path: path, html: true}, 401, other, user, admin, 401}
	}
	form := func(path, body string, other, user, admin int) door {
		return door{call{method: "POST", path: path, body: body, kind: form, html: true}, 401, other, user, admin, 401}
	}
	open := func(method, path string, status int) door {
		return door{call{method: method, path: path}, status, status, status, status, status}
	}
	return []door{
		page("/overview", 200, 200, 200),
		page("/integrations", 200, 200, 200),
		page("/integrations/as-of", 200, 200, 200),
		page("/integrations/settings", 200, 403, 200),
		page("/integrations/mappings", 200, 403, 200),
		page("/integrations/advanced", 200, 403, 200),
		page("/integrations/disconnect", 200, 403, 200),
		page("/integrations/unregister", 200, 403, 200),
		page("/history", 200, 200, 200),
		page("/history/s_done", 404, 200, 200),
		page("/matters", 200, 200, 200),
		page("/matters/m_1001", 404, 200, 200),
		page("/matters/m_1001/provenance", 404, 200, 200),
		page("/matters/m_1001/preview", 404, 200, 200),
		page("/matters/m_1002/link", 404, 403, 200),
		page("/matters/m_1002/link/confirm?to=x", 404, 403, 200),
		page("/matters/m_1001/unlink", 404, 403, 200),
		page("/matters/m_1001/erase", 404, 403, 200),
		page("/clients/c_77/erase", 404, 403, 200),
		page("/erasures?q=rivera", 200, 403, 200),
		page("/drift", 200, 403, 200),
		page("/bulk-syncs", 200, 403, 200),
		page("/bulk-syncs/b_1", 404, 403, 200),
		page("/bulk-syncs/b_1/cancel", 404, 403, 200),
		page("/dead-letters", 200, 403, 200),
		page("/dead-letters/dl_1/discard", 404, 403, 200),
		page("/audit", 200, 403, 200),
		form("/integrations/connect", "", 303, 403, 303),
		form("/integrations/disconnect", "", 303, 403, 303),
		form("/integrations/account/confirm", "account_id="+elm.ID, 303, 403, 303),
		form("/integrations/account/drop", "", 303, 403, 303),
		form("/integrations/settings", "revision=0", 303, 403, 303),
		form("/integrations/retention", "history=365d&audit=default&dead_letters=forever", 303, 403, 303),
		form("/integrations/mappings", "id=map_new&case_type=Adoption&matter_type_id=t_div", 303, 403, 303),
		form("/integrations/mappings/remove", "id=map_divorce", 404, 403, 303),
		form("/integrations/webhooks", "", 303, 403, 303),
		form("/integrations/webhooks/remove", "", 303, 403, 303),
		form("/integrations/webhooks/rotate", "", 303, 403, 303),
		form("/integrations/webhooks/test", "", 303, 403, 303),
		form("/matters/m_1001/sync", "", 303, 303, 303),
		form("/matters/m_1002/link", "smokeball_matter_id=x&client=keep", 303, 403, 303),
		form("/matters/m_1002/unlink", "", 303, 403, 303),
		form("/matters/m_1002/erase", "plan="+domain.ErasePlan{Subject: domain.EraseSubject{Matter: "m_1002"}, Matters: []domain.PlannedMatter{{ID: "m_1002"}}}.Digest(), 404, 403, 303),
		form("/clients/c_77/erase", "typed=c_77&plan="+domain.ErasePlan{Subject: domain.EraseSubject{Client: "c_77"}, Matters: []domain.PlannedMatter{{ID: "m_1001"}, {ID: "m_1006"}}, Clients: []domain.PlannedClient{{ID: "c_77"}}}.Digest(), 404, 403, 303),
		form("/drift/check", "", 303, 403, 303),
		form("/matters/m_1006/fields/title/accept", "seen=Estate+of+Whitfield", 404, 403, 303),
		form("/matters/m_1006/fields/title/repair", "seen=Estate+of+Whitfield&on=matter", 404, 403, 303),
		form("/history/s_failed/retry", "", 404, 303, 303),
		form("/bulk-syncs", "do=estimate", 303, 403, 303),
		form("/bulk-syncs/b_1/pause", "", 303, 403, 303),
		form("/bulk-syncs/b_1/resume", "", 303, 403, 303),
		form("/bulk-syncs/b_1/cancel", "", 303, 403, 303),
		form("/dead-letters/dl_1/retry", "", 404, 403, 303),
		form("/dead-letters/dl_3/discard", "", 404, 403, 303),
		form("/history/s_waits/cancel", "", 404, 303, 303),

		open("GET", "/", 303), open("GET", "/healthz", 200), open("GET", "/readyz", 200), open("GET", "/metrics", 200),
		open("GET", "/api", 200), open("GET", "/api/get-matters-matter", 200),
		open("GET", "/openapi.json", 200), open("GET", "/asyncapi.json", 200), open("GET", "/schemas/com.casehug.matter.created.json", 200), open("GET", "/static/console.css", 200),
		{call{method: "POST", path: "/webhooks/smokeball/the-secret", body: "{}"}, 200, 200, 200, 200, 200}, open("GET", "/oauth/smokeball/callback?state=made-up", 410), open("POST", "/oauth/smokeball/confirm", 410),
		open("POST", "/session", 422), open("POST", "/session/end", 200), open("GET", "/session/demo/never", 410),
	}
}

// doors are all requests of both tables.
func doors() []door {
	list := pages()
	for _, r := range routes() {
		other := 404
		if !strings.Contains(r.path, "/firms/f_1") {
			other = r.admin
		}
		list = append(list, door{r.call, 401, other, r.user, r.admin, r.operator})
	}
	return list
}

// TestDoors asks every route as everybody. What a visitor who was let in has changed is not there for
// the next one; who is refused changes nothing.
func TestDoors(t *testing.T) {
	story := func(t *testing.T) *engine {
		return newEngine(t, stopping).connect().tell().tellMappings().tellBulk().tellDrift().told(t)
	}
	quiet := story(t)
	for _, d := range doors() {
		t.Run(d.method+" "+d.path, func(t *testing.T) {
			writes := d.method != "" && d.method != http.MethodGet
			e, changed := quiet, writes
			for _, who := range []struct {
				name, token string
				want        int
			}{{"nobody", "", d.nobody}, {"another firm's admin", "other-token", d.other}, {"a user", "user-token", d.user},
				{"a firm admin", "admin-token", d.admin}, {"an operator", operator, d.operator}} {
				if changed {
					e = story(t)
				}
				c := d.call
				switch {
				case who.token == operator:
					c.header = map[string]string{"Authorization": "Operator " + operator}
				case strings.HasPrefix(d.path, "/v1/"):
					c.token = who.token
				default:
					c.cookie = who.token
				}
				got := e.call(t, c).status
				if got != who.want {
					t.Errorf("%s gets %d, want %d", who.name, got, who.want)
				}
				changed = writes && got < http.StatusBadRequest
			}
		})
	}
}

// TestEveryRouteHasADoor checks that the tables ask every route that there is, and that
// each one that requires a sign-in has an audit action.
func TestEveryRouteHasADoor(t *testing.T) {
	c := newEngine(t).config()
	c.Registry = prometheus.NewRegistry()
	actions, err := web.Actions(c)
	if err != nil {
		t.Fatal(err)
	}
	mux, asked := http.NewServeMux(), map[string]door{}
	for p := range actions {
		mux.Handle(p, http.NotFoundHandler())
	}
	for _, d := range doors() {
		r, err := http.NewRequest(d.call.method, "http://x"+d.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, pattern := mux.Handler(r)
		if pattern == "" {
			t.Errorf("no route takes %s %s", d.method, d.path)
		}
		asked[pattern] = d
	}
	for _, p := range slices.Sorted(maps.Keys(actions)) {
		d, ok := asked[p]
		switch word := actions[p]; {
		case !ok:
			t.Errorf("nothing is said about who may use %s", p)
		case d.nobody == 401 && word == "":
			t.Errorf("%s has no word for the audit trail", p)
		case d.nobody != 401 && word != "":
			t.Errorf("%s is open to everybody and has the word %s", p, word)
		}
	}
	if len(actions) < 40 {
		t.Errorf("there are only %d routes", len(actions))
	}
}

// A row of the route table that lacks its audit action, or has one that is not its own, stops
// the start.
func TestARouteNeedsItsAction(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		open    bool
		action  domain.Action
		wrong   bool
	}{
		{"POST /v1/firms/{firm}/webhooks", false, domain.ActionRegisterWebhooks, false},
		{"POST /v1/firms/{firm}/webhooks", false, "", true},
		{"POST /v1/firms/{firm}/webhooks", false, "webhooks.read", true},
		{"GET /v1/firms/{firm}/webhooks", false, "webhooks.read", false},
		{"GET /v1/firms/{firm}/webhooks", false, "", true},
		{"GET /healthz", true, "", false},
		{"GET /healthz", true, "health.read", true},
	} {
		if err := web.CheckRoute(tt.pattern, tt.open, tt.action); (err != nil) != tt.wrong {
			t.Errorf("%s, open %v, action %q: %v", tt.pattern, tt.open, tt.action, err)
		}
	}
}
