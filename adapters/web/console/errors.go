package console

import (
	"cmp"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// ErrorPages shows pages without the console around them.
type ErrorPages struct {
	*Templates
	Callers *auth.Callers
	Forms   *http.CrossOriginProtection
	Firms   ports.Connections
	Report  problem.Reporter
	SignIn  bool // somebody can sign in
	Now     func() time.Time
}

// Show writes a page. That it cannot be rendered is a fault of the program, and the
// middleware answers panics.
func (s *ErrorPages) Show(w http.ResponseWriter, status int, p auth.ErrorPage) {
	p.At = s.Now()
	page, err := s.render(w, "error", "error", p)
	if err != nil {
		panic(err)
	}
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // a reader who is gone needs no answer
}

// Refuse answers with an error: a page where the browser asks for one, else a problem.
func (s *ErrorPages) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := s.Report.Of(r.Context(), err)
	if !asksForPage(r) {
		p.Write(w)
		return
	}
	s.showProblem(w, p, s.pageOf(r, p))
}

// showProblem writes the page of a problem.
func (s *ErrorPages) showProblem(w http.ResponseWriter, p *problem.Problem, page auth.ErrorPage) {
	maps.Copy(w.Header(), p.GetHeaders())
	page.Code, page.Status, page.Reference = string(p.Code), p.Status, p.Reference
	s.Show(w, p.Status, page)
}

func asksForPage(r *http.Request) bool {
	for _, api := range []string{"/v1/", "/webhooks/"} {
		if strings.HasPrefix(r.URL.Path, api) {
			return false
		}
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// pageOf is the page for a problem.
func (s *ErrorPages) pageOf(r *http.Request, p *problem.Problem) auth.ErrorPage {
	toMatters, toHistory := auth.Link{Label: "Matters", Href: "/matters"}, auth.Link{Label: "Sync History", Href: "/history"}
	switch {
	case s.SignIn && r.Method == http.MethodPost && r.URL.Path == "/session" && (p.Status == http.StatusUnauthorized || p.Status == http.StatusForbidden):
		return auth.ErrorPage{Title: "Not signed in", Icon: "lock", Heading: "CaseHug could not sign you in here", Text: []string{words.Capital(words.Sentence(p.Detail)), p.Remedy, "Syncs go on without you."}}
	case p.Code == domain.CodeNotSignedIn:
		return s.signedOutPage(r, p)
	case p.Status == http.StatusForbidden:
		return auth.ErrorPage{Title: "For firm admins", Icon: "lock", Heading: "This page is for firm admins", Text: s.forbiddenText(r, p),
			Links: []auth.Link{{Label: "Go to Matters", Href: "/matters", Go: true}, toHistory}}
	case p.Status == http.StatusNotFound:
		return auth.ErrorPage{Title: "Not found", Icon: "compass", Heading: "There is nothing here", Search: true,
			Text:  missingText(r.URL.Path, p),
			Links: []auth.Link{toMatters, toHistory}}
	case r.Method == http.MethodGet && (p.Status == http.StatusServiceUnavailable || p.Status == http.StatusBadGateway || p.Status == http.StatusTooManyRequests):
		return auth.ErrorPage{Title: "Not now", Icon: "alert", Heading: "This page cannot be shown now", Text: []string{words.Sentence(p.Detail), p.Remedy},
			Links: []auth.Link{{Label: "Try again", Href: tryAgain(r), Go: true}, {Label: "Integrations", Href: "/integrations"}}}
	case p.Status == http.StatusInternalServerError:
		return auth.ErrorPage{Title: "Trouble on our side", Icon: "server", Heading: "This page could not be made",
			Text:  []string{"The trouble is on our side and has been recorded. Syncs are separate from these pages: what was announced is kept and goes on."},
			Links: []auth.Link{{Label: "Try again", Href: tryAgain(r), Go: true}, {Label: "Integrations", Href: "/integrations"}}}
	}
	return auth.ErrorPage{Title: "Not done", Icon: "alert", Heading: "That was not done", Text: []string{words.Sentence(p.Detail), p.Remedy},
		Links: []auth.Link{{Label: "Back to Integrations", Href: "/integrations", Go: true}, toHistory}}
}

// missingText says what an address does not lead to.
func missingText(path string, p *problem.Problem) []string {
	const foreign = "If someone sent you the link, it may belong to another firm."
	switch {
	case strings.HasPrefix(path, "/history/") || strings.HasPrefix(path, "/dead-letters/"):
		return []string{words.Sentence(p.Detail) + " " + foreign, p.Remedy}
	case strings.HasPrefix(path, "/clients/"):
		return []string{words.Sentence(p.Detail), p.Remedy + " " + foreign}
	case strings.HasPrefix(path, "/matters/"):
		return []string{"The matter in this address does not exist at your firm. " + foreign}
	}
	return []string{"This page does not exist."}
}

// forbiddenText says who the user is here and whom to ask.
func (s *ErrorPages) forbiddenText(r *http.Request, p *problem.Problem) []string {
	u := s.Callers.Browser(r)
	if u == nil || p.Code != domain.CodeForbidden || u.Role != domain.StandardUser {
		return []string{words.Sentence(p.Detail), p.Remedy}
	}
	row, err := s.Firms.Connection(u.Firm)
	if err != nil {
		return []string{words.Sentence(p.Detail), p.Remedy}
	}
	admin := "a firm admin"
	if name := row.Connection.ByName; name != "" {
		admin += ", such as " + name
	}
	return []string{"You are signed in as " + auth.NameOf(*u) + ", a user of " + cmp.Or(row.Connection.Account.Name, string(u.Firm)) +
		". Users can sync matters and see the history; settings belong to " + admin + "."}
}

func (s *ErrorPages) signedOutPage(r *http.Request, p *problem.Problem) auth.ErrorPage {
	if !s.SignIn {
		return auth.ErrorPage{Title: "Sign-in is off", Icon: "lock", Heading: "Nobody can sign in here yet", Text: []string{words.Sentence(p.Detail), p.Remedy}}
	}
	if kept := s.keptForm(r); kept != nil {
		return auth.ErrorPage{Title: "Signed out", Icon: "lock", Heading: "You are signed out, and nothing was changed", Form: kept,
			Text: []string{"What you sent is kept on this page. Open Smokeball sync from CaseHug in another tab, which signs you in, and then send it again here."}}
	}
	return auth.ErrorPage{Title: "Signed out", Icon: "lock", Heading: "You are signed out",
		Text: []string{"Open Smokeball sync from CaseHug: it signs you in here and brings you back.", "Syncs go on without you. Nothing you had saved is lost."}}
}

// tryAgain is the page that failed; after a form, the first page.
func tryAgain(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/integrations"
	}
	return auth.LocalPath(r.URL.RequestURI())
}
