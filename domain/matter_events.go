package domain

import "time"

// MatterCreated is CaseHug's word that a matter exists.
type MatterCreated struct {
	Origin EventRef   `json:"origin"`
	Matter MatterData `json:"matter"`
}

// MatterUpdated is CaseHug's word of a newer version of a matter.
type MatterUpdated struct {
	Origin EventRef   `json:"origin"`
	Matter MatterData `json:"matter"`
}

// MatterOutdated records a version that arrived after a newer one: it changes nothing.
type MatterOutdated struct {
	Origin  EventRef `json:"origin"`
	Version int      `json:"version"`
	Current int      `json:"current"`
}

// MatterRebased says that a firm admin has set the version from which CaseHug's changes of
// the matter count again: every newer one does, whatever version was recorded before.
type MatterRebased struct {
	Version int    `json:"version"`
	Was     int    `json:"was"`
	By      string `json:"by"`
	ByName  string `json:"by_name,omitempty"`
}

// DocumentApproved is CaseHug's word that a document is final and may be sent.
type DocumentApproved struct {
	Origin   EventRef     `json:"origin"`
	Document DocumentData `json:"document"`
	Vouched  bool         `json:"vouched,omitempty"` // as of the event that brought it
	Part     bool         `json:"part,omitempty"`    // the event says more, which another append records
}

// SyncRequested puts a sync into the queue.
type SyncRequested struct {
	Sync       SyncID   `json:"sync"`
	Trigger    Trigger  `json:"trigger"`
	By         string   `json:"by,omitempty"`
	Proof      AskProof `json:"proof,omitempty"` // of By
	Origin     EventRef `json:"origin,omitzero"`
	Title      string   `json:"title,omitempty"`
	CaseNumber string   `json:"case_number,omitempty"`
	Client     string   `json:"client,omitempty"`  // name of the matter's client
	ByName     string   `json:"by_name,omitempty"` // where By asked in person
}

// SyncJoined says that an event asked for a sync which was queued or waiting already.
type SyncJoined struct {
	Sync   SyncID   `json:"sync"`
	Origin EventRef `json:"origin"`
	By     string   `json:"by,omitempty"` // the user who asked; empty: an event did
	ByName string   `json:"by_name,omitempty"`
	Proof  AskProof `json:"proof,omitempty"`
	// Trigger is what asked; facts of older ledgers do not tell.
	Trigger Trigger `json:"trigger,omitempty"`
}

// SyncStarted says that an engine works on the sync; Attempt counts from 1.
type SyncStarted struct {
	Sync       SyncID `json:"sync"`
	Attempt    int    `json:"attempt"`
	Title      string `json:"title,omitempty"`
	CaseNumber string `json:"case_number,omitempty"`
	Client     string `json:"client,omitempty"` // name of the matter's client
}

// SyncDeferred says that the sync waits: until a time, or (without one) until what
// the failure names is there.
type SyncDeferred struct {
	Sync    SyncID    `json:"sync"`
	Step    Step      `json:"step,omitempty"`
	Failure Failure   `json:"failure"`
	Until   time.Time `json:"until,omitzero"`
	// MappingRevision is the revision of the firm's mappings that did not help; a newer
	// one lets a sync that waits for a mapping look again.
	MappingRevision int `json:"mapping_revision,omitempty"`
	// TypesSeen is the ledger position up to which changes of the account's matter types were
	// known then; a later one lets it look again, too. 0: where the attempt began.
	TypesSeen uint64 `json:"types_seen,omitempty"`
}

// SyncReleased says that a waiting sync may go on now. Facts of older ledgers hold a sentence as
// the reason.
type SyncReleased struct {
	Sync   SyncID        `json:"sync"`
	Reason ReleaseReason `json:"reason"`
	By     string        `json:"by,omitempty"` // the person who retried it
	ByName string        `json:"by_name,omitempty"`
}

// ReleaseReason says why a waiting sync goes on before its time.
type ReleaseReason string

// The reasons.
const (
	ReleasedByNews    ReleaseReason = "news"    // CaseHug sent a newer version of the matter
	ReleasedByRequest ReleaseReason = "request" // another sync was asked for
	ReleasedByPerson  ReleaseReason = "person"  // a person retried it
	ReleasedByLink    ReleaseReason = "link"    // a person linked the matter
)

// SyncConfirming says that all calls of the sync were accepted.
type SyncConfirming struct {
	Sync SyncID `json:"sync"`
}

