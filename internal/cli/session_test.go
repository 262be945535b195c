package cli

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// opens is what a page answers to a browser with the session.
func (r *running) opens(t *testing.T, session *http.Cookie) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/history", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(session)
	return r.do(t, req).status
}

func (r *running) token(t *testing.T, who domain.User) string {
	t.Helper()
	token, err := r.issuer.Sign(who)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Signing out ends the session on the engine: its cookie opens nothing any more, also after
// a restart. Another session of the same person goes on.
func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	left, stays := r.signIn(t, r.token(t, clerk())), r.signIn(t, r.token(t, clerk()))
	if strings.Contains(left.Value, ".") {
		t.Error("the cookie holds the token")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/session/end", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(left)
	r.do(t, req).want(http.StatusOK)
	check := func() {
		t.Helper()
		if a, b := r.opens(t, left), r.opens(t, stays); a != http.StatusUnauthorized || b != http.StatusOK {
			t.Errorf("the ended session gets %d, the other one %d; want 401 and 200", a, b)
		}
	}
	check()
	r.stop()
	r = w.serve(t)
	check()
}

// A firm is asked about by its name: as CaseHug's token has it, else as its account was called.
func TestTheQuestionNamesTheFirm(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	who := admin()
	who.Called = "Hartwell & Osei LLP"
	var link struct {
		URL string `json:"authorize_url"`
	}
	r.call(t, who, http.MethodPost, "/connection/authorize", nil).want(http.StatusOK).into(&link)
	if page := string(r.visit(t, link.URL).want(http.StatusOK).body); !strings.Contains(page, "Connect Brown LLC to Hartwell &amp; Osei LLP (f_brown)?") {
		t.Errorf("the page asks %s", page)
	}
	r.connect(t)
	r.call(t, admin(), http.MethodDelete, "/connection", nil).want(http.StatusOK)
	if page := string(r.visit(t, r.authorize(t)).want(http.StatusOK).body); !strings.Contains(page, "Connect Brown LLC to Brown LLC (f_brown)?") {
		t.Errorf("the page asks %s", page)
	}
}

// Nothing is connected in a browser of somebody else before it says yes, and no means no.
func TestAStrangersBrowserSaysNo(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	asked := r.visit(t, r.authorize(t)).want(http.StatusOK)
	if page := string(asked.body); !strings.Contains(page, "Connect Brown LLC to f_brown?") {
		t.Errorf("the page does not name the account and the firm:\n%s", page)
	}
	if c := r.connection(t); c.Status == "connected" {
		t.Error("the firm is connected before anybody said yes")
	}
	if a := r.reply(t, asked, "no"); a.status != http.StatusForbidden {
		t.Errorf("no is answered %d", a.status)
	}
	if c := r.connection(t); c.Status != "disconnected" {
		t.Errorf("after a no the firm is %s", c.Status)
	}
	if n := r.sim.Counts().ByRoute["POST /oauth2/revoke"]; n != 1 {
		t.Errorf("%d consents were given back, want 1", n)
	}
}

// The browser of the admin who asked goes away while Smokeball exchanges the code.
func TestABrowserThatGoesLosesNoConsent(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	if err := r.sim.Fault(smokeballsim.Fault{Route: "POST /oauth2/token", Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(1500 * time.Millisecond), Count: 2}); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(at, []*http.Cookie{r.signIn(t, r.token(t, admin()))})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	exchanges := func() int { return r.sim.Counts().ByRoute["POST /oauth2/token"] }
	browser := &http.Client{Jar: jar, CheckRedirect: func(to *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(to.URL.Path, "/oauth/smokeball/callback") {
			before := exchanges()
			go func() { // the browser leaves once the code is being exchanged
				for ctx.Err() == nil && exchanges() == before {
					time.Sleep(time.Millisecond)
				}
				leave()
			}()
		}
		return nil
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.authorize(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := browser.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Fatalf("the browser waited for %d", resp.StatusCode)
	}
	eventually(t, "the firm is connected", func() bool { return r.connection(t).Status == "connected" })
}
