package web

import (
	"context"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// pageRequest is one request of a person who is signed in to the console.
type pageRequest struct {
	w    http.ResponseWriter
	r    *http.Request
	user domain.User
}

func (v pageRequest) firm() domain.FirmID { return v.user.Firm }

// to sends the browser to another page of the console.
func (v pageRequest) to(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// page is a page or a form's end, with the least role that it is for.
type page struct {
	role domain.Role
	show func(pageRequest) error
}

// signedIn lets those in whom a page is for.
func (s *site) signedIn(route string, p page) http.HandlerFunc {
	asks := actionTargetOf(route)
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		c, err := s.callerByCookie(r)
		c, err = s.gate(access{role: p.role}, asks, c, err, r)
		r = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
		if err == nil {
			err = p.show(pageRequest{w: w, r: r, user: c.user})
			s.noteRejection(r.Context(), r.Method, err)
		}
		if err != nil {
			s.refuse(w, r, err)
		}
	}
}

// screen is a page with what stands around it on every page.
type screen struct {
	Title       string
	Nav         string // the entry of the side bar that is chosen
	Tab         string // of the settings, that is chosen
	Unmapped    int    // case types without a matter type, as far as that is known
	Crumbs      []crumb
	User        domain.User
	Admin       bool
	Connection  connectionBody
	Known       string // how the firm is called in Smokeball; empty: it was never connected
	DeadLetters int
	Said        string // what has just been done
	Body        any
}

// crumb is a step of the way to the page; the page itself has no Href.
type crumb struct{ Label, Href string }

// SignInNeeded reports whether somebody has to sign in to Smokeball before syncs go on.
func (sc screen) SignInNeeded() bool {
	return sc.Connection.Status == domain.StatusReauthorizationRequired || sc.Connection.Status == domain.StatusRevoked
}

// InTrouble reports whether Smokeball does not serve the firm for now.
func (sc screen) InTrouble() bool { return sc.Connection.Status == domain.StatusError }

// LastCrumb is the place of the page itself in the way to it.
func (sc screen) LastCrumb() int { return len(sc.Crumbs) - 1 }

// Person is how the signed-in user is called.
func (sc screen) Person() string { return firstNonEmpty(sc.User.Name, sc.User.Email, sc.User.Subject) }

// Firm is how the firm is called: as in Smokeball, once that is known.
func (sc screen) Firm() string {
	return firstNonEmpty(sc.Known, "Your firm")
}

// show writes a page with what stands around it.
func (s *site) show(v pageRequest, status int, name string, sc screen) error {
	row, err := s.Views.Connection(v.firm())
	if err != nil {
		return err
	}
	sc.Connection, err = s.connection(v.firm())
	if err != nil {
		return err
	}
	sc.Known = row.Connection.Known().Name
	sc.User, sc.Admin, sc.DeadLetters = v.user, v.user.Role == domain.FirmAdmin, row.DeadLetters.Open
	return s.write(v.w, status, name, "layout", sc)
}

// nameOf is how a user is called on the pages that another user sees.
func nameOf(v pageRequest, row projections.ConnectionRow, subject string) string {
	return nameFor(v.user, row, subject)
}

// nameFor is how a user is called where another one looks.
func nameFor(u domain.User, row projections.ConnectionRow, subject string) string {
	switch {
	case subject == "":
		return ""
	case subject == u.Subject:
		return firstNonEmpty(u.Name, u.Email, subject)
	case subject == row.Connection.By:
		return firstNonEmpty(row.Connection.ByName, subject)
	}
	return subject
}