// SyncSucceeded says that every resource of the sync was seen in Smokeball.
type SyncSucceeded struct {
	Sync     SyncID    `json:"sync"`
	Warnings []Warning `json:"warnings,omitempty"`
}

// SyncFailed ends a sync that somebody has to look at.
type SyncFailed struct {
	Sync    SyncID  `json:"sync"`
	Step    Step    `json:"step,omitempty"`
	Failure Failure `json:"failure"`
}

// SyncSkipped ends a sync that found nothing to do. Facts of older ledgers hold a sentence as
// the reason.
type SyncSkipped struct {
	Sync   SyncID     `json:"sync"`
	Reason SkipReason `json:"reason"`
}

// SkipReason says why a sync found nothing to do.
type SkipReason string

// The reasons.
const (
	SkippedSame    SkipReason = "same"    // Smokeball already has all of it
	SkippedWarned  SkipReason = "warned"  // what differs was warned of
	SkippedDiffers SkipReason = "differs" // nothing was new, and people have changed it in Smokeball
)

// SyncCancelled ends a sync that a person no longer requires.
type SyncCancelled struct {
	Sync   SyncID `json:"sync"`
	By     string `json:"by"`
	ByName string `json:"by_name,omitempty"`
}

// MatterTypeResolved names the matter type that the case type means in the account.
type MatterTypeResolved struct {
	Sync         SyncID   `json:"sync"`
	CaseType     string   `json:"case_type"`
	PracticeArea string   `json:"practice_area,omitempty"`
	Jurisdiction string   `json:"jurisdiction,omitempty"`
	TypeID       string   `json:"type_id"`
	TypeName     string   `json:"type_name"`
	Warning      *Warning `json:"warning,omitempty"`
	DurationMS   int64    `json:"duration_ms"`

	How             How       `json:"how,omitempty"`
	Mapping         MappingID `json:"mapping,omitempty"`          // that said so, where one did
	MappingRevision int       `json:"mapping_revision,omitempty"` // that made the mapping as it was
	ClientRole      string    `json:"client_role,omitempty"`      // empty: the type's default
}

// ContactResolved names the Smokeball contact of one client of the matter.
type ContactResolved struct {
	Sync       SyncID      `json:"sync"`
	Client     ClientID    `json:"client"`
	Contact    SmokeballID `json:"contact"`
	Key        ContactKey  `json:"key"`
	Outcome    Outcome     `json:"outcome"` // matched, accepted, updated or unchanged
	Request    RequestID   `json:"request,omitempty"`
	Pending    bool        `json:"pending,omitempty"` // Smokeball has not shown it yet
	Warning    *Warning    `json:"warning,omitempty"`
	DurationMS int64       `json:"duration_ms"`
}

// ContactSeen says that a contact of the running sync is there.
type ContactSeen struct {
	Sync       SyncID      `json:"sync"`
	Contact    SmokeballID `json:"contact"`
	By         Proof       `json:"by"`
	Request    RequestID   `json:"request,omitempty"` // that it was awaited for
	DurationMS int64       `json:"duration_ms"`
}

// SyncWarned notes something that went well enough but should be looked at.
type SyncWarned struct {
	Sync    SyncID  `json:"sync"`
	Warning Warning `json:"warning"`
	// CaseType is the new case type of a matter that keeps its matter type.
	CaseType string `json:"case_type,omitempty"`
	// Field and Value are what Smokeball refused of the matter: it is not offered again by
	// itself.
	Field string `json:"field,omitempty"`
	Value string `json:"value,omitempty"`
}

// MatterTagged says that Smokeball's matter has these tags of CaseHug's.
type MatterTagged struct {
	Sync   SyncID      `json:"sync"`
	Matter SmokeballID `json:"matter"`
	Tags   []string    `json:"tags"` // all that were ever sent
}

// FolderCreationStarted is the intent to make a folder for documents in the matter.
type FolderCreationStarted struct {
	Sync    SyncID    `json:"sync"`
	Path    string    `json:"path"` // from the matter's root, parts joined by /
	Request RequestID `json:"request"`
}

// FolderCreationRefused settles the intent: Smokeball refused the folder. Until
// FolderCreationAbandoned existed it also stood for a folder that was no longer looked for.
type FolderCreationRefused struct {
	Sync    SyncID    `json:"sync"`
	Path    string    `json:"path"`
	Request RequestID `json:"request"`
}

