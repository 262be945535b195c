package console

import (
	"cmp"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Scope is one permission that Smokeball asks a firm admin for, as the console shows it.
type Scope struct {
	Permission string // what it is about, such as Matters
	Access     string // Read, or Read and write
	Why        string // what CaseHug needs it for
	Names      string // Smokeball's names of it
}

// Integrations is the page of the Smokeball card.
type Integrations struct {
	*Shell
	Accounts ports.Accounts
	History  ports.History
	Scopes   []Scope
}

// integrationsPage is what the Smokeball card shows beside the connection.
type integrationsPage struct {
	Settings   domain.Settings
	Scopes     []Scope
	Refused    *projections.Failure // why the last try to connect ended without a connection
	DaysLeft   int                  // until the sign-in ends
	DaysTotal  int
	AskedUntil time.Time // when the open authorization link ends
	PerMinute  int       // the allowance
	Usage      projections.Usage
	Calls      chart // by the hour
	LinkedBy   string
	Known      string // the name of the account that links point to
	EndedBy    string // who disconnected
	EndedAt    time.Time
	LeftBehind *projections.Failure // what Smokeball may still have after a disconnect
	Queue      projections.Queue
	Day        projections.HourCount // of the last 24 hours
	Succeeded  *projections.Entry    // the last sync that succeeded
	Failed     *projections.Entry    // the last sync that failed, if that is the last problem
}

// Show shows the Smokeball card.
func (s *Integrations) Show(v pageRequest) error {
	row, err := s.Firms.Connection(v.firm())
	if err != nil {
		return err
	}
	body, err := s.page(v, row)
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

func (s *Integrations) page(v pageRequest, row projections.ConnectionRow) (integrationsPage, error) {
	c := row.Connection
	usage := s.Connections.Allowance.Usage(row.Firm)
	p := integrationsPage{Settings: row.Settings, Scopes: s.Scopes, AskedUntil: c.AttemptEnds,
		PerMinute: int(usage.PerSecond * 60), Usage: usage, Calls: callsChart(usage, usage.Peak().Used), LinkedBy: v.nameOf(row, c.By), Known: cmp.Or(c.Known().Name, c.Known().ID),
		Day: row.Today(s.Now()).Sum(s.Now()), EndedBy: v.nameOf(row, row.Lately.EndedBy), EndedAt: row.Lately.EndedAt}
	if !c.Usable(s.Now()) && (c.State == "" || c.State == domain.StatusDisconnected) {
		p.Refused = projections.FailureOf(c.LastFailure)
	}
	if c.Status(s.Now()) == domain.StatusDisconnected {
		p.LeftBehind = projections.FailureOf(c.LeftBehind)
	}
	if !c.ReauthorizeBy.IsZero() {
		p.DaysLeft = int(max(c.ReauthorizeBy.Sub(s.Now()), 0) / (24 * time.Hour))
		p.DaysTotal = int(c.ReauthorizeBy.Sub(c.At) / (24 * time.Hour))
	}
	return p, s.lastOutcomes(&p, row)
}

// lastOutcomes adds the queue and the last syncs to the page.
func (s *Integrations) lastOutcomes(p *integrationsPage, row projections.ConnectionRow) (err error) {
	p.Queue = s.History.Queue(row.Firm)
	if p.Succeeded, err = s.syncOf(row.Firm, row.Lately.Succeeded); err != nil {
		return err
	}
	if row.LastError != nil && row.LastErrorAt.Equal(row.Lately.FailedAt) {
		p.Failed, err = s.syncOf(row.Firm, row.Lately.Failed)
	}
	return err
}

// syncOf is the sync of that id, or nil.
func (s *Integrations) syncOf(firm domain.FirmID, id domain.SyncID) (*projections.Entry, error) {
	if id == "" {
		return nil, nil
	}
	e, ok, err := s.History.Sync(firm, id)
	if err != nil || !ok {
		return nil, err
	}
	return &e, nil
}

// Connect redirects the browser to Smokeball's consent page, or to the card, which says why
// there is no link.
func (s *Integrations) Connect(v pageRequest) error {
	url, _, err := s.Accounts.Authorize(v.ctx(), v.user)
	if domain.AsRejection(err) != nil {
		return v.to("/integrations")
	}
	if err != nil {
		return err
	}
	return v.to(url)
}

// ConfirmAccount connects the account that the page asked about.
func (s *Integrations) ConfirmAccount(v pageRequest) error {
	position, err := s.Accounts.ConfirmAccount(v.ctx(), v.user, v.r.PostFormValue("account_id"))
	return s.then(v, position, err, "/integrations?connected=1")
}

// DropAccount stays with the account before.
func (s *Integrations) DropAccount(v pageRequest) error {
	position, err := s.Accounts.DropAccount(v.ctx(), v.user)
	return s.then(v, position, err, "/integrations?stayed=1")
}
