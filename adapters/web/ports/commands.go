package ports

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Syncs starts and cancels syncs.
type Syncs interface {
	// Request asks for a sync of the matter and returns the sync's id (the queued one's
	// where there is one) and the ledger position that includes it. A matter that
	// neither the ledger nor the request describes is a Rejection (Unknown).
	Request(ctx context.Context, by domain.User, m domain.MatterID, r SyncRequest) (domain.SyncID, uint64, error)
	// Retry asks for another sync of an ended entry's matter.
	Retry(ctx context.Context, by domain.User, id domain.SyncID) (domain.SyncID, uint64, error)
	// Cancel cancels a sync that is queued or waits. One that is running or has ended is a
	// Rejection (Conflict), one that the firm does not have a Rejection (Unknown).
	Cancel(ctx context.Context, by domain.User, id domain.SyncID) (position uint64, err error)
}

// SyncRequest is what a request to sync may carry.
type SyncRequest struct {
	Matter    *domain.MatterData
	Documents []domain.DocumentData
}

// Versions resets the version from which CaseHug's changes are accepted.
type Versions interface {
	RebaseMatter(ctx context.Context, by domain.User, m domain.MatterID, version int) (position uint64, err error)
	RebaseClient(ctx context.Context, by domain.User, c domain.ClientID, version int) (position uint64, err error)
}

// Accounts connects a firm to its Smokeball account and disconnects it.
type Accounts interface {
	// Authorize makes a link to Smokeball's consent page: one use, 10 minutes.
	Authorize(ctx context.Context, by domain.User) (url string, expires time.Time, err error)
	// ConfirmAccount connects the pending account, which is another one than before; an
	// account that is not pending is a Rejection (Conflict).
	ConfirmAccount(ctx context.Context, by domain.User, account string) (position uint64, err error)
	// DropAccount forgets the pending account, if there is one.
	DropAccount(ctx context.Context, by domain.User) (position uint64, err error)
	// Disconnect removes webhooks, destroys tokens and keeps the history.
	Disconnect(ctx context.Context, by domain.User) (position uint64, err error)
}

// Consents finishes what Authorize began.
type Consents interface {
	// Complete takes what Smokeball's redirect carried. browser is the user who is signed in
	// in the browser that came back, if any. Where that is not who asked for the link,
	// nothing is connected before Answer.
	Complete(ctx context.Context, answer Callback, browser *domain.User) (Completed, error)
	// Answer takes the answer to what Complete asked in the same browser.
	Answer(ctx context.Context, r Reply, browser *domain.User) (Completed, error)
}

// Callback is what Smokeball's redirect carries.
type Callback struct {
	State  string
	Code   string
	Error  string // OAuth's error word, such as access_denied
	Issuer string // that the redirect names (RFC 9207); empty: it names none
}

// Completed is the outcome of a callback.
type Completed struct {
	Firm domain.FirmID
	Asks bool // it is another account than before, which is pending until somebody confirms it
	// Question has to be answered in this browser before anything is connected; nil: there is none.
	Question *Question
}

// Question asks whether to connect the firm to the account.
type Question struct {
	ID      string
	Browser string // a secret that only this browser gets and has to send back
	Account domain.Account
	Firm    domain.FirmID
	Called  string // the firm's name in CaseHug, or that of its account before; "": not known
	By      string // who made the link
	Expires time.Time
}

// Reply answers a Question.
type Reply struct {
	ID      string
	Browser string
	Yes     bool
}

// Settings changes a firm's settings.
type Settings interface {
	// ChangeSettings keeps s as the firm's settings. seen is the revision that the change was
	// made from; nil: whatever it is. One that is no longer the newest is a Rejection
	// (Conflict), with the position that includes the newer one.
	ChangeSettings(ctx context.Context, by domain.User, s domain.Settings, seen *int) (position uint64, err error)
}

// Webhooks keeps a firm's one webhook subscription.
type Webhooks interface {
	// RegisterWebhooks makes or renews the subscription.
	RegisterWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	RemoveWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	// RotateWebhooks makes a new key and secret address; the old pair is accepted for one
	// more hour.
	RotateWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	// TestWebhooks has Smokeball send its test notification and waits up to 10 seconds.
	TestWebhooks(ctx context.Context, by domain.User) (WebhookTest, error)
}

// WebhookTest is the outcome of a test notification.
type WebhookTest struct {
	Received bool
	Took     time.Duration
	Remedy   string // where it was not received
}

// Mappings keeps a firm's own case type mappings.
type Mappings interface {
	// MatterTypes lists the matter types of the firm's account, with deleted ones and those
	// of leads. A firm that is not connected is a Rejection (Conflict).
	MatterTypes(ctx context.Context, firm domain.FirmID) ([]domain.MatterType, error)
	// ReviseMapping keeps w as one of the firm's own mappings, under its id. One that does
	// not fit the account is a Rejection (Invalid) with its faults, a second one for the
	// same matters a Conflict.
	ReviseMapping(ctx context.Context, by domain.User, w domain.Mapping) (kept domain.KeptMapping, position uint64, err error)
	// RemoveMapping removes a mapping; one that the firm does not have is a Rejection (Unknown).
	RemoveMapping(ctx context.Context, by domain.User, id domain.MappingID) (position uint64, err error)
	// TryMappings compares the firm's mappings with those after a change, and changes
	// nothing. It rejects what making the change would reject.
	TryMappings(ctx context.Context, firm domain.FirmID, c domain.MappingChange) (domain.DryRun, error)
}

// DeadLetters retries and discards dead letters.
type DeadLetters interface {
	// RetryDeadLetter processes a dead letter of by.Firm again and returns the ledger
	// position that includes it. One that is still unprocessable is a Rejection (Invalid or
	// Conflict) with the reasons of now; one that was processed already is not.
	RetryDeadLetter(ctx context.Context, by domain.User, id string) (position uint64, err error)
	// DiscardDeadLetter records that it is not needed; one that was processed meanwhile is a
	// Rejection (Conflict).
	DiscardDeadLetter(ctx context.Context, by domain.User, id string) (position uint64, err error)
}

// Refusals writes the refusals of the audit trail; *audit.Trail does.
type Refusals interface {
	// Refuse writes that somebody of the firm was refused, or counts it where the same
	// was written a moment ago.
	Refuse(ctx context.Context, firm domain.FirmID, r domain.RequestRefused)
	// Settle writes what was only counted so far, and returns the ledger position that
	// includes all that was written; 0: nothing was.
	Settle(ctx context.Context, firm domain.FirmID) (position uint64)
}
