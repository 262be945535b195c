package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

const (
	ownID     = "own-app-31c8"
	ownSecret = "secret-of-the-own-app-77e0"
	ownKey    = "key-of-the-own-app-0f4d"
)

// privately is a world where the firm has a Smokeball app of its own.
func privately(t *testing.T, c smokeballsim.Config) *world {
	t.Helper()
	c.PrivateApps = []smokeballsim.PrivateApp{{ClientID: ownID, ClientSecret: ownSecret, APIKey: ownKey, Account: testAccount, Rate: -1}}
	w := newWorld(t, c)
	w.settings["SMOKEBALL_PRIVATE_APPS_FILE"] = write(t, fmt.Sprintf(
		"- firm: %s\n  client_id: %s\n  client_secret_file: %s\n  api_key: %s\n  rate: 500\n  burst: 50\n", testFirm, ownID, write(t, ownSecret+"\n"), ownKey))
	return w
}

// asked is how often a route of the simulator was asked.
func (w *world) asked(route string) int { return w.sim.Counts().ByRoute[route] }

// TestAFirmsOwnAppConnectsWithoutConsent follows a link that leads straight back, takes
// webhooks that are signed for the own app, syncs over the end of an access token, and
// disconnects.
func TestAFirmsOwnAppConnectsWithoutConsent(t *testing.T) {
	t.Parallel()
	r := privately(t, smokeballsim.Config{}).serve(t)
	link := r.authorize(t)
	if u, err := url.Parse(link); err != nil || !strings.HasPrefix(link, r.url+"/oauth/smokeball/callback?") || u.Query().Get("state") == "" {
		t.Fatalf("link %s, %v", link, err)
	}
	r.allow(t, link)
	if again := r.visit(t, link); again.status < 400 {
		t.Errorf("the link works a second time: %d", again.status)
	}
	eventually(t, "the firm is connected", func() bool { return r.connection(t).Status == "connected" })
	r.wantsNoEnd(t)
	r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	p := r.publisher(t)
	r.syncs(t, p, "m_1")
	eventually(t, "a webhook is received", func() bool { return r.connection(t).Webhooks.Received > 0 })
	before := r.asked("POST /oauth2/token")
	if err := r.sim.Revoke(testAccount); err != nil { // ends every access token
		t.Fatal(err)
	}
	r.syncs(t, p, "m_2")
	if n := r.asked("POST /oauth2/token") - before; n != 1 {
		t.Errorf("%d sign-ins after the end of the token", n)
	}
	r.call(t, admin(), http.MethodDelete, "/connection", nil).want(http.StatusOK)
	p.say(t, "matter.created", "e-last", matter("m_last", 1, "Auto Accident"))
	p.approve(t, "d_last", "m_last")
	if e := r.latest(t, "m_last", domain.Waiting); e.Error.Code != domain.CodeNotConnected {
		t.Errorf("after the disconnection it waits for %+v", e.Error)
	}
}

// syncs lets CaseHug tell of a matter with a document, and waits for its sync.
func (r *running) syncs(t *testing.T, p publisher, id string) {
	t.Helper()
	p.say(t, "matter.created", "e-"+id, matter(id, 1, "Auto Accident"))
	p.approve(t, "d_"+id, id)
	r.latest(t, id, domain.Succeeded)
}

// wantsNoEnd requires a connection that nobody has to renew, with the own app's allowance.
func (r *running) wantsNoEnd(t *testing.T) {
	t.Helper()
	var c struct {
		By   *time.Time `json:"reauthorize_by"`
		Rate struct {
			PerSecond float64 `json:"per_second"`
		} `json:"rate_limit"`
	}
	a := r.call(t, clerk(), http.MethodGet, "/connection", nil).want(http.StatusOK).into(&c)
	if c.By != nil || c.Rate.PerSecond != 500 || !strings.Contains(string(a.body), `"reauthorize_by":null`) {
		t.Errorf("the connection is %s", a.body)
	}
}

func TestAnOwnAppWithWrongCredentialsSaysWhoActs(t *testing.T) {
	t.Parallel()
	w := privately(t, smokeballsim.Config{})
	w.settings["SMOKEBALL_PRIVATE_APPS_FILE"] = write(t, fmt.Sprintf("- {firm: %s, client_id: %s, client_secret: wrong, api_key: %s}\n", testFirm, ownID, ownKey))
	r := w.serve(t)
	page := r.visit(t, r.authorize(t))
	if page.status < 400 || strings.Contains(string(page.body), "wrong") {
		t.Errorf("status %d: %s", page.status, page.body)
	}
	eventually(t, "the attempt has failed", func() bool { return r.connection(t).Status == "disconnected" })
	if !strings.Contains(string(page.body), "SMOKEBALL_PRIVATE_APPS_FILE") {
		t.Errorf("the page does not say what to do:\n%s", page.body)
	}
}

func TestAFaultyFileOfPrivateAppsStopsTheStart(t *testing.T) {
	o := execute(t, map[string]string{"SMOKEBALL_PRIVATE_APPS_FILE": "/no/apps", "SMOKEBALL_CLIENT_ID": appID, "SMOKEBALL_CLIENT_SECRET": appSecret, "SMOKEBALL_API_KEY": appKey}, "serve")
	if o.code != wrongUsage || !strings.HasPrefix(o.err, "SMOKEBALL_PRIVATE_APPS_FILE is /no/apps: ") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}
