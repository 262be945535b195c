package ports

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Syncs starts and cancels syncs.
type Syncs interface {
	// Request requests a sync of the matter and returns the sync's id (the queued one's,
	// if there is one) and the ledger position that includes it. A matter that
	// neither the ledger nor the request describes is a Rejection (Unknown).
	Request(ctx context.Context, by domain.User, m domain.MatterID, r SyncRequest) (domain.SyncID, uint64, error)
	// Retry requests another sync of an ended entry's matter.
	Retry(ctx context.Context, by domain.User, id domain.SyncID) (domain.SyncID, uint64, error)
	// Cancel cancels a sync that is queued or waits. A running or ended sync is a Rejection
	// (Conflict), one that the firm does not have a Rejection (Unknown).
	Cancel(ctx context.Context, by domain.User, id domain.SyncID) (position uint64, err error)
}

// SyncRequest is what a request to sync may carry.
type SyncRequest struct {
	Matter    *domain.MatterData
	Documents []domain.DocumentData
}

// Differences applies decisions about fields whose values differ between the systems. A matter that
// is not the firm's, or a field that matters do not have, is a Rejection (Unknown); a field that does
// not differ, or whose value is not the one that was seen, a Rejection (Conflict).
type Differences interface {
	// Accept accepts Smokeball's value and returns the ledger position that includes it.
	Accept(ctx context.Context, by domain.User, f domain.FieldRef) (position uint64, err error)
	// Repair starts a sync that writes CaseHug's value, and returns its id.
	Repair(ctx context.Context, by domain.User, f domain.FieldRef) (sync domain.SyncID, position uint64, err error)
	// Check requests that a linked matter and its clients are read again; no matter: all of
	// the firm's.
	Check(ctx context.Context, by domain.User, of domain.MatterID) (position uint64, err error)
}

// Versions resets the version from which CaseHug's changes are accepted.
type Versions interface {
	RebaseMatter(ctx context.Context, by domain.User, m domain.MatterID, version int) (position uint64, err error)
	RebaseClient(ctx context.Context, by domain.User, c domain.ClientID, version int) (position uint64, err error)
}

// Erasures destroy what the engine has of a matter's or a client's persons.
type Erasures interface {
	// Erase asks for it, and returns the ledger position that includes the request. A subject that
	// CaseHug has not told of is a Rejection (Unknown). To ask again changes nothing.
	Erase(ctx context.Context, by domain.User, s domain.EraseSubject) (domain.EraseID, domain.Erasure, uint64, error)
	// Erasure is one of the firm's erasures; of another's it is a Rejection (Unknown).
	Erasure(ctx context.Context, f domain.FirmID, id domain.EraseID) (domain.Erasure, error)
	// Plan is what an erasure would destroy, as the ledger is now. A subject that CaseHug has not told
	// of is a Rejection (Unknown).
	Plan(ctx context.Context, f domain.FirmID, s domain.EraseSubject) (domain.ErasePlan, error)
	// Of lists the firm's, newest first.
	Of(ctx context.Context, f domain.FirmID) ([]domain.ErasureEntry, error)
	// All lists those of all firms, oldest first, signed.
	All(ctx context.Context) (domain.ErasureList, error)
}

// Accounts connects a firm to its Smokeball account and disconnects it.
type Accounts interface {
	// Authorize makes a link to Smokeball's consent page that is valid once, for 10 minutes.
	Authorize(ctx context.Context, by domain.User) (url string, expires time.Time, err error)
	// ConfirmAccount connects the pending account, which differs from the previous one. An
	// account that is not pending is a Rejection (Conflict).
	ConfirmAccount(ctx context.Context, by domain.User, account string) (position uint64, err error)
	// DropAccount drops the pending account, if there is one.
	DropAccount(ctx context.Context, by domain.User) (position uint64, err error)
	// Disconnect removes the webhook subscription, destroys the tokens and keeps the history.
	Disconnect(ctx context.Context, by domain.User) (position uint64, err error)
}

// Consents completes what Authorize began.
type Consents interface {
	// Complete processes Smokeball's redirect. browser is the user who is signed in in the
	// redirected browser, if any. If that is not the user who made the link, nothing is
	// connected before Answer.
	Complete(ctx context.Context, answer Callback, browser *domain.User) (Completed, error)
	// Answer processes the same browser's reply to the question of Complete.
	Answer(ctx context.Context, r Reply, browser *domain.User) (Completed, error)
}

