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
	e.add(at(2), domain.WebhookStream(firm, "n_1"), domain.SmokeballWebhookReceived{Origin: origin("w_1")})
	open("/integrations/advanced").contains("Active", "1 received", "2 min 0 s ago", "registered <time", "by Folasade Osei", "/webhooks/smokeball/••••••••", `data-open="unhook"`)
	open("/integrations/unregister").contains("Syncs are confirmed by asking", "at any time", `action="/integrations/webhooks/remove"`)
	open("/integrations/disconnect").contains("1 matter in Smokeball", "2 syncs that are not done will wait")
}

// hooked is an engine whose firm is connected and has a subscription.
func hooked(t *testing.T) *engine {
	t.Helper()
	e := newEngine(t).connect()
	e.add(at(3), domain.ConnectionStream(firm), domain.WebhooksRegistered{Subscription: "5d20e7b4-18c3-4f0a-b6f9-7e41a2c90d38", By: "u_1"})
	return e.told(t)
}

// silent is a Smokeball whose test notifications do not arrive.
type silent struct{ ports.Webhooks }

func (silent) TestWebhooks(context.Context, domain.User) (ports.WebhookTest, error) {
	return ports.WebhookTest{Remedy: "CaseHug’s operators check the address."}, nil
}

const (
	testForm   = `<form method="post" action="/integrations/webhooks/test">`
	rotateForm = `<form method="post" action="/integrations/webhooks/rotate">`
)

// What a person asks of the subscription is offered while there is one that can be asked.
func TestAdvancedOffersWhatCanBeDone(t *testing.T) {
	open := func(e *engine) reply {
		return e.told(t).call(t, call{path: "/integrations/advanced", cookie: "admin-token", html: true}).want(200)
	}
	open(hooked(t)).contains(testForm, rotateForm, "the old pair keeps working for one hour")
	open(newEngine(t)).lacks(testForm, rotateForm)
	open(newEngine(t).connect()).lacks(testForm, rotateForm)
	open(hooked(t).end()).lacks(testForm, rotateForm)
}

func TestSendATest(t *testing.T) {
	send := call{method: "POST", path: "/integrations/webhooks/test", kind: form, cookie: "admin-token", html: true}
	e := hooked(t)
	page := call{path: e.call(t, send).want(303).header.Get("Location"), cookie: "admin-token", html: true}
	r := e.call(t, page).want(200).contains("The test arrived in 0.4 s.", "<h1>Smokeball settings</h1>", testForm)
	e.call(t, page).want(200) // which sends no other one
	page.cookie = "other-token"
	e.call(t, page).want(200).lacks("The test arrived")
	checkPage(t, "arrived", r.body)
	if e.asked() != "test webhooks by u_1" {
		t.Errorf("asked %q", e.asked())
	}
	e.failWith(rejection(domain.Conflict, domain.CodeNoWebhooks, "The firm has no webhook subscription"))
	e.call(t, send).want(409).contains("The firm has no webhook subscription.", "Do the other thing.")
	e.failWith(callError(domain.Retryable, 0))
	e.call(t, send).want(503).contains("Smokeball does not answer.", "Try again in 5 s")
	mute := newEngine(t, func(c *web.Config) { c.Webhooks = silent{c.Webhooks} }).connect().told(t)
	r = mute.call(t, call{path: mute.call(t, send).want(303).header.Get("Location"), cookie: "admin-token", html: true}).want(200).contains("The test did not arrive.", "operators check the address.").lacks("The test arrived")
	checkPage(t, "did not arrive", r.body)
}

// TestATestOfAnotherEngineIsShown looks at a test by the address that another engine gave it: the
// ledger knows how it went, for as long as it was just sent, and nothing is said of one that is not back.
func TestATestOfAnotherEngineIsShown(t *testing.T) {
	e := hooked(t)
	page := call{path: "/integrations/advanced?test=elsewhere", cookie: "admin-token", html: true}
	stream := domain.ConnectionStream(firm)
	e.add(at(1), stream, domain.WebhooksTested{Subscription: "sub_4410", By: "u_1"})
	e.told(t).call(t, page).want(200).lacks("The test arrived", "did not arrive")
	e.add(at(1).Add(1500*time.Millisecond), stream, domain.SmokeballWebhookReceived{Type: domain.WebhookTest})
	e.told(t).call(t, page).want(200).contains("The test arrived in 1.5 s.")
	e.call(t, call{path: "/integrations/advanced", cookie: "admin-token", html: true}).want(200).lacks("The test arrived")
}

func TestRotateKeyAndAddress(t *testing.T) {
	e := hooked(t)
	e.call(t, call{method: "POST", path: "/integrations/webhooks/rotate", kind: form, cookie: "admin-token", html: true}).want(303).leads("/integrations/advanced?done=rotated")
	e.call(t, call{path: "/integrations/advanced?done=rotated", cookie: "admin-token", html: true}).want(200).
		contains("Smokeball has a new key and address. The old pair keeps working for one hour.")
}

// A test and a rotation are asked for by their buttons, and the page shows the outcome.
func TestBrowserWebhooks(t *testing.T) {
	chromium(t)
	e := hooked(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.open("/integrations/advanced")
	b.click(`form[action$="/test"] button`, ".note.info")
	if got := b.text(".note.info b"); got != "The test arrived in 0.4 s." {
		t.Errorf("the page says %q", got)
	}
	b.accessible("a test that arrived")
	b.picture("tested")
	b.click(`form[action$="/rotate"] button`, ".note.info b:only-child")
	b.at("/integrations/advanced?done=rotated")
	if want := "test webhooks by u_1\nrotate webhooks by u_1"; e.asked() != want {
		t.Errorf("asked %q, want %q", e.asked(), want)
	}
	b.quiet("the webhooks")
}

// The subscription is removed by keyboard, after the page has said what that means; Esc
// and the button that takes the focus leave it as it is.
func TestBrowserUnregister(t *testing.T) {
	chromium(t)
	e := hooked(t)
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