// FolderResolved names the folder of a path: found in Smokeball, or made there.
type FolderResolved struct {
	Sync   SyncID      `json:"sync"`
	Path   string      `json:"path"`
	Folder SmokeballID `json:"folder"`
	Made   bool        `json:"made,omitempty"`
}

// FolderGone says that Smokeball no longer has the folder of a path: somebody deleted it. It
// and the folders in it are looked for again.
type FolderGone struct {
	Sync   SyncID      `json:"sync"`
	Path   string      `json:"path"`
	Folder SmokeballID `json:"folder"`
}

// MatterCreationStarted is the intent to create the matter in Smokeball.
type MatterCreationStarted struct {
	Sync    SyncID      `json:"sync"`
	Request RequestID   `json:"request"`
	Sent    MatterDraft `json:"sent,omitzero"`     // what is looked for where the answer is lost
	Account string      `json:"account,omitempty"` // of Smokeball; empty: whichever is connected
}

// MatterCreationRefused settles the intent: Smokeball refused the matter. Until
// MatterCreationAbandoned existed it also stood for a matter that was no longer looked for.
type MatterCreationRefused struct {
	Sync    SyncID    `json:"sync"`
	Request RequestID `json:"request"`
}

// MatterAccepted says that Smokeball took the new matter in (202) under this id.
type MatterAccepted struct {
	Sync       SyncID      `json:"sync"`
	Matter     SmokeballID `json:"matter"`
	Request    RequestID   `json:"request,omitempty"`
	Sent       MatterDraft `json:"sent"`
	Account    string      `json:"account,omitempty"` // of Smokeball; empty: whichever is connected
	DurationMS int64       `json:"duration_ms"`
}

// Linking says how a matter that Smokeball already had was found.
type Linking string

// The ways.
const (
	LinkedByID     Linking = "external_id" // it carries our id
	LinkedByNumber Linking = "number"      // it has the case number and the client
	LinkedRestored Linking = "restored"    // it was gone and is there again
	LinkedEarlier  Linking = "earlier"     // it was linked before the firm left the account
	LinkedByHand   Linking = "by_hand"     // a person chose it
)

// MatterLinked says that a matter which Smokeball already had is this matter.
type MatterLinked struct {
	Sync       SyncID      `json:"sync"`
	Matter     SmokeballID `json:"matter"`
	How        Linking     `json:"how"`
	Known      MatterDraft `json:"known"`             // what counts as already sent
	Account    string      `json:"account,omitempty"` // of Smokeball; empty: whichever is connected
	DurationMS int64       `json:"duration_ms"`

	// Of a link by hand, which no sync made:
	By      string       `json:"by,omitempty"` // who made it
	ByName  string       `json:"by_name,omitempty"`
	Choice  ClientChoice `json:"choice,omitempty"`  // what they decided of the client; empty: there was nothing to decide
	Contact SmokeballID  `json:"contact,omitempty"` // that they said the matter's client is
	Left    []ClientID   `json:"left,omitempty"`    // CaseHug's clients who are not put on Smokeball's matter
}

// MatterChangeAccepted says that Smokeball took changes of the matter in (202).
type MatterChangeAccepted struct {
	Sync       SyncID       `json:"sync"`
	Matter     SmokeballID  `json:"matter,omitempty"`
	Request    RequestID    `json:"request"`
	Change     MatterChange `json:"change"`
	Sent       MatterDraft  `json:"sent"` // the whole after the change
	DurationMS int64        `json:"duration_ms"`
}

// MatterChangeRefused says that Smokeball took a change in and then refused it.
type MatterChangeRefused struct {
	Sync    SyncID    `json:"sync"`
	Request RequestID `json:"request"`
}

// MatterUnchanged says that Smokeball already has what CaseHug has.
type MatterUnchanged struct {
	Sync   SyncID      `json:"sync"`
	Matter SmokeballID `json:"matter,omitempty"`
}

// MatterConfirmed says that the matter, or its change, was seen in Smokeball.
type MatterConfirmed struct {
	Sync       SyncID      `json:"sync"`
	Matter     SmokeballID `json:"matter"`
	By         Proof       `json:"by"`
	Request    RequestID   `json:"request,omitempty"`
	DurationMS int64       `json:"duration_ms"`
}