// Callback is what Smokeball's redirect carries.
type Callback struct {
	State  string
	Code   string
	Error  string // OAuth's error code, such as access_denied
	Issuer string // of the redirect (RFC 9207); empty: it names none
}

// Completed is the outcome of a callback.
type Completed struct {
	Firm domain.FirmID
	Asks bool // the account differs from the previous one, and is pending until somebody confirms it
	// Question must be answered in this browser before anything is connected; nil: there is none.
	Question *Question
}

// Question asks whether to connect the firm to the account.
type Question struct {
	ID      string
	Browser string // a secret that only this browser gets and must send back
	Account domain.Account
	Firm    domain.FirmID
	Called  string // the firm's name in CaseHug, or that of its previous account; "": not known
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
	// ChangeSettings stores s as the firm's settings. seen is the revision that the change is
	// based on; nil: any. An outdated revision is a Rejection (Conflict), with the position
	// that includes the newest one.
	ChangeSettings(ctx context.Context, by domain.User, s domain.Settings, seen *int) (position uint64, err error)
}

// Retentions changes how long firms keep things.
type Retentions interface {
	// ChangeRetention has by.Firm keep things as long as choose makes of its current choice, and returns
	// that and the ledger position that includes it. A choice that is not valid is a Rejection (Invalid).
	ChangeRetention(ctx context.Context, by domain.User, choose func(now domain.Retention) domain.Retention) (domain.Retention, uint64, error)
	// Times is how long a firm keeps things that chose r.
	Times(r domain.Retention) domain.RetentionTimes
}

// Webhooks manages a firm's webhook subscription.
type Webhooks interface {
	// RegisterWebhooks creates or renews the subscription.
	RegisterWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	RemoveWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	// RotateWebhooks makes a new key and secret address; the old pair is accepted for one
	// more hour.
	RotateWebhooks(ctx context.Context, by domain.User) (position uint64, err error)
	// TestWebhooks has Smokeball send its test webhook and waits up to 10 seconds for it.
	TestWebhooks(ctx context.Context, by domain.User) (WebhookTest, error)
}

// WebhookTest is the outcome of a test webhook.
type WebhookTest struct {
	Received bool
	Took     time.Duration
	Remedy   string // if it was not received
}

// Mappings manages a firm's own case type mappings.
type Mappings interface {
	// MatterTypes lists the matter types of the firm's account, with deleted ones and those
	// of leads. A firm that is not connected is a Rejection (Conflict).
	MatterTypes(ctx context.Context, firm domain.FirmID) ([]domain.MatterType, error)
	// ReviseMapping stores w as one of the firm's own mappings, under its id. A mapping that
	// does not fit the account is a Rejection (Invalid) with its faults, a second one for the
	// same matters a Rejection (Conflict).
	ReviseMapping(ctx context.Context, by domain.User, w domain.Mapping) (kept domain.KeptMapping, position uint64, err error)
	// RemoveMapping removes a mapping; one that the firm does not have is a Rejection (Unknown).
	RemoveMapping(ctx context.Context, by domain.User, id domain.MappingID) (position uint64, err error)
	// TryMappings compares the firm's mappings before and after a change, without making it.
	// It rejects what the change itself would reject.
	TryMappings(ctx context.Context, firm domain.FirmID, c domain.MappingChange) (domain.DryRun, error)
}

// DeadLetters retries and discards dead letters.
type DeadLetters interface {
	// RetryDeadLetter processes a dead letter of by.Firm again and returns the ledger
	// position that includes it. One that is still unprocessable is a Rejection (Invalid or
	// Conflict) with the current reasons; one that was processed already is not rejected.
	RetryDeadLetter(ctx context.Context, by domain.User, id string) (position uint64, err error)
	// DiscardDeadLetter records that a dead letter is not needed; one that was processed
	// meanwhile is a Rejection (Conflict).
	DiscardDeadLetter(ctx context.Context, by domain.User, id string) (position uint64, err error)
}

// Refusals records the audit trail's refusals; *audit.Trail implements it.
type Refusals interface {
	// Refuse records that a request of the firm was refused, or counts it if the same refusal
	// was recorded a moment ago.
	Refuse(ctx context.Context, firm domain.FirmID, r domain.RequestRefused)
	// Settle records pending counts, and returns the ledger position that includes all that
	// was recorded; 0: nothing was.
	Settle(ctx context.Context, firm domain.FirmID) (position uint64)
}
