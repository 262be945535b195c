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
	// MatterFields compares both sides of each synced field of a matter.
	MatterFields(r projections.MatterRow) ([]projections.Field, error)
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

// Past reads a firm's connection, settings and mappings at a moment; projections.Past does.
type Past interface {
	// Story returns all that happened to them, in the order of the ledger.
	Story(ctx context.Context, firm domain.FirmID) ([]projections.Fact, error)
	// Fold returns their state at a moment.
	Fold(firm domain.FirmID, story []projections.Fact, at time.Time) (projections.Then, error)
}

// Allowance measures Smokeball's rate limit.
type Allowance interface {
	// Usage is the allowance that a firm's calls take from, in calls per second, and its
	// calls of the last minute.
	Usage(firm domain.FirmID) (perSecond float64, lastMinute int)
}
