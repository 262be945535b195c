package domain

import "time"

// ReauthorizationSoon says that admins were told, ReauthorizeSoon ahead, when the
// firm's authorization ends.
type ReauthorizationSoon struct {
	ReauthorizeBy time.Time `json:"reauthorize_by"`
}

// ConnectionChecked says what the daily look at Smokeball showed: the account as it is
// called there now, or why it can't be read although the authorization stands.
type ConnectionChecked struct {
	Account Account  `json:"account"`
	Failure *Failure `json:"failure,omitempty"`
}

// ConnectionClosed ends a disconnect: tokens and addresses are destroyed. Failure says
// why Smokeball may still have the subscription or the authorization; nil: it has not.
type ConnectionClosed struct {
	Failure *Failure `json:"failure,omitempty"`
}

// AccountProposed says that the firm consented for another account than before; nothing
// changes unless somebody confirms it.
type AccountProposed struct {
	Attempt string    `json:"attempt"`
	Account Account   `json:"account"`
	Expires time.Time `json:"expires"`
	By      string    `json:"by"`
	ByName  string    `json:"by_name,omitempty"`
}

// AccountConfirmed says that a firm admin requires the account that was proposed.
type AccountConfirmed struct {
	Attempt string  `json:"attempt"`
	Account Account `json:"account"`
	By      string  `json:"by"`
	ByName  string  `json:"by_name,omitempty"`
}

// AccountDropped says that the account that was proposed is not taken over. By is empty
// where nobody confirmed it in time.
type AccountDropped struct {
	Attempt string  `json:"attempt"`
	Account Account `json:"account"`
	By      string  `json:"by,omitempty"`
	ByName  string  `json:"by_name,omitempty"`
}

// WebhooksLost says that the firm's subscription is gone in Smokeball, could not be
// renewed, or is silent: it is there and nothing comes.
type WebhooksLost struct {
	Subscription string  `json:"subscription,omitempty"`
	Silent       bool    `json:"silent,omitempty"`
	Failure      Failure `json:"failure"`
}

// WebhooksRestored names the subscription that stands in for the one that was lost or
// changed. By is empty where the engine restored it by itself.
type WebhooksRestored struct {
	Subscription string `json:"subscription"`
	By           string `json:"by,omitempty"`
	ByName       string `json:"by_name,omitempty"`
}

// WebhooksTested says that Smokeball is asked for its test webhook. By is empty
// where the engine asks by itself.
type WebhooksTested struct {
	Subscription string `json:"subscription"`
	By           string `json:"by,omitempty"`
	ByName       string `json:"by_name,omitempty"`
}

// WebhooksHeard says that webhooks of a silent subscription arrive again.
type WebhooksHeard struct {
	Subscription string `json:"subscription"`
}

// WebhookRotationStarted says that a new key and secret address are being made.
type WebhookRotationStarted struct {
	Rotation string `json:"rotation"`
	By       string `json:"by"`
	ByName   string `json:"by_name,omitempty"`
}

// WebhooksRotated says that Smokeball has the new key and address; the old pair is
// accepted for WebhookOverlap more.
type WebhooksRotated struct {
	Rotation     string `json:"rotation"`
	Subscription string `json:"subscription"`
	By           string `json:"by"`
}

// WebhookKeysRetired says that the pairs of key and address whose overlap is over are
// destroyed.
type WebhookKeysRetired struct {
	Rotation string `json:"rotation"`
}

func (ReauthorizationSoon) EventName() string    { return "connection.reauthorize_soon.v1" }
func (ConnectionChecked) EventName() string      { return "connection.checked.v1" }
func (ConnectionClosed) EventName() string       { return "connection.closed.v1" }
func (AccountProposed) EventName() string        { return "connection.account_proposed.v1" }
func (AccountConfirmed) EventName() string       { return "connection.account_confirmed.v1" }
func (AccountDropped) EventName() string         { return "connection.account_dropped.v1" }
func (WebhooksLost) EventName() string           { return "connection.webhooks_lost.v1" }
func (WebhooksRestored) EventName() string       { return "connection.webhooks_restored.v1" }
func (WebhooksTested) EventName() string         { return "connection.webhooks_tested.v1" }
func (WebhooksHeard) EventName() string          { return "connection.webhooks_heard.v1" }
func (WebhookRotationStarted) EventName() string { return "connection.webhooks_rotation.v1" }
func (WebhooksRotated) EventName() string        { return "connection.webhooks_rotated.v1" }
func (WebhookKeysRetired) EventName() string     { return "connection.webhooks_retired.v1" }
