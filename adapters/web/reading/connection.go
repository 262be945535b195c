package reading

import (
	"cmp"
	"math"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// ConnectionBody is a firm's connection as the outside contract shows it. What is not
// known is null.
type ConnectionBody struct {
	Firm            domain.FirmID           `json:"firm_id"`
	Status          domain.ConnectionStatus `json:"status" enum:"disconnected,authorizing,connected,reauthorize_soon,reauthorization_required,revoked,error"`
	Account         *accountBody            `json:"smokeball_account"`
	Region          *string                 `json:"region"`
	Scopes          []string                `json:"scopes"`
	ConnectedBy     *string                 `json:"connected_by" doc:"The user who connected: sub of their token."`
	ConnectedByName *string                 `json:"connected_by_name"`
	ConnectedAt     *time.Time              `json:"connected_at"`
	ReauthorizeBy   *time.Time              `json:"reauthorize_by" doc:"When somebody has to sign in to Smokeball again."`
	Pending         *pendingBody            `json:"pending_account" doc:"Another Smokeball account than before, which a firm admin signed in to: it waits to be confirmed or dropped."`
	Webhooks        WebhooksBody            `json:"webhooks"`
	LastSuccessAt   *time.Time              `json:"last_success_at"`
	LastError       *lastErrorBody          `json:"last_error"`
	RateLimit       *rateBody               `json:"rate_limit" doc:"Null for a past moment."`
	Queue           *queueBody              `json:"queue" doc:"Null for a past moment."`
	Position        uint64                  `json:"position" doc:"The ledger position that the answer includes; for a past moment that of its newest fact."`
	PastBody
}

type accountBody struct {
	_    struct{} `nullable:"true"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
}

type pendingBody struct {
	_       struct{}  `nullable:"true"`
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Expires time.Time `json:"expires_at" doc:"Until when it can be confirmed."`
}

// WebhooksBody is the state of a firm's webhook subscription.
type WebhooksBody struct {
	Status       string     `json:"status" enum:"none,active,lost"`
	Subscription *string    `json:"subscription_id"`
	Since        *time.Time `json:"since" doc:"When the subscription was made or renewed."`
	LastReceived *time.Time `json:"last_received_at"`
	Received     int        `json:"received"`
	Missed       *int       `json:"missed" doc:"Changes that no webhook told of; null while nothing counts them."`
}

type lastErrorBody struct {
	_       struct{}        `nullable:"true"`
	Code    domain.Code     `json:"code"`
	Message string          `json:"message"`
	Remedy  string          `json:"remedy"`
	Refusal *domain.Refusal `json:"smokeball,omitempty"`
	At      *time.Time      `json:"at"`
	Since   *time.Time      `json:"since,omitempty" doc:"While the status is error: since when."`
}

type rateBody struct {
	_              struct{} `nullable:"true"`
	PerSecond      float64  `json:"per_second" doc:"Calls a second that all firms of the app share."`
	UsedLastMinute int      `json:"used_last_minute"`
}

type queueBody struct {
	_       struct{} `nullable:"true"`
	Waiting int      `json:"waiting" doc:"Syncs that are queued or wait for something."`
	Running int      `json:"running" doc:"Syncs that are running or confirming."`
	Stalled int      `json:"stalled" doc:"Of the running ones: those that have had no fact and no call for a minute, which is a defect. The engine's log names them."`
	ETA     *int     `json:"eta_seconds" doc:"An estimate from the shared allowance; null while no call may be made."`
}

// Connections describes connections.
type Connections struct {
	Views     ports.Progress
	Rows      ports.Connections
	History   ports.History
	Allowance ports.Allowance
	Stalled   func(domain.FirmID) int // counts running syncs that make no progress; nil: not counted
	Region    string                  // where a connection does not name its own
	Now       func() time.Time
}

// Status is the firm's connection now.
func (c Connections) Status(firm domain.FirmID) (ConnectionBody, error) {
	position := c.Views.Position() // before the rows, which may include more but never less
	row, err := c.Rows.Connection(firm)
	if err != nil {
		return ConnectionBody{}, err
	}
	queue := c.History.Queue(firm)
	b := c.Describe(row, c.Now())
	perSecond, used := c.Allowance.Usage(firm)
	b.RateLimit = &rateBody{PerSecond: perSecond, UsedLastMinute: used}
	b.Queue = &queueBody{Waiting: queue.Waiting, Running: queue.Running, ETA: c.eta(row, queue, perSecond)}
	if c.Stalled != nil {
		b.Queue.Stalled = c.Stalled(firm)
	}
	b.Position = position
	return b, nil
}

// Describe describes a row at a moment, without what no fact says: queue and allowance.
func (c Connections) Describe(row projections.ConnectionRow, now time.Time) ConnectionBody {
	n := row.Connection
	b := ConnectionBody{
		Firm: row.Firm, Status: n.Status(now),
		Region: Known(cmp.Or(n.Region, c.Region)), Scopes: append([]string{}, n.Scopes...),
		ConnectedBy: Known(n.By), ConnectedByName: Known(n.ByName),
		ConnectedAt: Known(n.At), ReauthorizeBy: Known(n.ReauthorizeBy),
		Webhooks: Webhooks(row, now), LastSuccessAt: Known(row.LastSuccessAt), LastError: lastError(row, now),
	}
	if n.Account != (domain.Account{}) {
		b.Account = &accountBody{ID: n.Account.ID, Name: n.Account.Name}
	}
	if n.Asks(now) {
		b.Pending = &pendingBody{ID: n.Pending.Account.ID, Name: n.Pending.Account.Name, Expires: n.Pending.Expires}
	}
	return b
}

// lastError is the last problem: the fault itself while Smokeball does not serve the firm.
func lastError(row projections.ConnectionRow, now time.Time) *lastErrorBody {
	if t := row.Connection.Trouble; t != nil && row.Connection.Status(now) == domain.StatusError {
		return &lastErrorBody{Code: t.Failure.Code, Message: strings.TrimRight(t.Failure.Message, ".") + ", since " + t.Since.UTC().Format("3:04 PM UTC on January 2") + ".",
			Remedy: t.Failure.Remedy + " " + nextLook, Refusal: t.Failure.Smokeball, At: Known(t.Since), Since: Known(t.Since)}
	}
	f := row.LastError
	if f == nil {
		return nil
	}
	return &lastErrorBody{Code: f.Code, Message: f.Message, Remedy: f.Remedy, Refusal: f.Smokeball, At: Known(row.LastErrorAt)}
}

// nextLook says what the engine does while Smokeball does not serve a firm.
const nextLook = "We look again by ourselves, at most 15 minutes apart, and what waits goes on then."

// Webhooks is the state of the firm's subscription.
func Webhooks(row projections.ConnectionRow, now time.Time) WebhooksBody {
	c := row.Connection
	return WebhooksBody{Status: row.WebhooksStatus(now), Subscription: Known(c.Subscription), Since: Known(c.Hooks.Since),
		LastReceived: Known(row.LastReceived), Received: row.Received}
}

// callsPerSync is what a sync costs on average: a new matter with a new client takes
// four calls, with a known one two, each document one more.
const callsPerSync = 4

// eta estimates in seconds how long the firm's queue takes, without the syncs that wait for
// something else than a slot.
func (c Connections) eta(row projections.ConnectionRow, q projections.Queue, perSecond float64) *int {
	if perSecond <= 0 || !row.Connection.Usable(c.Now()) {
		return nil
	}
	n := int(math.Ceil(float64((q.Queued+q.Running)*callsPerSync) / perSecond))
	return &n
}
