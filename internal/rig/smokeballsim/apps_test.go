package smokeballsim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// own is a simulator where the second firm has an app of its own.
func own() smokeballsim.Config {
	c := config()
	c.PrivateApps = []smokeballsim.PrivateApp{{ClientID: "own-client", ClientSecret: "own-secret", APIKey: "own-key", Account: rest, Rate: 2, Burst: 2}}
	return c
}

func (d *desk) credentials(id, secret string, change ...string) answer {
	d.Helper()
	v := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return d.form("/oauth2/token", v, id, secret)
}

func TestAPrivateAppSignsInByItself(t *testing.T) {
	office(t, own(), func(d *desk) {
		a := d.credentials("own-client", "own-secret")
		if a.status != 200 || a.at("access_token") == "" || a.at("refresh_token") != "" || a.at("expires_in") != "3600" {
			t.Fatalf("client credentials = %d %s", a.status, a.text)
		}
		d.token = a.at("access_token")
		d.want(403, "GET", "/firm", "") // with the other app's key
		d.header.Set("x-api-key", "own-key")
		if got := d.want(200, "GET", "/firm", "").at("id"); got != rest {
			t.Errorf("it is the firm %s", got)
		}
		d.restart()
		d.want(200, "GET", "/firm", "")
		time.Sleep(time.Hour)
		d.want(401, "GET", "/firm", "")
	})
}

func TestAPrivateAppIsRefused(t *testing.T) {
	office(t, own(), func(d *desk) {
		for name, c := range map[string]struct {
			answer answer
			status int
			code   string
		}{
			"wrong secret":  {d.credentials("own-client", "sim-secret"), 401, "invalid_client"},
			"unknown":       {d.credentials("nobody", "own-secret"), 401, "invalid_client"},
			"named another": {d.credentials("own-client", "own-secret", "client_id", "sim-client"), 401, "invalid_client"},
			"scope":         {d.credentials("own-client", "own-secret", "scope", "matters/paint"), 400, "invalid_scope"},
			"refresh":       {d.credentials("own-client", "own-secret", "grant_type", "refresh_token"), 400, "unauthorized_client"},
			"code":          {d.credentials("own-client", "own-secret", "grant_type", "authorization_code"), 400, "unauthorized_client"},
		} {
			if c.answer.status != c.status || c.answer.at("error") != c.code {
				t.Errorf("%s = %d %s", name, c.answer.status, c.answer.text)
			}
		}
		page := d.send(d.request("GET", "/oauth2/authorize?"+authorization("client_id", "own-client").Encode(), ""))
		if page.status != http.StatusBadRequest {
			t.Errorf("consent for a private app = %d", page.status)
		}
	})
}

func TestAPrivateAppHasItsOwnBucket(t *testing.T) {
	c := own()
	c.Rate, c.Burst = 1, 1
	office(t, c, func(d *desk) {
		shared := *d
		d.token = d.credentials("own-client", "own-secret").at("access_token")
		d.header.Set("x-api-key", "own-key")
		shared.header = http.Header{}
		shared.want(200, "GET", "/firm", "")
		shared.want(429, "GET", "/firm", "")
		d.want(200, "GET", "/firm", "")
		d.want(200, "GET", "/firm", "")
		d.want(429, "GET", "/firm", "")
	})
}

func TestAppsThatMakeNoSense(t *testing.T) {
	for want, p := range map[string]smokeballsim.PrivateApp{
		"lacks":              {ClientID: "x", ClientSecret: "y", Account: firm},
		"two apps":           {ClientID: "sim-client", ClientSecret: "y", APIKey: "z", Account: firm},
		"which there is not": {ClientID: "x", ClientSecret: "y", APIKey: "z", Account: "nobody"},
	} {
		c := config()
		c.PrivateApps = []smokeballsim.PrivateApp{p}
		if _, err := smokeballsim.Open(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v opens with %v", p, err)
		}
	}
}

func (d *desk) revokes(v url.Values, id, secret string) answer {
	d.Helper()
	return d.form("/oauth2/revoke", v, id, secret)
}

func TestRevocationEndsTheGrant(t *testing.T) {
	office(t, own(), func(d *desk) {
		first := d.redeem(exchange(d.consent()))
		second, err := d.sim.Grant(firm)
		if err != nil {
			t.Fatal(err)
		}
		d.want(200, "POST", "/webhooks", `{"eventTypes":["error"],"eventNotificationUrl":"https://app.example/hook"}`)
		renewed := d.redeem(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.at("refresh_token")}})
		for range 2 { // twice is as good as once
			if a := d.revokes(url.Values{"token": {first.at("refresh_token")}}, "sim-client", "sim-secret"); a.status != 200 || a.text != "" {
				t.Fatalf("revoke = %d %s", a.status, a.text)
			}
		}
		for _, access := range []string{first.at("access_token"), renewed.at("access_token")} {
			d.token = access
			d.want(401, "GET", "/matters", "")
		}
		if a := d.redeem(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.at("refresh_token")}}); a.at("error") != "invalid_grant" {
			t.Errorf("refresh = %d %s", a.status, a.text)
		}
		d.token = second.Access
		d.want(200, "GET", "/matters", "")
		if n := len(d.sim.State().Accounts[0].Subscriptions); n != 1 {
			t.Errorf("%d subscriptions while another grant lives", n)
		}
	})
}

func TestRevocationOfTheLastGrantEndsSubscriptions(t *testing.T) {
	office(t, config(), func(d *desk) {
		tokens, err := d.sim.Grant(rest)
		if err != nil {
			t.Fatal(err)
		}
		d.token = tokens.Access
		d.want(200, "POST", "/webhooks", `{"eventTypes":["error"],"eventNotificationUrl":"https://app.example/hook"}`)
		d.revokes(url.Values{"token": {tokens.Refresh}}, "sim-client", "sim-secret")
		if a := d.sim.State().Accounts[1]; len(a.Subscriptions) != 0 || a.Connected {
			t.Errorf("after the revocation: %+v", a)
		}
	})
}

func TestRevocationIsRefused(t *testing.T) {
	office(t, own(), func(d *desk) {
		tokens, err := d.sim.Grant(firm)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			form       url.Values
			id, secret string
			status     int
			code       string
		}{
			"wrong secret":  {url.Values{"token": {tokens.Refresh}}, "sim-client", "x", 401, "invalid_client"},
			"no client":     {url.Values{"token": {tokens.Refresh}}, "", "", 401, "invalid_client"},
			"other client":  {url.Values{"token": {tokens.Refresh}}, "own-client", "own-secret", 400, "unauthorized_client"},
			"no token":      {url.Values{}, "sim-client", "sim-secret", 400, "invalid_request"},
			"access token":  {url.Values{"token": {tokens.Access}}, "sim-client", "sim-secret", 400, "unsupported_token_type"},
			"unknown token": {url.Values{"token": {"x"}}, "sim-client", "sim-secret", 200, ""},
		} {
			if a := d.revokes(c.form, c.id, c.secret); a.status != c.status || a.at("error") != c.code {
				t.Errorf("%s = %d %s", name, a.status, a.text)
			}
		}
		r := d.request("POST", "/oauth2/revoke?token="+tokens.Refresh, "{}")
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth("sim-client", "sim-secret")
		if a := d.send(r); a.at("error") != "invalid_request" {
			t.Errorf("JSON = %d %s", a.status, a.text)
		}
		d.token = tokens.Access
		d.want(200, "GET", "/firm", "")
	})
}
