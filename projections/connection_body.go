package projections

import (
	"cmp"
	"math"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// ConnectionBody is a firm's connection as the outside contract shows it, in the API's answers
// and on the bus. What is not known is null.
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

// ConnectionReader reads connections from the rows of firms and of syncs.
type ConnectionReader struct {
	Rows interface {
		Position() uint64
		Connection(f domain.FirmID) (ConnectionRow, error)
		Queue(f domain.FirmID) Queue
	}
	// Usage is the allowance that a firm's calls take from, in calls per second, and its calls
	// of the last minute.
	Usage   func(f domain.FirmID) (perSecond float64, lastMinute int)
	Stalled func(f domain.FirmID) int // counts running syncs that make no progress; nil: not counted
	Region  string                    // where a connection does not name its own
	Now     func() time.Time
}

// Read is the firm's connection now.
func (c ConnectionReader) Read(firm domain.FirmID) (ConnectionBody, error) {
	position := c.Rows.Position() // before the rows, which may include more but never less
	row, err := c.Rows.Connection(firm)
	if err != nil {
		return ConnectionBody{}, err
	}
	queue := c.Rows.Queue(firm)
	b := c.Describe(row, c.Now())
	perSecond, used := c.Usage(firm)
	b.RateLimit = &rateBody{PerSecond: perSecond, UsedLastMinute: used}
	b.Queue = &queueBody{Waiting: queue.Waiting, Running: queue.Running, ETA: c.eta(row, queue, perSecond)}
	if c.Stalled != nil {
		b.Queue.Stalled = c.Stalled(firm)
	}
	b.Position = position
	return b, nil
}

// Describe describes a row at a moment, without what no fact says: queue and allowance.
func (c ConnectionReader) Describe(row ConnectionRow, now time.Time) ConnectionBody {
	n := row.Connection
	b := ConnectionBody{
		Firm: row.Firm, Status: n.Status(now),
		Region: known(cmp.Or(n.Region, c.Region)), Scopes: append([]string{}, n.Scopes...),
		ConnectedBy: known(n.By), ConnectedByName: known(n.ByName),
		ConnectedAt: known(n.At), ReauthorizeBy: known(n.ReauthorizeBy),
		Webhooks: row.Webhooks(now), LastSuccessAt: known(row.LastSuccessAt), LastError: lastError(row, now),
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
func lastError(row ConnectionRow, now time.Time) *lastErrorBody {
	if t := row.Connection.Trouble; t != nil && row.Connection.Status(now) == domain.StatusError {
		return &lastErrorBody{Code: t.Failure.Code, Message: strings.TrimRight(t.Failure.Message, ".") + ", since " + t.Since.UTC().Format("3:04 PM UTC on January 2") + ".",
			Remedy: t.Failure.Remedy + " " + nextLook, Refusal: t.Failure.Smokeball, At: known(t.Since), Since: known(t.Since)}
	}
	f := row.LastError
	if f == nil {
		return nil
	}
	return &lastErrorBody{Code: f.Code, Message: f.Message, Remedy: f.Remedy, Refusal: f.Smokeball, At: known(row.LastErrorAt)}
}

// nextLook says what the engine does while Smokeball does not serve a firm.
const nextLook = "We look again by ourselves, at most 15 minutes apart, and what waits goes on then."

// Webhooks is the state of the firm's subscription.
func (row ConnectionRow) Webhooks(now time.Time) WebhooksBody {
	c := row.Connection
	return WebhooksBody{Status: row.WebhooksStatus(now), Subscription: known(c.Subscription), Since: known(c.Hooks.Since),
		LastReceived: known(row.LastReceived), Received: row.Received}
}

// callsPerSync is what a sync costs on average: a new matter with a new client takes
// four calls, with a known one two, each document one more.
const callsPerSync = 4

// eta estimates in seconds how long the firm's queue takes, without the syncs that wait for
// something else than a slot.
func (c ConnectionReader) eta(row ConnectionRow, q Queue, perSecond float64) *int {
	if perSecond <= 0 || !row.Connection.Usable(c.Now()) {
		return nil
	}
	n := int(math.Ceil(float64((q.Queued+q.Running)*callsPerSync) / perSecond))
	return &n
}

// known is a value that may be missing: nil where it is the zero value.
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
