package ports

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Progress is how far the views have followed the ledger.
type Progress interface {
	Position() uint64
	// Wait returns when the rows include the ledger position, or with ctx's error.
	Wait(ctx context.Context, position uint64) error
}

// Connections holds the rows of firms: connection, settings, mappings and counts.
type Connections interface {
	Connection(firm domain.FirmID) (projections.ConnectionRow, error)
	// AllConnections lists every firm that anything is known of, by id.
	AllConnections() ([]projections.ConnectionRow, error)
}

// History holds the rows of syncs.
type History interface {
	History(firm domain.FirmID, q projections.HistoryQuery) (projections.Page, error)
	Sync(firm domain.FirmID, id domain.SyncID) (projections.Entry, bool, error)
	Counts(firm domain.FirmID) (map[domain.Status]int, error)
	Queue(firm domain.FirmID) projections.Queue
}

// Matters holds the rows of matters.
type Matters interface {
	Matters(firm domain.FirmID, q projections.MatterQuery) ([]projections.MatterRow, uint64, error)
	// EachMatter yields all of a firm's matters, newest first, until fn returns false.
	EachMatter(firm domain.FirmID, fn func(projections.MatterRow) bool) error
	Matter(firm domain.FirmID, id domain.MatterID) (projections.MatterRow, bool, error)
}

// MatterCounts counts matters without reading all of them.
type MatterCounts interface {
	MatterCounts(firm domain.FirmID) (projections.MatterCounts, error)
	// CaseTypes counts matters by case type, and reads one of each.
	CaseTypes(firm domain.FirmID) ([]projections.CaseTypeCount, error)
	// MattersOf lists the newest matters that wait, or failed, for one reason.
	MattersOf(firm domain.FirmID, c projections.CauseCount, limit int) ([]projections.MatterRow, error)
}

// MatterFields compares both sides of a matter.
type MatterFields interface {
	// MatterFields compares each synced field of a matter and of its first client.
	MatterFields(r projections.MatterRow) ([]projections.Field, error)
	// AllFields does the same for the fields of all its clients.
	AllFields(r projections.MatterRow) ([]projections.Field, error)
}

// Provenance reads where the values of a matter come from; projections.Past does.
type Provenance interface {
	Provenance(ctx context.Context, firm domain.FirmID, m domain.MatterID, until uint64) (projections.Provenance, error)
}

// People holds how people are called, as far as what they did tells.
type People interface {
	// Name is how a user of the firm is called; "": not known.
	Name(firm domain.FirmID, subject string) (string, error)
	// Admins lists firm admins by name, the one who did something last first.
	Admins(firm domain.FirmID, limit int) ([]projections.PersonRow, error)
}

// Changes holds what changed of a firm's rows.
type Changes interface {
	// ChangedAfter lists rows of a firm that changed after a ledger position, in the order of
	// their last changes: limit of them, and those that changed together with the last one.
	// upTo is the position that the list is complete to.
	ChangedAfter(firm domain.FirmID, after uint64, limit int) (list []projections.ChangedRow, upTo uint64, err error)
	// Hinted are the firm's matters that may have changed in Smokeball since they were read, or
	// whose clients may have.
	Hinted(firm domain.FirmID) ([]domain.MatterID, error)
	// Watch returns a channel that receives after changes of the firm's rows.
	Watch(firm domain.FirmID) (changed <-chan struct{}, stop func())
}

// Drift holds what differs between both sides.
type Drift interface {
	Drift(firm domain.FirmID, q projections.DriftQuery) (list []projections.Drift, next uint64, err error)
	DriftCount(firm domain.FirmID) (projections.DriftCount, error)
}

// DeadLetterRows holds the rows of dead letters.
type DeadLetterRows interface {
	DeadLetters(firm domain.FirmID, state domain.DeadLetterState, before uint64, limit int) ([]projections.DeadLetterRow, uint64, error)
	DeadLetter(firm domain.FirmID, id string) (projections.DeadLetterRow, bool, error)
}

// AuditRows holds the rows of the audit trail.
type AuditRows interface {
	Audit(firm domain.FirmID, q projections.AuditQuery) (rows []projections.AuditRow, next uint64, err error)
}

// RetentionRows holds how long firms keep things, and what is no longer kept.
type RetentionRows interface {
	Retention(firm domain.FirmID) (projections.RetentionRow, error)
}

// Past reads a firm's connection, settings and mappings at a moment, and where the values of matters
// come from; projections.Past does.
type Past interface {
	Provenance
	// Story returns all that happened to them, in the order of the ledger.
	Story(ctx context.Context, firm domain.FirmID) ([]projections.Fact, error)
	// Fold returns their state at a moment.
	Fold(firm domain.FirmID, story []projections.Fact, at time.Time) (projections.Then, error)
}

// Allowance measures Smokeball's rate limit.
type Allowance interface {
	// Usage is the allowance that a firm's calls take from, and what was taken of it.
	Usage(firm domain.FirmID) projections.Usage
}
