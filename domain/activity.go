package domain

import (
	"strings"
	"time"
)

// ActivityKind is what people plan in Smokeball around a matter.
type ActivityKind string

// The kinds of activities.
const (
	Task        ActivityKind = "task"
	Appointment ActivityKind = "appointment" // Smokeball calls it an event
	File        ActivityKind = "file"        // that people keep with the matter
)

// ActivityOf is the kind of activity that a webhook of the type is about, "" for others.
func ActivityOf(webhook string) ActivityKind {
	switch kind, _, _ := strings.Cut(webhook, "."); kind {
	case "task":
		return Task
	case "event":
		return Appointment
	case "files":
		return File
	}
	return ""
}

// ActivityNoticed says that a webhook told of a change of a task, an appointment or a file. What
// it is now has to be read: the webhook's body was not signed.
type ActivityNoticed struct {
	Origin   EventRef     `json:"origin"`
	Kind     ActivityKind `json:"kind"`
	Resource SmokeballID  `json:"resource"` // of a file: the matter, where the webhook names no file

	// Of a file.
	Matter  SmokeballID `json:"smokeball_matter,omitempty"`
	Changed time.Time   `json:"changed,omitzero"` // by Smokeball's clock; zero: not told
	People  bool        `json:"people,omitempty"` // not a program caused it
}

// UnreadActivity is an activity that a firm's webhook told of and that was not read since.
type UnreadActivity struct {
	Firm   FirmID          `json:"firm"`
	Notice ActivityNoticed `json:"notice"`
}

// ActivityRead says what Smokeball has of a task or an appointment.
type ActivityRead struct {
	Matter   MatterID `json:"matter,omitempty"` // "": it belongs to none that is linked
	Activity Activity `json:"activity"`
	// Change says what is new since the last read; "": nothing that people see.
	Change ActivityChange `json:"change,omitempty"`
}

// ActivityChange says what happened to an activity.
type ActivityChange string

// The changes of activities.
const (
	ActivityAdded   ActivityChange = "added"
	ActivityChanged ActivityChange = "changed"
	ActivityDone    ActivityChange = "done"
	ActivityDeleted ActivityChange = "deleted"
	// ActivityTouched: it was added, or changed: it was not known before, and may be old.
	ActivityTouched ActivityChange = "added_or_changed"
)

func (ActivityNoticed) EventName() string { return "activity.noticed.v1" }
func (ActivityRead) EventName() string    { return "activity.read.v1" }

// Activity is a task or an appointment as Smokeball shows it.
type Activity struct {
	Kind    ActivityKind `json:"kind"`
	Matter  SmokeballID  `json:"smokeball_matter,omitempty"`
	Subject string       `json:"subject,omitempty"`
	When    string       `json:"when,omitempty"` // a task's due day or an appointment's start, as Smokeball writes it
	Done    bool         `json:"done,omitempty"`
	Deleted bool         `json:"deleted,omitempty"`

	// Of a file.
	Document  DocumentID `json:"document,omitempty"` // of CaseHug, whose file it is
	Version   string     `json:"version,omitempty"`
	Announced bool       `json:"announced,omitempty"` // its bytes are not there yet
}

// Activities are what is known of one task or appointment.
type Activities struct {
	Pending *ActivityNoticed // the newest notice that was not followed by a read
	Known   *Activity        // nil: never read
	Matter  MatterID         // that it belonged to when it was read last
	seen    *trail[EventRef]
}

// Apply returns the activities after e.
func (a Activities) Apply(e Event, _ time.Time) Activities {
	switch e := e.(type) {
	case ActivityNoticed:
		a.Pending, a.seen = &e, a.seen.with(e.Origin)
	case ActivityRead:
		a.Pending, a.Known, a.Matter = nil, &e.Activity, e.Matter
	}
	return a
}

// Notice decides to look at the activity, once for the same webhook.
func (a Activities) Notice(n ActivityNoticed) []Event {
	if a.seen.has(n.Origin) {
		return nil
	}
	return []Event{n}
}

// Look decides what a read means, provided that the notice which asked for it is still
// the newest one. m is the linked matter that the activity belongs to, if any.
func (a Activities) Look(asked ActivityNoticed, m MatterID, is Activity) []Event {
	if a.Pending == nil || a.Pending.Origin != asked.Origin {
		return nil
	}
	if is.Deleted && is.Subject == "" && a.Known != nil { // Smokeball shows no more of it
		m, is = a.Matter, *a.Known
		is.Deleted = true
	}
	return []Event{ActivityRead{Matter: m, Activity: is, Change: a.change(is)}}
}

func (a Activities) change(is Activity) ActivityChange {
	switch {
	case a.Known == nil && is.Deleted:
		return "" // people never heard of it
	case a.Known == nil:
		return ActivityAdded
	case is.Deleted && !a.Known.Deleted:
		return ActivityDeleted
	case is.Done && !a.Known.Done:
		return ActivityDone
	case is != *a.Known:
		return ActivityChanged
	}
	return ""
}
