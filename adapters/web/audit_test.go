package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// trail is the answer of GET …/audit.
type trail struct {
	Items []struct {
		Position uint64
		At       time.Time
		Actor    struct {
			Sub  string
			Name *string
			Role *string
		}
		Action, Outcome      string
		Target, Code, Reason *string
		Times                int
		Event                struct {
			Name, Hash string
			Position   uint64
		}
	}
	Next *string `json:"next_cursor"`
}

// lines are the entries in short.
func (tr trail) lines() []string {
	var list []string
	str := func(p *string) string {
		if p == nil {
			return "-"
		}
		return *p
	}
	for _, i := range tr.Items {
		list = append(list, fmt.Sprintf("%s(%s) %s %s %s %s", i.Actor.Sub, str(i.Actor.Role), i.Action, str(i.Target), i.Outcome, str(i.Code)))
	}
	return list
}

func (e *engine) trail(t *testing.T, token, query string) trail {
	t.Helper()
	var tr trail
	f := people[token].Firm
	e.call(t, call{path: "/v1/firms/" + string(f) + "/audit" + query, token: token}).want(200).into(&tr)
	return tr
}

func wantLines(t *testing.T, got trail, want ...string) {
	t.Helper()
	if !slices.Equal(got.lines(), want) {
		t.Errorf("the trail is\n%s\nwant\n%s", strings.Join(got.lines(), "\n"), strings.Join(want, "\n"))
	}
}

func TestAuditTellsWhatWasDone(t *testing.T) {
	e := newEngine(t)
	for _, c := range []call{
		{method: "POST", path: "/v1/firms/f_1/connection/authorize"}, {method: "PUT", path: "/v1/firms/f_1/settings", body: settingsJSON},
		{method: "POST", path: "/v1/firms/f_1/webhooks"}, {method: "DELETE", path: "/v1/firms/f_1/connection"},
	} {
		c.token = "admin-token"
		e.call(t, c).want(200)
	}
	e.call(t, call{method: "POST", path: "/v1/firms/f_1/matters/m_1001/sync", token: "user-token"}).want(202)
	got := e.told(t).trail(t, "admin-token", "")
	wantLines(t, got, "u_5(-) sync.request m_1001 done -", "u_1(firm_admin) connection.disconnect - done -",
		"u_1(firm_admin) webhooks.register 5d20e7b4-18c3-4f0a-b6f9-7e41a2c90d38 done -", "u_1(firm_admin) settings.change - done -", "u_1(firm_admin) connection.authorize - done -")
	settings := got.Items[3]
	if settings.Event.Name != "settings.changed.v1" || settings.Event.Position != 2 || settings.Position != 2 || len(settings.Event.Hash) != 64 ||
		settings.Actor.Name == nil || *settings.Actor.Name != "Folasade Osei" || !settings.At.Equal(noon) || settings.Times != 1 {
		t.Errorf("the change of the settings is %+v", settings)
	}
	if got.Items[0].Actor.Name != nil {
		t.Errorf("a user of whom no name is known is called %s", *got.Items[0].Actor.Name)
	}
}

