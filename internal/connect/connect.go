// Package connect keeps a firm's connection to Smokeball: the authorization, the
// webhook subscription, the settings and the case type mappings. What it did is in the
// ledger; the secrets that go with it (tokens, webhook keys) are sealed and kept apart.
//
// Service carries out what firm admins ask for; Reconciler does at its time what nobody asks
// for, and finishes what a killed engine began.
package connect

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/keyed"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Consent is Smokeball's sign-in.
type Consent interface {
	// URL is the page where the firm consents, for one attempt (PKCE with the verifier).
	// For a firm whose own app needs no consent it is where the redirect would lead.
	URL(f domain.FirmID, state, verifier string) string
	// Redeem exchanges the code of the redirect and asks whose account it is.
	Redeem(ctx context.Context, f domain.FirmID, code, verifier string) (Grant, error)
	// Revoke ends the authorization that a Grant's tokens stand for.
	Revoke(ctx context.Context, f domain.FirmID, tokens []byte) error
}

// Grant is what a firm's consent gives.
type Grant struct {
	Account domain.Account
	Scopes  []string
	Issued  time.Time // zero: it does not end by itself
	Tokens  []byte    // to be kept sealed
}

// ends is when the grant has to be renewed; zero: never.
func (g Grant) ends(lifetime time.Duration) time.Time {
	if g.Issued.IsZero() {
		return time.Time{}
	}
	return g.Issued.Add(lifetime).UTC()
}

// Subscriptions are the account's webhook subscriptions in Smokeball.
type Subscriptions interface {
	Subscriptions(ctx context.Context, f domain.FirmID) ([]domain.Subscription, error)
	Subscribe(ctx context.Context, f domain.FirmID, s Subscription) (id string, err error)
	UpdateSubscription(ctx context.Context, f domain.FirmID, id string, s Subscription) error
	Unsubscribe(ctx context.Context, f domain.FirmID, id string) error
	// Notify has Smokeball send its test notification.
	Notify(ctx context.Context, f domain.FirmID, id string) error
}

// Accounts tell whose account a firm is connected to.
type Accounts interface {
	Firm(ctx context.Context, f domain.FirmID) (domain.Account, error)
	// Prove does the same after a refresh of the firm's sign-in, which proves the grant.
	Prove(ctx context.Context, f domain.FirmID) (domain.Account, error)
}

// Subscription is the firm's subscription as Smokeball is to have it.
type Subscription struct {
	Key     string // signs the notifications
	Name    string
	URL     string // where they go; secret
	Request domain.RequestID
}

// Views are the rows that the service and the reconciler read. They may lag behind the ledger.
type Views interface {
	// Firms lists every firm that anything is known of.
	Firms() ([]FirmState, error)
	// Heard is what came of a firm's webhooks.
	Heard(f domain.FirmID) (domain.WebhookActivity, error)
	// Changes returns the ledger position of the rows and a channel that is closed when
	// it moves on.
	Changes() (position uint64, moved <-chan struct{})
}

// FirmState is a firm as the rows have it.
type FirmState struct {
	Firm       domain.FirmID
	Connection domain.Connection
	Heard      domain.WebhookActivity
}

// Service carries out what firm admins ask for.
type Service struct {
	Ledger  eventstore.Store
	Secrets *vault.Secrets
	Vault   *vault.Vault
	Views   Views
	Consent Consent
	// Try returns what Smokeball has against asking the firm for its consent, which it would
	// tell the admin's browser on a page that leads nowhere. Nil: nobody is asked.
	Try           func(ctx context.Context, f domain.FirmID) error
	Subscriptions Subscriptions
	Accounts      Accounts
	Types         MatterTypes
	WebhookTypes  []string // what a subscription is to ask for
	Issuer        string   // what Smokeball's redirects may call themselves (RFC 9207)
	Region        string
	PublicURL     string
	Authorization time.Duration // how long Smokeball honours a consent
	// SharedAccounts lets several firms connect to one account.
	SharedAccounts bool
	Now            func() time.Time
	Log            *slog.Logger

	registering singleflight.Group // by firm
	locks       keyed.Mutex[domain.FirmID]
}

func (d *Service) connection(ctx context.Context, f domain.FirmID, decide func(domain.Connection) []domain.Event) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.ConnectionStream(f),
		func(c domain.Connection) ([]domain.Event, error) { return decide(c), nil })
	return uint64(head.Seq), err
}

func (d *Service) load(ctx context.Context, f domain.FirmID) (domain.Connection, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(f))
	return c, err
}

// position is the ledger position of the connection's newest fact.
func (d *Service) position(ctx context.Context, f domain.FirmID) (uint64, error) {
	_, head, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(f))
	return uint64(head.Seq), err
}

// TokenName is the name under which a firm's tokens are kept.
func TokenName(f domain.FirmID) string { return "token." + string(f) }

func attemptName(state string) string { return "attempt." + digest(state) }

func digest(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}

// random is 256 random bits in 43 URL-safe characters.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}