// MatterMissed says that Smokeball accepted the matter and did not show it: whether it
// will ever be there is open, so it is looked for before it is made again.
type MatterMissed struct {
	Sync    SyncID      `json:"sync"`
	Matter  SmokeballID `json:"matter"`
	Request RequestID   `json:"request,omitempty"`
}

// MatterGone says that Smokeball no longer has the linked matter: somebody deleted or
// cancelled it there. The link stays, because the matter may be restored.
type MatterGone struct {
	Sync   SyncID      `json:"sync"`
	Matter SmokeballID `json:"matter"`
}

// MatterUnlinked says that the matter is no longer the one that it was in Smokeball: it is
// looked for and made again, its documents too, unless a person unlinked it.
type MatterUnlinked struct {
	Sync    SyncID      `json:"sync"`
	Matter  SmokeballID `json:"matter,omitempty"`  // empty: it was not known yet whether it was made
	Account string      `json:"account,omitempty"` // where it is, or was
	Reason  Unlinking   `json:"reason"`
	By      string      `json:"by,omitempty"` // who unlinked it by hand
	ByName  string      `json:"by_name,omitempty"`
}

// Unlinking says why a matter is no longer the one that it was in Smokeball.
type Unlinking string

// The reasons.
const (
	UnlinkedGone    Unlinking = "gone"    // it is gone, and a person requires it in Smokeball again
	UnlinkedAccount Unlinking = "account" // the firm is connected to another account by now

	UnlinkedByPerson Unlinking = "person" // a firm admin unlinked it; nothing else is made of it unasked
)

// FileCreationStarted is the intent to announce the document's file to Smokeball.
type FileCreationStarted struct {
	Sync     SyncID     `json:"sync"`
	Document DocumentID `json:"document"`
	Request  RequestID  `json:"request"`
	FileName string     `json:"file_name,omitempty"` // as Smokeball is told it
}

// FileCreationRefused settles the intent: Smokeball refused the file. Until
// FileCreationAbandoned existed it also stood for a file that was given up otherwise.
type FileCreationRefused struct {
	Sync     SyncID     `json:"sync"`
	Document DocumentID `json:"document"`
	Request  RequestID  `json:"request"`
}

// FileAccepted says that Smokeball expects the bytes of the document under this id.
type FileAccepted struct {
	Sync     SyncID      `json:"sync"`
	Document DocumentID  `json:"document"`
	File     SmokeballID `json:"file"`
	Request  RequestID   `json:"request,omitempty"`
}

// DocumentUploaded says that all bytes of the document were sent.
type DocumentUploaded struct {
	Sync       SyncID      `json:"sync"`
	Document   DocumentID  `json:"document"`
	File       SmokeballID `json:"file"`
	FileName   string      `json:"file_name"`
	Request    RequestID   `json:"request,omitempty"` // that announced the file
	SHA256     string      `json:"sha256"`
	SizeBytes  int64       `json:"size_bytes"`
	DurationMS int64       `json:"duration_ms"`
}

// DocumentReplacementStarted is the intent to send other bytes to a file whose bytes are known.
type DocumentReplacementStarted struct {
	Sync     SyncID      `json:"sync"`
	Document DocumentID  `json:"document"`
	File     SmokeballID `json:"file"`
}

// DocumentKept says that nothing was sent for another approval of the document: its file has
// the approved bytes, or (not compared) their source has none any more.
type DocumentKept struct {
	Sync     SyncID      `json:"sync"`
	Document DocumentID  `json:"document"`
	File     SmokeballID `json:"file"`
	SHA256   string      `json:"sha256"` // of the bytes that the file has
	Compared bool        `json:"compared,omitempty"`
}

// FileRenamed says that Smokeball shows the document's file under the name that CaseHug gave
// it since it was announced.
type FileRenamed struct {
	Sync       SyncID      `json:"sync"`
	Document   DocumentID  `json:"document"`
	File       SmokeballID `json:"file"`
	Was        string      `json:"was"`
	FileName   string      `json:"file_name"`
	Request    RequestID   `json:"request,omitempty"` // empty: it had the name already
	DurationMS int64       `json:"duration_ms"`
}

// DocumentConfirmed says that Smokeball shows the file as uploaded.
type DocumentConfirmed struct {
	Sync       SyncID      `json:"sync"`
	Document   DocumentID  `json:"document"`
	File       SmokeballID `json:"file"`
	By         Proof       `json:"by"`
	Request    RequestID   `json:"request,omitempty"` // that announced the file
	DurationMS int64       `json:"duration_ms"`
}

