package web_test

import (
	"context"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
)

// refusing is a connection that nobody can finish.
type refusing struct {
	web.Firms
	err error
}

func (r refusing) Complete(context.Context, web.Callback, *domain.User) (web.Completed, error) {
	return web.Completed{}, r.err
}

// refused is an engine at which every way back from Smokeball ends for one reason.
func refused(t *testing.T, reason domain.Reason, code domain.Code, message string) *engine {
	t.Helper()
	return newEngine(t, func(c *web.Config) { c.Firms = refusing{c.Firms, rejection(reason, code, message)} })
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
