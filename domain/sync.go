package domain

import "time"

// Trigger is what requested a sync.
type Trigger string

// The triggers.
const (
	TriggerMatterCreated    Trigger = "matter_created"
	TriggerMatterUpdated    Trigger = "matter_updated"
	TriggerDocumentApproved Trigger = "document_approved"
	TriggerClientUpdated    Trigger = "client_updated"
	TriggerManual           Trigger = "manual"
	TriggerRetry            Trigger = "retry"
	TriggerReconcile        Trigger = "reconcile" // an admin repairs a difference
	TriggerBulk             Trigger = "bulk"
)

// Status is the state of a sync.
type Status string

// The statuses of a sync.
const (
	Queued     Status = "queued"     // waits for a worker
	Running    Status = "running"    // calls are being made
	Waiting    Status = "waiting"    // for something that its failure names
	Confirming Status = "confirming" // Smokeball has accepted everything and must still show it
	Succeeded  Status = "succeeded"  // everything was seen in Smokeball
	Failed     Status = "failed"     // somebody has to act
	Skipped    Status = "skipped"    // there was nothing to do
	Cancelled  Status = "cancelled"  // a person cancelled it
)

// Ended reports whether nothing more happens to a sync of this status.
func (s Status) Ended() bool {
	return s == Succeeded || s == Failed || s == Skipped || s == Cancelled
}

// Cancellable reports whether a sync of this status can be cancelled.
func (s Status) Cancellable() bool {
	_, ok := s.After(SyncCancelled{})
	return ok
}

// Step is a part of a sync.
type Step string

// The steps, in the order of work.
const (
	StepMatterType Step = "matter_type"
	StepContact    Step = "contact"
	StepMatter     Step = "matter"
	StepDocument   Step = "document"
	StepConfirm    Step = "confirm"
)

// Outcome says how a step of a sync ended.
type Outcome string

// The outcomes of steps.
const (
	OutcomeMatched   Outcome = "matched"
	OutcomeAccepted  Outcome = "accepted"
	OutcomeCreated   Outcome = "created"
	OutcomeUpdated   Outcome = "updated"
	OutcomeUnchanged Outcome = "unchanged"
	OutcomeUploaded  Outcome = "uploaded"
	OutcomeConfirmed Outcome = "confirmed"
	OutcomeFailed    Outcome = "failed"
)

// Proof says how a resource was seen in Smokeball.
type Proof string

// The proofs.
const (
	ByWebhook Proof = "webhook"
	ByRead    Proof = "read"
	BySweep   Proof = "sweep" // a search for changes that no webhook reported
)

// Sync is a sync that has not ended.
type Sync struct {
	ID       SyncID
	Trigger  Trigger
	By       string // the user who requested it; empty: an event did
	Wanted   bool   // a person requested it, at first or later
	Status   Status
	QueuedAt time.Time
	Attempts int
	NextAt   time.Time // of a waiting sync: when it is retried; zero: as soon as what it waits for exists
	Troubled time.Time // since when only passing faults have delayed it; zero: none have. Time without an attempt does not count
	Faults   int       // how many passing faults in a row
	Tried    time.Time // when the newest attempt began, or the next one is to begin
	Failure  *Failure  // of a waiting sync: what it waits for
	Created  bool      // the matter was made by this sync
	Changed  bool      // the sync wrote something to Smokeball
	Warnings []Warning
	Contacts []PendingContact
	Resolved []ClientID // whose contacts were recorded in this sync

	MappingRevision int    // of a sync that waits for a mapping: the revision that had none
	TypesSeen       uint64 // and the ledger position up to which changes of matter types were known

	WaitsSince time.Time // of a waiting sync: when it began to wait
}

// follow applies a fact to the sync.
func (s *Sync) follow(e Event, to Status, at time.Time) {
	s.Status = to
	switch e := e.(type) {
	case SyncStarted:
		s.try(at)
		s.Attempts, s.Failure = e.Attempt, nil
	case SyncDeferred:
		s.wait(e, at)
	case SyncReleased:
		s.NextAt, s.Troubled, s.Faults = time.Time{}, time.Time{}, 0
	}
}

// try begins an attempt. Time since it could have begun, in which no engine ran or no worker was
// free, does not count as Smokeball's fault.
func (s *Sync) try(at time.Time) {
	if late := at.Sub(s.Tried); late > 0 && !s.Tried.IsZero() && !s.Troubled.IsZero() {
		s.Troubled = s.Troubled.Add(late)
	}
	s.Tried = at
}

