package domain

import "time"

// AuthorizationStarted says that a firm admin asked for a link to Smokeball's
// consent page. Attempt is a digest of the link's state, never the state itself.
type AuthorizationStarted struct {
	Attempt string    `json:"attempt"`
	By      string    `json:"by"`
	ByName  string    `json:"by_name,omitempty"`
	Expires time.Time `json:"expires"`
}

// AuthorizationFailed ends an attempt without a connection.
type AuthorizationFailed struct {
	Attempt string  `json:"attempt"`
	Failure Failure `json:"failure"`
	By      string  `json:"by,omitempty"` // who had asked for the link
	ByName  string  `json:"by_name,omitempty"`
}

// ConnectionAuthorized says that the firm consented and which account it is.
type ConnectionAuthorized struct {
	Attempt       string    `json:"attempt"`
	Account       Account   `json:"account"`
	Region        string    `json:"region"`
	Scopes        []string  `json:"scopes"`
	By            string    `json:"by"`
	ByName        string    `json:"by_name,omitempty"`
	ReauthorizeBy time.Time `json:"reauthorize_by"`
	// Webhooks says that a subscription has to be made: the account before had one.
	Webhooks bool `json:"webhooks,omitempty"`
}

// ConnectionLost says that Smokeball no longer accepts the firm's authorization
// though it had not ended: the firm removed the app there.
type ConnectionLost struct {
	Failure Failure `json:"failure"`
}

// ReauthorizationRequired says that the authorization came to its end.
type ReauthorizationRequired struct {
	Failure Failure `json:"failure"`
}

// Disconnected says that a firm admin ended the connection in CaseHug.
type Disconnected struct {
	By     string `json:"by"`
	ByName string `json:"by_name,omitempty"`
}

// WebhooksRegistered names the firm's webhook subscription.
type WebhooksRegistered struct {
	Subscription string `json:"subscription"`
	By           string `json:"by"`
	ByName       string `json:"by_name,omitempty"`
}

// WebhooksRemoved says that the firm has no webhook subscription any more.
type WebhooksRemoved struct {
	Subscription string `json:"subscription"`
	By           string `json:"by,omitempty"`
	ByName       string `json:"by_name,omitempty"`
}

func (AuthorizationStarted) EventName() string    { return "connection.authorization.v1" }
func (AuthorizationFailed) EventName() string     { return "connection.authorization_end.v1" }
func (ConnectionAuthorized) EventName() string    { return "connection.authorized.v1" }
func (ConnectionLost) EventName() string          { return "connection.lost.v1" }
func (ReauthorizationRequired) EventName() string { return "connection.reauthorize.v1" }
func (Disconnected) EventName() string            { return "connection.disconnected.v1" }
func (WebhooksRegistered) EventName() string      { return "connection.webhooks.v1" }
func (WebhooksRemoved) EventName() string         { return "connection.webhooks_removed.v1" }

// ConnectionStatus is where a firm's connection stands.
type ConnectionStatus string

// The statuses of a connection.
const (
	StatusDisconnected            ConnectionStatus = "disconnected"
	StatusAuthorizing             ConnectionStatus = "authorizing"
	StatusConnected               ConnectionStatus = "connected"
	StatusReauthorizeSoon         ConnectionStatus = "reauthorize_soon"
	StatusReauthorizationRequired ConnectionStatus = "reauthorization_required"
	StatusRevoked                 ConnectionStatus = "revoked"
	StatusError                   ConnectionStatus = "error" // connected, and Smokeball does not serve the firm
)

// ConnectionStatuses are all statuses.
func ConnectionStatuses() []ConnectionStatus {
	return []ConnectionStatus{StatusDisconnected, StatusAuthorizing, StatusConnected, StatusReauthorizeSoon, StatusReauthorizationRequired, StatusRevoked, StatusError}
}

// ReauthorizeSoon is how long before the end of an authorization admins are told.
const ReauthorizeSoon = 7 * 24 * time.Hour

