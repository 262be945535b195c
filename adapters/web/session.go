package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// sessionCookie holds the CaseHug token of whoever is signed in to the console.
const sessionCookie = "casehug_session"

// endsNow is the life of a cookie that the browser is to forget.
const endsNow = -1

// maxForm is the most that a form of the console may hold, in bytes.
const maxForm = 64 << 10

// maxCookieToken is the longest token that browsers keep in a cookie.
const maxCookieToken = 3900

// signIn takes a CaseHug token from a form, which CaseHug's own site may send: that
// it comes from another site is the point. The cookie keeps it from scripts and from
// other sites' forms.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	token := r.PostFormValue("token")
	if token == "" || len(token) > maxCookieToken {
		s.refuse(w, r, invalid("token", "needs a CaseHug token of at most 3,900 characters"))
		return
	}
	s.begin(w, r, token, localPath(r.PostFormValue("next")))
}

// signInOnce trades a code for a token and begins a session.
func (s *site) signInOnce(w http.ResponseWriter, r *http.Request) {
	token, ok := s.OneTime(r.PathValue("code"))
	if !ok {
		s.refuse(w, r, &domain.Rejection{Reason: domain.Expired, Failure: domain.Failure{
			Code: "code_used", Message: "This sign-in link was used already", Remedy: "Make a new one where the engine runs."}})
		return
	}
	s.begin(w, r, token, "/integrations")
}

// begin sets the cookie of a token that counts and leads on.
func (s *site) begin(w http.ResponseWriter, r *http.Request, token, next string) {
	u, err := s.verify(r.Context(), token)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.setCookie(w, token, s.lifeOf(u))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// lifeOf is how many seconds a person's token is still valid: 0, until the browser
// closes, where the token does not say.
func (s *site) lifeOf(u domain.User) int {
	if u.Expires.IsZero() {
		return 0
	}
	return max(1, int(u.Expires.Sub(s.Now()).Seconds()))
}

// setCookie states the cookie's life in seconds, never as a date: a browser whose clock
// is wrong stays signed in for as long as any other.
func (s *site) setCookie(w http.ResponseWriter, token string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// signOut ends the session in this browser.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.forms.Check(r); err != nil {
		s.refuse(w, r, crossOrigin())
		return
	}
	s.setCookie(w, "", endsNow)
	s.showAlone(w, http.StatusOK, alone{Title: "Signed out", Icon: "lock", Heading: "You are signed out",
		Text: []string{"Syncs go on without you. To come back, open Smokeball sync from CaseHug."}})
}

func crossOrigin() *problem {
	return newProblem(http.StatusForbidden, codeCrossOrigin, "The form comes from another site.", "Use the form of the console itself.")
}

// localPath is where to go after signing in: a path of the console, else its start.
func localPath(next string) string {
	u, err := url.Parse(next)
	odd := strings.ContainsFunc(next, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f })
	if err != nil || odd || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return "/integrations"
	}
	return next
}
