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
	Refused    *domain.Failure // why the last try to connect ended without a connection
	DaysLeft   int             // until the sign-in ends
	DaysTotal  int
	AskedUntil time.Time // when the open authorization link ends
	PerMinute  int       // the allowance
	LinkedBy   string
	Known      string // how the account is called that links point to
	EndedBy    string // who disconnected
	EndedAt    time.Time
	LeftBehind *domain.Failure // what Smokeball may still have after a disconnect
	Queue      projections.Queue
	Succeeded  *projections.Entry // the last sync that did
	Failed     *projections.Entry // the last one that did, where that is the last problem
}

func (s *site) showIntegrations(v pageRequest) error {
	row, err := s.Views.Connection(v.firm())
	if err != nil {
		return err
	}
	body, err := s.integrations(v, row)
	if err != nil {
		return err
	}
	sc := screen{Title: "Integrations", Nav: "integrations", Crumbs: []crumb{{"Settings", ""}, {"Integrations", ""}}, Body: body}
	if v.user.Role != domain.FirmAdmin {
		sc.Title, sc.Crumbs = "Connection", []crumb{{"Connection", ""}}
	}
	if v.r.URL.Query().Get("connected") != "" && row.Connection.Usable(s.Now()) {
		sc.Said = "Smokeball is connected."
	}
	if v.r.URL.Query().Get("stayed") != "" && row.Connection.Usable(s.Now()) && !row.Connection.Asks(s.Now()) {
		sc.Said = "The connection is as before."
	}
	return s.show(v, http.StatusOK, "integrations", sc)
}

func (s *site) integrations(v pageRequest, row projections.ConnectionRow) (integrationsPage, error) {
	c, perSecond := row.Connection, 0.0
	perSecond, _ = s.Allowance.Usage(row.Firm)
	p := integrationsPage{Settings: row.Settings, Scopes: s.Scopes, AskedUntil: c.AttemptEnds,
		PerMinute: int(perSecond * 60), LinkedBy: nameOf(v, row, c.By), Known: firstNonEmpty(c.Known().Name, c.Known().ID),
		EndedBy: nameOf(v, row, row.Lately.EndedBy), EndedAt: row.Lately.EndedAt}
	if !c.Usable(s.Now()) && (c.State == "" || c.State == domain.StatusDisconnected) {
		p.Refused = c.LastFailure
	}
	if c.Status(s.Now()) == domain.StatusDisconnected {
		p.LeftBehind = c.LeftBehind
	}
	if !c.ReauthorizeBy.IsZero() {
		p.DaysLeft = int(max(c.ReauthorizeBy.Sub(s.Now()), 0) / (24 * time.Hour))
		p.DaysTotal = int(c.ReauthorizeBy.Sub(c.At) / (24 * time.Hour))
	}
	return p, s.lastOutcomes(&p, row)
}

// lastOutcomes adds the queue and the last syncs to the page.
func (s *site) lastOutcomes(p *integrationsPage, row projections.ConnectionRow) (err error) {
	p.Queue = s.Views.Queue(row.Firm)
	if p.Succeeded, err = s.syncOf(row.Firm, row.Lately.Succeeded); err != nil {
		return err
	}
	if row.LastError != nil && row.LastErrorAt.Equal(row.Lately.FailedAt) {
		p.Failed, err = s.syncOf(row.Firm, row.Lately.Failed)
	}
	return err
}

// syncOf is a sync; nil where there is none of that id.
func (s *site) syncOf(firm domain.FirmID, id domain.SyncID) (*projections.Entry, error) {
	if id == "" {
		return nil, nil
	}
	e, ok, err := s.Views.Sync(firm, id)
	if err != nil || !ok {
		return nil, err
	}
	return &e, nil
}

// doConnect leads the browser to Smokeball's consent page, or to the card that says why that
// page would not be shown.
func (s *site) doConnect(v pageRequest) error {
	url, _, err := s.Firms.Authorize(v.r.Context(), v.user)
	if domain.AsRejection(err) != nil {
		return v.to("/integrations")
	}
	if err != nil {
		return err
	}
	return v.to(url)
}

// doConfirmAccount takes over the account that the page asked about.
func (s *site) doConfirmAccount(v pageRequest) error {
	position, err := s.Firms.ConfirmAccount(v.r.Context(), v.user, v.r.PostFormValue("account_id"))
	return s.then(v, position, err, "/integrations?connected=1")
}

func (s *site) doDropAccount(v pageRequest) error {
	position, err := s.Firms.DropAccount(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations?stayed=1")
}

func (s *site) showDisconnect(v pageRequest) error {
	left, err := s.leftovers(v.firm())
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "disconnect", screen{Title: "Disconnect Smokeball", Nav: "integrations", Body: left,
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Advanced", "/integrations/advanced"}, {"Disconnect", ""}}})
}

func (s *site) doDisconnect(v pageRequest) error {
	position, err := s.Firms.Disconnect(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations")
}

// then leads on after a change, once the pages show it.
func (s *site) then(v pageRequest, position uint64, err error, next string) error {
	if err != nil {
		return err
	}
	if err := s.settle(v.r.Context(), position); err != nil {
		return err
	}
	return v.to(next)
}
