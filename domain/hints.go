package domain

import (
	"strings"
	"time"
)

// HintsRead says that a resource was read after webhooks about it. Heard is how many of them
// were on record when the read began: those that came later ask for another read.
type HintsRead struct {
	Heard  int       `json:"heard"`
	By     Proof     `json:"by"`
	ReadAt time.Time `json:"read_at,omitzero"` // when Smokeball was asked; zero: right before it was recorded
}

// EventName is stored for ever.
func (HintsRead) EventName() string { return "smokeball.hints_read.v1" }

// ChangeFound says that a sweep listed a linked resource otherwise than it was seen last, and
// that no webhook had told of it.
type ChangeFound struct {
	Resource SmokeballID `json:"resource"`
	Changed  time.Time   `json:"changed,omitzero"` // by Smokeball's clock; zero: not told
}

// EventName is stored for ever.
func (ChangeFound) EventName() string { return "smokeball.change_found.v1" }

// Hints are the webhooks about a Smokeball resource, and what sweeps found of it, as far as
// they are a reason to read it.
type Hints struct {
	Heard   int       `json:"heard"`             // webhooks about the resource, and changes that were found
	Asked   int       `json:"asked,omitempty"`   // the number of the newest that asks for a read
	Read    int       `json:"read,omitempty"`    // of those that a read has answered
	Newest  EventRef  `json:"newest,omitzero"`   // that asks for a read
	Found   bool      `json:"found,omitempty"`   // a sweep asks for a read, and no webhook does
	Changed time.Time `json:"changed,omitzero"`  // when it happened, by Smokeball's clock; zero: not told
	Last    time.Time `json:"last,omitzero"`     // when the newest one that asks came
	Since   time.Time `json:"since,omitzero"`    // when the oldest one came that is still unread
	Answer  time.Time `json:"answered,omitzero"` // when the last read began
	Wanted  bool      `json:"wanted,omitempty"`  // a person asked for a read
}

// Apply returns the hints after e.
func (h Hints) Apply(e Event, at time.Time) Hints {
	switch e := e.(type) {
	case SmokeballWebhookReceived:
		h.Heard++
		if e.AsksForRead() {
			if !h.Pending() {
				h.Since = at
			}
			h.Asked, h.Newest, h.Found, h.Changed, h.Last = h.Heard, e.Origin, false, e.Changed, at
		}
	case ReadAsked:
		h.Wanted = true
	case ChangeFound:
		h.Heard++
		h.Asked, h.Newest, h.Found, h.Changed, h.Last, h.Since = h.Heard, EventRef{}, true, e.Changed, at, at
	case HintsRead:
		h.Read, h.Since, h.Answer, h.Wanted, h.Found = e.Heard, time.Time{}, readFrom(e.ReadAt, at), false, false
		if h.Heard > e.Heard { // even one of our own calls: what was read may be from before it
			h.Asked, h.Since = h.Heard, at
		}
	}
	return h
}

// Pending reports whether the resource may have changed since it was read.
func (h Hints) Pending() bool { return h.Asked > h.Read }

// Answered decides that the resource was read, from a time on, when heard webhooks about it were
// on record.
func (h Hints) Answered(heard int, by Proof, from time.Time) []Event {
	return []Event{HintsRead{Heard: heard, By: by, ReadAt: from.UTC()}}
}

// Find decides that a sweep has found the resource changed in a list that was asked for at a
// time. What is to be read already, or was read since, is no find.
func (h Hints) Find(e ChangeFound, listed time.Time) []Event {
	if h.Pending() || h.Answer.After(listed) {
		return nil
	}
	return []Event{e}
}

// AsksForRead reports whether the webhook is a reason to read its resource. A webhook of a
// call of ours tells nothing new: what was written is on record, and the webhook confirms it.
// A contact, which is written as a whole, is read after it was confirmed all the same.
func (w SmokeballWebhookReceived) AsksForRead() bool {
	kind, _, _ := strings.Cut(w.Type, ".")
	return !w.Own && (kind == "matter" || kind == "contact")
}

// UnreadResource is a matter or a contact of Smokeball that is linked and may have changed
// since it was read.
type UnreadResource struct {
	Resource SmokeballID
	Matter   MatterID   // that is linked to it; "": it is a contact
	Clients  []ClientID // that are, or were, the contact
	Since    time.Time  // when the first reason to read it came
	Last     time.Time  // when the last one came
	Hinted   bool       // a webhook is one
}

// LinkedResource is a matter or a contact of Smokeball that is linked.
type LinkedResource struct {
	Resource SmokeballID
	Matter   MatterID   // that is linked to it; "": it is a contact
	Clients  []ClientID // that are, or were, the contact
}
