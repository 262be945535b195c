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
	Message  string      `json:"message,omitempty"` // of an "error" notification
	Own      bool        `json:"own,omitempty"`     // a call of ours caused it
	Changed  time.Time   `json:"changed,omitzero"`  // when it happened, by Smokeball's clock; zero: not told
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
	before *recorded
}

// Apply returns the webhooks after e.
func (n Webhooks) Apply(e Event, at time.Time) Webhooks {
	w, ok := e.(SmokeballWebhookReceived)
	if !ok {
		return n
	}
	n.Last, n.all = at, &recorded{w, n.all}
	if w.Source != sourceAPI {
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

// ChangesTypes reports whether the webhook tells that the account's matter types changed.
func (w SmokeballWebhookReceived) ChangesTypes() bool { return w.Type == "mattertype.updated" }

// Fails reports whether the webhook tells of an accepted call that failed.
func (w SmokeballWebhookReceived) Fails() bool { return w.Type == typeError }
