package domain

import "time"

// BulkScope says which matters a bulk sync is about: exactly one of its fields.
type BulkScope struct {
	Matters []MatterID  `json:"matters,omitempty"`
	All     bool        `json:"all,omitempty"`
	Filter  *BulkFilter `json:"filter,omitempty"`
}

// BulkFilter keeps matters. Zero fields keep all.
type BulkFilter struct {
	Status       string `json:"status,omitempty"` // of the matter in CaseHug, of its last sync, or not_synced
	CaseType     string `json:"case_type,omitempty"`
	UpdatedSince string `json:"updated_since,omitempty"` // RFC 3339
	Differs      *bool  `json:"differs,omitempty"`
}

// NotSynced is the filter's status of matters that Smokeball does not have.
const NotSynced = "not_synced"

// BulkStarted says that a person asked for a bulk sync.
type BulkStarted struct {
	Bulk      BulkID    `json:"bulk"`
	Scope     BulkScope `json:"scope"`
	Estimates bool      `json:"estimates,omitempty"` // nothing is synced
	LinkOnly  bool      `json:"link_only,omitempty"`
	By        string    `json:"by"`
	ByName    string    `json:"by_name,omitempty"`
}

func (BulkStarted) EventName() string { return "bulk.started.v1" }

// BulkMatter is a matter of a bulk sync.
type BulkMatter struct {
	ID    MatterID `json:"id"`
	Calls int      `json:"calls,omitempty"` // that its sync was estimated to make
}

// BulkMattersChosen says which matters are a part of the bulk sync; more may follow.
type BulkMattersChosen struct {
	Matters []BulkMatter `json:"matters"`
}

func (BulkMattersChosen) EventName() string { return "bulk.chosen.v1" }

// BulkEstimated says what the bulk sync will take. All its matters are chosen.
type BulkEstimated struct {
	Calls     int `json:"calls"`           // of all syncs
	Reads     int `json:"reads,omitempty"` // that were made for it: of the account's matters and contacts, and of what the looks at matters need
	NewClient int `json:"new_clients,omitempty"`
	Documents int `json:"documents,omitempty"`
	Links     int `json:"links,omitempty"` // matters that Smokeball has already
	Lacking   int `json:"lacking,omitempty"`

	Each time.Duration `json:"each,omitempty"` // that a look at one matter took
}

func (BulkEstimated) EventName() string { return "bulk.estimated.v1" }

// BulkResult says what came of a matter in a bulk sync.
type BulkResult string

// The results of matters in a bulk sync.
const (
	BulkSucceeded BulkResult = "succeeded"
	BulkSame      BulkResult = "skipped" // Smokeball had everything already
	BulkFailed    BulkResult = "failed"
	BulkWaits     BulkResult = "waiting"   // its sync goes on by itself, or when somebody acts
	BulkUndecided BulkResult = "undecided" // whether a matter in Smokeball is it, a person has to decide
	BulkNotThere  BulkResult = "not_there" // Smokeball has no such matter, and none was to be made
)

// BulkOutcome is what came of a matter.
type BulkOutcome struct {
	Matter     int           `json:"matter"`       // its place among the bulk sync's matters
	ID         MatterID      `json:"id,omitempty"` // of one whose link is left to a person, or is not
	Outcome    BulkResult    `json:"outcome"`
	Sync       SyncID        `json:"sync,omitempty"`
	Code       Code          `json:"code,omitempty"`
	Candidates []SmokeballID `json:"candidates,omitempty"` // Smokeball's matters that may be it
	Linked     bool          `json:"linked,omitempty"`     // Smokeball had the matter already
}

// BulkAdvanced says what came of some matters.
type BulkAdvanced struct {
	Outcomes []BulkOutcome `json:"outcomes,omitempty"`
	Weight   int           `json:"weight,omitempty"` // the estimated calls of these matters
	Calls    int           `json:"calls,omitempty"`  // that were made since the last such event
	Looked   int           `json:"looked,omitempty"` // matters among them that were estimated to take no calls
	Ahead    int           `json:"ahead,omitempty"`  // of the estimated calls of matters without an outcome, those made
}

func (BulkAdvanced) EventName() string { return "bulk.advanced.v1" }

// BulkTakenUp says that an engine works on the bulk sync from now on; nobody may have since the
// last event.
type BulkTakenUp struct {
	Left  int `json:"left"`            // matters without an outcome
	Calls int `json:"calls,omitempty"` // that another engine had made and not counted when it was killed
}

func (BulkTakenUp) EventName() string { return "bulk.taken_up.v1" }

// BulkSyncPaused says that no further matters are started for now.
type BulkSyncPaused struct {
	By     string `json:"by"`
	ByName string `json:"by_name,omitempty"`
}

func (BulkSyncPaused) EventName() string { return "bulk.paused.v1" }

// BulkResumed says that further matters are started again.
type BulkResumed struct {
	By     string `json:"by"`
	ByName string `json:"by_name,omitempty"`
}

func (BulkResumed) EventName() string { return "bulk.resumed.v1" }

// BulkSyncCancelled says that no further matters are started.
type BulkSyncCancelled struct {
	By     string `json:"by"`
	ByName string `json:"by_name,omitempty"`
}

func (BulkSyncCancelled) EventName() string { return "bulk.cancelled.v1" }

// BulkFinished says that every matter has its outcome.
type BulkFinished struct {
	Matters int `json:"matters"`
}

func (BulkFinished) EventName() string { return "bulk.finished.v1" }
