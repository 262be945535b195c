package domain

import (
	"strings"
	"time"
)

// HintsRead says that a resource was read after webhooks about it. Heard is how many of them
// were on record when the read began: those that came later ask for another read.
type HintsRead struct {
	Heard int   `json:"heard"`
	By    Proof `json:"by"`
}

// EventName is stored for ever.
func (HintsRead) EventName() string { return "smokeball.hints_read.v1" }

// Hints are the webhooks about a Smokeball resource, as far as they are a reason to read it.
type Hints struct {
	Heard   int       `json:"heard"`             // webhooks about the resource
	Asked   int       `json:"asked,omitempty"`   // the number of the newest that asks for a read
	Read    int       `json:"read,omitempty"`    // of those that a read has answered
	Newest  EventRef  `json:"newest,omitzero"`   // that asks for a read
	Changed time.Time `json:"changed,omitzero"`  // when it happened, by Smokeball's clock; zero: not told
	Last    time.Time `json:"last,omitzero"`     // when the newest one that asks came
	Since   time.Time `json:"since,omitzero"`    // when the oldest one came that is still unread
	Answer  time.Time `json:"answered,omitzero"` // when the last read was recorded
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
			h.Asked, h.Newest, h.Changed, h.Last = h.Heard, e.Origin, e.Changed, at
		}
	case HintsRead:
		h.Read, h.Since, h.Answer = e.Heard, time.Time{}, at
		if h.Heard > e.Heard { // even one of our own calls: what was read may be from before it
			h.Asked, h.Since = h.Heard, at
		}
	}
	return h
}

// Pending reports whether the resource may have changed since it was read.
func (h Hints) Pending() bool { return h.Asked > h.Read }

// Answered decides that the resource was read when heard webhooks about it were on record.
func (h Hints) Answered(heard int, by Proof) []Event { return []Event{HintsRead{Heard: heard, By: by}} }

// AsksForRead reports whether the webhook is a reason to read its resource. A webhook of a
// call of ours about a matter tells nothing new: what was written is on record, and the
// webhook confirms it. A contact is written as a whole, so it is read after that, too.
func (w SmokeballWebhookReceived) AsksForRead() bool {
	switch kind, _, _ := strings.Cut(w.Type, "."); kind {
	case "matter":
		return !w.Own
	case "contact":
		return true
	}
	return false
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
