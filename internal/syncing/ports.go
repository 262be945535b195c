// Package syncing is how a CaseHug event becomes a Smokeball matter.
//
// Intake records CaseHug's events and Webhooks records Smokeball's webhooks: they decide and
// append, and make no calls. Scheduler passes due syncs to Handler, which makes the calls: it
// appends the intent before each call that creates something and the outcome after the answer,
// and if an answer was lost, it looks before it creates again. Outbox publishes the results to
// CaseHug. All state is in the ledger, so an engine that is killed at any instruction continues
// from its last event.
package syncing

import (
	"context"
	"io"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Intend records the intent of a call that creates something. It is called once, when the
// call's slot is granted, right before it is sent: if it fails, nothing is
// sent, and its error is returned as it is. So a kill leaves at most as many open intents as
// calls were under way.
type Intend = func(context.Context) error

// Matters are Smokeball's matters.
type Matters interface {
	CreateMatter(ctx context.Context, f domain.FirmID, d domain.MatterDraft, r domain.RequestID, intend Intend) (domain.SmokeballID, error)
	PatchMatter(ctx context.Context, f domain.FirmID, id domain.SmokeballID, c domain.MatterChange, r domain.RequestID) error
	Matter(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballMatter, error)
	FindMatters(ctx context.Context, f domain.FirmID, q domain.MatterQuery) ([]domain.SmokeballMatter, error)
}

// MatterTypes are the matter types of Smokeball's accounts.
type MatterTypes interface {
	// MatterTypes are the account's, remembered for a while.
	MatterTypes(ctx context.Context, f domain.FirmID) ([]domain.MatterType, error)
	// ForgetMatterTypes makes the next MatterTypes ask again.
	ForgetMatterTypes(f domain.FirmID)
	// HasMatterTypes reports whether MatterTypes would answer from memory.
	HasMatterTypes(f domain.FirmID) bool
}

// Staff are the people who work at the firm.
type Staff interface {
	// StaffByEmail is the id of the staff member with that address, or "".
	StaffByEmail(ctx context.Context, f domain.FirmID, email string) (string, error)
}

// Tags are the tags of Smokeball's matters.
type Tags interface {
	Tags(ctx context.Context, f domain.FirmID, matter domain.SmokeballID) ([]string, error)
	AddTags(ctx context.Context, f domain.FirmID, matter domain.SmokeballID, names []string, r domain.RequestID) error
}

// Contacts are Smokeball's contacts.
type Contacts interface {
	FindContacts(ctx context.Context, f domain.FirmID, q domain.ContactQuery) ([]domain.SmokeballContact, error)
	Contact(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballContact, error)
	CreateContact(ctx context.Context, f domain.FirmID, d domain.ContactDraft, r domain.RequestID, intend Intend) (domain.SmokeballID, error)
	// UpdateContact returns what it wrote of the change to what Smokeball was told before, and
	// the names of the values that it could not write: Smokeball keeps others there.
	UpdateContact(ctx context.Context, f domain.FirmID, id domain.SmokeballID, was domain.ContactDraft, c domain.ContactChange, r domain.RequestID) (written domain.ContactChange, kept []string, err error)
}

// Folders are the folders for documents in Smokeball's matters.
type Folders interface {
	Folders(ctx context.Context, f domain.FirmID, matter, parent domain.SmokeballID) ([]domain.SmokeballFolder, error)
	CreateFolder(ctx context.Context, f domain.FirmID, matter, parent domain.SmokeballID, name string, r domain.RequestID, intend Intend) (domain.SmokeballID, error)
}

// Files announce and take the files of Smokeball's matters.
type Files interface {
	AddFile(ctx context.Context, f domain.FirmID, matter domain.SmokeballID, d domain.FileDraft, r domain.RequestID, intend Intend) (domain.Upload, error)
	UploadURL(ctx context.Context, f domain.FirmID, matter, file domain.SmokeballID) (domain.Upload, error)
	Upload(ctx context.Context, u domain.Upload, body io.Reader, size int64) error
	Files(ctx context.Context, f domain.FirmID, matter domain.SmokeballID) ([]domain.SmokeballFile, error)
}

// FileNames show and rename files that were sent.
type FileNames interface {
	File(ctx context.Context, f domain.FirmID, matter, file domain.SmokeballID) (domain.SmokeballFile, error)
	// RenameFile renames a file, which stays in its folder, and returns the name that it wrote.
	RenameFile(ctx context.Context, f domain.FirmID, matter, file, folder domain.SmokeballID, name string, r domain.RequestID) (string, error)
}

// MatterCalls are the calls about matters.
type MatterCalls interface {
	Matters
	MatterTypes
	Staff
	Tags
}

// FileCalls are the calls about documents.
type FileCalls interface {
	Folders
	Files
	FileNames
}

// Smokeball is every call that a sync makes.
type Smokeball interface {
	MatterCalls
	Contacts
	FileCalls
}

// Documents open approved documents.
type Documents interface {
	// Open yields the document's bytes; reading ends in a CallError where they are not
	// the approved ones. A document of another firm is a CallError, too. unmarked is an
	// object of which only the document's digest, or who named it, says whose it is.
	Open(ctx context.Context, f domain.FirmID, d domain.Document) (body io.ReadCloser, unmarked bool, err error)
}

// Views are the rows that the engine itself reads. They may lag behind the ledger.
type Views interface {
	// FollowDue follows the syncs that have not ended. next yields those that changed since
	// the last time, the longest queued first, and part by part those that there were at first;
	// more tells that there is another part. One without a status has
	// ended, with no other of its matter after it. What waits for its firm's connection or
	// mappings is yielded again when they change.
	FollowDue() (next func() (changed []*domain.Due, more bool), stop func())
	// DueOf lists a firm's syncs that have not ended.
	DueOf(f domain.FirmID) []*domain.Due
	// MatterOf is the CaseHug matter linked to a Smokeball matter, or "".
	MatterOf(f domain.FirmID, id domain.SmokeballID) (domain.MatterID, error)
	// TypesAt is the ledger position at which the account's matter types changed last.
	TypesAt(f domain.FirmID) (uint64, error)
	// Changes returns the ledger position of the rows and a channel that is closed when
	// it moves on.
	Changes() (position uint64, moved <-chan struct{})
}

// ContactKeys name persons and companies without revealing who they are.
type ContactKeys interface {
	// Name is a keyed hash of text in the form of an id.
	Name(text string) (string, error)
}

// Waits are how long the engine waits for Smokeball.
type Waits struct {
	// Visible is how long after a call its effect may stay invisible: so long
	// a creation whose answer was lost is looked for before it is asked for again.
	Visible time.Duration
	// Confirm is how long an accepted resource may take to show up before the sync
	// fails with not_confirmed.
	Confirm time.Duration
	// RetryFor is how long a sync is retried after passing faults before it fails.
	RetryFor time.Duration
}

// DefaultWaits exceed the delays that integrators have reported.
var DefaultWaits = Waits{Visible: 30 * time.Second, Confirm: 3 * time.Minute, RetryFor: 24 * time.Hour}