// Connection is a firm's connection to Smokeball.
type Connection struct {
	State         ConnectionStatus // without regard to the time: see Status
	Account       Account
	Region        string
	Scopes        []string
	By            string
	ByName        string
	At            time.Time
	ReauthorizeBy time.Time // zero: the authorization has no end
	Through       string    // the attempt that the authorization came from
	LastFailure   *Failure
	LostAt        time.Time // when the authorization was taken for lost or ended
	Trouble       *Trouble  // what keeps Smokeball from serving the firm; nil: nothing
	RecoveredAt   time.Time // when Smokeball served the firm again after the last trouble
	TroubledAt    time.Time // when that trouble had begun

	Consent
	Subscribed

	Former  Account  // the account that the firm disconnected from
	Leaving *Leaving // what a disconnect has not removed yet
	// LeftBehind is what Smokeball may still have after a disconnect; nil: nothing.
	LeftBehind *Failure
	WarnedOf   time.Time // the end of the authorization of which admins were warned
	CheckedAt  time.Time // the last daily look at Smokeball
}

// Consent is the authorization that is under way.
type Consent struct {
	Attempt     string // the last authorization link, while it may be used
	AttemptEnds time.Time
	Pending     *PendingAccount // another account that has to be confirmed
}

// Subscribed is the firm's webhook subscription.
type Subscribed struct {
	Subscription string
	Hooks        WebhookState
}

// PendingAccount is another account than before that a firm consented for.
type PendingAccount struct {
	Attempt   string
	Account   Account
	Expires   time.Time
	By        string
	Confirmed time.Time // zero: not yet
	Webhooks  bool      // the account before had webhooks
}

// Leaving is what is left of a connection that was ended.
type Leaving struct {
	At           time.Time
	Account      Account
	Subscription string
	By           string
}

// Apply returns the connection after e.
func (c Connection) Apply(e Event, at time.Time) Connection {
	switch e := e.(type) {
	case AuthorizationStarted:
		c.Attempt, c.AttemptEnds = e.Attempt, e.Expires
	case AuthorizationFailed:
		c.Consent = c.ended(e.Attempt)
		c.LastFailure = &e.Failure
	case ConnectionAuthorized:
		c = c.authorized(e, at)
	case ConnectionLost:
		c = c.lost(StatusRevoked, e.Failure, at)
	case ReauthorizationRequired:
		c = c.lost(StatusReauthorizationRequired, e.Failure, at)
	case ReauthorizationSoon:
		c.WarnedOf = e.ReauthorizeBy
	case ConnectionChecked:
		c = c.checked(e, at)
	case Disconnected:
		c = c.disconnected(e, at)
	case ConnectionClosed:
		c.Leaving, c.LeftBehind = nil, e.Failure
	case AccountProposed:
		c.Consent = c.ended(e.Attempt)
		c.Pending = &PendingAccount{Attempt: e.Attempt, Account: e.Account, Expires: e.Expires, By: e.By}
	case AccountConfirmed:
		c = c.confirmed(e, at)
	case AccountDropped:
		c.Pending = nil
	case ConnectionTroubled, ConnectionRecovered:
		c = c.applyTrouble(e, at)
	default:
		c = c.applyWebhooks(e, at)
	}
	return c
}

// ended closes the attempt if it is the last one.
func (c Consent) ended(attempt string) Consent {
	if attempt == c.Attempt {
		c.Attempt, c.AttemptEnds = "", time.Time{}
	}
	return c
}

func (c Connection) authorized(e ConnectionAuthorized, at time.Time) Connection {
	hooks := c.Hooks
	hooks.Wanted = hooks.Wanted || e.Webhooks
	hooks.Stale = hooks.Wanted // Smokeball removes a subscription with its authorization
	return Connection{State: StatusConnected, Account: e.Account, Region: e.Region, Scopes: e.Scopes, By: e.By, ByName: e.ByName, At: at,
		ReauthorizeBy: e.ReauthorizeBy, Through: e.Attempt, Subscribed: Subscribed{c.Subscription, hooks}, Leaving: c.Leaving}
}

func (c Connection) checked(e ConnectionChecked, at time.Time) Connection {
	c.CheckedAt, c.LastFailure = at, e.Failure
	if e.Account.ID == c.Account.ID && e.Account.Name != "" {
		c.Account = e.Account
	}
	return c
}

func (c Connection) disconnected(e Disconnected, at time.Time) Connection {
	return Connection{State: StatusDisconnected, Former: c.Account, Consent: Consent{Pending: c.Pending}, Through: c.Through,
		Leaving: &Leaving{At: at, Account: c.Account, Subscription: c.Subscription, By: e.By}}
}

