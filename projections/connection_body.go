package projections

import (
	"cmp"
	"math"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
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
	Sweep           *sweepBody              `json:"sweep" doc:"Null for a past moment. The engine sweeps what Smokeball lists as changed: after each gap in which webhooks may have been lost, every night, and at an interval while none arrive."`
	LastSuccessAt   *time.Time              `json:"last_success_at"`
	LastError       *lastErrorBody          `json:"last_error"`
	RateLimit       *rateBody               `json:"rate_limit" doc:"Null for a past moment."`
	Queue           *queueBody              `json:"queue" doc:"Null for a past moment."`
	Drift           *DriftCount             `json:"drift" doc:"What is known to differ from Smokeball; null for a past moment."`
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
	Missed       *int       `json:"missed" doc:"How often a sweep found a linked matter or contact changed and no webhook had told of it, since webhooks were registered; null for a past moment. A lost webhook that another one about the same resource followed before the sweep is not counted."`
}

// sweepBody is how a firm is swept.
type sweepBody struct {
	_      struct{}   `nullable:"true"`
	AsOf   *time.Time `json:"as_of" doc:"What is shown of Smokeball includes every change up to this time, but those that are being read: now while webhooks arrive; null: nothing was looked at yet."`
	LastAt *time.Time `json:"last_at" doc:"When the last sweep that is done began."`
	NextAt *time.Time `json:"next_at" doc:"When the next one is due; null while none can be made."`
	Reason *string    `json:"reason" enum:"first,authorized,outage,restart,silence,webhooks,nightly,interval" doc:"Why a sweep is due now or under way; null: none is."`
	Every  *int       `json:"every_seconds" doc:"How often the firm is swept while no webhooks arrive; null while they do."`
}

// ClosesGap reports whether changes may have gone unheard that a sweep looks for now.
func (b sweepBody) ClosesGap() bool {
	return b.Reason != nil && *b.Reason != string(domain.SweepNightly)
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
	UsedLastMinute int      `json:"used_last_minute" doc:"Calls of all firms of the app."`
	Yours          int      `json:"yours_last_minute" doc:"Those of them that were this firm's."`
	Elsewhere      bool     `json:"elsewhere,omitempty" doc:"True where another engine of the cluster makes the calls: the engine that answers has no figures, and its zeros say nothing."`
	Day            *dayBody `json:"last_24_hours,omitempty" doc:"The calls by the hour. Only where one connection is read: lists and streams leave it out."`
}

type dayBody struct {
	_     struct{}    `nullable:"true"`
	Since time.Time   `json:"counted_since" doc:"When the engine that answers began to count, at its start. What was called before it, or by another engine, is not in the figures."`
	Hours []HourCalls `json:"hours" doc:"The oldest first, the last one is under way. Hours that ended before counted_since are left out."`
}

// HourCalls are the calls of one hour: of all firms that share an allowance, and of one of them.
type HourCalls struct {
	From  time.Time `json:"from"`
	Used  int       `json:"used" doc:"Calls of all firms of the app."`
	Yours int       `json:"yours" doc:"Those of them that were this firm's."`
}

// Usage is the allowance that a firm's calls take from, and what was taken of it.
type Usage struct {
	PerSecond       float64
	LastMinute      int // calls of all firms
	YoursLastMinute int
	Since           time.Time // calls before it are not counted; zero: none are
	Hours           []HourCalls
	Private         bool // no other firm takes from it
	Elsewhere       bool // another engine makes the calls and counts them: how many is not known here
}

// Day is the sum of the hours.
func (u Usage) Day() (sum HourCalls) {
	for _, h := range u.Hours {
		sum.Used, sum.Yours = sum.Used+h.Used, sum.Yours+h.Yours
	}
	return sum
}

// Peak is the hour with the most calls.
func (u Usage) Peak() (most HourCalls) {
	for _, h := range u.Hours {
		if h.Used > most.Used {
			most = h
		}
	}
	return most
}

func (u Usage) body() *rateBody {
	b := &rateBody{PerSecond: u.PerSecond, UsedLastMinute: u.LastMinute, Yours: u.YoursLastMinute, Elsewhere: u.Elsewhere}
	if !u.Since.IsZero() {
		b.Day = &dayBody{Since: u.Since.UTC(), Hours: append([]HourCalls{}, u.Hours...)}
	}
	return b
}

