package domain

import (
	"strconv"
	"strings"
	"time"
)

// A firm keeps what is over for a time that its admins choose: entries of the sync history, of the
// audit trail, and dead letters that were decided. What has expired leaves the rows that people read.
// The facts stay: no event is taken out of the ledger, whose chains stay provable. A dead letter's data
// key is destroyed, because nothing but the dead letter needs it.

// Keep is for how many days something is kept.
type Keep int

// What is not a number of days.
const (
	KeepByDefault Keep = 0  // as the engine is configured
	KeepForever   Keep = -1 // nothing expires
)

const (
	keepByDefault = "default"
	keepForever   = "forever"
	mostDays      = 36500
)

// String is default, forever, or a number of days such as 365d.
func (k Keep) String() string {
	switch {
	case k == KeepByDefault:
		return keepByDefault
	case k < 0:
		return keepForever
	}
	return strconv.Itoa(int(k)) + "d"
}

// ParseKeep reads what String wrote.
func ParseKeep(text string) (k Keep, ok bool) {
	switch text {
	case keepByDefault:
		return KeepByDefault, true
	case keepForever:
		return KeepForever, true
	}
	number, days := strings.CutSuffix(text, "d")
	n, err := strconv.Atoi(number)
	return Keep(n), days && err == nil && n > 0 && n <= mostDays && Keep(n).String() == text
}

// Retention is how long a firm keeps what is over.
type Retention struct {
	History     Keep `json:"history,omitempty"`      // entries of syncs that have ended
	Audit       Keep `json:"audit,omitempty"`        // what people did and were refused
	DeadLetters Keep `json:"dead_letters,omitempty"` // those that were taken in or discarded
}

// The least that a firm can choose: a mistake is noticed within a month, and whoever did something that
// the audit trail tells can't make it vanish within a year.
const (
	leastDays      Keep = 30
	leastAuditDays Keep = 365
)

// Check tells what is wrong with the choice, by its names in the API.
func (r Retention) Check() (faults []FieldFault) {
	for _, c := range []struct {
		field       string
		keep, least Keep
	}{{"/history", r.History, leastDays}, {"/audit", r.Audit, leastAuditDays}, {"/dead_letters", r.DeadLetters, leastDays}} {
		if c.keep > mostDays || c.keep > 0 && c.keep < c.least {
			faults = append(faults, FieldFault{Field: c.field, Reason: "must be default, forever, or from " + c.least.String() + " to " + Keep(mostDays).String()})
		}
	}
	return faults
}

// RetentionTimes is how long things are kept; zero is for ever.
type RetentionTimes struct{ History, Audit, DeadLetters time.Duration }

// Over returns how long the firm keeps things, where the engine is configured with defaults.
func (r Retention) Over(defaults RetentionTimes) RetentionTimes {
	return RetentionTimes{r.History.over(defaults.History), r.Audit.over(defaults.Audit), r.DeadLetters.over(defaults.DeadLetters)}
}

func (k Keep) over(byDefault time.Duration) time.Duration {
	switch {
	case k == KeepByDefault:
		return byDefault
	case k < 0:
		return 0
	}
	return time.Duration(k) * day
}

// RetentionChanged says that a firm admin, or an operator, chose how long things are kept.
type RetentionChanged struct {
	Retention Retention `json:"retention"`
	By        string    `json:"by"`
	ByName    string    `json:"by_name,omitempty"`
}

// HistoryExpired says that entries of the sync history are no longer kept: their syncs ended before a
// moment.
type HistoryExpired struct {
	Before time.Time     `json:"before"`
	Syncs  []ExpiredSync `json:"syncs"`
}

// ExpiredSync is a sync whose entry is no longer kept.
type ExpiredSync struct {
	Sync   SyncID   `json:"sync"`
	Matter MatterID `json:"matter"`
}

// AuditExpired says that entries of the audit trail are no longer kept: what they tell happened before a
// moment.
type AuditExpired struct {
	Before  time.Time  `json:"before"`
	Entries []AuditKey `json:"entries"`
}

// AuditKey names an entry of a firm's audit trail: the ledger position of what was done, or the key of a
// refusal.
type AuditKey string

// DeadLetterExpired says that a dead letter is no longer kept: it was decided before a moment.
type DeadLetterExpired struct {
	Before time.Time       `json:"before"`
	Was    DeadLetterState `json:"was"` // the state before
}

func (RetentionChanged) EventName() string  { return "retention.changed.v1" }
func (HistoryExpired) EventName() string    { return "retention.history_expired.v1" }
func (AuditExpired) EventName() string      { return "retention.audit_expired.v1" }
func (DeadLetterExpired) EventName() string { return "deadletter.expired.v1" }

// KeptBy is what a firm has chosen, folded from its retention stream.
type KeptBy struct{ Retention Retention }

// Apply returns the choice after e.
func (k KeptBy) Apply(e Event, _ time.Time) KeptBy {
	if c, ok := e.(RetentionChanged); ok {
		k.Retention = c.Retention
	}
	return k
}

// Change decides to keep things as long as r says; the same again is nothing new.
func (k KeptBy) Change(r Retention, by User) []Event {
	if r == k.Retention {
		return nil
	}
	return []Event{RetentionChanged{Retention: r, By: by.Subject, ByName: by.Name}}
}

// Decided reports whether somebody, or the engine, has decided what becomes of the dead letter.
func (d DeadLetter) Decided() bool {
	return d.State == DeadLetterTakenIn || d.State == DeadLetterDiscarded
}

// Remove decides that the dead letter is no longer kept, once. One that nobody decided about is kept.
func (d DeadLetter) Remove(before time.Time) []Event {
	if !d.Decided() || d.Expired {
		return nil
	}
	return []Event{DeadLetterExpired{Before: before, Was: d.State}}
}
