package web

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// connectionBody is a firm's connection as the outside contract shows it. What is not
// known is null.
type connectionBody struct {
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

func (s *site) stalled(firm domain.FirmID) int {
	if s.Stalled == nil {
		return 0
	}
	return s.Stalled(firm)
}

// connection is the firm's connection as it is now.
func (s *site) connection(firm domain.FirmID) (connectionBody, error) {
	position := s.Views.Position() // before the rows, which may have more but never less
	row, err := s.Views.Connection(firm)
	if err != nil {
		return connectionBody{}, err
	}
	queue := s.Views.Queue(firm)
	b := s.describeConnection(row)
	perSecond, used := s.Allowance.Usage(firm)
	b.RateLimit = &rateBody{PerSecond: perSecond, UsedLastMinute: used}
	b.Queue = &queueBody{Waiting: queue.Waiting, Running: queue.Running, Stalled: s.stalled(firm), ETA: s.eta(row, queue, perSecond)}
	b.Position = position
	return b, nil
}

func (s *site) describeConnection(row projections.ConnectionRow) connectionBody {
	c := row.Connection
	b := connectionBody{
		Firm: row.Firm, Status: c.Status(s.Now()),
		Region: known(firstNonEmpty(c.Region, s.Region)), Scopes: append([]string{}, c.Scopes...),
		ConnectedBy: known(c.By), ConnectedByName: known(c.ByName),
		ConnectedAt: known(c.At), ReauthorizeBy: known(c.ReauthorizeBy),
		Webhooks: s.webhooks(row), LastSuccessAt: known(row.LastSuccessAt), LastError: lastError(row, s.Now()),
	}
	if c.Account != (domain.Account{}) {
		b.Account = &accountBody{ID: c.Account.ID, Name: c.Account.Name}
	}
	if c.Asks(s.Now()) {
		b.Pending = &pendingBody{ID: c.Pending.Account.ID, Name: c.Pending.Account.Name, Expires: c.Pending.Expires}
	}
	return b
}

// lastError is the last problem; while Smokeball does not serve the firm it is that.
func lastError(row projections.ConnectionRow, now time.Time) *lastErrorBody {
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

// nextLook says what happens next while Smokeball does not serve a firm.
const nextLook = "We look again by ourselves, at most 15 minutes apart, and what waits goes on then."

// webhooks is the state of the firm's subscription.
func (s *site) webhooks(row projections.ConnectionRow) WebhooksBody {
	c := row.Connection
	return WebhooksBody{Status: row.WebhooksStatus(s.Now()), Subscription: known(c.Subscription), Since: known(c.Hooks.Since),
		LastReceived: known(row.LastReceived), Received: row.Received}
}

// callsPerSync is what a sync costs on average: a new matter with a new client takes
// four calls, with a known one two, each document one more.
const callsPerSync = 4

// eta estimates in seconds how long the firm's queue takes, without what waits for more
// than its turn.
func (s *site) eta(row projections.ConnectionRow, q projections.Queue, perSecond float64) *int {
	if perSecond <= 0 || !row.Connection.Usable(s.Now()) {
		return nil
	}
	n := int(math.Ceil(float64((q.Queued+q.Running)*callsPerSync) / perSecond))
	return &n
}

func (s *site) getConnection(ctx context.Context, in *ReadingPast) (*answer[connectionBody], error) {
	if in.AsOf != "" {
		return s.pastConnection(ctx, in)
	}
	b, err := s.connection(in.firm())
	return &answer[connectionBody]{Body: b}, err
}

type authorizeBody struct {
	URL     string    `json:"authorize_url" format:"uri"`
	Expires time.Time `json:"expires_at"`
}

func (s *site) authorize(ctx context.Context, _ *FirmPath) (*answer[authorizeBody], error) {
	url, expires, err := s.Firms.Authorize(ctx, userOf(ctx))
	return &answer[authorizeBody]{Body: authorizeBody{URL: url, Expires: expires.UTC()}}, err
}

func (s *site) deleteConnection(ctx context.Context, in *FirmPath) (*change[connectionBody], error) {
	position, err := s.Firms.Disconnect(ctx, userOf(ctx))
	return s.connectionAt(ctx, in.firm(), position, err)
}

// confirmRequest names the account that is wanted, so that nobody confirms another one
// than they have seen.
type confirmRequest struct {
	FirmPath
	Body struct {
		Account string `json:"account_id" minLength:"1" doc:"The id of pending_account."`
	}
}

func (s *site) confirmConnection(ctx context.Context, in *confirmRequest) (*change[connectionBody], error) {
	position, err := s.Firms.ConfirmAccount(ctx, userOf(ctx), in.Body.Account)
	return s.connectionAt(ctx, in.firm(), position, err)
}

func (s *site) deletePending(ctx context.Context, in *FirmPath) (*change[connectionBody], error) {
	position, err := s.Firms.DropAccount(ctx, userOf(ctx))
	return s.connectionAt(ctx, in.firm(), position, err)
}

// connectionAt is the connection after a change of it.
func (s *site) connectionAt(ctx context.Context, firm domain.FirmID, position uint64, err error) (*change[connectionBody], error) {
	if err != nil {
		return nil, err
	}
	if err := s.settle(ctx, position); err != nil {
		return nil, err
	}
	b, err := s.connection(firm)
	return changed(position, b), err
}
