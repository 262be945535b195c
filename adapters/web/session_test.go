package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
)

const form = "application/x-www-form-urlencoded"

func (e *engine) signIn(t *testing.T, values url.Values) reply {
	t.Helper()
	return e.call(t, call{method: "POST", path: "/session", kind: form, body: values.Encode(), html: true,
		header: map[string]string{"Origin": "https://app.casehug.example", "Sec-Fetch-Site": "cross-site"}})
}

func TestSignInFromCaseHug(t *testing.T) {
	for public, secure := range map[string]bool{"http://localhost:8080": false, "https://sync.casehug.example": true} {
		e := newEngine(t, func(c *web.Config) { c.PublicURL = public })
		r := e.signIn(t, url.Values{"token": {"admin-token"}}).want(303)
		if got := r.header.Get("Location"); got != "/integrations" {
			t.Errorf("leads to %s", got)
		}
		name := map[bool]string{false: "casehug_session", true: "__Host-casehug_session"}[secure]
		cookies := (&http.Response{Header: r.header}).Cookies()
		if len(cookies) != 2 {
			t.Fatalf("%d cookies", len(cookies))
		}
		life := int(people["admin-token"].Expires.Sub(noon).Seconds())
		if c := cookies[0]; c.Name != name || c.Value != "admin-token" || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode ||
			c.MaxAge != life || !c.Expires.IsZero() || c.Path != "/" {
			t.Errorf("%s: cookie %+v", public, c)
		}
		if c := cookies[1]; c.Name != name+"_mark" || c.Value == "admin-token" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteNoneMode || c.Path != "/" {
			t.Errorf("%s: cookie %+v", public, c)
		}
	}
}

// Only CaseHug's own pages and the engine's sign people in.
func TestOtherSitesSignNobodyIn(t *testing.T) {
	e := newEngine(t)
	in := func(origin, site string) reply {
		return e.call(t, call{method: "POST", path: "/session", kind: form, body: "token=admin-token", html: true, header: map[string]string{"Origin": origin, "Sec-Fetch-Site": site}})
	}
	for _, from := range [][2]string{{"https://evil.example", "cross-site"}, {"null", "cross-site"}, {"https://app.casehug.example.evil.example", "cross-site"},
		{"http://app.casehug.example", "cross-site"}, {"", "cross-site"}, {"https://evil.example", ""}} {
		if r := in(from[0], from[1]).want(403).contains("cross_origin"); r.header.Get("Set-Cookie") != "" {
			t.Errorf("%v sets a cookie", from)
		}
	}
	for _, from := range [][2]string{{"https://app.casehug.example", "cross-site"}, {"https://app.casehug.example", ""}, {e.url, "same-origin"}, {"", ""}, {"", "none"}} {
		in(from[0], from[1]).want(303)
	}
}

// Whoever is signed in is asked before somebody else is, also where only the digest of the
// session comes along, as from another site.
func TestNobodyIsSwappedSilently(t *testing.T) {
	e := newEngine(t)
	badge := markOf("user-token")
	for _, cookie := range []string{"casehug_session=user-token", "casehug_session_mark=" + badge} {
		in := func(values url.Values) reply {
			return e.call(t, call{method: "POST", path: "/session", kind: form, body: values.Encode(), html: true, header: map[string]string{"Cookie": cookie,
				"Origin": "https://app.casehug.example", "Sec-Fetch-Site": "cross-site"}})
		}
		r := in(url.Values{"token": {"admin-token"}, "next": {"/history"}}).want(200).contains("Sign in as Folasade Osei of f_1?", "Ben Lindqvist of f_1 is signed in", `action="/session"`)
		checkPage(t, "the question who is to be signed in", r.body)
		if r.header.Get("Set-Cookie") != "" {
			t.Errorf("a cookie is set: %s", r.header.Get("Set-Cookie"))
		}
		in(url.Values{"token": {"admin-token"}, "replace": {"guessed"}}).want(200)
		in(url.Values{"token": {"admin-token"}, "next": {"/history"}, "answer": {"no"}, "replace": {badge}}).want(303).leads("/history")
		e.call(t, call{path: "/history", cookie: "user-token", html: true}).want(200)
		in(url.Values{"token": {"user-token"}, "next": {"/history"}}).want(303) // the same person
		delete(e.ended, badge)
		in(url.Values{"token": {"admin-token"}, "next": {"/history"}, "replace": {badge}}).want(303).leads("/history")
		e.call(t, call{path: "/history", cookie: "user-token", html: true}).want(401)
		delete(e.ended, badge)
	}
	e.signIn(t, url.Values{"token": {"service-token"}}).want(403)
}

func markOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

func TestSignInLeadsToLocalPathsOnly(t *testing.T) {
	e := newEngine(t)
	for next, want := range map[string]string{
		"":                       "/integrations",
		"/history?status=failed": "/history?status=failed",
		"https://evil.example/":  "/integrations",
		"//evil.example/":        "/integrations",
		`/\evil.example`:         "/integrations",
		"/\t/evil.example":       "/integrations",
		"history":                "/integrations",
		"javascript:alert(1)":    "/integrations",
	} {
		if got := e.signIn(t, url.Values{"token": {"user-token"}, "next": {next}}).want(303).header.Get("Location"); got != want {
			t.Errorf("next %q leads to %q, want %q", next, got, want)
		}
	}
}

func TestSignInThatIsRefused(t *testing.T) {
	e := newEngine(t)
	r := e.signIn(t, url.Values{"token": {"forged"}}).want(401).contains("<h1>CaseHug could not sign you in here</h1>", "The token is not signed by CaseHug.", "Do the other thing.")
	if r.header.Get("Set-Cookie") != "" {
		t.Errorf("a cookie is set: %s", r.header.Get("Set-Cookie"))
	}
	e.signIn(t, url.Values{}).want(422)
	e.signIn(t, url.Values{"token": {strings.Repeat("x", 4000)}}).want(422)
}

func TestSignOut(t *testing.T) {
	e := newEngine(t)
	page := call{path: "/history", cookie: "user-token", html: true}
	e.call(t, page).want(200)
	r := e.call(t, call{method: "POST", path: "/session/end", cookie: "user-token", html: true}).want(200).contains("<h1>You are signed out</h1>")
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("cookie %+v stays", c)
		}
	}
	if got := r.header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data is %s", got)
	}
	e.call(t, page).want(401) // the cookie of before opens nothing any more
}

func TestSignInByALink(t *testing.T) {
	e := newEngine(t)
	r := e.call(t, call{path: "/session/demo/once", html: true}).want(303)
	if !strings.Contains(r.header.Get("Set-Cookie"), "casehug_session=admin-token") {
		t.Errorf("Set-Cookie is %q", r.header.Get("Set-Cookie"))
	}
	e.call(t, call{path: "/session/demo/once", html: true}).want(410).contains("is not valid")
	without := newEngine(t, func(c *web.Config) { c.Codes = nil })
	without.call(t, call{path: "/session/demo/once"}).problem(404, "not_found")
}

