package web_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/domain"
)

func TestAdvancedPage(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	open := func(path string) reply {
		r := e.told(t).call(t, call{path: path, cookie: "admin-token", html: true}).want(200)
		checkPage(t, path, r.body)
		return r
	}
	open("/integrations/advanced").contains("Not registered", "Register Webhooks", "None yet", "Matters, appointments, matter types, errors", "1 matter in Smokeball",
		"2 syncs that are not done will wait", `<span class="count">2<span class="vh"> unmapped</span></span>`).lacks("Remove the subscription", "secret")
	e.add(at(3), domain.ConnectionStream(firm), domain.WebhooksRegistered{Subscription: "5d20e7b4-18c3-4f0a-b6f9-7e41a2c90d38", By: "u_1"})
	e.add(at(2), domain.NoticeStream(firm, "n_1"), domain.SmokeballWebhookReceived{Origin: origin("w_1")})
	open("/integrations/advanced").contains("Active", "1 received", "2 min 0 s ago", "registered <time", "by Folasade Osei", "/webhooks/smokeball/••••••••", `data-open="unhook"`)
	open("/integrations/unregister").contains("Syncs are confirmed by asking", "at any time", `action="/integrations/webhooks/remove"`)
	open("/integrations/disconnect").contains("1 matter in Smokeball", "2 syncs that are not done will wait")
}

// The subscription is removed by keyboard, after the page has said what that means; Esc
// and the button that takes the focus leave it as it is.
func TestBrowserUnregister(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect()
	e.add(at(3), domain.ConnectionStream(firm), domain.WebhooksRegistered{Subscription: "5d20e7b4-18c3-4f0a-b6f9-7e41a2c90d38", By: "u_1"})
	e.told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.open("/integrations/advanced")
	opener, dialog := chromedp.CSS("[data-open=unhook]"), chromedp.CSS("#unhook[open]")
	b.enter(opener)
	b.do(chromedp.WaitVisible(dialog))
	b.accessible("the dialog")
	b.picture("unhook")
	if got := value(b, chromedp.Evaluate[string]("document.activeElement.textContent")); got != "Keep it" {
		t.Errorf("the focus is on %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#unhook [data-close]"), "\x1b"), chromedp.WaitNotPresent(dialog))
	if got := value(b, chromedp.Evaluate[string]("document.activeElement.dataset.open")); got != "unhook" {
		t.Errorf("the focus went to %q", got)
	}
	b.enter(opener)
	b.do(chromedp.WaitVisible(dialog))
	b.enter("#unhook .btn.hard")
	b.do(chromedp.WaitReady(chromedp.CSS(".note.info")))
	b.at("/integrations/advanced?done=removed")
	b.quiet("removing")
}
