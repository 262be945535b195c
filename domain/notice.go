package domain

import "time"

// SmokeballWebhookReceived is Smokeball's word that something happened to one of
// its resources. Its body was not signed: it is a hint.
type SmokeballWebhookReceived struct {
	Origin   EventRef    `json:"origin"`
	Type     string      `json:"type"` // such as matter.updated
	Source   string      `json:"source,omitempty"`
	Resource SmokeballID `json:"resource,omitempty"`
	Matter   SmokeballID `json:"matter,omitempty"` // that the resource belongs to, where the webhook says so
	Request  RequestID   `json:"request,omitempty"`
	Message  string      `json:"message,omitempty"` // of an "error" notification
}

// EventName is stored for ever.
func (SmokeballWebhookReceived) EventName() string { return "smokeball.webhook.v1" }

// Notices are the webhooks about one resource.
type Notices struct {
	seen *trail[EventRef]
}

// Apply returns the notices after e.
func (n Notices) Apply(e Event, _ time.Time) Notices {
	if w, ok := e.(SmokeballWebhookReceived); ok {
		n.seen = n.seen.with(w.Origin)
	}
	return n
}

// Receive decides to record the notice, once.
func (n Notices) Receive(w SmokeballWebhookReceived) []Event {
	if n.seen.has(w.Origin) {
		return nil
	}
	return []Event{w}
}

// DeadLettered records an event that could not be taken in, whole, with the reason
// for each field.
type DeadLettered struct {
	Subject string       `json:"subject"`
	Type    string       `json:"type,omitempty"`
	Origin  EventRef     `json:"origin,omitzero"`
	Faults  []FieldFault `json:"faults"`
	Header  Header       `json:"header,omitempty"`
	Body    []byte       `json:"body"`              // its beginning, where Size is more than it has
	Size    int          `json:"size,omitempty"`    // of the whole body in bytes
	SHA256  string       `json:"sha256,omitempty"`  // of the whole body, lower-case hex
	Message string       `json:"message,omitempty"` // the message of the bus that has it whole
}

// Header holds the headers of a message, one value each.
type Header map[string]string

// EventName is stored for ever.
func (DeadLettered) EventName() string { return "deadletter.recorded.v1" }

// DeadLetterID derives the id under which a message that could not be taken in is
// kept: the same message again has the same id.
func DeadLetterID(subject string, body []byte) string {
	return "dl_" + shortHash(subject, string(body))
}

// DeadLetter is one event that could not be taken in.
type DeadLetter struct {
	Recorded bool
}

// Apply returns the dead letter after e.
func (d DeadLetter) Apply(e Event, _ time.Time) DeadLetter {
	if _, ok := e.(DeadLettered); ok {
		d.Recorded = true
	}
	return d
}

// Record decides to keep the event, once.
func (d DeadLetter) Record(e DeadLettered) []Event {
	if d.Recorded {
		return nil
	}
	return []Event{e}
}
