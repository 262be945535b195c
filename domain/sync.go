package domain

import "time"

// Trigger says what asked for a sync.
type Trigger string

// The triggers.
const (
	TriggerMatterCreated    Trigger = "matter_created"
	TriggerMatterUpdated    Trigger = "matter_updated"
	TriggerDocumentApproved Trigger = "document_approved"
	TriggerClientUpdated    Trigger = "client_updated"
	TriggerManual           Trigger = "manual"
	TriggerRetry            Trigger = "retry"
)

// Status is where a sync stands.
type Status string

// The statuses of a sync.
const (
	Queued     Status = "queued"     // waits for a worker
	Running    Status = "running"    // calls are being made
	Waiting    Status = "waiting"    // for something that its failure names
	Confirming Status = "confirming" // all is accepted; Smokeball has to show it
	Succeeded  Status = "succeeded"  // everything was seen in Smokeball
	Failed     Status = "failed"     // somebody has to act
	Skipped    Status = "skipped"    // there was nothing to do
	Cancelled  Status = "cancelled"  // a person no longer wanted it
)

// Ended reports whether nothing more happens to a sync of this status.
func (s Status) Ended() bool {
	return s == Succeeded || s == Failed || s == Skipped || s == Cancelled
}

// Cancellable reports whether a sync of this status can still be called off.
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
	BySweep   Proof = "sweep" // a search for what no webhook told
)

// Sync is a sync that has not ended.
type Sync struct {
	ID       SyncID
	Trigger  Trigger
	By       string // the user who asked; empty: an event did
	Wanted   bool   // a person asked for it, at first or meanwhile
	Status   Status
	QueuedAt time.Time
	Attempts int
	NextAt   time.Time // of a waiting sync: when it is retried; zero: when what it waits for is there
	Troubled time.Time // since when only passing faults have held it up; zero: none have. Time in which nobody tried does not count
	Faults   int       // how many have, one after the other
	Tried    time.Time // when the newest attempt began, or the next one is to begin
	Failure  *Failure  // of a waiting sync: what it waits for
	Created  bool      // the matter was made by this sync
	Changed  bool      // something was written to Smokeball
	Warnings []Warning
	Contacts []PendingContact
	Resolved []ClientID // whose contacts were recorded in this sync

	MappingRevision int    // of a sync that waits for a mapping: the revision that had none
	TypesSeen       uint64 // and the ledger position up to which changes of matter types were known

	WaitsSince time.Time // of a waiting sync: when it began to wait
}

// follow lets the sync move.
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

// try begins an attempt. What passed since it could have begun, because no engine ran or all
// were busy, is not held against Smokeball.
func (s *Sync) try(at time.Time) {
	if late := at.Sub(s.Tried); late > 0 && !s.Tried.IsZero() && !s.Troubled.IsZero() {
		s.Troubled = s.Troubled.Add(late)
	}
	s.Tried = at
}

// wait lets the sync wait. What somebody has to bring is not held against Smokeball: the
// time of its passing faults starts over.
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

// rests reports whether the sync waits for a time that has not come. A clock that is behind
// the moment when the wait began was set back: it says nothing, and the sync goes on.
func (s Sync) rests(now time.Time) bool {
	return s.Status == Waiting && Rests(s.WaitsSince, s.NextAt, now)
}

// Rests reports whether a wait that began at from is not over at now. No wait lasts longer
// than it was to last when it began, wherever the clock jumps.
func Rests(from, until, now time.Time) bool {
	return now.Before(until) && !now.Before(from)
}

// PendingContact is a contact of the running sync that Smokeball has accepted and
// not yet shown.
type PendingContact struct {
	Client  ClientID
	Contact SmokeballID
	Key     ContactKey
	Since   time.Time // when the sync was told of it
	Request RequestID // of the call that made or changed it; empty: another sync's
}

// Intent is the record that a call is about to be made. As long as it stands, the
// call may or may not have happened.
type Intent struct {
	Request RequestID
	At      time.Time
}

// Due is a sync that the engine has to work on, as the list of due work shows it.
type Due struct {
	Firm    FirmID    `json:"firm"`
	Matter  MatterID  `json:"matter"`
	Sync    SyncID    `json:"sync"`
	Trigger Trigger   `json:"trigger"`
	Status  Status    `json:"status"`
	At      time.Time `json:"at"`                 // not before; zero: see WaitsOn
	WaitsOn Code      `json:"waits_on,omitempty"` // what a waiting sync without a time waits for
	Since   time.Time `json:"since"`
	From    time.Time `json:"from,omitzero"`  // of a waiting sync: when it began to wait
	Moved   time.Time `json:"moved,omitzero"` // when it got its status

	// Of a sync that waits for a mapping: the revision of the firm's mappings that had
	// none, and the one that the firm has now.
	MappingSeen int `json:"mapping_seen,omitempty"`
	MappingNow  int `json:"mapping_now,omitempty"`
	// And the ledger positions up to which changes of the account's matter types were known,
	// and at which they changed last.
	TypesSeen uint64 `json:"types_seen,omitempty"`
	TypesNow  uint64 `json:"types_now,omitempty"`

	Announced bool `json:"announced,omitempty"` // of a sync that waits for its matter: CaseHug has announced it
}

// Due is the sync as the list of due work shows it.
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

// Free reports whether what the sync waits for is there, apart from a time. It compares what
// the wait lacked with what is there now, so it does not matter which of the two was recorded
// first, nor whether anybody was told.
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
	return false // a fact of the matter's own releases it
}

// Remapped reports whether the firm's mappings changed since the sync began to wait for
// one.
func (d Due) Remapped() bool {
	return d.WaitsOn == CodeMatterTypeUnmapped && d.MappingNow > d.MappingSeen
}

// Retyped reports whether the account's matter types changed since the sync looked for one.
func (d Due) Retyped() bool {
	return d.WaitsOn == CodeMatterTypeUnmapped && d.TypesNow > d.TypesSeen
}
