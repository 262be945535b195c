package smokeball_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

const verifier = "a-verifier-of-43-characters-or-more-0123456789"

func TestAuthorizeURL(t *testing.T) {
	_, c := connected(t)
	got, err := url.Parse(c.OAuth().AuthorizeURL("state-1", verifier, "https://casehug.example/oauth/smokeball/callback", []string{"matters/read", "firm/read"}))
	must(t, err)
	want := map[string]string{
		"response_type":         "code",
		"client_id":             "client-1",
		"redirect_uri":          "https://casehug.example/oauth/smokeball/callback",
		"state":                 "state-1",
		"scope":                 "matters/read firm/read",
		"code_challenge":        challenge(verifier),
		"code_challenge_method": "S256",
	}
	if got.Path != "/oauth2/authorize" || len(got.Query()) != len(want) {
		t.Errorf("got %s", got)
	}
	for name, value := range want {
		if got.Query().Get(name) != value {
			t.Errorf("%s: got %q, want %q", name, got.Query().Get(name), value)
		}
	}
}

// challenge is S256 as RFC 7636 says it.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestExchange(t *testing.T) {
	v, c := connected(t)
	before := time.Now()
	got, err := c.OAuth().Exchange(t.Context(), "code-1", verifier, "https://casehug.example/cb")
	must(t, err)
	if got.Access != "access-1" || got.Refresh != "refresh-0" {
		t.Errorf("got %q and %q", got.Access, got.Refresh)
	}
	if got.Issued.Before(before) || !got.Issued.Equal(got.Obtained) || got.Expiry.Sub(got.Issued).Round(time.Minute) != time.Hour {
		t.Errorf("issued %v, obtained %v, until %v", got.Issued, got.Obtained, got.Expiry)
	}
	want := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"client-1"}, "code": {"code-1"},
		"redirect_uri": {"https://casehug.example/cb"}, "code_verifier": {verifier},
	}
	if got := v.tokens[0].Encode(); got != want.Encode() {
		t.Errorf("form: got %s, want %s", got, want.Encode())
	}
}

func TestRefreshKeepsTheOldRefreshToken(t *testing.T) {
	v, c := connected(t)
	got, err := c.OAuth().Refresh(t.Context(), "refresh-0")
	must(t, err)
	if got.Access != "access-1" || got.Refresh != "refresh-0" || !got.Issued.IsZero() {
		t.Errorf("got %q, %q, issued %v", got.Access, got.Refresh, got.Issued)
	}
	want := url.Values{"grant_type": {"refresh_token"}, "client_id": {"client-1"}, "refresh_token": {"refresh-0"}}
	if got := v.tokens[0].Encode(); got != want.Encode() {
		t.Errorf("form: got %s, want %s", got, want.Encode())
	}
}

func TestWithoutARefreshTokenTheGrantIsDead(t *testing.T) {
	v, c := connected(t)
	_, err := c.OAuth().Refresh(t.Context(), "")
	if ce := fault(t, err); ce.Class != domain.SignIn || v.refreshes() != 0 {
		t.Errorf("got %v after %d calls", err, v.refreshes())
	}
}

func TestTokenFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		class  domain.Class
		code   domain.Code
	}{
		"dead grant":     {400, `{"error":"invalid_grant"}`, domain.SignIn, domain.CodeReauthorizationRequired},
		"wrong client":   {400, `{"error":"invalid_client"}`, domain.Retryable, domain.CodeMisconfigured},
		"wrong request":  {400, `{"error":"invalid_request"}`, domain.Retryable, domain.CodeMisconfigured},
		"a BOM":          {400, "\ufeff" + `{"error":"invalid_grant"}`, domain.SignIn, domain.CodeReauthorizationRequired},
		"a page":         {400, `<html>Request blocked: invalid_grant</html>`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"a 401 page":     {401, `<html>Sign in</html>`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"a 403 page":     {403, `<html>Forbidden</html>`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"a form":         {400, `error=invalid_grant`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"nothing":        {400, ``, domain.Retryable, domain.CodeSmokeballUnavailable},
		"no word":        {400, `{"error":"WAF_BLOCKED"}`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"no text":        {400, `{"error":{"code":"invalid_grant"}}`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"a 503's word":   {503, `{"error":"invalid_grant"}`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"too many":       {429, `{}`, domain.Allowance, domain.CodeAllowanceExceeded},
		"down":           {503, `<html>hi refresh-0</html>`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"moved":          {302, ``, domain.Retryable, domain.CodeSmokeballUnavailable},
		"not JSON":       {200, `hello`, domain.Retryable, domain.CodeSmokeballUnavailable},
		"without tokens": {200, `{"token_type":"Bearer"}`, domain.Retryable, domain.CodeSmokeballUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "https://elsewhere.example/x")
				reply(w, tc.status, tc.body)
			}))
			defer server.Close()
			cfg := config(newVendor(t), signedIn())
			cfg.Hosts.Auth = server.URL
			c := newClient(t, cfg)
			_, err := c.OAuth().Refresh(t.Context(), "refresh-0")
			ce := fault(t, err)
			if ce.Class != tc.class || ce.Failure.Code != tc.code {
				t.Errorf("got class %v, code %s", ce.Class, ce.Failure.Code)
			}
			if strings.Contains(err.Error(), "refresh-0") || strings.Contains(err.Error(), secret) {
				t.Errorf("%q shows a secret", err)
			}
		})
	}
}

func TestExchangeOfAUsedCode(t *testing.T) {
	_, c := connected(t)
	_, err := c.OAuth().Exchange(t.Context(), "code-2", verifier, "https://casehug.example/cb")
	if ce := fault(t, err); ce.Class != domain.SignIn || !strings.Contains(messageOf(ce.Failure), "code") {
		t.Errorf("got %+v", ce)
	}
}

// TestLifetimesAsOthersWriteThem: 3600.0, "3600", behind a byte order mark, or not at all.
func TestLifetimesAsOthersWriteThem(t *testing.T) {
	for text, want := range map[string]time.Duration{
		`{"access_token":"a","expires_in":3600.0}`:          time.Hour,
		`{"access_token":"a","expires_in":"1800"}`:          30 * time.Minute,
		`{"access_token":"a","expires_in":"1800.0"}`:        30 * time.Minute,
		`{"access_token":"a","expires_in":3.6e3}`:           time.Hour,
		"\ufeff" + `{"access_token":"a","expires_in":3600}`: time.Hour,
		`{"access_token":"a","expires_in":"soon"}`:          time.Hour, // as usual
		`{"access_token":"a","expires_in":null}`:            time.Hour,
		`{"access_token":"a","expires_in":-5}`:              time.Hour,
	} {
		for _, kind := range []string{"application/json", "text/plain; charset=utf-8", ""} {
			c := far(t, signedIn(), func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
			})
			got, err := c.OAuth().Refresh(t.Context(), "r")
			must(t, err)
			if life := time.Until(got.Expiry).Round(time.Minute); life != want || got.Access != "a" {
				t.Errorf("%s as %q lives for %v", text, kind, life)
			}
		}
	}
}

func TestScopesFromInsideTheAccessToken(t *testing.T) {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"scope":"matters/read firm/read"}`))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, `{"access_token":"e30.`+claims+`.x","expires_in":3600}`)
	}))
	defer server.Close()
	cfg := config(newVendor(t), signedIn())
	cfg.Hosts.Auth = server.URL
	got, err := newClient(t, cfg).OAuth().Refresh(context.Background(), "r")
	must(t, err)
	if strings.Join(got.Scopes, " ") != "matters/read firm/read" {
		t.Errorf("got %v", got.Scopes)
	}
}

func TestSecretsArePrintedNowhere(t *testing.T) {
	tokens := smokeball.Tokens{Access: "access-secret", Refresh: "refresh-secret"}
	cfg := config(newVendor(t), signedIn())
	own := smokeball.PrivateApp{Firm: firm, ClientID: "own-1", ClientSecret: ownSecret, APIKey: ownKey, Rate: 5, Burst: 5}
	cfg.PrivateApps = []smokeball.PrivateApp{own}
	c := newClient(t, cfg)
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&out, verb+" "+verb+" "+verb, tokens, &tokens, cfg)
	}
	type nested struct {
		T  smokeball.Tokens
		P  *smokeball.Tokens
		In struct{ Deep []smokeball.Tokens }
	}
	inside := nested{T: tokens, P: &tokens}
	inside.In.Deep = []smokeball.Tokens{tokens}
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("tokens", "tokens", tokens, "pointer", &tokens, "nested", inside, "config", cfg, "list", []any{tokens, cfg})
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&out, verb+verb+verb, inside, c, c.OAuth())
		fmt.Fprintf(&out, verb+verb, own, cfg.PrivateApps)
	}
	for _, v := range []any{tokens, &tokens, inside, map[string]any{"t": tokens}, cfg, own, &own, c, c.OAuth()} {
		text, err := json.Marshal(v)
		fmt.Fprintf(&out, "%s %v", text, err)
	}
	for _, s := range []string{"access-secret", "refresh-secret", secret, apiKey, ownSecret, ownKey, "6163636573732d736563726574", fmt.Sprintf("%x", secret), fmt.Sprintf("%x", apiKey)} {
		if strings.Contains(out.String(), s) {
			t.Errorf("%s is printed", s)
		}
	}
	if !strings.Contains(out.String(), "[set]") {
		t.Error("nothing tells that secrets are set")
	}
}

func TestTokensSurviveTheirStore(t *testing.T) {
	want := smokeball.Tokens{Access: "a", Refresh: "r", Expiry: time.Unix(9, 0).UTC(), Scopes: []string{"x"}, Issued: time.Unix(1, 0).UTC(), Obtained: time.Unix(2, 0).UTC()}
	text, err := smokeball.EncodeTokens(want)
	must(t, err)
	got, err := smokeball.DecodeTokens(text)
	must(t, err)
	if got.Access != want.Access || got.Refresh != want.Refresh || !got.Expiry.Equal(want.Expiry) || !got.Issued.Equal(want.Issued) || !got.Obtained.Equal(want.Obtained) {
		t.Error("something was lost")
	}
}
