package web

import (
	"context"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Views are the rows that pages and answers are made of; *projections.Views has them.
type Views interface {
	Position() uint64
	// Wait returns when the rows include the ledger position, or with ctx's error.
	Wait(ctx context.Context, position uint64) error
	Connection(firm domain.FirmID) (projections.ConnectionRow, error)
	// AllConnections lists every firm that anything is known of, by id.
	AllConnections() ([]projections.ConnectionRow, error)
	History(firm domain.FirmID, q projections.HistoryQuery) (projections.Page, error)
	Sync(firm domain.FirmID, id domain.SyncID) (projections.Entry, bool, error)
	Counts(firm domain.FirmID) (map[domain.Status]int, error)
	Matters(firm domain.FirmID, q projections.MatterQuery) ([]projections.MatterRow, uint64, error)
	// EachMatter yields all of a firm's matters, newest first, until fn returns false.
	EachMatter(firm domain.FirmID, fn func(projections.MatterRow) bool) error
	Matter(firm domain.FirmID, id domain.MatterID) (projections.MatterRow, bool, error)
	Queue(firm domain.FirmID) projections.Queue
	DeadLetters(firm domain.FirmID, state domain.DeadLetterState, before uint64, limit int) ([]projections.DeadLetterRow, uint64, error)
	DeadLetter(firm domain.FirmID, id string) (projections.DeadLetterRow, bool, error)
	Audit(firm domain.FirmID, q projections.AuditQuery) (rows []projections.AuditRow, next uint64, err error)
}

// Past tells how a firm's connection, settings and mappings stood; projections.Past does.
type Past interface {
	// Story is all that happened to them, in the order of the ledger.
	Story(ctx context.Context, firm domain.FirmID) ([]projections.Fact, error)
	// Fold is how they stood at a moment.
	Fold(firm domain.FirmID, story []projections.Fact, at time.Time) (projections.Then, error)
}

// Refusals write down what people are refused; *audit.Trail does.
type Refusals interface {
	// Refuse writes that somebody of the firm was refused, or counts it where the same
	// was written a moment ago.
	Refuse(ctx context.Context, firm domain.FirmID, r domain.RequestRefused)
	// Settle writes what was only counted so far, and returns the ledger position that
	// has all that was written; 0: nothing was.
	Settle(ctx context.Context, firm domain.FirmID) (position uint64)
}

// Syncs ask for syncs.
type Syncs interface {
	// Request asks for a sync of the matter and returns the sync's id (the queued one's
	// where there is one) and the ledger position that includes it. A matter that
	// neither the ledger nor the request describes is a Rejection (Unknown).
	Request(ctx context.Context, by domain.User, m domain.MatterID, r SyncRequest) (domain.SyncID, uint64, error)
	// RebaseMatter lets CaseHug's changes of the matter count again from a version on.
	RebaseMatter(ctx context.Context, by domain.User, m domain.MatterID, version int) (position uint64, err error)
	// RebaseClient lets CaseHug's changes of the client count again from a version on.
	RebaseClient(ctx context.Context, by domain.User, c domain.ClientID, version int) (position uint64, err error)
	// Retry asks for the sync of an ended entry's matter again.
	Retry(ctx context.Context, by domain.User, id domain.SyncID) (domain.SyncID, uint64, error)
	// Cancel calls off a sync that is queued or waits. One that is at work or has ended is a
	// Rejection (Conflict), one that the firm does not have a Rejection (Unknown).
	Cancel(ctx context.Context, by domain.User, id domain.SyncID) (position uint64, err error)
}

// SyncRequest is what a request to sync may carry.
type SyncRequest struct {
	Matter    *domain.MatterData
	Documents []domain.DocumentData
}

// Firms keep a firm's connection and settings.
type Firms interface {
	// Authorize makes a link to Smokeball's consent page: one use, 10 minutes.
	Authorize(ctx context.Context, by domain.User) (url string, expires time.Time, err error)
	// Complete finishes what Authorize began, with what Smokeball's redirect carried.
	// browser is the signed-in user of the browser that came back, if it is signed in. Where
	// that is not who asked for the link, nothing is connected before Answer.
	Complete(ctx context.Context, answer Callback, browser *domain.User) (Completed, error)
	// Answer finishes what Complete asked about in the same browser.
	Answer(ctx context.Context, r Reply, browser *domain.User) (Completed, error)
	// ConfirmAccount takes over another account than before that waits for that word; one
	// that does not wait is a Rejection (Conflict).
	ConfirmAccount(ctx context.Context, by domain.User, account string) (position uint64, err error)
	// DropAccount forgets the account that waits to be confirmed, if there is one.
	DropAccount(ctx context.Context, by domain.User) (position uint64, err error)
	// Disconnect removes webhooks, destroys tokens and keeps the history.
	Disconnect(ctx context.Context, by domain.User) (position uint64, err error)
	// ChangeSettings keeps s as the firm's settings. seen is the revision that the change was
	// made from; nil: whatever it is. One that is no longer the newest is a Rejection
	// (Conflict), with the position that includes the newer one.
	ChangeSettings(ctx context.Context, by domain.User, s domain.Settings, seen *int) (position uint64, err error)
	// RegisterWebhooks makes or renews the firm's one webhook subscription.
	RegisterWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	// RemoveWebhooks removes the firm's webhook subscription.
	RemoveWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	// RotateWebhooks makes a new key and secret address; the old pair is accepted for an
	// hour more.
	RotateWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	// TestWebhooks has Smokeball send its test notification and waits up to 10 seconds.
	TestWebhooks(ctx context.Context, by domain.User) (WebhookTest, error)
}

// Completed is what came of a callback.
type Completed struct {
	Firm domain.FirmID
	Asks bool // it is another account than before, which waits to be confirmed
	// Question is to be answered in this browser before anything is connected; nil: none is.
	Question *Question
}

// Question asks whether the firm is to be connected to the account.
type Question struct {
	ID      string
	Browser string // a secret that only this browser gets, and that has to come back
	Account domain.Account
	Firm    domain.FirmID
	Called  string // the firm, as CaseHug calls it or as its account was called before; "": not known
	By      string // who made the link
	Expires time.Time
}

// Reply answers a Question.
type Reply struct {
	ID      string
	Browser string
	Yes     bool
}

// WebhookTest is what came of a test notification.
type WebhookTest struct {
	Received bool
	Took     time.Duration
	Remedy   string // where it was not received
}

// Mappings keep what case types become in Smokeball.
type Mappings interface {
	// MatterTypes lists the matter types of the firm's account, deleted ones and those of
	// leads too. A firm that is not connected is a Rejection (Conflict).
	MatterTypes(ctx context.Context, firm domain.FirmID) ([]domain.MatterType, error)
	// ReviseMapping keeps w as one of the firm's own mappings, under its id. One that does
	// not fit the account is a Rejection (Invalid) with its faults, a second one for the
	// same matters a Conflict.
	ReviseMapping(ctx context.Context, by domain.User, w domain.Mapping) (kept domain.KeptMapping, position uint64, err error)
	// RemoveMapping takes one back; one that the firm does not have is a Rejection (Unknown).
	RemoveMapping(ctx context.Context, by domain.User, id domain.MappingID) (position uint64, err error)
	// TryMappings sets the firm's mappings against what they would be after a change, and
	// changes nothing. What making the change would be refused for is refused.
	TryMappings(ctx context.Context, firm domain.FirmID, c domain.MappingChange) (domain.DryRun, error)
}

// Callback is what Smokeball's redirect carries.
type Callback struct {
	State string
	Code  string
	Error string // OAuth's error word, such as access_denied
	// Issuer is what the redirect says where it comes from (RFC 9207); empty: it does not.
	Issuer string
}

// Inbox puts what comes by HTTP on the bus.
type Inbox interface {
	// Event publishes a CloudEvent for the firm, as if it had come over NATS, and returns
	// its id. Who asks for a sync is by, unless by is a service: then it is whom the event
	// names. An event that is not valid is a Rejection (Invalid) with its faults, and is
	// not kept.
	Event(ctx context.Context, by domain.User, firm domain.FirmID, header http.Header, body []byte) (id string, err error)
	// Addressee is the firm whose notifications come to the secret address. One that is
	// nobody's is a Rejection (Unknown).
	Addressee(ctx context.Context, secret string) (domain.FirmID, error)
	// Webhook checks a notification that came to the secret address and publishes it.
	Webhook(ctx context.Context, secret string, header http.Header, body []byte) error
}

// Users vouch for callers; *casehug.Users does.
type Users interface {
	// Verify reads a CaseHug token. A Rejection (Denied) says why it does not count.
	Verify(ctx context.Context, token string) (domain.User, error)
}

// Allowance tells how much of Smokeball's rate limit is used.
type Allowance interface {
	// Usage is the allowance that a firm's calls take from, in calls per second, and its
	// calls of the last minute.
	Usage(firm domain.FirmID) (perSecond float64, lastMinute int)
}

// Sessions keep who is signed in to the console. A mark is the SHA-256 of a session's id, in
// hex: who knows it does not have the session.
type Sessions interface {
	// Begin begins a session of the token's owner and returns its id, which only the browser
	// may have.
	Begin(ctx context.Context, token string) (id string, err error)
	// Token is the token that the session began with; active says that a person does
	// something in it now. One that has ended is a Rejection (Denied).
	Token(ctx context.Context, badge string, active bool) (string, error)
	// End ends the session, on every engine.
	End(ctx context.Context, badge string) error
}
