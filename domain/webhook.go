package domain

import "time"

// Webhook is what the body of one of Smokeball's webhooks says. The body is not signed: it is
// a hint, not a fact.
type Webhook struct {
	Account      string // that it is about; "" where it names none
	Subscription string // that it was sent for; "" where it names none
	Type         string // such as matter.updated; never ""
	Source       string // Smokeball or API; API may be an echo of a call of ours
	Resource     SmokeballID
	Matter       SmokeballID // that a matter, file, task or event belongs to
	Message      string      // of an error: why
	Ticks        int64       // when it happened, by Smokeball's clock; 0: not told
	Uploaded     bool        // of a file: its bytes are there
	Size         int64       // of those, in bytes; 0: not told
}

// WebhookDelivery is one arrival of a webhook at a firm's address, as it crosses the bus.
type WebhookDelivery struct {
	Firm    FirmID
	Origin  EventRef // the same for the same headers and body
	At      time.Time
	Request RequestID // of the call that caused it; "": no call of ours
	Webhook Webhook
	Body    []byte // as received
}

// Received is the fact that the delivery becomes.
func (d WebhookDelivery) Received() SmokeballWebhookReceived {
	w := d.Webhook
	return SmokeballWebhookReceived{Origin: d.Origin, Type: w.Type, Source: w.Source, Resource: w.Resource, Matter: w.Matter, Request: d.Request, Message: w.Message, Changed: TimeOfTicks(w.Ticks),
		Uploaded: w.Uploaded, Size: w.Size}
}
