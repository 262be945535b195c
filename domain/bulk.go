package domain

import (
	"slices"
	"time"
)

// BulkID names a bulk sync.
type BulkID string

// BulkStatus is where a bulk sync stands.
type BulkStatus string

// The statuses of a bulk sync.
const (
	BulkEstimating BulkStatus = "estimating" // its matters are chosen, and what they take is found out
	BulkRunning    BulkStatus = "running"
	BulkPaused     BulkStatus = "paused"
	BulkDone       BulkStatus = "done"
	BulkCancelled  BulkStatus = "cancelled"
)

// Over reports whether nothing more happens to a bulk sync of this status.
func (s BulkStatus) Over() bool { return s == BulkDone || s == BulkCancelled }

// Bulk is many matters that are synced because a person asked for it at once.
type Bulk struct {
	ID        BulkID
	Scope     BulkScope
	Estimates bool // nothing is synced
	LinkOnly  bool // only what Smokeball has already is synced
	By        string
	ByName    string
	Status    BulkStatus
	Matters   []BulkMatter
	Outcomes  []BulkOutcome // of Matters, at the same place; the zero value: none yet
	Started   time.Time
	Finished  time.Time
	Progress  BulkProgress
}

// Apply returns the bulk sync after e.
func (b Bulk) Apply(e Event, at time.Time) Bulk {
	switch e := e.(type) {
	case BulkStarted:
		b.ID, b.Scope, b.Estimates, b.LinkOnly, b.By, b.ByName, b.Started, b.Status = e.Bulk, e.Scope, e.Estimates, e.LinkOnly, e.By, e.ByName, at, BulkEstimating
	case BulkMattersChosen:
		b.Matters = append(slices.Clip(b.Matters), e.Matters...)
		b.Outcomes = append(slices.Clip(b.Outcomes), make([]BulkOutcome, len(e.Matters))...)
	case BulkAdvanced:
		b.Outcomes = slices.Clone(b.Outcomes)
		for _, o := range e.Outcomes {
			if o.Matter >= 0 && o.Matter < len(b.Outcomes) {
				b.Outcomes[o.Matter] = o
			}
		}
	}
	b.Progress = b.Progress.Apply(e, at)
	b.Status, b.Finished = b.Progress.Status, b.Progress.Finished
	return b
}

// Start decides to begin. The same bulk sync again yields nothing.
func (b Bulk) Start(e BulkStarted) ([]Event, error) {
	if b.ID == "" {
		return []Event{e}, nil
	}
	if !sameJSON(e.Scope, b.Scope) || e.Estimates != b.Estimates || e.LinkOnly != b.LinkOnly {
		return nil, &Rejection{Reason: Conflict, Failure: Failure{Code: CodeIdempotencyKeyUsed,
			Message: "This Idempotency-Key began another bulk sync already", Remedy: "Send another key, or the same request as before."}}
	}
	return nil, nil
}

// Pause decides to start no further matters.
func (b Bulk) Pause(by, name string) ([]Event, error) {
	switch b.Status {
	case BulkRunning:
		return []Event{BulkSyncPaused{By: by, ByName: name}}, nil
	case BulkPaused:
		return nil, nil
	}
	return nil, b.not("paused")
}

// Resume decides to go on.
func (b Bulk) Resume(by, name string) ([]Event, error) {
	switch b.Status {
	case BulkPaused:
		return []Event{BulkResumed{By: by, ByName: name}}, nil
	case BulkRunning:
		return nil, nil
	}
	return nil, b.not("resumed")
}

// Cancel decides to start no further matters, ever. What is done stays.
func (b Bulk) Cancel(by, name string) ([]Event, error) {
	if b.Status == BulkCancelled {
		return nil, nil
	}
	if b.ID == "" || b.Status.Over() {
		return nil, b.not("cancelled")
	}
	return []Event{BulkSyncCancelled{By: by, ByName: name}}, nil
}

// Finish decides that it is over once every matter has its outcome: a paused one, too, for there is nothing left to resume.
func (b Bulk) Finish() ([]Event, error) {
	if (b.Status != BulkRunning && b.Status != BulkPaused) || b.Unfinished() > 0 {
		return nil, nil
	}
	return []Event{BulkFinished{Matters: len(b.Matters)}}, nil
}

func (b Bulk) not(what string) error {
	if b.ID == "" {
		return &Rejection{Reason: Unknown, Failure: Failure{Code: CodeNotFound, Message: "There is no such bulk sync", Remedy: "Look for it in the list of bulk syncs."}}
	}
	return &Rejection{Reason: Conflict, Failure: Failure{Code: CodeBulkNotOpen,
		Message: "The bulk sync is " + string(b.Status) + " and can't be " + what, Remedy: "Reload the page to see how it stands."}}
}

// Next is the first matter after place that has no outcome yet; -1: there is none.
func (b Bulk) Next(place int) int {
	for i := place; i < len(b.Matters); i++ {
		if b.Outcomes[i].Outcome == "" {
			return i
		}
	}
	return -1
}

// Unfinished is how many matters have no outcome yet.
func (b Bulk) Unfinished() (n int) {
	for _, o := range b.Outcomes {
		if o.Outcome == "" {
			n++
		}
	}
	return n
}

// Origin names the bulk sync as what asked for the syncs of its matters: one for each.
func (b Bulk) Origin() EventRef { return EventRef{Source: BulkSource, ID: string(b.ID)} }

// BulkSource is the source of syncs that a bulk sync asks for.
const BulkSource = "/bulk-syncs"

// RequestBulk decides the sync of the matter that a bulk sync asks for, and names it.
func (m Matter) RequestBulk(f FirmID, b Bulk) (SyncID, []Event) {
	origin := b.Origin()
	return m.Request(SyncRequested{Sync: SyncIDFor(f, m.Data.ID, origin), Trigger: TriggerBulk, By: b.By, ByName: b.ByName, Origin: origin})
}

// BulkIDFor is the id of the bulk sync that a firm's Idempotency-Key stands for.
func BulkIDFor(f FirmID, key string) BulkID { return BulkID("b_" + shortHash("bulk", string(f), key)) }
