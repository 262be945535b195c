package web

import (
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// errorPage is a page that stands alone: an error, or the end of a way.
type errorPage struct {
	Title     string
	Icon      string
	Heading   string
	Text      []string
	Acts      []act
	Search    bool
	Code      string
	Status    int
	Reference string
	At        time.Time
	Form      *question // to be answered; nil: there is nothing to answer
}

// question is a form with two answers, the second of which changes nothing.
type question struct {
	Action  string
	Hidden  []hidden
	Yes, No string
}

// hidden is a field that the form carries along.
type hidden struct{ Name, Value string }

// act is a way on.
type act struct {
	Label string
	Href  string
	Go    bool // the next step
}

// showErrorPage writes a page that stands alone. That it cannot be rendered is a fault of
// the program, which the net under panics catches.
func (s *site) showErrorPage(w http.ResponseWriter, status int, a errorPage) {
	a.At = s.Now()
	if err := s.write(w, status, "alone", "alone", a); err != nil {
		panic(err)
	}
}

// showProblem is a problem as a page.
func (s *site) showProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	copyHeader(w.Header(), p.header)
	a := s.pageOf(r, p)
	a.Code, a.Status, a.Reference = string(p.Code), p.Status, p.Reference
	s.showErrorPage(w, p.Status, a)
}

func (s *site) pageOf(r *http.Request, p *problem) errorPage {
	toMatters, toHistory := act{Label: "Matters", Href: "/matters"}, act{Label: "Sync History", Href: "/history"}
	switch {
	case p.Code == domain.CodeNotSignedIn:
		return s.signedOutPage(p)
	case p.Status == http.StatusForbidden:
		return errorPage{Title: "For firm admins", Icon: "lock", Heading: "This page is for firm admins", Text: s.forbiddenText(r, p),
			Acts: []act{{"Go to Matters", "/matters", true}, toHistory}}
	case p.Status == http.StatusNotFound:
		return errorPage{Title: "Not found", Icon: "compass", Heading: "There is nothing here", Search: true,
			Text: []string{"The matter or sync in this address does not exist at your firm. If someone sent you the link, it may belong to another firm."},
			Acts: []act{toMatters, toHistory}}
	case p.Status == http.StatusInternalServerError:
		return errorPage{Title: "Trouble on our side", Icon: "server", Heading: "This page could not be made",
			Text: []string{"The trouble is on our side and has been recorded. Syncs are separate from these pages: what was announced is kept and goes on."},
			Acts: []act{{"Try again", tryAgain(r), true}, {Label: "Integrations", Href: "/integrations"}}}
	}
	return errorPage{Title: "Not done", Icon: "alert", Heading: "That was not done", Text: []string{sentence(p.Detail), p.Remedy},
		Acts: []act{{"Back to Integrations", "/integrations", true}, toHistory}}
}

// forbiddenText tells a user who they are here, and whom to ask.
func (s *site) forbiddenText(r *http.Request, p *problem) []string {
	c, err := s.callerByCookie(r)
	if err != nil || p.Code != domain.CodeForbidden || c.user.Role != domain.StandardUser {
		return []string{sentence(p.Detail), p.Remedy}
	}
	row, err := s.Views.Connection(c.user.Firm)
	if err != nil {
		return []string{sentence(p.Detail), p.Remedy}
	}
	admin := "a firm admin"
	if name := row.Connection.ByName; name != "" {
		admin += ", such as " + name
	}
	return []string{"You are signed in as " + firstNonEmpty(c.user.Name, c.user.Email, c.user.Subject) + ", a user of " + firstNonEmpty(row.Connection.Account.Name, string(c.user.Firm)) +
		". Users can sync matters and see the history; settings belong to " + admin + "."}
}

func (s *site) signedOutPage(p *problem) errorPage {
	if s.Users == nil {
		return errorPage{Title: "Sign-in is off", Icon: "lock", Heading: "Nobody can sign in here yet", Text: []string{sentence(p.Detail), p.Remedy}}
	}
	return errorPage{Title: "Signed out", Icon: "lock", Heading: "You are signed out",
		Text: []string{"Open Smokeball sync from CaseHug: it signs you in here and brings you back.", "Syncs go on without you. Nothing you had saved is lost."}}
}

// tryAgain is the page that failed; after a form, the page to begin from.
func tryAgain(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/integrations"
	}
	return localPath(r.URL.RequestURI())
}
