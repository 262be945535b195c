package smokeballsim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

const (
	verifier = "a-verifier-that-is-long-enough-for-the-rules-of-pkce"
	callback = "https://app.example/callback"
)

func authorization(change ...string) url.Values {
	v := url.Values{
		"response_type": {"code"}, "client_id": {"sim-client"}, "redirect_uri": {callback}, "state": {"s-1"},
		"scope": {"matters/read contacts/read"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// form posts a form, with the app's own credentials where id is set.
func (d *desk) form(path string, v url.Values, id, secret string) answer {
	d.Helper()
	r := d.request("POST", path, v.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		r.SetBasicAuth(id, secret)
	}
	return d.send(r)
}

// consent allows the app for the first firm and returns the code.
func (d *desk) consent() string {
	d.Helper()
	v := authorization()
	v.Set("account", firm)
	v.Set("decision", "allow")
	a := d.form("/oauth2/authorize", v, "", "")
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusFound || to.Query().Get("state") != "s-1" || to.Query().Get("code") == "" {
		d.Fatalf("consent = %d to %q", a.status, to)
	}
	return to.Query().Get("code")
}

func exchange(code string, change ...string) url.Values {
	v := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"sim-client"}, "code": {code},
		"redirect_uri": {callback}, "code_verifier": {verifier},
	}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

func (d *desk) redeem(v url.Values) answer {
	d.Helper()
	return d.form("/oauth2/token", v, "sim-client", "sim-secret")
}

func TestCodeBecomesTokensOnce(t *testing.T) {
	office(t, config(), func(d *desk) {
		code := d.consent()
		a := d.redeem(exchange(code))
		if a.status != 200 || a.at("token_type") != "Bearer" || a.at("expires_in") != "3600" || a.at("refresh_token") == "" {
			t.Fatalf("exchange = %d %s", a.status, a.text)
		}
		d.token = a.at("access_token")
		d.want(200, "GET", "/matters", "")
		d.want(403, "GET", "/firm", "") // not among the scopes that were asked for

		renewed := d.redeem(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.at("refresh_token")}})
		if renewed.status != 200 || renewed.at("access_token") == "" || renewed.at("refresh_token") != "" {
			t.Fatalf("refresh = %d %s", renewed.status, renewed.text)
		}
		if again := d.redeem(exchange(code)); again.status != 400 || again.at("error") != "invalid_grant" {
			t.Fatalf("second exchange = %d %s", again.status, again.text)
		}
	})
}

func TestFailedExchangeBurnsTheCode(t *testing.T) {
	for name, change := range map[string][]string{
		"verifier": {"code_verifier", "another"}, "redirect": {"redirect_uri", "https://app.example/other"},
	} {
		t.Run(name, func(t *testing.T) {
			office(t, config(), func(d *desk) {
				code := d.consent()
				for _, v := range []url.Values{exchange(code, change...), exchange(code)} {
					if a := d.redeem(v); a.at("error") != "invalid_grant" {
						t.Fatalf("exchange = %d %s", a.status, a.text)
					}
				}
			})
		})
	}
}

func TestCodeEndsAfterFiveMinutes(t *testing.T) {
	office(t, config(), func(d *desk) {
		early, late := d.consent(), d.consent()
		time.Sleep(5*time.Minute - time.Second)
		if a := d.redeem(exchange(early)); a.status != 200 {
			t.Fatalf("exchange in time = %d %s", a.status, a.text)
		}
		time.Sleep(2 * time.Second)
		if a := d.redeem(exchange(late)); a.at("error") != "invalid_grant" {
			t.Fatalf("exchange too late = %d %s", a.status, a.text)
		}
	})
}

func TestTokenEndpointRefuses(t *testing.T) {
	office(t, config(), func(d *desk) {
		for name, c := range map[string]struct {
			form       url.Values
			id, secret string
			status     int
			code       string
		}{
			"secret":           {exchange("x"), "sim-client", "wrong", 401, "invalid_client"},
			"no basic auth":    {exchange("x"), "", "", 401, "invalid_client"},
			"other client id":  {exchange("x", "client_id", "other"), "sim-client", "sim-secret", 401, "invalid_client"},
			"unknown code":     {exchange("x"), "sim-client", "sim-secret", 400, "invalid_grant"},
			"unknown refresh":  {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, "sim-client", "sim-secret", 400, "invalid_grant"},
			"grant type":       {url.Values{"grant_type": {"password"}}, "sim-client", "sim-secret", 400, "unsupported_grant_type"},
			"more than 1 firm": {url.Values{"grant_type": {"client_credentials"}}, "sim-client", "sim-secret", 400, "unauthorized_client"},
		} {
			if a := d.form("/oauth2/token", c.form, c.id, c.secret); a.status != c.status || a.at("error") != c.code {
				t.Errorf("%s = %d %s, want %d %s", name, a.status, a.text, c.status, c.code)
			}
		}
	})
}

func TestClientCredentialsOfAOneFirmApp(t *testing.T) {
	c := config()
	c.Accounts = c.Accounts[:1]
	office(t, c, func(d *desk) {
		a := d.redeem(url.Values{"grant_type": {"client_credentials"}, "scope": {"firm/read"}})
		if a.status != 200 || a.at("refresh_token") != "" {
			t.Fatalf("client credentials = %d %s", a.status, a.text)
		}
		d.token = a.at("access_token")
		if got := d.want(200, "GET", "/firm", "").at("id"); got != firm {
			t.Fatalf("firm = %s", got)
		}
	})
}

