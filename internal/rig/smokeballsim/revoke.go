package smokeballsim

import (
	"net/http"
	"strings"
)

// revocation serves the revocation endpoint (RFC 7009): it accepts only refresh tokens of the
// calling app. An unknown or expired token counts as revoked.
func (s *signIn) revocation(w http.ResponseWriter, r *http.Request, _ string) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || r.ParseForm() != nil {
		sendOAuth(w, tokenAnswer{}, "invalid_request")
		return
	}
	s.misbehave(w, "POST /oauth2/revoke", func(string) answer {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e := s.withdraw(r); e != "" {
			return oauthAnswer(tokenAnswer{}, e)
		}
		if !s.committed() {
			return refused(http.StatusServiceUnavailable)
		}
		return answer{status: http.StatusOK}
	})
}

// withdraw ends the refresh token in the request, and the access tokens issued from it.
func (s *signIn) withdraw(r *http.Request) oauthError {
	a, token := s.caller(r), r.PostForm.Get("token")
	g, known := s.refresh[token]
	switch {
	case a == nil:
		return "invalid_client"
	case token == "":
		return "invalid_request"
	case s.access[token].Account != "":
		return "unsupported_token_type"
	case !known:
		return ""
	case g.Client != a.id:
		return "unauthorized_client"
	}
	delete(s.refresh, token)
	for access, made := range s.access {
		if made.From == token {
			delete(s.access, access)
		}
	}
	if firm := s.account(g.Account); !s.consented(firm) {
		s.unsubscribe(firm)
	}
	return ""
}