// What is refused is in the trail of whoever was refused, reads too, and never in that
// of the firm that they looked for.
func TestAuditTellsWhatWasRefused(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	before := len(e.trail(t, "admin-token", "?outcome=refused").Items)
	e.call(t, call{path: "/v1/firms/f_1/dead-letters", token: "user-token"}).want(403)
	e.call(t, call{method: "PUT", path: "/v1/firms/f_1/settings", body: settingsJSON, token: "user-token"}).want(403)
	e.call(t, call{path: "/integrations/mappings", cookie: "user-token", html: true}).want(403)
	e.call(t, call{path: "/v1/firms/f_1/matters/m_1001", token: "other-token"}).want(404)
	e.call(t, call{method: "POST", path: "/v1/firms/f_1/sync-history/s_waits/retry", token: "user-token"}).want(409)
	e.call(t, call{path: "/v1/firms/f_1/matters", token: "guest-token"}).want(403)
	e.call(t, call{path: "/v1/firms/f_1/matters"}).want(401)
	got := e.trail(t, "admin-token", "?outcome=refused")
	got.Items = got.Items[:len(got.Items)-before]
	wantLines(t, got, "u_7(guest) matter.read - refused forbidden", "u_5(user) sync.retry s_waits refused not_retryable", "u_5(user) mapping.read - refused forbidden",
		"u_5(user) settings.change - refused forbidden", "u_5(user) dead_letter.read - refused forbidden")
	if r := got.Items[2]; r.Reason == nil || *r.Reason != "This is for firm admins." || r.Event.Name != "audit.refused.v1" {
		t.Errorf("a refusal is %+v", r)
	}
	wantLines(t, e.trail(t, "other-token", ""), "u_9(firm_admin) matter.read f_1 refused not_found")
	e.call(t, call{path: "/metrics"}).want(200).contains(`web_refused_total{code="forbidden"} 4`, `web_refused_total{code="not_found"} 1`, `web_refused_total{code="not_signed_in"} 1`)
}

// A callback with a link that is over or somebody else's is in the trail of the browser's
// user; without one it belongs to no firm.
func TestAuditTellsForeignLinks(t *testing.T) {
	e := newEngine(t)
	e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/authorize", token: "admin-token"}).want(200)
	e.call(t, call{path: "/oauth/smokeball/callback?state=state-1&code=c", cookie: "other-token"}).want(200)
	e.call(t, call{method: "POST", path: "/oauth/smokeball/confirm", kind: form, body: "grant=held", cookie: "other-token"}).want(403)
	e.call(t, call{path: "/oauth/smokeball/callback?state=gone&code=c", cookie: "user-token"}).want(410)
	e.call(t, call{path: "/oauth/smokeball/callback?state=gone&code=c"}).want(410)
	wantLines(t, e.told(t).trail(t, "other-token", ""), "u_9(firm_admin) connection.connect - refused authorization_foreign")
	wantLines(t, e.trail(t, "admin-token", "?outcome=refused"), "u_5(user) connection.connect - refused authorization_expired")
}

// Ids are kept of addresses, other text is not; nor is it a refusal to be answered that a
// value is not valid, or that a thing is not there.
func TestAuditKeepsNothingPersonal(t *testing.T) {
	e := newEngine(t).tell().told(t)
	e.call(t, call{path: "/v1/firms/Maria%20Rivera/matters/maria@example.com", token: "admin-token"}).want(404)
	e.call(t, call{path: "/v1/firms/f_1/matters/m_404", token: "user-token"}).want(404)
	e.call(t, call{method: "PUT", path: "/v1/firms/f_1/settings", body: "{}", token: "admin-token"}).want(422)
	got := e.trail(t, "admin-token", "?outcome=refused")
	wantLines(t, got, "u_1(firm_admin) matter.read - refused not_found")
	e.call(t, call{path: "/v1/firms/f_1/audit", token: "admin-token"}).want(200).lacks("aria", "example.com", "f_2")
}

// A form that shows again what was refused is in the trail as the API's call would be.
func TestAuditTellsRefusedForms(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings().told(t)
	e.call(t, call{method: "POST", path: "/integrations/mappings", kind: form, html: true, cookie: "admin-token", body: "id=map_2&case_type=Divorce&matter_type_id=t_div"}).want(409)
	wantLines(t, e.trail(t, "admin-token", "?outcome=refused"), "u_1(firm_admin) mapping.revise - refused mapping_taken")
}

