package smokeballsim

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// codeLifetime is how long an authorization code is valid.
const codeLifetime = 5 * time.Minute

// consent is an authorization request that passed its checks.
type consent struct {
	redirect  *url.URL
	state     string
	challenge string
	scopes    []string
}

// authorize shows the consent page, or under AutoConsent redirects with the code at once.
func (s *signIn) authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, good := s.checkConsent(w, r)
	if !good {
		return
	}
	if a := s.account(s.config.AutoConsent); a != nil {
		s.sendCode(w, r, q, a)
		return
	}
	s.showConsent(w, r, q)
}

// decide processes the decision from the consent page, or from a script.
func (s *signIn) decide(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, good := s.checkConsent(w, r)
	if !good {
		return
	}
	a := s.account(r.Form.Get("account"))
	switch decision := r.Form.Get("decision"); {
	case decision == "deny":
		sendBack(w, r, q, url.Values{"error": {"access_denied"}})
	case decision != "allow":
		refuseConsent(w, "The decision is neither allow nor deny.")
	case a == nil:
		refuseConsent(w, "No account has this id: choose one of the list.")
	default:
		s.sendCode(w, r, q, a)
	}
}

// checkConsent refuses an invalid authorization request: with a page, or, once the
// app and its redirect address are known to be valid, with a redirect to the app.
func (s *signIn) checkConsent(w http.ResponseWriter, r *http.Request) (consent, bool) {
	if err := r.ParseForm(); err != nil {
		refuseConsent(w, "The request cannot be read.")
		return consent{}, false
	}
	back, reason := s.checkClient(r.Form)
	if reason != "" {
		refuseConsent(w, reason)
		return consent{}, false
	}
	q := consent{redirect: back, state: r.Form.Get("state"), challenge: r.Form.Get("code_challenge")}
	scopes, unknown := s.scopesOf(r.Form.Get("scope"))
	if unknown != "" {
		sendBack(w, r, q, url.Values{"error": {"invalid_scope"}})
		return consent{}, false
	}
	q.scopes = scopes
	return q, true
}

// checkClient returns where to redirect an authorization request, or why it is refused.
func (s *signIn) checkClient(form url.Values) (back *url.URL, reason string) {
	switch {
	case form.Get("client_id") != s.config.ClientID:
		return nil, "No app has this client_id."
	case form.Get("response_type") != "code":
		return nil, "The response_type must be code."
	case form.Get("code_challenge_method") != "S256":
		return nil, "The code_challenge_method must be S256."
	case len(form.Get("code_challenge")) != 43:
		return nil, "The code_challenge is missing, or is not a SHA-256 in base64url."
	}
	text := form.Get("redirect_uri")
	back, err := url.Parse(text)
	if err != nil || !safe(back) || !s.registered(text) {
		return nil, "The redirect_uri is not registered for this app, or is neither https nor localhost."
	}
	return back, ""
}

func (s *signIn) registered(uri string) bool {
	return len(s.config.RedirectURIs) == 0 || slices.Contains(s.config.RedirectURIs, uri)
}

// safe addresses are https, or http on this machine.
func safe(u *url.URL) bool {
	host := u.Hostname()
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" && host != "" || u.Scheme == "http" && local
}

func (s *signIn) sendCode(w http.ResponseWriter, r *http.Request, q consent, a *account) {
	code := s.secret()
	s.keepCode(code, grant{
		Account: a.ID, User: a.Staff[0].ID, Scopes: q.scopes, Ends: time.Now().Add(codeLifetime), Client: s.config.ClientID,
		Redirect: r.Form.Get("redirect_uri"), Challenge: q.challenge,
	})
	if !s.committed() {
		sendBack(w, r, q, url.Values{"error": {"server_error"}})
		return
	}
	sendBack(w, r, q, url.Values{"code": {code}})
}

func (s *signIn) keepCode(code string, g grant) {
	s.codes[code] = g
	forget(s.store, s.codes, code, g.Ends)
}

func sendBack(w http.ResponseWriter, r *http.Request, q consent, more url.Values) {
	to := *q.redirect
	v := to.Query()
	for name := range more {
		v.Set(name, more.Get(name))
	}
	if q.state != "" {
		v.Set("state", q.state)
	}
	to.RawQuery = v.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}
