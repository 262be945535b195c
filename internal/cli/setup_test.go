package cli

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAnUnregisteredRedirectAddressIsNamed: Smokeball shows an error page of its own and leads
// nobody back. The admin is told before, with the reference under which the log names the
// setting and the firm; operators read of it at the start, too.
func TestAnUnregisteredRedirectAddressIsNamed(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{RedirectURIs: []string{"https://sync.casehug.example/oauth/smokeball/callback"}}).serve(t)
	if e := r.log.await(t, "Smokeball’s sign-in would not ask firms for their consent; the engine goes on"); e.text("setting") != "ENGINE_PUBLIC_URL" {
		t.Errorf("at the start the log says %v", e)
	}
	var p struct{ Code, Detail, Remedy string }
	a := r.call(t, admin(), http.MethodPost, "/connection/authorize", nil).want(http.StatusConflict).into(&p)
	_, after, _ := strings.Cut(string(a.body), "the reference for them is ")
	reference, _, _ := strings.Cut(after, ".")
	if p.Code != "misconfigured" || !strings.Contains(string(a.body), "operators have to act") || reference == "" {
		t.Fatalf("the admin reads %s", a.body)
	}
	e := r.log.await(t, "a firm could not be connected to Smokeball")
	for key, want := range map[string]string{"setting": "ENGINE_PUBLIC_URL", "firm": string(testFirm), "answer": "redirect_mismatch", "reference": reference, "remedy": "/oauth/smokeball/callback"} {
		if !strings.Contains(e.text(key), want) {
			t.Errorf("the log's %s is %q, want %q", key, e.text(key), want)
		}
	}
	var c trouble
	r.call(t, clerk(), http.MethodGet, "/connection", nil).want(http.StatusOK).into(&c)
	if c.Status != "disconnected" || c.LastError == nil || !strings.Contains(c.LastError.Remedy, reference) {
		t.Errorf("the connection says %+v, %+v", c.Status, c.LastError)
	}
}

// TestASignInThatIsAwayDoesNotBlockALink: it may be back when the admin's browser comes.
func TestASignInThatIsAwayDoesNotBlockALink(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	if err := r.sim.Fault(smokeballsim.Fault{Route: "GET /oauth2/authorize", Kind: smokeballsim.Status, Status: 503, Count: 1}); err != nil {
		t.Fatal(err)
	}
	r.allow(t, r.authorize(t))
	eventually(t, "the firm is connected", func() bool { return r.connection(t).Status == "connected" })
}

// TestAnAPIHostThatNobodyAnswersAtIsNamedAtTheStart and the engine works.
func TestAnAPIHostThatNobodyAnswersAtIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	w.settings["SMOKEBALL_API_URL"] = "http://127.0.0.1:1" // nobody listens there
	r := w.serve(t)
	if e := r.log.await(t, "Nobody answers at the host of Smokeball’s API; the engine goes on"); e.text("setting") != "SMOKEBALL_API_URL" || !strings.Contains(e.text("remedy"), "SMOKEBALL_REGION") {
		t.Errorf("the log says %v", e)
	}
	r.call(t, clerk(), http.MethodGet, "/connection", nil).want(http.StatusOK)
}

// TestASignInThatNobodyAnswersAtRefusesNothing: at the start the log does not say that the
// credentials are wrong, which nobody knows.
func TestASignInThatNobodyAnswersAtRefusesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	w.settings["SMOKEBALL_AUTH_URL"] = "http://127.0.0.1:1" // nobody listens there
	r := w.serve(t)
	if e := r.log.await(t, "Smokeball’s sign-in cannot be asked whether it takes the app’s credentials; the engine goes on"); e.text("setting") != "SMOKEBALL_AUTH_URL" {
		t.Errorf("the log says %v", e)
	}
	if strings.Contains(r.log.String(), "does not take the app’s credentials") {
		t.Errorf("the log says that the credentials are refused:\n%s", r.log)
	}
}

// TestAnOwnAppsWrongSecretIsNamedAtTheStart with the firm and the file that holds it.
func TestAnOwnAppsWrongSecretIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	w := privately(t, smokeballsim.Config{})
	w.settings["SMOKEBALL_PRIVATE_APPS_FILE"] = write(t, "- firm: "+string(testFirm)+"\n  client_id: "+ownID+"\n  client_secret: wrong-secret-4477\n  api_key: wrong-key-8899\n")
	r := w.serve(t)
	e := r.log.await(t, "Smokeball’s sign-in does not take the credentials of a firm’s own app; the engine goes on")
	if e.text("setting") != "SMOKEBALL_PRIVATE_APPS_FILE" || e.text("firm") != string(testFirm) || strings.Contains(r.log.String(), "wrong-") {
		t.Errorf("the log says %v", e)
	}
}

// TestDenyLeadsBackToTheCard, which says so at once, and no longer that a firm is connecting.
func TestDenyLeadsBackToTheCard(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	session := r.signIn(t, r.token(t, admin()))
	get := func(address string) answer {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(session)
		return r.do(t, req)
	}
	link, err := url.Parse(r.authorize(t))
	if err != nil {
		t.Fatal(err)
	}
	back := r.url + "/oauth/smokeball/callback?" + url.Values{"error": {"access_denied"}, "state": {link.Query().Get("state")}}.Encode()
	card := string(get(back).want(http.StatusOK).body) // after the redirect
	if !strings.Contains(card, `id="card"`) || !strings.Contains(card, "Somebody clicked “Deny”") || !strings.Contains(card, "Not connected") || strings.Contains(card, "Link made") {
		t.Errorf("the admin sees %s", card)
	}
}

// TestWhatStaysAfterADisconnectIsOnTheCard: Smokeball does not take the revocation.
func TestWhatStaysAfterADisconnectIsOnTheCard(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	if err := r.sim.Fault(smokeballsim.Fault{Route: "POST /oauth2/revoke", Kind: smokeballsim.Status, Status: http.StatusNotFound}); err != nil {
		t.Fatal(err)
	}
	r.call(t, admin(), http.MethodDelete, "/connection", nil).want(http.StatusOK)
	session := r.signIn(t, r.token(t, admin()))
	eventually(t, "the card says who removes the app in Smokeball", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/integrations", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(session)
		card := string(r.do(t, req).want(http.StatusOK).body)
		return strings.Contains(card, "removes the app CaseHug inside Smokeball") && strings.Contains(card, "Disconnected")
	})
}
