package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
		cookies := (&http.Response{Header: r.header}).Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%d cookies", len(cookies))
		}
		c := cookies[0]
		if c.Name != "casehug_session" || c.Value != "admin-token" || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode ||
			c.MaxAge != int((8*time.Hour).Seconds()) || !c.Expires.IsZero() || c.Path != "/" {
			t.Errorf("%s: cookie %+v", public, c)
		}
	}
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
	r := e.signIn(t, url.Values{"token": {"forged"}}).want(401).contains("<h1>You are signed out</h1>")
	if r.header.Get("Set-Cookie") != "" {
		t.Errorf("a cookie is set: %s", r.header.Get("Set-Cookie"))
	}
	e.signIn(t, url.Values{}).want(422)
	e.signIn(t, url.Values{"token": {strings.Repeat("x", 4000)}}).want(422)
}

func TestSignOut(t *testing.T) {
	e := newEngine(t)
	r := e.call(t, call{method: "POST", path: "/session/end", cookie: "user-token", html: true}).want(200).contains("<h1>You are signed out</h1>")
	if got := r.header.Get("Set-Cookie"); !strings.Contains(got, "casehug_session=;") || !strings.Contains(got, "Max-Age=0") {
		t.Errorf("Set-Cookie is %q", got)
	}
}

func TestOneTimeSignIn(t *testing.T) {
	e := newEngine(t)
	r := e.call(t, call{path: "/session/demo/once", html: true}).want(303)
	if !strings.Contains(r.header.Get("Set-Cookie"), "casehug_session=admin-token") {
		t.Errorf("Set-Cookie is %q", r.header.Get("Set-Cookie"))
	}
	e.call(t, call{path: "/session/demo/once", html: true}).want(410).contains("used already")
	without := newEngine(t, func(c *web.Config) { c.OneTime = nil })
	without.call(t, call{path: "/session/demo/once"}).problem(404, "not_found")
}

func TestCallback(t *testing.T) {
	for _, tt := range []struct {
		name, query, cookie string
		status              int
		says                string
	}{
		{"signed in", "code=c&state=state-1", "admin-token", 303, ""},
		{"another browser", "code=c&state=state-1", "", 200, "<h1>Smokeball is connected</h1>"},
		{"a session that ended", "code=c&state=state-1", "old-token", 200, `href="/integrations"`},
		{"with Smokeball's issuer", "code=c&state=state-1&iss=consent", "admin-token", 303, ""},
		{"with another issuer", "code=c&state=state-1&iss=https://evil.example", "admin-token", 403, "does not come from Smokeball"},
		{"denied", "error=access_denied&state=state-1", "admin-token", 403, "Somebody clicked “Deny”"},
		{"expired or used", "code=c&state=state-9", "admin-token", 410, "older than 10 minutes"},
		{"without anything", "", "", 410, "older than 10 minutes"},
		{"somebody else's", "code=c&state=state-1", "other-token", 403, "made for somebody else"},
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
	e := newEngine(t, func(c *web.Config) { c.Firms = away{c.Firms} })
	e.call(t, call{path: "/oauth/smokeball/callback?code=c&state=s", html: true}).want(503).contains("Smokeball does not answer", "req_")
}

// A link that is asked for with the console's cookie belongs to that browser; one that is
// asked for with a token does not.
func TestALinkKnowsWhereItWasAskedFor(t *testing.T) {
	e := newEngine(t)
	const path = "/v1/firms/f_1/connection/authorize"
	e.call(t, call{method: "POST", path: path, token: "admin-token"}).want(200)
	e.call(t, call{method: "POST", path: path, cookie: "admin-token"}).want(200)
	e.call(t, call{method: "POST", path: "/integrations/connect", cookie: "admin-token", html: true}).want(303)
	if want := "authorize by u_1, browser false\nauthorize by u_1, browser true\nauthorize by u_1, browser true"; e.asked() != want {
		t.Errorf("asked %q, want %q", e.asked(), want)
	}
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
	t.Run("in a browser that is not signed in", func(t *testing.T) {
		e := newEngine(t).connect()
		e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/authorize", token: "admin-token"}).want(200)
		r := e.call(t, call{path: "/oauth/smokeball/callback?code=another&state=state-1", html: true}).want(200).contains("another Smokeball account than before", "Nothing was changed.")
		checkPage(t, "one question left", r.body)
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
