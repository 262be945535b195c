package domain

import (
	"fmt"
	"time"
)

// EventTakenIn says which event of CaseHug was taken in under an id. Whatever else its
// source sends under that id is not this event.
type EventTakenIn struct {
	Origin EventRef `json:"origin"`
	Type   string   `json:"type"`
	Matter MatterID `json:"matter,omitempty"`
	Client ClientID `json:"client,omitempty"` // of an event about a client
	Digest string   `json:"digest"`
}

// EventName is stored for ever.
func (EventTakenIn) EventName() string { return "event.taken_in.v1" }

// Taken is what an event's id stands for.
type Taken struct {
	Event EventTakenIn // zero: nothing was taken in under it, or before the ledger noted that
}

// Apply returns what the id stands for after e.
func (t Taken) Apply(e Event, _ time.Time) Taken {
	if e, ok := e.(EventTakenIn); ok {
		t.Event = e
	}
	return t
}

// Take decides that the id stands for the event. The error of one that says something else
// than what was taken in under its id is *Unprocessable.
func (t Taken) Take(e CaseHugEvent) ([]Event, error) {
	was := t.Event
	switch was.Digest {
	case "":
		return []Event{EventTakenIn{Origin: e.Origin, Type: e.Type, Matter: e.About(), Client: e.aboutClient(), Digest: e.Digest}}, nil
	case e.Digest:
		return nil, nil
	}
	about := "matter " + string(was.Matter)
	if was.Client != "" {
		about = "client " + string(was.Client)
	}
	return nil, &Unprocessable{Code: CodeEventIDUsed, Faults: []FieldFault{{Field: "/id",
		Reason: fmt.Sprintf("was used before, by a %s of %s that says something else; give each event of a source its own id", was.Type, about)}}}
}

// About is the matter that the event is about; "": it is about a client.
func (e CaseHugEvent) About() MatterID {
	switch {
	case e.Matter != nil:
		return e.Matter.ID
	case len(e.Documents) > 0:
		return e.Documents[0].Matter
	}
	return ""
}

func (e CaseHugEvent) aboutClient() ClientID {
	if e.Client == nil {
		return ""
	}
	return e.Client.ID
}
