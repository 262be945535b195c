package smokeball_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

// private is a configuration where firm has an app of its own.
func private(v *vendor, store smokeball.TokenStore) smokeball.Config {
	cfg := config(v, store)
	cfg.PrivateApps = []smokeball.PrivateApp{{Firm: firm, ClientID: "own-1", ClientSecret: ownSecret, APIKey: ownKey, Rate: 7, Burst: 9}}
	return cfg
}

func TestAFirmsOwnAppSignsIn(t *testing.T) {
	v, store := newVendor(t), &memory{tokens: map[domain.FirmID]smokeball.Tokens{}}
	v.key = ownKey
	v.on("GET /firm", "", "", replies(200, `{"id":"acc-1","name":"Brown LLC"}`))
	c := newClient(t, private(v, store))
	tokens, account, err := c.SignIn(t.Context(), firm)
	must(t, err)
	if u := c.Usage(firm); u.LastMinute != 1 || u.LastMinuteOfFirm != 1 {
		t.Errorf("as the firm's calls are counted %+v", u)
	}
	form := v.tokens[0]
	if account.ID != "acc-1" || form.Get("grant_type") != "client_credentials" || form.Get("scope") != strings.Join(smokeball.ScopeNames(), " ") {
		t.Errorf("account %+v, form %v", account, form)
	}
	if tokens.Refresh != "" || !tokens.Issued.IsZero() || tokens.Client != "own-1" {
		t.Errorf("refresh token %t, issued %v, client %q", tokens.Refresh != "", tokens.Issued, tokens.Client)
	}
	store.put(firm, tokens)
	_, err = c.Firm(t.Context(), firm)
	must(t, err)
	if v.refreshes() != 1 {
		t.Errorf("%d sign-ins", v.refreshes())
	}
	v.set(func() { v.access = "ended" })
	_, err = c.Firm(t.Context(), firm)
	must(t, err)
	if v.refreshes() != 2 || store.tokens[firm].Access != v.access {
		t.Errorf("%d sign-ins, stored %t", v.refreshes(), store.tokens[firm].Access == v.access)
	}
	must(t, c.Revoke(t.Context(), firm))
	if len(v.revoked) != 0 {
		t.Error("an app without a refresh token revoked something")
	}
}

func TestAFirmWithoutItsOwnAppUsesTheSharedOne(t *testing.T) {
	v, store := newVendor(t), signedIn()
	store.put("f_2", store.tokens[firm])
	v.on("GET /firm", "", "", replies(200, `{"id":"x"}`))
	c := newClient(t, private(v, store))
	_, err := c.Firm(t.Context(), "f_2")
	must(t, err)
	if c.Private("f_2") || !c.Private(firm) || c.ClientID("f_2") != "client-1" || c.ClientID(firm) != "own-1" {
		t.Errorf("client ids %q and %q", c.ClientID("f_2"), c.ClientID(firm))
	}
	if c.Allowance("f_2").UsedLastMinute != 1 || c.Allowance(firm).UsedLastMinute != 0 || c.Allowance(firm).PerSecond != 7 {
		t.Errorf("allowances %+v and %+v", c.Allowance("f_2"), c.Allowance(firm))
	}
	_, _, err = c.SignIn(t.Context(), "f_2")
	if ce := fault(t, err); ce.Class != domain.Permanent {
		t.Errorf("got %+v", ce)
	}
}

// TestTokensOfAnotherAppAreNotUsed moves a firm from the shared app to its own one.
func TestTokensOfAnotherAppAreNotUsed(t *testing.T) {
	v, store := newVendor(t), signedIn()
	tokens := store.tokens[firm]
	tokens.Client = "client-1"
	store.put(firm, tokens)
	v.key = ownKey
	v.on("GET /firm", "", "", func(w http.ResponseWriter, r recorded) {
		if got := r.Header.Get("Authorization"); got == "Bearer access-0" {
			t.Error("the other app's token is used")
		}
		reply(w, 200, `{"id":"x"}`)
	})
	_, err := newClient(t, private(v, store)).Firm(t.Context(), firm)
	must(t, err)
	if now := store.tokens[firm]; now.Client != "own-1" || now.Refresh != "" {
		t.Errorf("stored for %q, refresh token %t", now.Client, now.Refresh != "")
	}
}

