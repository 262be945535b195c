package web

import (
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// integrationsPage is what the Smokeball card shows beside the connection.
type integrationsPage struct {
	Settings   domain.Settings
	Scopes     []Scope
	Failed     *domain.Failure // why the last try to connect ended without a connection
	DaysLeft   int             // until the sign-in ends
	DaysTotal  int
	AskedUntil time.Time // when the open authorization link ends
	PerMinute  int       // the allowance
	LinkedBy   string
	Known      string // how the account is called that links point to
}

func (s *site) showIntegrations(v visit) error {
	row, err := s.Views.Connection(v.firm())
	if err != nil {
		return err
	}
	sc := screen{Title: "Integrations", Nav: "integrations", Crumbs: []crumb{{"Settings", ""}, {"Integrations", ""}}, Body: s.integrations(v, row)}
	if v.user.Role != domain.FirmAdmin {
		sc.Title, sc.Crumbs = "Connection", []crumb{{"Connection", ""}}
	}
	if v.r.URL.Query().Get("connected") != "" && row.Connection.Usable(s.Now()) {
		sc.Said = "Smokeball is connected."
	}
	return s.show(v, http.StatusOK, "integrations", sc)
}

func (s *site) integrations(v visit, row projections.ConnectionRow) integrationsPage {
	c, perSecond := row.Connection, 0.0
	perSecond, _ = s.Allowance.Usage(row.Firm)
	p := integrationsPage{Settings: row.Settings, Scopes: s.Scopes, AskedUntil: c.AttemptEnds,
		PerMinute: int(perSecond * 60), LinkedBy: nameOf(v, row, c.By), Known: or(c.Known().Name, c.Known().ID)}
	if !c.Usable(s.Now()) && (c.State == "" || c.State == domain.StatusDisconnected) {
		p.Failed = c.LastFailure
	}
	if !c.ReauthorizeBy.IsZero() {
		p.DaysLeft = int(max(c.ReauthorizeBy.Sub(s.Now()), 0) / (24 * time.Hour))
		p.DaysTotal = int(c.ReauthorizeBy.Sub(c.At) / (24 * time.Hour))
	}
	return p
}

// doConnect leads the browser to Smokeball's consent page.
func (s *site) doConnect(v visit) error {
	url, _, err := s.Firms.Authorize(v.r.Context(), v.user, true)
	if err != nil {
		return err
	}
	return v.to(url)
}

// doConfirmAccount takes over the account that the page asked about.
func (s *site) doConfirmAccount(v visit) error {
	position, err := s.Firms.ConfirmAccount(v.r.Context(), v.user, v.r.PostFormValue("account_id"))
	return s.then(v, position, err, "/integrations?connected=1")
}

func (s *site) doDropAccount(v visit) error {
	position, err := s.Firms.DropAccount(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations")
}

func (s *site) showDisconnect(v visit) error {
	return s.show(v, http.StatusOK, "disconnect", screen{Title: "Disconnect Smokeball", Nav: "integrations",
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Advanced", "/integrations/advanced"}, {"Disconnect", ""}}})
}

func (s *site) doDisconnect(v visit) error {
	position, err := s.Firms.Disconnect(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations")
}

// then leads on after a change, once the pages show it.
func (s *site) then(v visit, position uint64, err error, next string) error {
	if err != nil {
		return err
	}
	if err := s.settle(v.r.Context(), position); err != nil {
		return err
	}
	return v.to(next)
}
