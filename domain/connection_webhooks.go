package domain

import "time"

// WebhookOverlap is how long the old key and address are accepted after a rotation.
const WebhookOverlap = time.Hour

// WebhookTest is the type of the webhook that Smokeball sends to try the way.
const WebhookTest = "noop"

// WebhookState is how it stands with the firm's webhook subscription.
type WebhookState struct {
	Wanted    bool      // a firm admin registered webhooks and did not remove them
	Since     time.Time // when the subscription was made or renewed
	Stale     bool      // it has to be looked for in Smokeball and restored
	By        string    // who registered it
	Lost      *Failure  // why nothing can be heard; nil: it can
	LostAt    time.Time
	HeardAt   time.Time // when silent ones arrived again
	From      time.Time // when a firm admin registered them
	Silent    bool      // lost although Smokeball has the subscription
	Tested    bool      // Smokeball was asked for a test webhook since then
	TestedAt  time.Time
	Rotation  string    // a rotation that is under way
	RotateBy  string    // who asked for it
	RotatedAt time.Time // while old pairs are accepted beside the new one
	Rotated   string    // the last rotation
}

// applyWebhooks folds the facts about the subscription.
func (c Connection) applyWebhooks(e Event, at time.Time) Connection {
	h := &c.Hooks
	switch e := e.(type) {
	case WebhooksRegistered:
		c.Subscription = e.Subscription
		*h = h.renewed(at)
		h.By, h.From = e.By, at
	case WebhooksRestored:
		c.Subscription = e.Subscription
		*h = h.renewed(at)
	case WebhooksRemoved:
		c.Subscription, c.Hooks = "", WebhookState{}
	case WebhooksLost:
		h.Lost, h.LostAt, h.Silent, h.Stale = &e.Failure, at, e.Silent, true
	case WebhooksTested:
		h.Tested, h.TestedAt = true, at
	case WebhooksHeard:
		h.Lost, h.Silent, h.HeardAt = nil, false, at
	case WebhookRotationStarted:
		h.Rotation, h.RotateBy = e.Rotation, e.By
	case WebhooksRotated:
		c.Subscription = e.Subscription
		h.Rotation, h.Rotated, h.RotatedAt, h.Since = "", e.Rotation, at, at
	case WebhookKeysRetired:
		h.RotatedAt = time.Time{}
	}
	return c
}

// renewed is the state of a subscription that was just made or renewed. One that was
// silent counts as lost until something comes.
func (h WebhookState) renewed(at time.Time) WebhookState {
	h.Wanted, h.Since, h.Stale, h.Tested = true, at, false, false
	if !h.Silent {
		h.Lost = nil
	}
	return h
}

// Renew decides what a subscription that Smokeball has now means; by is empty where the
// engine renewed it by itself. A connection that ended meanwhile takes none.
func (c Connection) Renew(subscription, by string) []Event {
	switch {
	case c.State != StatusConnected:
		return nil
	case c.Subscription == "" && !c.Hooks.Wanted:
		return []Event{WebhooksRegistered{Subscription: subscription, By: by}}
	case c.Subscription == subscription && !c.Hooks.Stale:
		return nil
	}
	return []Event{WebhooksRestored{Subscription: subscription, By: by}}
}

// LoseWebhooks decides that the firm's subscription does not serve any more. Said once.
func (c Subscribed) LoseWebhooks(f Failure, silent bool) []Event {
	if !c.Hooks.Wanted || c.Hooks.Lost != nil {
		return nil
	}
	return []Event{WebhooksLost{Subscription: c.Subscription, Silent: silent, Failure: f}}
}

// RemoveWebhooks decides that the firm requires no subscription any more.
func (c Subscribed) RemoveWebhooks(by string) []Event {
	if !c.Hooks.Wanted && c.Subscription == "" {
		return nil
	}
	return []Event{WebhooksRemoved{Subscription: c.Subscription, By: by}}
}

// Rotate decides to make a new key and address, unless a rotation is under way.
func (w WebhookState) Rotate(rotation, by string) []Event {
	if w.Rotation != "" {
		return nil
	}
	return []Event{WebhookRotationStarted{Rotation: rotation, By: by}}
}

// FinishRotation decides that Smokeball has the rotation's key and address.
func (c Connection) FinishRotation(rotation, subscription string) []Event {
	if c.Hooks.Rotation != rotation || c.State != StatusConnected {
		return nil
	}
	return []Event{WebhooksRotated{Rotation: rotation, Subscription: subscription, By: c.Hooks.RotateBy}}
}

// RetireKeys decides that no old pair of key and address is left.
func (w WebhookState) RetireKeys() []Event {
	if w.RotatedAt.IsZero() {
		return nil
	}
	return []Event{WebhookKeysRetired{Rotation: w.Rotated}}
}

// TestWebhooks decides that Smokeball is asked for a test webhook.
func (c Subscribed) TestWebhooks(by string) []Event {
	if c.Subscription == "" {
		return nil
	}
	return []Event{WebhooksTested{Subscription: c.Subscription, By: by}}
}

// HearWebhooks decides that webhooks arrive again. Said once for a loss.
func (c Subscribed) HearWebhooks() []Event {
	if !c.Hooks.Silent {
		return nil
	}
	return []Event{WebhooksHeard{Subscription: c.Subscription}}
}