// TestAWrongClientIDDestroysNoTokens starts with the id of an app that granted nothing, and then
// again with the right one.
func TestAWrongClientIDDestroysNoTokens(t *testing.T) {
	v, store := newVendor(t), signedIn()
	tokens := store.tokens[firm]
	tokens.Client = "an app from before"
	store.put(firm, tokens)
	_, err := newClient(t, config(v, store)).Firm(t.Context(), firm)
	if ce := fault(t, err); ce.Class != domain.SignIn {
		t.Errorf("got %+v", ce)
	}
	if now := store.tokens[firm]; now.Refresh != tokens.Refresh || now.Client != tokens.Client || now.Claim != "" {
		t.Errorf("stored for %q, refresh token %t, claimed by %q", now.Client, now.Refresh != "", now.Claim)
	}
}

func TestWrongCredentialsOfAnOwnAppAreTheOperators(t *testing.T) {
	v := newVendor(t)
	cfg := private(v, &memory{})
	cfg.PrivateApps[0].ClientSecret = "wrong"
	store := signedIn()
	c := newClient(t, cfg)
	cfg.Store = store
	old := store.tokens[firm]
	old.Expiry = time.Now()
	store.put(firm, old)
	_, _, connecting := c.SignIn(t.Context(), firm)
	_, working := newClient(t, cfg).Firm(t.Context(), firm)
	for class, err := range map[domain.Class]error{domain.Permanent: connecting, domain.Retryable: working} {
		ce := fault(t, err)
		if ce.Class != class || !strings.Contains(remedyOf(ce.Failure), "SMOKEBALL_PRIVATE_APPS_FILE") || strings.Contains(err.Error(), "wrong") {
			t.Errorf("got %+v", ce)
		}
	}
}

func TestFaultsOfPrivateAppsAreNamed(t *testing.T) {
	cfg := private(newVendor(t), signedIn())
	cfg.PrivateApps = append(cfg.PrivateApps, cfg.PrivateApps[0], smokeball.PrivateApp{Firm: "f_9", ClientSecret: ownSecret}, smokeball.PrivateApp{Firm: "a b"})
	_, err := smokeball.New(cfg)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range []string{"firm f_1 has two private apps", "firm f_9 lacks its client id", "firm f_9 has rate 0", "of no firm"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if strings.Contains(err.Error(), ownSecret) {
		t.Errorf("%q tells a secret", err)
	}
}

func TestRevoke(t *testing.T) {
	v, store := newVendor(t), signedIn()
	c := newClient(t, config(v, store))
	v.on("GET /firm", "", "", replies(200, `{"id":"x"}`))
	must(t, c.Revoke(t.Context(), firm))
	if len(v.revoked) != 1 || v.revoked[0].Encode() != "token=refresh-0" {
		t.Fatalf("%d revocations", len(v.revoked))
	}
	_, err := c.Firm(t.Context(), firm)
	if ce := fault(t, err); ce.Class != domain.SignIn || ce.Failure.Code != domain.CodeReauthorizationRequired {
		t.Errorf("after the revocation: %+v", ce)
	}
	must(t, c.Revoke(t.Context(), "f_unknown"))
	if len(v.revoked) != 1 {
		t.Error("a firm that is not connected was revoked")
	}
}

func TestARevocationThatFails(t *testing.T) {
	for status, class := range map[int]domain.Class{400: domain.Permanent, 401: domain.Retryable, 404: domain.NotThere, 405: domain.NotThere, 429: domain.Retryable, 501: domain.NotThere, 503: domain.Retryable, 302: domain.Retryable} {
		v := newVendor(t)
		cfg := config(v, signedIn())
		cfg.Transport = answering(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Location": {"https://elsewhere.example"}}, Body: http.NoBody}, nil
		})
		err := newClient(t, cfg).Revoke(t.Context(), firm)
		if ce := fault(t, err); ce.Class != class || strings.Contains(err.Error(), "refresh-0") {
			t.Errorf("%d: got %+v", status, ce)
		}
	}
}

func TestARevocationTakesFiveSecondsAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := smokeball.Config{Hosts: smokeball.Hosts{API: "https://smokeball.test", Auth: "https://smokeball.test"}, ClientID: "client-1", ClientSecret: secret,
			APIKey: apiKey, Rate: 5, Burst: 5, Store: signedIn(), Transport: answering(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, context.Cause(r.Context())
			})}
		began := time.Now()
		err := newClient(t, cfg).Revoke(t.Context(), firm)
		if ce := fault(t, err); ce.Class != domain.Retryable || time.Since(began) != 5*time.Second {
			t.Errorf("got %+v after %v", ce, time.Since(began))
		}
	})
}

// answering is a transport made of a function.
type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