func TestCallback(t *testing.T) {
	for _, tt := range []struct {
		name, query, cookie string
		status              int
		says                string
	}{
		{"signed in", "code=c&state=state-1", "admin-token", 303, ""},
		{"another browser", "code=c&state=state-1", "", 200, "<h1>Connect Elm &amp; Partners to f_1?</h1>"},
		{"a session that ended", "code=c&state=state-1", "old-token", 200, "Nothing is connected yet."},
		{"with Smokeball's issuer", "code=c&state=state-1&iss=consent", "admin-token", 303, ""},
		{"with another issuer", "code=c&state=state-1&iss=https://evil.example", "admin-token", 403, "does not come from Smokeball"},
		{"denied", "error=access_denied&state=state-1", "admin-token", 403, "Somebody clicked “Deny”"},
		{"expired or used", "code=c&state=state-9", "admin-token", 410, "older than 10 minutes"},
		{"without anything", "", "", 410, "older than 10 minutes"},
		{"somebody else's", "code=c&state=state-1", "other-token", 200, "<h1>Connect Elm &amp; Partners to f_1?</h1>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEngine(t)
			e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/authorize", token: "admin-token"}).want(200)
			back := call{path: "/oauth/smokeball/callback?" + strings.Replace(tt.query, "iss=consent", "iss="+url.QueryEscape(e.consent), 1), cookie: tt.cookie, html: true}
			r := e.call(t, back).want(tt.status).contains(tt.says)
			if r.header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("Referrer-Policy is %q", r.header.Get("Referrer-Policy"))
			}
			if tt.status == 303 {
				if got := r.header.Get("Location"); got != "/integrations?connected=1" {
					t.Errorf("leads to %s", got)
				}
				e.call(t, call{path: "/integrations?connected=1", cookie: tt.cookie, html: true}).want(200).contains("Smokeball is connected.")
			}
			if tt.status >= 400 {
				r.contains("Nothing was changed.")
			}
			if tt.status < 400 {
				e.call(t, back).want(410)
			}
		})
	}
}

func TestCallbackWhenSmokeballIsAway(t *testing.T) {
	e := newEngine(t, func(c *web.Config) { c.Consents = away{c.Consents} })
	e.call(t, call{path: "/oauth/smokeball/callback?code=c&state=s", html: true}).want(503).contains("Smokeball does not answer", "req_")
}

// In a browser where whoever asked is not signed in, a page names the account and the firm;
// only this browser's yes connects them.
func TestAnotherBrowserIsAskedWhatItConnects(t *testing.T) {
	ask := func(t *testing.T) (*engine, string) {
		e := newEngine(t)
		e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/authorize", token: "admin-token"}).want(200)
		r := e.call(t, call{path: "/oauth/smokeball/callback?code=c&state=state-1", html: true}).want(200).
			contains("Connect Elm &amp; Partners to f_1?", `<form method="post" action="/oauth/smokeball/confirm"`, `<input type="hidden" name="grant" value="held">`, "Folasade Osei")
		checkPage(t, "the question what to connect", r.body)
		c := (&http.Response{Header: r.header}).Cookies()
		if len(c) != 1 || c[0].Name != "casehug_consent" || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].MaxAge != 600 {
			t.Fatalf("cookies %+v", c)
		}
		e.call(t, call{path: "/v1/firms/f_1/connection", token: "user-token"}).want(200).lacks(`"connected"`)
		return e, c[0].Name + "=" + c[0].Value
	}
	answer := func(cookie, body, site string) call {
		return call{method: "POST", path: "/oauth/smokeball/confirm", kind: form, body: body, html: true, header: map[string]string{"Cookie": cookie, "Sec-Fetch-Site": site}}
	}
	t.Run("yes", func(t *testing.T) {
		e, cookie := ask(t)
		e.call(t, answer("", "grant=held", "same-origin")).want(403).contains("another browser")
		e.call(t, answer(cookie, "grant=held", "cross-site")).want(403).contains("cross_origin")
		e.call(t, answer(cookie, "grant=held", "same-origin")).want(200).contains("<h1>Smokeball is connected</h1>")
		e.call(t, call{path: "/v1/firms/f_1/connection", token: "user-token"}).want(200).contains(`"connected"`)
	})
	t.Run("no", func(t *testing.T) {
		e, cookie := ask(t)
		e.call(t, answer(cookie, "grant=held&answer=no", "same-origin")).want(403).contains("answered no", "Nothing was changed.")
	})
}

