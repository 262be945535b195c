package domain

import "time"

// ObjectClaimed says that a firm's event named an object of CaseHug's object store
// first: it is that firm's document.
type ObjectClaimed struct {
	Firm FirmID `json:"firm"`
}

// EventName is stored for ever.
func (ObjectClaimed) EventName() string { return "object.claimed.v1" }

// Object is an object of CaseHug's object store and the firm whose document it is. All
// firms share the store, and names can be guessed.
type Object struct {
	Firm FirmID // "": nobody's yet
}

// Apply returns the object after e.
func (o Object) Apply(e Event, _ time.Time) Object {
	if c, ok := e.(ObjectClaimed); ok {
		o.Firm = c.Firm
	}
	return o
}

// Claim decides that the object is the firm's, where it is nobody's.
func (o Object) Claim(f FirmID) []Event {
	if o.Firm != "" {
		return nil
	}
	return []Event{ObjectClaimed{Firm: f}}
}

// Closed reports whether the object is another firm's.
func (o Object) Closed(f FirmID) bool { return o.Firm != "" && o.Firm != f }