func TestAuthorizationIsRefusedWithAPage(t *testing.T) {
	c := config()
	c.RedirectURIs = []string{callback, "http://app.example/plain"}
	office(t, c, func(d *desk) {
		for name, v := range map[string]url.Values{
			"client":            authorization("client_id", "x"),
			"response type":     authorization("response_type", "token"),
			"plain PKCE":        authorization("code_challenge_method", "plain"),
			"no challenge":      authorization("code_challenge", ""),
			"unregistered URI":  authorization("redirect_uri", callback+"/"),
			"http but not here": authorization("redirect_uri", "http://app.example/plain"),
		} {
			a := d.send(d.request("GET", "/oauth2/authorize?"+v.Encode(), ""))
			if a.status != 400 || a.header.Get("Location") != "" || !strings.Contains(a.text, "refused") {
				t.Errorf("%s = %d %s", name, a.status, a.header.Get("Location"))
			}
		}
		a := d.send(d.request("GET", "/oauth2/authorize?"+authorization("scope", "matters/paint").Encode(), ""))
		if got := a.header.Get("Location"); a.status != 302 || !strings.Contains(got, "error=invalid_scope") || !strings.Contains(got, "state=s-1") {
			t.Errorf("unknown scope = %d %s", a.status, got)
		}
	})
}

func TestConsentPageAsks(t *testing.T) {
	office(t, config(), func(d *desk) {
		page := d.send(d.request("GET", "/oauth2/authorize?"+authorization().Encode(), ""))
		for _, part := range []string{"Brown LLC", "Other LLC", "matters/read", "contacts/read", "app.example", `value="allow"`, `value="deny"`} {
			if !strings.Contains(page.text, part) {
				t.Errorf("the page lacks %q", part)
			}
		}
		denied := d.form("/oauth2/authorize?"+authorization().Encode(), url.Values{"decision": {"deny"}}, "", "")
		if got := denied.header.Get("Location"); denied.status != 302 || !strings.Contains(got, "error=access_denied") || !strings.Contains(got, "state=s-1") {
			t.Errorf("deny = %d %s", denied.status, got)
		}
		for _, v := range []url.Values{{"decision": {"allow"}, "account": {"nobody"}}, {"account": {firm}}} {
			if a := d.form("/oauth2/authorize?"+authorization().Encode(), v, "", ""); a.status != 400 {
				t.Errorf("decision %v = %d", v, a.status)
			}
		}
	})
}

func TestAutoConsentAnswersAtOnce(t *testing.T) {
	c := config()
	c.AutoConsent = rest
	office(t, c, func(d *desk) {
		a := d.send(d.request("GET", "/oauth2/authorize?"+authorization("scope", "").Encode(), ""))
		to, err := url.Parse(a.header.Get("Location"))
		if err != nil || a.status != 302 {
			t.Fatalf("authorize = %d %v", a.status, err)
		}
		d.token = d.redeem(exchange(to.Query().Get("code"))).at("access_token")
		if got := d.want(200, "GET", "/firm", "").at("name"); got != "Other LLC" {
			t.Fatalf("firm = %s", got)
		}
	})
}

func TestTokensEndAndTakeSubscriptionsWithThem(t *testing.T) {
	c := config()
	c.RefreshLifetime = 48 * time.Hour
	office(t, c, func(d *desk) {
		d.want(200, "POST", "/webhooks", `{"eventTypes":["error"],"eventNotificationUrl":"https://app.example/hook"}`)
		time.Sleep(time.Hour + time.Second)
		d.want(401, "GET", "/firm", "")
		if n := len(d.sim.State().Accounts[0].Subscriptions); n != 1 {
			t.Fatalf("%d subscriptions while the refresh token lives", n)
		}
		time.Sleep(48 * time.Hour)
		if a := d.sim.State().Accounts[0]; len(a.Subscriptions) != 0 || a.Connected {
			t.Fatalf("after the refresh token's end: %+v", a)
		}
	})
}

func TestReauthorizationInTimeKeepsSubscriptions(t *testing.T) {
	c := config()
	c.RefreshLifetime = 48 * time.Hour
	office(t, c, func(d *desk) {
		d.want(200, "POST", "/webhooks", `{"eventTypes":["error"],"eventNotificationUrl":"https://app.example/hook"}`)
		time.Sleep(47 * time.Hour)
		d.as(firm)
		time.Sleep(2 * time.Hour)
		if n := len(d.sim.State().Accounts[0].Subscriptions); n != 1 {
			t.Fatalf("%d subscriptions after a new consent", n)
		}
	})
}

func TestRevokeEndsEverything(t *testing.T) {
	office(t, config(), func(d *desk) {
		tokens, err := d.sim.Grant(firm)
		if err != nil {
			t.Fatal(err)
		}
		other := d.as(rest)
		d.want(200, "POST", "/webhooks", `{"eventTypes":["error"],"eventNotificationUrl":"https://app.example/hook"}`)
		if err := d.sim.Revoke(firm); err != nil {
			t.Fatal(err)
		}
		d.want(401, "GET", "/firm", "")
		other.want(200, "GET", "/firm", "")
		a := d.redeem(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.Refresh}})
		if a.status != 400 || a.at("error") != "invalid_grant" {
			t.Fatalf("refresh = %d %s", a.status, a.text)
		}
		if n := len(d.sim.State().Accounts[0].Subscriptions); n != 0 {
			t.Fatalf("%d subscriptions are left", n)
		}
		if err := d.sim.Revoke("nobody"); err == nil {
			t.Fatal("an unknown account was revoked")
		}
	})
}

func TestGrantNamesWhatIsUnknown(t *testing.T) {
	s := smokeballsim.New(config())
	defer s.Close()
	for _, c := range [][2]string{{"nobody", "firm/read"}, {firm, "firm/paint"}} {
		if _, err := s.Grant(c[0], c[1]); err == nil || !strings.Contains(err.Error(), "such") {
			t.Errorf("grant %v = %v", c, err)
		}
	}
}
