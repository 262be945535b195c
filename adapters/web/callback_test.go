package web_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

// refusing is a connection that nobody can finish.
type refusing struct {
	ports.Consents
	err error
}

func (r refusing) Complete(context.Context, ports.Callback, *domain.User) (ports.Completed, error) {
	return ports.Completed{}, r.err
}

// refused is an engine at which every way back from Smokeball ends for one reason.
func refused(t *testing.T, reason domain.Reason, code domain.Code, message string) *engine {
	t.Helper()
	return newEngine(t, func(c *web.Config) { c.Consents = refusing{c.Consents, rejection(reason, code, message)} })
}

// Each way back that leads nowhere has a page of its own: what happened, what to do, and
// where to go on, also in a browser that is not signed in.
func TestUnfinishedPages(t *testing.T) {
	for _, tt := range []struct {
		reason  domain.Reason
		code    domain.Code
		status  int
		heading string
		says    string
	}{
		{domain.Denied, domain.CodeAuthorizationDenied, 403, "Smokeball gave no access", "Why it is. Nothing was changed."},
		{domain.Expired, domain.CodeAuthorizationExpired, 410, "This link is over", "Why it is. Nothing was changed."},
		{domain.Expired, domain.CodeAuthorizationUsed, 410, "This link was used already", "Opening it again changes nothing."},
		{domain.Expired, domain.CodeAuthorizationReplaced, 410, "There is a newer link", "Why it is. Nothing was changed."},
		{domain.Denied, domain.CodeAuthorizationForeign, 403, "This link is somebody else’s", "Why it is. Nothing was changed."},
		{domain.Denied, domain.CodeWrongIssuer, 403, "This answer is not from Smokeball", "Why it is. Nothing was changed."},
		{domain.Conflict, domain.CodeAccountInUse, 409, "This Smokeball account is taken", "Why it is. Nothing was changed."},
		{domain.Conflict, domain.CodeSmokeballUnavailable, 409, "Connecting to Smokeball did not work", "Why it is. Nothing was changed."},
	} {
		t.Run(string(tt.code), func(t *testing.T) {
			e := refused(t, tt.reason, tt.code, "Why it is")
			back := call{path: "/oauth/smokeball/callback?code=c&state=s", html: true}
			const button, alone = `<a class="btn go" href="/integrations">Back to Integrations</a>`, "Nobody is signed in to CaseHug in this browser."
			out := e.call(t, back).want(tt.status).contains("<h1>"+tt.heading+"</h1>", tt.says, "Do the other thing.", alone, string(tt.code)).lacks(button)
			checkPage(t, "signed out", out.body)
			back.cookie = "admin-token"
			in := e.call(t, back).want(tt.status).contains("<h1>"+tt.heading+"</h1>", tt.says, "Do the other thing.", button).lacks(alone)
			checkPage(t, "signed in", in.body)
		})
	}
}

// proposed is an engine whose firm is asked about another account.
func proposed(t *testing.T) *engine {
	t.Helper()
	e := newEngine(t).connect()
	e.add(noon, domain.ConnectionStream(firm), domain.AccountProposed{Attempt: "state-1", Account: elm, Expires: noon.Add(10 * time.Minute), By: "u_1"})
	return e.told(t)
}

// The question about another account is decided in the browser, either way.
func TestBrowserAnotherAccount(t *testing.T) {
	chromium(t)
	for _, tt := range []struct{ name, button, next, known, asked string }{
		{"connect", `section[aria-labelledby=other] footer .btn.go`, "/integrations?connected=1", elm.Name, "confirm " + elm.ID + " by u_1"},
		{"stay", `section[aria-labelledby=other] form[action$="drop"] .btn`, "/integrations?stayed=1", "Hartwell & Osei LLP", "drop account by u_1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := proposed(t)
			b := openBrowser(t, e.url)
			b.signIn("admin-token")
			b.open("/integrations")
			b.click(chromedp.CSS(tt.button), ".note.info")
			b.at(tt.next)
			if got := b.text("#card .facts b"); got != tt.known {
				t.Errorf("the card names %q, want %q", got, tt.known)
			}
			if e.asked() != tt.asked {
				t.Errorf("asked %q, want %q", e.asked(), tt.asked)
			}
			b.quiet(tt.name)
		})
	}
}