func (c Connection) confirmed(e AccountConfirmed, at time.Time) Connection {
	if c.Pending != nil && c.Pending.Attempt == e.Attempt {
		p := *c.Pending
		p.Confirmed, p.By, p.Webhooks = at, e.By, c.Hooks.Wanted
		c.Pending = &p
	}
	return c
}

// Status is the connection's status at a time.
func (c Connection) Status(now time.Time) ConnectionStatus {
	switch {
	case c.State == StatusConnected && !c.ReauthorizeBy.IsZero() && !now.Before(c.ReauthorizeBy):
		return StatusReauthorizationRequired
	case c.State == StatusConnected && c.Trouble != nil:
		return StatusError
	case c.State == StatusConnected && !c.ReauthorizeBy.IsZero() && !now.Before(c.ReauthorizeBy.Add(-ReauthorizeSoon)):
		return StatusReauthorizeSoon
	case c.State == StatusConnected:
		return StatusConnected
	case c.Attempt != "" && now.Before(c.AttemptEnds):
		return StatusAuthorizing
	case c.State == "":
		return StatusDisconnected
	}
	return c.State
}

// Unusable is why no calls are made for a firm whose connection has the status.
func (s ConnectionStatus) Unusable() Failure {
	switch s {
	case StatusReauthorizationRequired:
		return Failure{Code: CodeReauthorizationRequired, Fault: FaultAuthorizationEnded}
	case StatusRevoked:
		return Failure{Code: CodeNotConnected, Fault: FaultAccessRemoved}
	}
	return Failure{Code: CodeNotConnected, Fault: FaultNotConnected}
}

// WhyUnusable is why no sync is tried until somebody connects; nil: syncs are tried. An end of the
// authorization that is not recorded yet holds nothing, and without a first connection nothing was tried.
func (c Connection) WhyUnusable() *Failure {
	if c.State == StatusConnected || c.State == "" {
		return nil
	}
	why := c.State.Unusable()
	return &why
}

// Usable reports whether calls for the firm may be made. In trouble they may: the first one
// that works ends it.
func (c Connection) Usable(now time.Time) bool {
	s := c.Status(now)
	return s == StatusConnected || s == StatusReauthorizeSoon || s == StatusError
}

// Lose decides that Smokeball refused the firm's authorization: at its end it has to
// be renewed, before that the firm removed the app. Said once.
func (c Connection) Lose(f Failure, now time.Time) []Event {
	if c.State != StatusConnected {
		return nil
	}
	if !c.ReauthorizeBy.IsZero() && !now.Before(c.ReauthorizeBy) {
		return []Event{ReauthorizationRequired{Failure: f}}
	}
	return []Event{ConnectionLost{Failure: f}}
}

// IsAuthorizing reports whether the attempt is the last one and may still be used.
func (c Connection) IsAuthorizing(attempt string, now time.Time) bool {
	return attempt != "" && c.Attempt == attempt && now.Before(c.AttemptEnds)
}

// Disconnect decides to end the connection; without one there is nothing to end. An
// account that waits to be confirmed is dropped with it, and a link that is out works no
// more.
func (c Connection) Disconnect(by string) []Event {
	var facts []Event
	if c.Pending != nil {
		facts = append(facts, c.Drop(by)...)
	}
	if left := c.StartLeaving(by); left != nil || c.Attempt == "" {
		return append(facts, left...)
	}
	return append(facts, Disconnected{By: by})
}

// StartLeaving decides to leave the account for another one that was confirmed.
func (c Connection) StartLeaving(by string) []Event {
	if c.State == "" || c.State == StatusDisconnected {
		return nil
	}
	return []Event{Disconnected{By: by}}
}

// FinishDisconnect decides that nothing is left of a connection that was ended.
func (c Connection) FinishDisconnect(left *Failure) []Event {
	if c.Leaving == nil {
		return nil
	}
	return []Event{ConnectionClosed{Failure: left}}
}

// Known is the account that the firm's links point to: the one that it is connected to,
// or was before it disconnected.
func (c Connection) Known() Account {
	if c.Account.ID != "" {
		return c.Account
	}
	return c.Former
}