// WithoutHours is the connection without the calls by the hour.
func (b ConnectionBody) WithoutHours() ConnectionBody {
	if b.RateLimit != nil {
		rate := *b.RateLimit
		rate.Day, b.RateLimit = nil, &rate
	}
	return b
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
		DriftCount(f domain.FirmID) (DriftCount, error)
	}
	Usage   func(f domain.FirmID) Usage
	Stalled func(f domain.FirmID) int // counts running syncs that make no progress; nil: not counted
	Every   func() time.Duration      // how often firms without webhooks are swept; nil: nobody sweeps
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
	drift, err := c.Rows.DriftCount(firm)
	if err != nil {
		return ConnectionBody{}, err
	}
	queue := c.Rows.Queue(firm)
	b := c.Describe(row, c.Now())
	usage := c.Usage(firm)
	b.RateLimit = usage.body()
	b.Queue = &queueBody{Waiting: queue.Waiting, Running: queue.Running, ETA: c.eta(row, queue, usage.PerSecond)}
	if c.Stalled != nil {
		b.Queue.Stalled = c.Stalled(firm)
	}
	b.Drift = &drift
	b.Sweep, b.Webhooks = c.sweep(row, c.Now()), row.Webhooks(c.Now())
	b.Position = position
	return b, nil
}

// Describe describes a row at a moment, without what no fact of the connection says: queue,
// allowance and sweeps.
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
	b.Webhooks.Missed = nil
	if n.Asks(now) {
		b.Pending = &pendingBody{ID: n.Pending.Account.ID, Name: n.Pending.Account.Name, Expires: n.Pending.Expires}
	}
	return b
}

// sweep says how complete what is known of Smokeball is, and how it is kept so.
func (c ConnectionReader) sweep(row ConnectionRow, now time.Time) *sweepBody {
	every := time.Duration(0)
	if c.Every != nil {
		every = c.Every()
	}
	needs := row.SweepNeeds(every, now)
	b := &sweepBody{AsOf: known(row.Sweeps.AsOf(needs, now).UTC()), LastAt: known(row.Sweeps.Last), NextAt: known(row.Sweeps.Next(needs, now))}
	if sweep, ok := row.Sweeps.Begin(needs, now); ok {
		reason := string(sweep.Reason)
		b.Reason = &reason
	}
	if seconds := int(every.Seconds()); seconds > 0 && !needs.Hears && needs.Connection.Usable(now) {
		b.Every = &seconds
	}
	return b
}

// lastError is the last problem: the fault itself while Smokeball does not serve the firm.
func lastError(row ConnectionRow, now time.Time) *lastErrorBody {
	if t := row.Connection.Trouble; t != nil && row.Connection.Status(now) == domain.StatusError {
		message, remedy := wording.Failure(t.Failure)
		return &lastErrorBody{Code: t.Failure.Code, Message: strings.TrimRight(message, ".") + ", since " + t.Since.UTC().Format(wording.MomentLayout) + ".",
			Remedy: untilItServes(remedy), Refusal: t.Failure.Smokeball, At: known(t.Since), Since: known(t.Since)}
	}
	f := FailureOf(row.LastError)
	if f == nil {
		return nil
	}
	return &lastErrorBody{Code: f.Code, Message: f.Message, Remedy: f.Remedy, Refusal: f.Smokeball, At: known(row.LastErrorAt)}
}

// untilItServes adds to a remedy what the engine does while Smokeball does not serve a firm.
func untilItServes(remedy string) string {
	const often = ", at most 15 minutes apart. Waiting syncs go on then."
	if tries, ok := strings.CutSuffix(remedy, " by ourselves."); ok {
		return tries + " by ourselves" + often
	}
	return remedy + " We look again by ourselves" + often
}

// Webhooks is the state of the firm's subscription.
func (row ConnectionRow) Webhooks(now time.Time) WebhooksBody {
	c, missed := row.Connection, row.Missed.Count(now)
	return WebhooksBody{Status: row.WebhooksStatus(now), Subscription: known(c.Subscription), Since: known(c.Hooks.Since),
		LastReceived: known(row.LastReceived), Received: row.Received, Missed: &missed}
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
