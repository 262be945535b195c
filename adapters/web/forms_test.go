package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAFormOfAnotherFirmsPageChangesNothing: a browser has one session, and in another tab
// somebody may have signed in to another firm since the page was opened.
func TestAFormOfAnotherFirmsPageChangesNothing(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	e.call(t, call{path: "/integrations/advanced", cookie: "admin-token", html: true}).want(200).contains(`action="/integrations/disconnect"><input type="hidden" name="for_firm" value="f_1">`)
	form := func(firm domain.FirmID) call {
		return call{method: "POST", path: "/integrations/disconnect", cookie: "other-token", html: true, kind: "application/x-www-form-urlencoded", body: url.Values{"for_firm": {string(firm)}}.Encode()}
	}
	e.call(t, form(firm)).want(409).contains("another firm than the one that you are signed in to now", "Nothing was done")
	if e.asked() != "" {
		t.Errorf("a port was asked: %s", e.asked())
	}
	e.call(t, form(otherOne)).want(303)
}

// TestAnEndedSessionKeepsWhatWasTyped, to be sent again after a sign-in; a form of another site is
// not kept, nor is a token.
func TestAnEndedSessionKeepsWhatWasTyped(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	typed := url.Values{"case_type": {`Dog "bite" <b>`}, "matter_type_id": {"t_2"}, "for_firm": {"f_1"}}.Encode()
	c := call{method: "POST", path: "/integrations/mappings", cookie: "no-token", html: true, kind: "application/x-www-form-urlencoded", body: typed, header: map[string]string{"Sec-Fetch-Site": "same-origin"}}
	e.call(t, c).want(401).contains("You are signed out, and nothing was changed", `<form method="post" action="/integrations/mappings"`, `name="case_type" value="Dog &#34;bite&#34; &lt;b&gt;"`, `name="matter_type_id" value="t_2"`, "Send it again")
	c.header["Sec-Fetch-Site"] = "cross-site"
	e.call(t, c).want(401).lacks("Dog")
	e.call(t, call{path: "/integrations/mappings", cookie: "no-token", html: true}).want(401).lacks("<form")
}

// TestAPageThatSmokeballOwesOffersToTryAgain where the reader is, and not a click that is not there.
func TestAPageThatSmokeballOwesOffersToTryAgain(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	e.failWith(callError(domain.Retryable, 0))
	e.call(t, call{path: "/matters/m_1001/preview?x=1", cookie: "user-token", html: true}).want(503).contains("This page cannot be shown now", `href="/matters/m_1001/preview?x=1">Try again`, "Try again in 5 s.")
}

// TestBrowserSendsAFormOnce, however often its button is clicked.
func TestBrowserSendsAFormOnce(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().told(t)
	b := openBrowser(t, e.url)
	b.signIn("user-token")
	b.open("/matters/m_1003")
	_ = value(b, chromedp.Evaluate[chromedp.Void](`{const button = document.querySelector('form[action="/matters/m_1003/sync"] button'); button.click(); button.click(); button.click();}`))
	b.do(chromedp.WaitReady(chromedp.CSS("#acts [aria-disabled=true]")))
	if got := strings.Count(e.asked(), "request m_1003"); got != 1 {
		t.Errorf("three clicks sent the form %d times", got)
	}
	b.quiet("three clicks")
}

// TestBrowserTellsOfAnotherFirm: a page does not mix two firms when the browser's session is
// another's.
func TestBrowserTellsOfAnotherFirm(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.open("/history")
	b.waitText("#rows", "Becker v. Becker")
	b.signIn("other-token")
	_ = value(b, chromedp.Evaluate[chromedp.Void](`refreshSoon()`))
	b.waitText("#cut", "signed in to another firm now")
	b.waitText("#rows", "Becker v. Becker")
	b.accessible("another firm")
}

// TestALostSignInIsSaidOnEveryPage with the same button, and nothing is said to go on by itself.
func TestALostSignInIsSaidOnEveryPage(t *testing.T) {
	e := newEngine(t).connect().tell()
	e.add(at(4), domain.MatterStream(firm, "m_1003"), domain.SyncRequested{Sync: "s_away", Trigger: domain.TriggerManual, By: "u_1"}, domain.SyncStarted{Sync: "s_away", Attempt: 1},
		domain.SyncDeferred{Sync: "s_away", Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable, Message: "Smokeball does not answer", Remedy: "We try again by ourselves."}, Until: at(120)})
	e.told(t).call(t, call{path: "/overview", cookie: "admin-token", html: true}).want(200).contains("Going on without anybody: 1 matter waiting for Smokeball")
	e.add(at(3), domain.ConnectionStream(firm), domain.ConnectionLost{Failure: domain.Failure{Code: domain.CodeReauthorizationRequired, Message: "CaseHug was removed", Remedy: "Connect again."}})
	for _, page := range []call{{path: "/matters/m_1003", html: true}, {path: "/history/s_away", html: true}, {path: "/history", html: true}, {path: "/matters", html: true},
		{path: "/v1/firms/" + string(firm) + "/sync-history/s_away"}, {path: "/v1/firms/" + string(firm) + "/matters/m_1003"}} {
		page.cookie = "admin-token" // before the sync is tried again
		e.told(t).call(t, page).want(200).contains("access was removed in Smokeball").lacks("We try again").lacks(", by itself").lacks(`"smokeball_unavailable"`)
	}
	e.add(at(2), domain.MatterStream(firm, "m_1003"), domain.SyncDeferred{Sync: "s_away", Failure: domain.Failure{Code: domain.CodeReauthorizationRequired, Message: "CaseHug was removed", Remedy: "Connect again."}})
	e.told(t)
	e.call(t, call{path: "/overview", cookie: "admin-token", html: true}).want(200).lacks("Going on without anybody")
	e.call(t, call{path: "/matters/m_1003", cookie: "admin-token", html: true}).want(200).contains("CaseHug was removed in Smokeball").lacks("Sign in again")
	for _, path := range []string{"/integrations/settings", "/integrations/mappings", "/integrations/advanced", "/integrations/as-of"} {
		e.call(t, call{path: path, cookie: "admin-token", html: true}).want(200).contains("CaseHug was removed in Smokeball", `action="/integrations/connect"`)
	}
	e.call(t, call{path: "/integrations/advanced", cookie: "admin-token", html: true}).contains("Once registered, Smokeball tells us")
}