// wait makes the sync wait. A wait for something that a person must provide is not Smokeball's
// fault, so the time of passing faults starts over.
func (s *Sync) wait(e SyncDeferred, at time.Time) {
	s.NextAt, s.WaitsSince, s.Failure, s.MappingRevision, s.TypesSeen = e.Until, at, &e.Failure, e.MappingRevision, e.TypesSeen
	if e.Until.IsZero() {
		s.Troubled, s.Faults = time.Time{}, 0
		return
	}
	s.Tried = e.Until
	if s.Faults++; s.Troubled.IsZero() {
		s.Troubled = at
	}
}

// rests reports whether the sync waits for a time that has not come. If the clock is before the
// time when the wait began, it was set back, so the wait ends.
func (s Sync) rests(now time.Time) bool {
	return s.Status == Waiting && Rests(s.WaitsSince, s.NextAt, now)
}

// Rests reports whether a wait that began at from still lasts at now. A clock that jumps never
// makes a wait longer than planned.
func Rests(from, until, now time.Time) bool {
	return now.Before(until) && !now.Before(from)
}

// PendingContact is a contact of the running sync that Smokeball has accepted and
// not yet shown.
type PendingContact struct {
	Client  ClientID
	Contact SmokeballID
	Key     ContactKey
	Since   time.Time // when the sync recorded it
	Request RequestID // of the call that made or changed it; empty: another sync's
}

// Intent records that a call is about to be made. While it is open, the call may or may not
// have happened.
type Intent struct {
	Request RequestID
	At      time.Time
}

// Due is a sync that has not ended, as the scheduler reads it.
type Due struct {
	Firm    FirmID    `json:"firm"`
	Matter  MatterID  `json:"matter"`
	Sync    SyncID    `json:"sync"`
	Trigger Trigger   `json:"trigger"`
	Status  Status    `json:"status"`
	At      time.Time `json:"at"`                 // not before; zero: see WaitsOn
	WaitsOn Code      `json:"waits_on,omitempty"` // of a waiting sync without a time: what it waits for
	Since   time.Time `json:"since"`
	From    time.Time `json:"from,omitzero"`  // of a waiting sync: when it began to wait
	Moved   time.Time `json:"moved,omitzero"` // when it got its status

	// Of a sync that waits for a mapping: the revision of the firm's mappings that lacked it,
	// and the current revision.
	MappingSeen int `json:"mapping_seen,omitempty"`
	MappingNow  int `json:"mapping_now,omitempty"`
	// Also of such a sync: the ledger position up to which it knew changes of the account's
	// matter types, and the position of their last change.
	TypesSeen uint64 `json:"types_seen,omitempty"`
	TypesNow  uint64 `json:"types_now,omitempty"`

	Announced bool `json:"announced,omitempty"` // of a sync that waits for its matter: CaseHug has announced it
}

// Due returns the sync as the scheduler reads it.
func (s Sync) Due(f FirmID, m MatterID) Due {
	d := Due{Firm: f, Matter: m, Sync: s.ID, Trigger: s.Trigger, Status: s.Status, Since: s.QueuedAt}
	if s.Status == Waiting {
		d.At, d.From = s.NextAt, s.WaitsSince
		if s.NextAt.IsZero() {
			d.WaitsOn, d.MappingSeen, d.TypesSeen = s.Failure.Code, s.MappingRevision, s.TypesSeen
		}
	}
	return d
}

// Free reports whether what the sync waits for, other than a time, exists. It compares what
// the wait lacked with what exists now, so neither the order in which the two were recorded nor
// a lost wake-up matters.
func (d Due) Free(usable func(FirmID) bool) bool {
	switch d.WaitsOn {
	case "":
		return true
	case CodeNotConnected, CodeReauthorizationRequired:
		return usable(d.Firm)
	case CodeMatterTypeUnmapped:
		return d.Remapped() || d.Retyped()
	case CodeMatterUnknown:
		return d.Announced
	}
	return false // an event of its own matter ends the wait
}

// Remapped reports whether the firm's mappings changed since the sync began to wait for one.
func (d Due) Remapped() bool {
	return d.WaitsOn == CodeMatterTypeUnmapped && d.MappingNow > d.MappingSeen
}

// Retyped reports whether the account's matter types changed since the sync looked for one.
func (d Due) Retyped() bool {
	return d.WaitsOn == CodeMatterTypeUnmapped && d.TypesNow > d.TypesSeen
}