// FileMissed says that Smokeball accepted the document's file and did not show its
// bytes: it is looked for before it is announced again.
type FileMissed struct {
	Sync     SyncID      `json:"sync"`
	Document DocumentID  `json:"document"`
	File     SmokeballID `json:"file"`
	Request  RequestID   `json:"request,omitempty"`
}

// DocumentFailed says that a document could not be sent; the rest of the sync went on.
type DocumentFailed struct {
	Sync     SyncID     `json:"sync"`
	Document DocumentID `json:"document"`
	FileName string     `json:"file_name"`
	Failure  Failure    `json:"failure"`
}

func (MatterCreated) EventName() string         { return "matter.created.v1" }
func (MatterUpdated) EventName() string         { return "matter.updated.v1" }
func (MatterOutdated) EventName() string        { return "matter.outdated.v1" }
func (MatterRebased) EventName() string         { return "matter.rebased.v1" }
func (DocumentApproved) EventName() string      { return "document.approved.v1" }
func (SyncRequested) EventName() string         { return "sync.requested.v1" }
func (SyncJoined) EventName() string            { return "sync.joined.v1" }
func (SyncStarted) EventName() string           { return "sync.started.v1" }
func (SyncDeferred) EventName() string          { return "sync.deferred.v1" }
func (SyncReleased) EventName() string          { return "sync.released.v1" }
func (SyncConfirming) EventName() string        { return "sync.confirming.v1" }
func (SyncSucceeded) EventName() string         { return "sync.succeeded.v1" }
func (SyncFailed) EventName() string            { return "sync.failed.v1" }
func (SyncCancelled) EventName() string         { return "sync.cancelled.v1" }
func (SyncSkipped) EventName() string           { return "sync.skipped.v1" }
func (MatterTypeResolved) EventName() string    { return "sync.matter_type_resolved.v1" }
func (ContactResolved) EventName() string       { return "sync.contact_resolved.v1" }
func (ContactSeen) EventName() string           { return "sync.contact_confirmed.v1" }
func (SyncWarned) EventName() string            { return "sync.warned.v1" }
func (MatterTagged) EventName() string          { return "smokeball.matter_tagged.v1" }
func (FolderCreationStarted) EventName() string { return "smokeball.folder_started.v1" }
func (FolderCreationRefused) EventName() string { return "smokeball.folder_refused.v1" }
func (FolderResolved) EventName() string        { return "smokeball.folder_resolved.v1" }
func (FolderGone) EventName() string            { return "smokeball.folder_gone.v1" }
func (MatterCreationStarted) EventName() string { return "smokeball.matter_started.v1" }
func (MatterCreationRefused) EventName() string { return "smokeball.matter_refused.v1" }
func (MatterAccepted) EventName() string        { return "smokeball.matter_accepted.v1" }
func (MatterLinked) EventName() string          { return "smokeball.matter_linked.v1" }
func (MatterChangeAccepted) EventName() string  { return "smokeball.matter_changed.v1" }
func (MatterChangeRefused) EventName() string   { return "smokeball.matter_change_refused.v1" }
func (MatterUnchanged) EventName() string       { return "smokeball.matter_unchanged.v1" }
func (MatterConfirmed) EventName() string       { return "smokeball.matter_confirmed.v1" }
func (MatterMissed) EventName() string          { return "smokeball.matter_missed.v1" }
func (MatterGone) EventName() string            { return "smokeball.matter_gone.v1" }
func (MatterUnlinked) EventName() string        { return "smokeball.matter_unlinked.v1" }
func (FileMissed) EventName() string            { return "smokeball.file_missed.v1" }
func (FileCreationStarted) EventName() string   { return "smokeball.file_started.v1" }
func (FileCreationRefused) EventName() string   { return "smokeball.file_refused.v1" }
func (FileAccepted) EventName() string          { return "smokeball.file_accepted.v1" }
func (DocumentUploaded) EventName() string      { return "smokeball.document_uploaded.v1" }
func (DocumentConfirmed) EventName() string     { return "smokeball.document_confirmed.v1" }
func (DocumentKept) EventName() string          { return "smokeball.document_kept.v1" }
func (FileRenamed) EventName() string           { return "smokeball.file_renamed.v1" }
func (DocumentReplacementStarted) EventName() string {
	return "smokeball.content_started.v1"
}
func (DocumentFailed) EventName() string { return "smokeball.document_failed.v1" }
