package domain

import (
	"slices"
	"time"
)

// LedgerSigned is the engine's signature under the ledger up to a position, with a key that
// is kept apart from it.
type LedgerSigned struct {
	Position  uint64 `json:"position"`
	Digest    string `json:"digest"` // of all events up to there, in hex
	Signature string `json:"signature"`
}

// LedgerBackupStarted says that a backup is being made. What is erased from then on may be in the
// backup until it is deleted.
type LedgerBackupStarted struct {
	Backup string    `json:"backup"`
	Until  time.Time `json:"until"`
}

// LedgerRestored says that the ledger was restored from a backup that reached a position. What the
// engine did in Smokeball after that is not in the ledger.
type LedgerRestored struct {
	Backup   string    `json:"backup"`
	Position uint64    `json:"position"`
	Made     time.Time `json:"made"` // the backup
}

func (LedgerSigned) EventName() string        { return "ledger.signed.v1" }
func (LedgerBackupStarted) EventName() string { return "ledger.backup_started.v1" }
func (LedgerRestored) EventName() string      { return "ledger.restored.v1" }

// Backups is what the ledger knows of its backups.
type Backups struct {
	Made     []BackupTime
	Restored time.Time // when the ledger was last restored from one; zero: never
}

// BackupTime is when a backup was begun, and until when it is kept.
type BackupTime struct{ Begun, Until time.Time }

// Holding are the backups, oldest first, that were begun before a moment and are kept longer than now.
func (b Backups) Holding(before, now time.Time) (list []BackupTime) {
	for _, made := range b.Made {
		if made.Begun.Before(before) && made.Until.After(now) {
			list = append(list, made)
		}
	}
	return list
}

// LastUntil is until when the last of the backups is kept; zero: there are none.
func LastUntil(list []BackupTime) (until time.Time) {
	for _, b := range list {
		if b.Until.After(until) {
			until = b.Until
		}
	}
	return until
}

// Apply returns the backups after e.
func (b Backups) Apply(e Event, at time.Time) Backups {
	switch e := e.(type) {
	case LedgerBackupStarted:
		b.Made = append(slices.Clip(b.Made), BackupTime{at, e.Until})
	case LedgerRestored:
		b.Restored = at
	}
	return b
}

// Signed is how far the ledger was signed.
type Signed struct{ Last LedgerSigned }

// Apply returns how far it was signed after e.
func (s Signed) Apply(e Event, _ time.Time) Signed {
	if e, ok := e.(LedgerSigned); ok {
		s.Last = e
	}
	return s
}

// Sign decides to record a signature that reaches further than the last one.
func (s Signed) Sign(e LedgerSigned) []Event {
	if e.Position <= s.Last.Position {
		return nil
	}
	return []Event{e}
}
