package domain

import "errors"

// ErrOutdated says that the state on which a decision was made has changed: the caller reads
// it again.
var ErrOutdated = errors.New("domain: what the decision was made on has changed")

// Defer decides that the current sync waits. seen is the matter that the attempt went by.
// Where CaseHug has told more since, a wait that only a fact ends is not begun: that fact
// may have come already, and nothing would end the wait any more.
func (m Matter) Defer(t Attempt, seen Matter, e SyncDeferred) ([]Event, error) {
	facts, err := m.Record(t, e)
	if err == nil && e.Until.IsZero() && differs(m, seen) {
		return nil, ErrOutdated
	}
	return facts, err
}

// Fail decides that the current sync has failed. seen is the matter that the attempt went
// by: what CaseHug has told since is tried first.
func (m Matter) Fail(t Attempt, seen Matter, e SyncFailed) ([]Event, error) {
	facts, err := m.Record(t, e)
	if err == nil && differs(m, seen) {
		return nil, ErrOutdated
	}
	return facts, err
}

// Finish decides how the current sync ends: failed where a document could not be sent,
// skipped where nothing had to be, else succeeded. seen is the matter that the attempt went
// by: what CaseHug has told since is sent first.
func (m Matter) Finish(t Attempt, seen Matter) ([]Event, error) {
	facts, err := m.Record(t, endOf(m, t.Sync)...)
	if err == nil && differs(m, seen) {
		return nil, ErrOutdated
	}
	return facts, err
}

// endOf is how the current sync ends, if there is one.
func endOf(m Matter, id SyncID) []Event {
	s := m.Current
	if s == nil {
		return nil
	}
	for _, d := range m.Documents {
		if d.Failure != nil && d.FailedIn == id {
			return []Event{SyncFailed{Sync: id, Step: StepDocument, Failure: *d.Failure}}
		}
	}
	switch {
	case !s.Changed && (len(m.Differing()) > 0 || s.contactDiffers()):
		return []Event{SyncSkipped{Sync: id, Reason: SkippedDiffers}}
	case !s.Changed && len(s.Warnings) > 0:
		return []Event{SyncSkipped{Sync: id, Reason: SkippedWarned}}
	case !s.Changed:
		return []Event{SyncSkipped{Sync: id, Reason: SkippedSame}}
	}
	return []Event{SyncSucceeded{Sync: id, Warnings: s.Warnings}}
}

// contactDiffers reports whether the sync found a client's contact to be otherwise than CaseHug has it.
func (s *Sync) contactDiffers() bool {
	for _, w := range s.Warnings {
		if w.Code == WarnContactDiffers {
			return true
		}
	}
	return false
}

// differs reports whether CaseHug has told something of the matter since it was as seen.
func differs(m Matter, seen Matter) bool {
	return m.Known != seen.Known || !sameJSON(m.Data, seen.Data)
}

// FailDocument decides that a document can't be sent. approval counts the approvals that
// the try was made on: a newer one is tried first (ErrTaken).
func (m Sending) FailDocument(t Attempt, approval int, e DocumentFailed) ([]Event, error) {
	facts, err := m.Record(t, e)
	if d, _ := m.Document(e.Document); err == nil && d.Approvals != approval {
		return nil, ErrTaken
	}
	return facts, err
}

// Miss decides that Smokeball did not show in time what the request asked of the matter.
// What was shown at the last moment is not missed.
func (m Sending) Miss(t Attempt, r RequestID) ([]Event, error) {
	sb := m.Smokeball
	switch {
	case sb.Request != r || sb.Confirmed:
		return m.Record(t)
	case sb.Before != nil: // writing the same again does no harm
		return m.Record(t, MatterChangeMissed{Sync: t.Sync, Request: r})
	}
	return m.Record(t, MatterMissed{Sync: t.Sync, Matter: sb.ID, Request: r})
}

// MissFile decides that Smokeball did not show a document's bytes in time. It yields nothing
// for a file whose content was approved again or whose outcome is already recorded.
func (m Sending) MissFile(t Attempt, id DocumentID, file SmokeballID) ([]Event, error) {
	d, _ := m.Document(id)
	if !d.Uploaded || d.Confirmed || d.File != file {
		return m.Record(t)
	}
	return m.Record(t, FileMissed{Sync: t.Sync, Document: id, File: file, Request: d.Request})
}
