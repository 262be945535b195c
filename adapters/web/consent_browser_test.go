package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/adapters/web"
)

// newCaseHug is a site of CaseHug's, another one than the engine's: its page signs the owner
// of a token in at the engine.
func newCaseHug(t *testing.T) (page string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>CaseHug</title><link rel="icon" href="data:,"><h1>CaseHug</h1><form method="post" action=%q><input type="hidden" name="token" value=%q><button id="in">Smokeball</button></form>`,
			r.URL.Query().Get("engine")+"/session", r.URL.Query().Get("token"))
	}))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

// photograph keeps a picture of the page where WEB_SCREENSHOTS names a folder.
func (b *browser) photograph(name string) {
	b.Helper()
	folder := os.Getenv("WEB_SCREENSHOTS")
	if folder == "" {
		return
	}
	if err := os.WriteFile(folder+"/"+name+".png", value(b, chromedp.FullScreenshot(100)), 0o600); err != nil {
		b.Error(err)
	}
}

// A real browser does not swap one person's session for another's: it asks, although from
// CaseHug's site only the digest of the session comes along, not the session.
func TestBrowserAsksBeforeItSwapsPeople(t *testing.T) {
	chromium(t)
	casehug := newCaseHug(t)
	e := newEngine(t, func(c *web.Config) { c.CaseHugOrigins = []string{casehug} })
	b := openBrowser(t, e.url)
	from := func(token string) {
		b.do(chromedp.Navigate(casehug + "/?" + url.Values{"engine": {e.url}, "token": {token}}.Encode()))
		b.do(chromedp.Click("#in", chromedp.NodeVisible), chromedp.WaitVisible("main h1, main .page"))
	}
	from("user-token")
	b.at("/integrations")
	from("admin-token")
	b.at("/session")
	if h := value(b, chromedp.Text("h1")); h != "Sign in as Folasade Osei of f_1?" {
		t.Errorf("the browser shows %q", h)
	}
	b.photograph("switch")
	b.do(chromedp.Click(`button[value="no"]`), chromedp.WaitVisible(".side, nav"))
	b.at("/integrations")
	from("admin-token")
	b.do(chromedp.Click("form .go"), chromedp.WaitVisible(".side, nav"))
	b.at("/integrations")
	b.quiet("signing in as somebody else")
}

// A real browser in which nobody is signed in is asked before the firm is connected.
func TestBrowserAsksWhatItConnects(t *testing.T) {
	chromium(t)
	e := newEngine(t)
	b := openBrowser(t, e.url)
	var link struct {
		URL string `json:"authorize_url"`
	}
	e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/authorize", token: "admin-token"}).want(200).into(&link)
	b.do(chromedp.Navigate(link.URL), chromedp.Click("#allow", chromedp.NodeVisible), chromedp.WaitVisible("form .go"))
	if h := value(b, chromedp.Text("h1")); h != "Connect Elm & Partners to f_1?" {
		t.Errorf("the browser shows %q", h)
	}
	b.photograph("consent")
	b.do(chromedp.Click("form .go"), chromedp.WaitVisible(`a.btn.go`))
	b.at("/oauth/smokeball/confirm")
	if h := value(b, chromedp.Text("h1")); h != "Smokeball is connected" {
		t.Errorf("the browser shows %q", h)
	}
	b.quiet("the question what to connect")
}
