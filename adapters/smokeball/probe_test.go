package smokeball_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

const back = "https://sync.casehug.example/oauth/smokeball/callback"

// TestARefusalToAskForConsentIsNamed: what Smokeball's sign-in shows on a page of its own, and
// never leads back with.
func TestARefusalToAskForConsentIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		status         int
		location, body string
		setting        string // "": nothing is refused
	}{
		"the consent page":         {status: 200, body: "<html>Sign in</html>"},
		"the way to a login":       {status: 302, location: "/login?client_id=a&redirect_uri=" + back},
		"a code at once":           {status: 302, location: back + "?code=c&state=s"},
		"nobody is signed in":      {status: 302, location: back + "?error=login_required"},
		"a fault":                  {status: 503, body: "<html>redirect_uri</html>"},
		"too many":                 {status: 429, body: `{"error":"invalid_client"}`},
		"a firewall":               {status: 403, body: "<html>Blocked: /oauth2/authorize?client_id=a&amp;redirect_uri=" + back + "</html>"},
		"no word of OAuth's":       {status: 400, body: `{"error":"WAF_BLOCKED"}`},
		"Cognito's page":           {302, "https://auth.test/error?error=redirect_mismatch&client_id=a", "", "ENGINE_PUBLIC_URL"},
		"a word in JSON":           {400, "", `{"error":"invalid_redirect_uri"}`, "ENGINE_PUBLIC_URL"},
		"a description":            {400, "", "\ufeff" + `{"error":"invalid_request","error_description":"redirect_uri does not match"}`, "ENGINE_PUBLIC_URL"},
		"a page in words":          {400, "", "<html><p>The redirect_uri is not registered for this app.</p></html>", "ENGINE_PUBLIC_URL"},
		"a page in other words":    {400, "", "<html>Invalid redirect URI</html>", "ENGINE_PUBLIC_URL"},
		"an unknown app":           {401, "", `{"error":"invalid_client"}`, "SMOKEBALL_CLIENT_ID"},
		"an unknown app on a page": {400, "", "<html>No app has this client_id.</html>", "SMOKEBALL_CLIENT_ID"},
		"an app that may not":      {302, back + "?error=unauthorized_client", "", "SMOKEBALL_CLIENT_ID"},
		"a permission":             {302, back + "?error=invalid_scope&state=s", "", "SMOKEBALL_CLIENT_ID"},
		"a bare invalid_request":   {302, "/error?error=invalid_request", "", "SMOKEBALL_CLIENT_ID"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			c := far(t, signedIn(), func(r *http.Request) (*http.Response, error) {
				asked++
				if q := r.URL.Query(); r.URL.Host != "auth.test" || q.Get("redirect_uri") != back || q.Get("code_challenge_method") != "S256" || r.Header.Get("Authorization") != "" {
					t.Errorf("asked %s %v", r.URL, r.Header)
				}
				return &http.Response{StatusCode: tc.status, Header: http.Header{"Location": {tc.location}}, Body: io.NopCloser(strings.NewReader(tc.body)), Request: r}, nil
			})
			err := c.OAuth().TryConsent(t.Context(), back, smokeball.ScopeNames())
			if asked != 1 {
				t.Errorf("%d requests", asked)
			}
			if tc.setting == "" {
				must(t, err)
				return
			}
			ce := fault(t, err)
			if ce.Setting != tc.setting || ce.Class != domain.Permanent || ce.Failure.Smokeball.Status != tc.status || !strings.Contains(remedyOf(ce.Failure), tc.setting) {
				t.Errorf("got %+v", ce)
			}
		})
	}
}

// TestASignInThatCannotBeAskedBlocksNothing.
func TestASignInThatCannotBeAskedBlocksNothing(t *testing.T) {
	for _, lost := range []error{errors.New("reset"), &net.OpError{Op: "dial", Err: errors.New("refused")}, context.DeadlineExceeded} {
		c := far(t, signedIn(), func(*http.Request) (*http.Response, error) { return nil, lost })
		must(t, c.OAuth().TryConsent(t.Context(), back, nil))
	}
}

// TestAHostThatNobodyAnswersAtIsNamed: any answer is good enough.
func TestAHostThatNobodyAnswersAtIsNamed(t *testing.T) {
	for _, lost := range []error{&net.OpError{Op: "dial", Err: errors.New("refused")}, &net.DNSError{Name: "api.test", IsNotFound: true}} {
		c := far(t, signedIn(), func(*http.Request) (*http.Response, error) { return nil, lost })
		if ce := fault(t, c.TryHost(t.Context())); ce.Setting != "SMOKEBALL_API_URL" || !strings.Contains(remedyOf(ce.Failure), "SMOKEBALL_REGION") {
			t.Errorf("got %+v", ce)
		}
	}
	for _, status := range []int{200, 401, 403, 404, 503} {
		c := far(t, signedIn(), func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization")+r.Header.Get("x-api-key") != "" {
				t.Error("the request carries credentials")
			}
			return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
		})
		must(t, c.TryHost(t.Context()))
	}
}

// TestAnOwnAppsKeyAndSecretAreNamed: the file that holds them, not the shared app's settings.
func TestAnOwnAppsKeyAndSecretAreNamed(t *testing.T) {
	own := smokeball.PrivateApp{Firm: firm, ClientID: "own-1", ClientSecret: ownSecret, APIKey: ownKey, Rate: 5, Burst: 5}
	for name, token := range map[string]string{"a wrong key": `{"access_token":"a","expires_in":3600}`, "a wrong secret": `{"error":"invalid_client"}`} {
		t.Run(name, func(t *testing.T) {
			cfg := config(newVendor(t), signedIn())
			cfg.PrivateApps = []smokeball.PrivateApp{own}
			cfg.Transport = answering(func(r *http.Request) (*http.Response, error) {
				status, body := 403, `{"message":"Forbidden"}`
				if strings.HasSuffix(r.URL.Path, "/oauth2/token") {
					status, body = 200, token
					if strings.Contains(token, "error") {
						status = 401
					}
				}
				return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			})
			c := newClient(t, cfg)
			_, _, err := c.SignIn(t.Context(), firm)
			if ce := fault(t, err); ce.Setting != "SMOKEBALL_PRIVATE_APPS_FILE" || ce.Failure.Code != domain.CodeMisconfigured || !strings.Contains(remedyOf(ce.Failure), "SMOKEBALL_PRIVATE_APPS_FILE") {
				t.Errorf("connecting: %+v", ce)
			}
			_, err = c.Firm(t.Context(), firm)
			if ce := fault(t, err); ce.Setting != "SMOKEBALL_PRIVATE_APPS_FILE" {
				t.Errorf("a call: %+v", ce)
			}
			if faults := c.TryOwn(t.Context()); (faults[firm] != nil) != strings.Contains(token, "error") {
				t.Errorf("at the start: %v", faults)
			}
		})
	}
}
