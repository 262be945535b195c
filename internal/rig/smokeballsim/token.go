package smokeballsim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// tokenAnswer is a successful answer of the token endpoint.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
}

// oauthError is an error code of OAuth 2.0; "" is success.
type oauthError string

// token serves the OAuth token endpoint.
func (s *signIn) token(w http.ResponseWriter, r *http.Request, _ string) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || r.ParseForm() != nil {
		sendOAuth(w, tokenAnswer{}, "invalid_request")
		return
	}
	s.misbehave(w, "POST /oauth2/token", func(string) answer {
		s.mu.Lock()
		defer s.mu.Unlock()
		t, e := s.exchange(r)
		if !s.committed() {
			return refused(http.StatusServiceUnavailable)
		}
		return oauthAnswer(t, e)
	})
}

// exchange exchanges the client's grant for tokens.
func (s *signIn) exchange(r *http.Request) (tokenAnswer, oauthError) {
	f := r.PostForm
	a := s.caller(r)
	if a == nil {
		return tokenAnswer{}, "invalid_client"
	}
	switch kind := f.Get("grant_type"); {
	case kind == "client_credentials":
		return s.private(a, f)
	case kind != "authorization_code" && kind != "refresh_token":
		return tokenAnswer{}, "unsupported_grant_type"
	case a.account != "":
		return tokenAnswer{}, "unauthorized_client"
	case kind == "refresh_token":
		return s.renew(f)
	}
	return s.redeem(f)
}

// redeem exchanges a code for tokens. The code is used up even if that fails.
func (s *signIn) redeem(f url.Values) (tokenAnswer, oauthError) {
	g := s.codes[f.Get("code")]
	delete(s.codes, f.Get("code"))
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	proof := base64.RawURLEncoding.EncodeToString(sum[:])
	if !g.alive() || g.Redirect != f.Get("redirect_uri") || !same(proof, g.Challenge) {
		return tokenAnswer{}, "invalid_grant"
	}
	g.From = s.issueRefresh(g)
	out := s.accessAnswer(g)
	out.RefreshToken = g.From
	return out, ""
}

// renew issues an access token. The refresh token stays valid and is not in the answer.
func (s *signIn) renew(f url.Values) (tokenAnswer, oauthError) {
	g := s.refresh[f.Get("refresh_token")]
	if !g.alive() {
		return tokenAnswer{}, "invalid_grant"
	}
	g.From = f.Get("refresh_token")
	return s.accessAnswer(g), ""
}

// private serves the client credentials grant: of a firm's own app, or of the app if there is
// only one firm.
func (s *signIn) private(a *app, f url.Values) (tokenAnswer, oauthError) {
	firm := s.account(a.account)
	if a.account == "" && len(s.accounts) == 1 {
		firm = s.accounts[0]
	}
	scopes, unknown := s.scopesOf(f.Get("scope"))
	switch {
	case unknown != "":
		return tokenAnswer{}, "invalid_scope"
	case firm == nil:
		return tokenAnswer{}, "unauthorized_client"
	}
	return s.accessAnswer(grant{Account: firm.ID, User: firm.Staff[0].ID, Scopes: scopes, Client: a.id}), ""
}

func (s *signIn) accessAnswer(g grant) tokenAnswer {
	return tokenAnswer{AccessToken: s.issueAccess(g), TokenType: "Bearer", ExpiresIn: int(s.config.AccessLifetime.Seconds())}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func sendOAuth(w http.ResponseWriter, t tokenAnswer, e oauthError) { send(w, oauthAnswer(t, e)) }

func oauthAnswer(t tokenAnswer, e oauthError) answer {
	var body any = t
	status := http.StatusOK
	switch e {
	case "":
	case "invalid_client":
		body, status = map[string]oauthError{"error": e}, http.StatusUnauthorized
	default:
		body, status = map[string]oauthError{"error": e}, http.StatusBadRequest
	}
	b, err := json.Marshal(body)
	if err != nil {
		return answer{status: http.StatusInternalServerError}
	}
	return answer{status, http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}}, b}
}
