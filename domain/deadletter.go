package domain

import (
	"fmt"
	"time"
)

// DeadLettered records an event that could not be taken in, whole, with the reason
// for each field.
type DeadLettered struct {
	Subject string       `json:"subject"`
	Type    string       `json:"type,omitempty"`
	Origin  EventRef     `json:"origin,omitzero"`
	Code    Code         `json:"code,omitempty"` // empty: CodeInvalidEvent
	Faults  []FieldFault `json:"faults"`
	Header  Header       `json:"header,omitempty"`
	Body    []byte       `json:"body"`              // its beginning, where Size is more than it has
	Size    int          `json:"size,omitempty"`    // of the whole body in bytes
	SHA256  string       `json:"sha256,omitempty"`  // of the whole body, lower-case hex
	Message string       `json:"message,omitempty"` // the message of the bus that has it whole
	Vouched bool         `json:"vouched,omitempty"` // as of the event
}

// Header holds the headers of a message, one value each.
type Header map[string]string

func (DeadLettered) EventName() string { return "deadletter.recorded.v1" }

// Whole reports whether the body is kept to its end.
func (e DeadLettered) Whole() bool { return e.Size <= len(e.Body) }

// ID is the id under which the event is kept: the same message again has the same id.
func (e DeadLettered) ID() string {
	if e.Whole() {
		return DeadLetterID(e.Subject, e.Body)
	}
	return DeadLetterID(e.Subject, []byte(e.SHA256)) // what is cut off may tell two apart
}

// DeadLetterID derives an id from a message: the same message again has the same id.
func DeadLetterID(subject string, body []byte) string {
	return "dl_" + shortHash(subject, string(body))
}

// DeadLetterRetried records that somebody tried to take a dead letter in, and why it
// still could not be.
type DeadLetterRetried struct {
	By     string       `json:"by"`
	ByName string       `json:"by_name,omitempty"`
	Code   Code         `json:"code"`
	Faults []FieldFault `json:"faults"`
}

func (DeadLetterRetried) EventName() string { return "deadletter.retried.v1" }

// DeadLetterSettled records what became of a dead letter.
type DeadLetterSettled struct {
	State  DeadLetterState `json:"state"`
	Was    DeadLetterState `json:"was"` // the state before
	By     string          `json:"by"`
	ByName string          `json:"by_name,omitempty"`
}

func (DeadLetterSettled) EventName() string { return "deadletter.settled.v1" }

// DeadLetterState is what has become of a dead letter.
type DeadLetterState string

// The states of a dead letter.
const (
	DeadLetterOpen      DeadLetterState = "open"
	DeadLetterTakenIn   DeadLetterState = "taken_in"  // a retry took it in
	DeadLetterDiscarded DeadLetterState = "discarded" // somebody decided that it is not needed
)

// DeadLetter is one event that could not be taken in.
type DeadLetter struct {
	DeadLetter DeadLettered
	State      DeadLetterState // empty: none is recorded
	Expired    bool            // it is no longer kept
}

// Apply returns the dead letter after e.
func (d DeadLetter) Apply(e Event, _ time.Time) DeadLetter {
	switch e := e.(type) {
	case DeadLettered:
		d.DeadLetter, d.State = e, DeadLetterOpen
	case DeadLetterSettled:
		d.State = e.State
	case DeadLetterExpired:
		d.Expired = true
	}
	return d
}

// Record decides to keep the event, once.
func (d DeadLetter) Record(e DeadLettered) []Event {
	if d.State != "" {
		return nil
	}
	return []Event{e}
}

// Retry reports whether the event is to be taken in again: it is not where that has
// been done. One that was discarded, or never recorded, is a Rejection.
func (d DeadLetter) Retry() (again bool, err error) {
	switch {
	case d.State == "" || d.Expired:
		return false, noDeadLetter()
	case d.State == DeadLetterDiscarded:
		return false, &Rejection{Reason: Conflict, Failure: Failure{Code: CodeDiscarded, Message: "The event was discarded",
			Remedy: "Send it again from CaseHug, if it is needed after all."}}
	}
	return d.State == DeadLetterOpen, nil
}

// StillUnprocessable decides to record a retry that did not take the event in.
func (d DeadLetter) StillUnprocessable(e DeadLetterRetried) []Event {
	if d.State != DeadLetterOpen {
		return nil
	}
	return []Event{e}
}

// TakenIn decides to record that the event was taken in. That counts even where somebody
// discarded it while it was: it is what happened.
func (d DeadLetter) TakenIn(by User) []Event {
	if d.State == "" || d.State == DeadLetterTakenIn || d.Expired {
		return nil
	}
	return []Event{DeadLetterSettled{State: DeadLetterTakenIn, Was: d.State, By: by.Subject, ByName: by.Name}}
}

// DeadLetterRetention is how long an event that nobody settles can be retried.
const DeadLetterRetention = 90 * 24 * time.Hour

// Expire decides that the event can no longer be retried: nobody settled it within
// DeadLetterRetention.
func (d DeadLetter) Expire() []Event {
	if d.State != DeadLetterOpen {
		return nil
	}
	return []Event{DeadLetterSettled{State: DeadLetterDiscarded, Was: d.State, ByName: "the engine, after 90 days"}}
}

// Discard decides that the event is not needed, once.
func (d DeadLetter) Discard(by User) ([]Event, error) {
	switch {
	case d.State == "" || d.Expired:
		return nil, noDeadLetter()
	case d.State == DeadLetterDiscarded:
		return nil, nil
	case d.State == DeadLetterTakenIn:
		return nil, &Rejection{Reason: Conflict, Failure: Failure{Code: CodeTakenIn, Message: "The event has been taken in meanwhile",
			Remedy: "There is nothing left to do."}}
	}
	return []Event{DeadLetterSettled{State: DeadLetterDiscarded, Was: d.State, By: by.Subject, ByName: by.Name}}, nil
}

func noDeadLetter() error {
	return &Rejection{Reason: Unknown, Failure: Failure{Code: CodeNotFound, Message: "There is no such dead letter",
		Remedy: "Look for it in the list of dead letters."}}
}

// Unprocessable is the error of an event that can't be taken in for a reason of its own: the
// same event would fail again.
type Unprocessable struct {
	Code   Code // CodeInvalidEvent, CodeEventIDUsed: the sender's fault; CodeEventNotHandled: the engine's
	Faults []FieldFault
	Err    error // the cause, for operators; nil: the faults say it all
}

func (e *Unprocessable) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %d faults", e.Code, len(e.Faults))
	}
	return fmt.Sprintf("%s: %v", e.Code, e.Err)
}

func (e *Unprocessable) Unwrap() error { return e.Err }

// UnprocessableRemedy says what is to be done about an event that could not be taken in with
// that code, and who must act.
func UnprocessableRemedy(c Code) string {
	switch c {
	case CodeEventNotHandled:
		return "An operator finds its id in the engine’s log and mends the engine; Retry takes it in after that."
	case CodeEventGone:
		return "CaseHug sends the event again; this one can then be discarded."
	case CodeEventIDUsed:
		return "CaseHug sends the event again under an id of its own; this one can then be discarded."
	}
	return "Correct it in CaseHug: the correction comes as a new event, and this one can then be discarded. Retry helps only where what refused it has changed."
}

// Erase decides that the event says something of those whose data are erased.
func (d DeadLetter) Erase(by string) []Event {
	if d.State != DeadLetterOpen {
		return nil
	}
	return []Event{DeadLetterSettled{State: DeadLetterDiscarded, Was: d.State, By: by}}
}
