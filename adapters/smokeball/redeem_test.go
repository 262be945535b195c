package smokeball_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/casehug/smokeball-sync/domain"
)

// TestACodeIsRedeemedInSpiteOfAFirewall: the exchange is answered 400 text/html twice, then the
// account 401, 503 and a page; the code is exchanged once that works, and not again.
func TestACodeIsRedeemedInSpiteOfAFirewall(t *testing.T) {
	for name, tc := range map[string]struct {
		exchange []string // its answers, the last for ever
		account  []string
		class    domain.Class // 0: it works
		setting  string
		calls    int
	}{
		"pages":            {[]string{"400 <html>", "403 <html>", `200 {"access_token":"a","refresh_token":"r","expires_in":3600}`}, []string{"401 <html>", "503 ", `200 {"id":"acc","name":"Oak"}`}, 0, "", 6},
		"a used code":      {[]string{`400 {"error":"invalid_grant"}`}, nil, domain.SignIn, "", 1},
		"a wrong secret":   {[]string{`401 {"error":"invalid_client"}`}, nil, domain.Permanent, "SMOKEBALL_CLIENT_SECRET", 1},
		"a wrong redirect": {[]string{`400 {"error":"redirect_mismatch"}`}, nil, domain.Permanent, "ENGINE_PUBLIC_URL", 1},
		"its words":        {[]string{`400 {"error":"invalid_grant","error_description":"redirect_uri does not match"}`}, nil, domain.Permanent, "ENGINE_PUBLIC_URL", 1},
		"a wrong key":      {[]string{`200 {"access_token":"a","expires_in":3600}`}, []string{`403 {"message":"Forbidden"}`}, domain.Retryable, "SMOKEBALL_API_KEY", 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				next := func(answers *[]string) string {
					a := (*answers)[0]
					if len(*answers) > 1 {
						*answers = (*answers)[1:]
					}
					return a
				}
				c := far(t, signedIn(), func(r *http.Request) (*http.Response, error) {
					calls++
					answers := &tc.account
					if r.URL.Host == "auth.test" {
						answers = &tc.exchange
					}
					status, text, _ := strings.Cut(next(answers), " ")
					code := map[string]int{"200": 200, "400": 400, "401": 401, "403": 403, "503": 503}[status]
					kind := "application/json"
					if strings.HasPrefix(text, "<") {
						kind = "text/html"
					}
					return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
				})
				tokens, account, err := c.Redeem(t.Context(), "c", verifier, "u")
				if calls != tc.calls {
					t.Errorf("%d calls", calls)
				}
				if tc.class == 0 {
					must(t, err)
					if tokens.Access != "a" || account.ID != "acc" {
						t.Errorf("got %s, %+v", tokens, account)
					}
					return
				}
				if ce := fault(t, err); ce.Class != tc.class || ce.Setting != tc.setting {
					t.Errorf("got %+v", ce)
				}
			})
		})
	}
}

// TestCredentialsAreTried: a sign-in host that refuses the token but not the app knows it.
func TestCredentialsAreTried(t *testing.T) {
	v, c := connected(t)
	must(t, c.OAuth().TryCredentials(t.Context()))
	cfg := config(v, signedIn())
	cfg.ClientSecret = "wrong"
	if ce := fault(t, newClient(t, cfg).OAuth().TryCredentials(t.Context())); ce.Setting != "SMOKEBALL_CLIENT_SECRET" {
		t.Errorf("got %+v", ce)
	}
}