func TestAuditFilters(t *testing.T) {
	e := newEngine(t)
	for n := range 5 {
		s := domain.DefaultSettings
		s.DocumentsFolder = fmt.Sprint("folder ", n)
		e.add(at(60-n), domain.SettingsStream(firm), domain.SettingsChanged{Settings: s, By: fmt.Sprint("u_", n%2)})
	}
	e.add(at(1), domain.AuditStream(firm, noon), domain.RequestRefused{Actor: "u_5", Action: "audit.read", Code: domain.CodeForbidden, Since: at(1), Times: 1},
		domain.RequestRefused{Actor: "u_5", Action: "audit.read", Code: domain.CodeForbidden, Since: at(1), Times: 41})
	e.told(t)
	for query, want := range map[string]int{"": 6, "?actor=u_0": 3, "?actor=u_1": 2, "?action=audit.read": 1, "?action=settings.change": 5, "?action=none": 0,
		"?outcome=done": 5, "?outcome=refused": 1, "?actor=u_5&outcome=done": 0,
		"?from=" + at(58).Format(time.RFC3339): 4, "?to=" + at(58).Format(time.RFC3339): 2, "?from=" + at(59).Format(time.RFC3339) + "&to=" + at(57).Format(time.RFC3339): 2} {
		if got := len(e.trail(t, "admin-token", query).Items); got != want {
			t.Errorf("%s finds %d, want %d", query, got, want)
		}
	}
	if got := e.trail(t, "admin-token", "?outcome=refused").Items[0].Times; got != 42 {
		t.Errorf("a refusal of 42 times has %d", got)
	}
	first := e.trail(t, "admin-token", "?limit=4")
	if len(first.Items) != 4 || first.Next == nil {
		t.Fatalf("the first part has %d entries, next %v", len(first.Items), first.Next)
	}
	rest := e.trail(t, "admin-token", "?limit=4&cursor="+*first.Next)
	if len(rest.Items) != 2 || rest.Next != nil || rest.Items[0].Position >= first.Items[3].Position {
		t.Errorf("the rest is %v, next %v", rest.lines(), rest.Next)
	}
	e.call(t, call{path: "/v1/firms/f_1/audit?outcome=maybe", token: "admin-token"}).problem(422, "invalid_request")
	e.call(t, call{path: "/v1/firms/f_1/audit?cursor=!", token: "admin-token"}).problem(422, "invalid_request")
}

func TestAuditPage(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	open := func(query string) reply {
		return e.call(t, call{path: "/audit" + query, cookie: "admin-token", html: true}).want(200)
	}
	e.call(t, call{path: "/audit", cookie: "user-token", html: true}).want(403)
	open("").contains("Connect to Smokeball", "Folasade Osei", "connection.authorized.v1", "Refused", "User", "See: audit", "<code>forbidden</code>", `href="/audit" aria-current="page"`)
	open("?outcome=done").lacks("See: audit")
	open("?actor=nobody").contains("No entry fits these filters")
	open("").contains(`<option value="" selected>Any action</option>`, `<option value="settings.change">Change the settings</option>`, `title="Only what `)
	open("?action=audit.read").contains(`<option value="audit.read" selected>See: audit</option>`)
	e.call(t, call{path: "/audit?" + url.Values{"cursor": {"!"}}.Encode(), cookie: "admin-token", html: true}).want(422)
	newEngine(t).call(t, call{path: "/audit", cookie: "admin-token", html: true}).want(200).contains("Nothing yet")
	e.call(t, call{path: "/history", cookie: "user-token", html: true}).want(200).lacks(`href="/audit"`)
}

// tellRefusals records what people of the firm were refused.
func (e *engine) tellRefusals() *engine {
	refused := domain.RequestRefused{Actor: "u_5", Role: domain.StandardUser, Action: domain.ActionChangeSettings, Code: domain.CodeForbidden, Reason: "This is for firm admins.", Since: at(5), Times: 1}
	again, elsewhere := refused, refused
	again.Times = 312
	elsewhere.Action, elsewhere.Target, elsewhere.Code, elsewhere.Reason = "matter.read", "f_2", domain.CodeNotFound, "There is no such firm."
	e.add(at(5), domain.AuditStream(firm, at(5)), refused, again, elsewhere)
	return e
}
