package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// The cookies of whoever is signed in to the console.
const (
	// sessionCookie holds the id of the session.
	sessionCookie = "casehug_session"
	// stripCookie holds the session's mark, which opens nothing. Unlike the session it comes
	// along when CaseHug's site signs somebody in, to tell that another one is signed in.
	stripCookie = "casehug_session_mark"
)

// endsNow is the life of a cookie that the browser is to forget.
const endsNow = -1

// maxForm is the most that a form of the console may hold, in bytes.
const maxForm = 64 << 10

// maxToken is the longest token that begins a session, in bytes.
const maxToken = 3900

// signIn takes a CaseHug token from a form of CaseHug's own site. Another site must not
// send one: the person in front of the browser would work on as somebody else.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if !s.maySignIn(r) {
		s.refuse(w, r, newProblem(http.StatusForbidden, codeCrossOrigin, "The sign-in comes from a site that is not CaseHug's.",
			"An operator names CaseHug's sites in ENGINE_CASEHUG_ORIGINS."))
		return
	}
	token := r.PostFormValue("token")
	if token == "" || len(token) > maxToken {
		s.refuse(w, r, invalid("token", "needs a CaseHug token of at most 3,900 characters"))
		return
	}
	next := localPath(r.PostFormValue("next"))
	if r.PostFormValue("answer") == "no" {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	s.begin(w, r, token, next)
}

// maySignIn reports whether the form comes from a page of CaseHug's or of the engine's own.
// Browsers say where a form comes from; what says nothing is none, and carries no cookies
// of somebody else.
func (s *site) maySignIn(r *http.Request) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin == "" || site == "same-origin" {
		return site == "" || site == "same-origin" || site == "none"
	}
	return origin == s.origin || slices.Contains(s.CaseHugOrigins, origin)
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

// begin starts the session of a valid token and redirects to next. If another person is signed
// in, it asks first.
func (s *site) begin(w http.ResponseWriter, r *http.Request, token, next string) {
	u, err := s.verify(r.Context(), token)
	switch {
	case err == nil && s.Sessions == nil:
		err = notSignedIn("Nobody can sign in here.", s.signInRemedy())
	case err == nil && u.Role == domain.Service:
		err = newProblem(http.StatusForbidden, domain.CodeForbidden, "A service token can't sign in to the console.", "Sign in with a person's token (role user or firm_admin).")
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	badge, other := s.signedInBefore(r)
	if other != nil && (other.Subject != u.Subject || other.Firm != u.Firm) && r.PostFormValue("replace") != badge {
		s.askToSwitch(w, *other, u, badge, token, next)
		return
	}
	if err := s.beginSession(w, r, badge, u, token); err != nil {
		s.refuse(w, r, err)
		return
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// beginSession ends the session that it replaces, if there is one.
func (s *site) beginSession(w http.ResponseWriter, r *http.Request, before string, u domain.User, token string) error {
	if before != "" {
		if err := s.Sessions.End(r.Context(), before); err != nil {
			return err
		}
	}
	id, err := s.Sessions.Begin(r.Context(), token)
	if err != nil {
		return err
	}
	s.setCookie(w, sessionCookie, id, s.lifetimeOf(u))
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(stripCookie), Value: badgeOf(id), Path: "/", MaxAge: s.lifetimeOf(u),
		HttpOnly: true, Secure: true, SameSite: http.SameSiteNoneMode})
	return nil
}

// askToSwitch asks whether another person is to be signed in than the one who is.
func (s *site) askToSwitch(w http.ResponseWriter, now, next domain.User, badge, token, path string) {
	s.showErrorPage(w, http.StatusOK, errorPage{Title: "Switch?", Icon: "lock", Heading: "Sign in as " + personAt(next) + "?",
		Text: []string{"In this browser " + personAt(now) + " is signed in. CaseHug asks to sign in " + personAt(next) + " instead.",
			"If you did not ask for that, stay."},
		Form: &question{Action: "/session", Yes: "Sign in as " + firstNonEmpty(next.Name, next.Email, next.Subject), No: "Stay signed in as " + firstNonEmpty(now.Name, now.Email, now.Subject),
			Hidden: []hidden{{"token", token}, {"next", path}, {"replace", badge}}}})
}

func personAt(u domain.User) string {
	return firstNonEmpty(u.Name, u.Email, u.Subject) + " of " + string(u.Firm)
}

// signedInBefore is who is signed in in this browser, and the mark of their session.
func (s *site) signedInBefore(r *http.Request) (badge string, u *domain.User) {
	if c, err := r.Cookie(s.cookieName(sessionCookie)); err == nil {
		badge = badgeOf(c.Value)
	} else if c, err := r.Cookie(s.cookieName(stripCookie)); err == nil && isBadge(c.Value) {
		badge = c.Value
	}
	if badge == "" {
		return "", nil
	}
	token, err := s.Sessions.Token(r.Context(), badge, false)
	if err != nil {
		return "", nil
	}
	before, err := s.verify(r.Context(), token)
	if err != nil {
		return badge, nil
	}
	return badge, &before
}

// badgeOf tells a session without opening it: the SHA-256 of its id.
func badgeOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

func isBadge(text string) bool {
	data, err := hex.DecodeString(text)
	return err == nil && len(data) == sha256.Size
}

// cookieName is the cookie's name where browsers hold it to this very site.
func (s *site) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// lifetimeOf is how many seconds a person's token is still valid: 0, until the browser
// closes, where the token does not say.
func (s *site) lifetimeOf(u domain.User) int {
	if u.Expires.IsZero() {
		return 0
	}
	return max(1, int(u.Expires.Sub(s.Now()).Seconds()))
}

// setCookie states the cookie's life in seconds, never as a date: a browser whose clock
// is wrong stays signed in for as long as any other.
func (s *site) setCookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// signOut ends the session here, not just in this browser. Clear-Site-Data spares cookies:
// it would take those of CaseHug's whole site with it.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.forms.Check(r); err != nil {
		s.refuse(w, r, crossOrigin())
		return
	}
	if c, err := r.Cookie(s.cookieName(sessionCookie)); err == nil && s.Sessions != nil {
		if err := s.Sessions.End(r.Context(), badgeOf(c.Value)); err != nil {
			s.refuse(w, r, err)
			return
		}
	}
	s.setCookie(w, sessionCookie, "", endsNow)
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(stripCookie), Path: "/", MaxAge: endsNow, HttpOnly: true, Secure: true, SameSite: http.SameSiteNoneMode})
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	s.showErrorPage(w, http.StatusOK, errorPage{Title: "Signed out", Icon: "lock", Heading: "You are signed out",
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
