package console

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// pageRequest is one request of a person who is signed in to the console.
type pageRequest struct {
	w    http.ResponseWriter
	r    *http.Request
	user domain.User
	at   uint64 // ledger position that the page includes

	people ports.People
}

func (v pageRequest) ctx() context.Context { return v.r.Context() }

func (v pageRequest) firm() domain.FirmID { return v.user.Firm }

// to redirects the browser to another page.
func (v pageRequest) to(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// nameOf is how a user is called on this person's pages: by name, or in words where nothing that
// they did tells it.
func (v pageRequest) nameOf(row projections.ConnectionRow, subject string) string {
	if subject == domain.Operator {
		return "CaseHug’s operators"
	}
	name := reading.NameFor(v.user, row, subject)
	if name != subject || subject == "" {
		return name
	}
	if known, err := v.people.Name(v.firm(), subject); err == nil && known != "" {
		return known
	}
	if subject == v.user.Subject {
		return "you"
	}
	return "a colleague (" + subject + ")"
}

// Shell is what all pages share: who comes in, the frame around the page, and the answer to
// errors.
type Shell struct {
	*Templates
	Errors      *ErrorPages
	Gate        *auth.Guard
	Trail       *auth.Trail
	Firms       ports.Connections
	People      ports.People
	Counts      ports.MatterCounts
	Connections reading.Connections
	Progress    reading.Progress
	Kept        reading.Kept
	Report      problem.Reporter
	Now         func() time.Time
}

// Page shows a page, or handles a form.
type Page func(pageRequest) error

// Serve lets those in who may use the route, and shows them the page.
func (s *Shell) Serve(rt auth.Route, show Page) http.Handler {
	door := s.Gate.For(rt)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, auth.MaxForm)
		c, err := door.EnterPage(r)
		r = r.WithContext(auth.WithCaller(r.Context(), c))
		if err == nil {
			err = ofAnotherFirm(r, c.User)
		}
		if err == nil {
			err = show(pageRequest{w: w, r: r, user: c.User, at: s.Progress.Views.Position(), people: s.People})
			s.Trail.Reject(r.Context(), r.Method, err)
		}
		if err != nil {
			s.Errors.Refuse(w, r, err)
		}
	})
}

// then redirects after a change, once the pages show it.
func (s *Shell) then(v pageRequest, position uint64, err error, next string) error {
	if err == nil {
		err = s.Progress.Settle(v.ctx(), position)
	}
	if err != nil {
		return err
	}
	return v.to(next)
}

// show writes a page in its frame.
func (s *Shell) show(v pageRequest, status int, name string, sc screen) error {
	row, err := s.Firms.Connection(v.firm())
	if err != nil {
		return err
	}
	sc.Connection, err = s.Connections.Status(v.firm())
	if err != nil {
		return err
	}
	counts, err := s.Counts.MatterCounts(v.firm())
	if err != nil {
		return err
	}
	sc.Failing, sc.Typeless = counts.States[projections.MatterFailed], counts.Typeless()
	sc.Position, sc.Differing = v.at, sc.Connection.Drift.Total()
	sc.Known = row.Connection.Known().Name
	if v.user.Role != domain.FirmAdmin {
		sc.Admins = s.whoAdministers(v)
	}
	sc.User, sc.Admin, sc.DeadLetters = v.user, v.user.Role == domain.FirmAdmin, row.DeadLetters.Open
	page, err := s.render(v.w, name, "layout", sc)
	if err == nil {
		s.send(v.w, v.r, status, ofFirm(page.Bytes(), v.firm()))
	}
	return err
}

// screen is a page with the frame that all pages share.
type screen struct {
	Title       string
	Nav         string // the current entry of the side bar
	Tab         string // the current tab of the settings
	Unmapped    int    // case types without a matter type, as far as that is known
	Crumbs      []crumb
	User        domain.User
	Admin       bool
	Admins      string // who can do what this user may not; empty for firm admins
	Connection  reading.ConnectionBody
	Known       string // how the firm is called in Smokeball; empty: it was never connected
	DeadLetters int
	Failing     int             // matters whose last sync failed
	Typeless    int             // case types that matters wait with for a mapping
	Differing   int             // matters and clients of which a field differs
	Said        string          // what was just done
	Position    uint64          // the ledger position that the page includes
	About       domain.MatterID // the matter whose changes the page shows; empty: those of all
	Body        any
}

// crumb is a step of the breadcrumbs; the page itself has no Href.
type crumb struct{ Label, Href string }

// SignInNeeded reports whether somebody has to sign in to Smokeball before syncs go on.
func (sc screen) SignInNeeded() bool {
	return sc.Connection.Status == domain.StatusReauthorizationRequired || sc.Connection.Status == domain.StatusRevoked
}

// InTrouble reports whether Smokeball does not serve the firm for now.
func (sc screen) InTrouble() bool { return sc.Connection.Status == domain.StatusError }

// LastCrumb is the index of the page itself in the breadcrumbs.
func (sc screen) LastCrumb() int { return len(sc.Crumbs) - 1 }

// Person is how the signed-in user is called.
func (sc screen) Person() string { return auth.NameOf(sc.User) }

// Firm is how the firm is called: by its name in Smokeball, once that is known.
func (sc screen) Firm() string { return cmp.Or(sc.Known, "Your firm") }

// settingsCrumbs are the breadcrumbs of a page of the settings.
func settingsCrumbs(page string) []crumb {
	return []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Smokeball", ""}, {page, ""}}
}
