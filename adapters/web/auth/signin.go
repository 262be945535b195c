package auth

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// Sessions stores the console's sessions. A digest is the SHA-256 of a session's id, in hex:
// it names a session, and does not authenticate.
type Sessions interface {
	// Begin begins a session of the token's owner and returns its id, a secret of the
	// browser.
	Begin(ctx context.Context, token string) (id string, err error)
	// Token returns the token that began the session; active prolongs the session, because a
	// person is using it. An ended session is a Rejection (Denied).
	Token(ctx context.Context, digest string, active bool) (string, error)
	// End ends the session, on every engine.
	End(ctx context.Context, digest string) error
}

// maxToken limits the bytes of a token that begins a session.
const maxToken = 3900

// SignIn begins and ends the console's sessions.
type SignIn struct {
	Callers *Callers
	Forms   *http.CrossOriginProtection
	Pages   Pages
	Origins []string // of the sites whose pages may sign people in
	// Codes exchanges a sign-in link's code for a CaseHug token. Nil: there are no such links.
	Codes func(code string) (token string, ok bool)
}

// Begin takes a CaseHug token from a form of CaseHug's own site. A token from another site
// is refused: it could sign the person in front of the browser in as somebody else.
func (s *SignIn) Begin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	if !s.allows(r) {
		s.Pages.Refuse(w, r, problem.New(http.StatusForbidden, problem.CodeCrossOrigin, "The sign-in comes from a site that is not CaseHug’s.",
			"An operator names CaseHug’s sites in ENGINE_CASEHUG_ORIGINS."))
		return
	}
	token := r.PostFormValue("token")
	if token == "" || len(token) > maxToken {
		s.Pages.Refuse(w, r, problem.Invalid("token", "needs a CaseHug token of at most 3,900 characters"))
		return
	}
	next := LocalPath(r.PostFormValue("next"))
	if r.PostFormValue("answer") == "no" {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	s.begin(w, r, token, next)
}

// allows reports whether the form comes from a page of CaseHug or of the engine. Browsers send
// a form's origin; a request without one comes from no browser, so it carries nobody else's
// cookies.
func (s *SignIn) allows(r *http.Request) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin == "" || site == "same-origin" {
		return site == "" || site == "same-origin" || site == "none"
	}
	return slices.Contains(s.Origins, origin)
}

// ByLink exchanges a link's code for a token and begins a session.
func (s *SignIn) ByLink(w http.ResponseWriter, r *http.Request) {
	token, ok := s.Codes(r.PathValue("code"))
	if !ok {
		s.Pages.Refuse(w, r, &domain.Rejection{Reason: domain.Expired, Failure: domain.Failure{
			Code: problem.CodeLinkUsed, Message: "This sign-in link is not valid", Remedy: "Use a link that the demo printed when it started last."}})
		return
	}
	s.begin(w, r, token, consoleStart)
}

// begin begins the session of a valid token and redirects to next. If another person is
// signed in, it asks first.
func (s *SignIn) begin(w http.ResponseWriter, r *http.Request, token, next string) {
	u, err := s.personOf(r.Context(), token)
	if err != nil {
		s.Pages.Refuse(w, r, err)
		return
	}
	before, other := s.signedIn(r)
	if other != nil && (other.Subject != u.Subject || other.Firm != u.Firm) && r.PostFormValue("replace") != before {
		s.Pages.Show(w, http.StatusOK, switchPage(*other, u, []Field{{"token", token}, {"next", next}, {"replace", before}}))
		return
	}
	if err := s.replace(w, r, before, u, token); err != nil {
		s.Pages.Refuse(w, r, err)
		return
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// personOf returns the owner of a token that may begin a session.
func (s *SignIn) personOf(ctx context.Context, token string) (domain.User, error) {
	u, err := s.Callers.verify(ctx, token)
	switch {
	case err == nil && s.Callers.sessions == nil:
		err = notSignedIn("Nobody can sign in here.", s.Callers.remedy())
	case err == nil && u.Role == domain.Service:
		err = forbidden("A service token can’t sign in to the console.", "Sign in with a person’s token (role user or firm_admin).")
	}
	return u, err
}

// replace ends the browser's session, if there is one, and begins a new one.
func (s *SignIn) replace(w http.ResponseWriter, r *http.Request, before string, u domain.User, token string) error {
	if before != "" {
		if err := s.Callers.sessions.End(r.Context(), before); err != nil {
			return err
		}
	}
	id, err := s.Callers.sessions.Begin(r.Context(), token)
	if err != nil {
		return err
	}
	cookies := s.Callers.cookies
	cookies.set(w, SessionCookie, id, cookies.secondsOf(u))
	cookies.setDigest(w, digestOf(id), cookies.secondsOf(u))
	return nil
}

// switchPage asks whether to replace the person who is signed in.
func switchPage(now, next domain.User, hidden []Field) ErrorPage {
	return ErrorPage{Title: "Switch?", Icon: "lock", Heading: "Sign in as " + personAt(next) + "?",
		Text: []string{"In this browser " + personAt(now) + " is signed in. CaseHug asks to sign in " + personAt(next) + " instead.",
			"If you did not ask for that, stay."},
		Form: &Question{Action: "/session", Yes: "Sign in as " + NameOf(next), No: "Stay signed in as " + NameOf(now), Hidden: hidden}}
}

func personAt(u domain.User) string { return NameOf(u) + " of " + string(u.Firm) }

// NameOf returns the user's name for display.
func NameOf(u domain.User) string { return cmp.Or(u.Name, u.Email, u.Subject) }

// signedIn returns the user who is signed in in this browser, and their session's digest.
func (s *SignIn) signedIn(r *http.Request) (digest string, u *domain.User) {
	cookies := s.Callers.cookies
	if c, err := r.Cookie(cookies.name(SessionCookie)); err == nil {
		digest = digestOf(c.Value)
	} else if given := cookies.Get(r, digestCookie); isDigest(given) {
		digest = given
	}
	if digest == "" {
		return "", nil
	}
	token, err := s.Callers.sessions.Token(r.Context(), digest, false)
	if err != nil {
		return "", nil
	}
	before, err := s.Callers.verify(r.Context(), token)
	if err != nil {
		return digest, nil
	}
	return digest, &before
}

// End ends the session on every engine, not just in this browser. Clear-Site-Data leaves out
// cookies: it would delete those of CaseHug's whole site.
func (s *SignIn) End(w http.ResponseWriter, r *http.Request) {
	if err := s.Forms.Check(r); err != nil {
		s.Pages.Refuse(w, r, CrossOrigin())
		return
	}
	cookies := s.Callers.cookies
	if c, err := r.Cookie(cookies.name(SessionCookie)); err == nil && s.Callers.sessions != nil {
		if err := s.Callers.sessions.End(r.Context(), digestOf(c.Value)); err != nil {
			s.Pages.Refuse(w, r, err)
			return
		}
	}
	cookies.set(w, SessionCookie, "", expireNow)
	cookies.setDigest(w, "", expireNow)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	s.Pages.Show(w, http.StatusOK, ErrorPage{Title: "Signed out", Icon: "lock", Heading: "You are signed out",
		Text: []string{"Syncs go on without you. To come back, open Smokeball sync from CaseHug."}})
}

// consoleStart is the first page of the console.
const consoleStart = "/integrations"

// LocalPath returns the path to open after a sign-in: next if it is a path of the console,
// else its first page.
func LocalPath(next string) string {
	u, err := url.Parse(next)
	odd := strings.ContainsFunc(next, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f })
	if err != nil || odd || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return consoleStart
	}
	return next
}
