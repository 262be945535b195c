package domain

import (
	"strings"
	"time"
)

// SmokeballWebhookReceived is Smokeball's word that something happened to one of
// its resources. Its body was not signed: it is a hint.
type SmokeballWebhookReceived struct {
	Origin   EventRef    `json:"origin"`
	Type     string      `json:"type"` // such as matter.updated
	Source   string      `json:"source,omitempty"`
	Resource SmokeballID `json:"resource,omitempty"`
	Matter   SmokeballID `json:"matter,omitempty"` // that the resource belongs to, where the webhook says so
	Request  RequestID   `json:"request,omitempty"`
	Message  string      `json:"message,omitempty"`  // of an "error" webhook
	Own      bool        `json:"own,omitempty"`      // a call of ours caused it
	Changed  time.Time   `json:"changed,omitzero"`   // when it happened, by Smokeball's clock; zero: not told
	Uploaded bool        `json:"uploaded,omitempty"` // of a file: its bytes are there
	Size     int64       `json:"size,omitempty"`     // of those, in bytes; 0: not told
}

func (SmokeballWebhookReceived) EventName() string { return "smokeball.webhook.v1" }

// Webhooks are the webhooks about one resource.
type Webhooks struct {
	Last time.Time // when the newest one came
	// Foreign is when the newest one came that something else than a call through the API
	// caused; zero: none has.
	Foreign time.Time
	// Gone: Smokeball said that the resource was deleted, and not that it was restored.
	Gone bool
	all  *recorded
}

// recorded is a webhook and the ones before it.
type recorded struct {
	SmokeballWebhookReceived
	at     time.Time
	before *recorded
}

// Apply returns the webhooks after e.
func (n Webhooks) Apply(e Event, at time.Time) Webhooks {
	w, ok := e.(SmokeballWebhookReceived)
	if !ok {
		return n
	}
	n.Last, n.all = at, &recorded{w, at, n.all}
	if w.IsOfPeople() {
		n.Foreign = at
	}
	switch {
	case strings.HasSuffix(w.Type, ".deleted"):
		n.Gone = true
	case strings.HasSuffix(w.Type, ".restored"):
		n.Gone = false
	}
	return n
}

// sourceAPI is how Smokeball calls what a program's call caused.
const sourceAPI = "API"

// typeError is the type of a webhook that tells of an accepted call which failed.
const typeError = "error"

// Receive decides to record the webhook, once.
func (n Webhooks) Receive(w SmokeballWebhookReceived) []Event {
	for old := n.all; old != nil; old = old.before {
		if old.Origin == w.Origin {
			return nil
		}
	}
	return []Event{w}
}

// Refusal is what Smokeball said of a call that it had accepted and then failed.
func (n Webhooks) Refusal(r RequestID) (message string, ok bool) {
	w := n.of(r, SmokeballWebhookReceived.Fails)
	if w == nil {
		return "", false
	}
	return w.Message, true
}

// Shows reports whether a webhook has shown what the call asked for.
func (n Webhooks) Shows(r RequestID) bool { return n.of(r, SmokeballWebhookReceived.Shows) != nil }

// ShowsBytes reports whether a webhook has shown that the file which the call announced has its
// bytes, so many.
func (n Webhooks) ShowsBytes(r RequestID, size int64) bool {
	return n.of(r, func(w SmokeballWebhookReceived) bool { return w.ShowsBytes(size) }) != nil
}

// LastOf is when the newest webhook came that the request caused; zero: none has.
func (n Webhooks) LastOf(r RequestID) time.Time {
	w := n.of(r, func(SmokeballWebhookReceived) bool { return true })
	if w == nil {
		return time.Time{}
	}
	return w.at
}

// of is the newest webhook that the request caused and that fits, or nil.
func (n Webhooks) of(r RequestID, fits func(SmokeballWebhookReceived) bool) *recorded {
	for w := n.all; w != nil && r != ""; w = w.before {
		if w.Request == r && fits(w.SmokeballWebhookReceived) {
			return w
		}
	}
	return nil
}

// Shows reports whether the webhook shows its resource to be there: that something
// failed or was deleted does not.
func (w SmokeballWebhookReceived) Shows() bool {
	return !w.Fails() && !strings.HasSuffix(w.Type, ".deleted")
}

// ShowsBytes reports whether the webhook shows a file that has its bytes, so many. One that only
// names a file may tell of its announcement.
func (w SmokeballWebhookReceived) ShowsBytes(size int64) bool {
	return w.Shows() && w.Uploaded && (w.Size == 0 || w.Size == size)
}

// IsOfPeople reports whether no program's call through the API caused the webhook.
func (w SmokeballWebhookReceived) IsOfPeople() bool { return w.Source != sourceAPI }

// ChangesTypes reports whether the webhook tells that the account's matter types changed.
func (w SmokeballWebhookReceived) ChangesTypes() bool { return w.Type == "mattertype.updated" }

// Fails reports whether the webhook tells of an accepted call that failed.
func (w SmokeballWebhookReceived) Fails() bool { return w.Type == typeError }