func TestAnotherAccountIsAskedAbout(t *testing.T) {
	asks := func(t *testing.T) *engine {
		e := newEngine(t).connect()
		e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/authorize", token: "admin-token"}).want(200)
		back := call{path: "/oauth/smokeball/callback?code=another&state=state-1", cookie: "admin-token", html: true}
		if got := e.call(t, back).want(303).header.Get("Location"); got != "/integrations" {
			t.Errorf("leads to %s", got)
		}
		return e
	}
	page := call{path: "/integrations", cookie: "admin-token", html: true}
	t.Run("confirmed", func(t *testing.T) {
		e := asks(t)
		r := e.call(t, page).want(200).contains("Is Elm &amp; Partners the right Smokeball account?", "Stay with Hartwell &amp; Osei LLP", `value="`+elm.ID+`"`,
			"<b>Stops:</b> every sync with Hartwell", "<b>Changes:</b>", "<b>Stays:</b>", "<b>To undo:</b>", "<b>If you stay:</b>")
		checkPage(t, "the question", r.body)
		var got struct {
			Status  string
			Account struct{ Name string } `json:"smokeball_account"`
			Pending *struct {
				ID, Name string
				Expires  string `json:"expires_at"`
			} `json:"pending_account"`
		}
		e.call(t, call{path: "/v1/firms/f_1/connection", token: "user-token"}).want(200).into(&got)
		if got.Status != "connected" || got.Account.Name != "Hartwell & Osei LLP" || got.Pending == nil || got.Pending.ID != elm.ID || got.Pending.Name != elm.Name || got.Pending.Expires == "" {
			t.Errorf("while it is asked the connection is %+v", got)
		}
		e.call(t, call{path: "/integrations", cookie: "user-token", html: true}).want(200).contains("A firm admin decides.").lacks("/integrations/account/confirm")
		e.call(t, call{method: "POST", path: "/integrations/account/confirm", cookie: "admin-token", kind: form, body: "account_id=" + elm.ID, html: true}).want(303)
		e.call(t, page).want(200).contains("Elm &amp; Partners").lacks("the right Smokeball account?")
	})
	t.Run("dropped", func(t *testing.T) {
		e := asks(t)
		e.call(t, call{method: "POST", path: "/integrations/account/drop", cookie: "admin-token", html: true}).want(303).leads("/integrations?stayed=1")
		e.call(t, call{path: "/integrations?stayed=1", cookie: "admin-token", html: true}).want(200).
			contains("Hartwell &amp; Osei LLP", "The connection is as before.").lacks("the right Smokeball account?")
	})
	t.Run("after a disconnect", func(t *testing.T) {
		e := asks(t)
		e.add(noon, domain.ConnectionStream(firm), domain.Disconnected{By: "u_1"})
		r := e.told(t).call(t, page).want(200).contains("Is Elm &amp; Partners the right", "Stay with Hartwell &amp; Osei LLP", "<b>Changes:</b>").lacks("<b>Stops:</b>")
		checkPage(t, "the question after a disconnect", r.body)
	})
	t.Run("another one than was asked about", func(t *testing.T) {
		e := asks(t)
		e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/confirm", token: "admin-token", body: `{"account_id":"acc-3"}`}).problem(409, "account_not_pending")
		e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/confirm", token: "admin-token", body: `{}`}).problem(422, "invalid_request")
	})
}

func TestWebhookTest(t *testing.T) {
	e := newEngine(t).connect()
	if got := e.call(t, call{method: "POST", path: "/v1/firms/f_1/webhooks/test", token: "admin-token"}).want(200).body; strings.TrimSpace(got) != `{"received":true,"took_ms":412}` {
		t.Errorf("answered %s", got)
	}
	if got := e.call(t, call{method: "POST", path: "/v1/firms/f_2/webhooks/test", token: "other-token"}).want(200).body; strings.TrimSpace(got) != `{"received":false,"remedy":"An operator looks."}` {
		t.Errorf("answered %s", got)
	}
}
