// Package connect keeps a firm's connection to Smokeball: the authorization, the
// webhook subscription, the settings and the case type mappings. What it did is in the
// ledger; the secrets that go with it (tokens, webhook keys) are sealed and kept apart.
//
// Service carries out what firm admins ask for; Reconciler does in due time what nobody
// asks for, and finishes what a killed engine began.
package connect

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Config is what a Service works with.
type Config struct {
	Ledger  eventstore.Store
	Secrets Secrets
	Names   SecretNames // of Secrets
	Vault   *vault.Vault
	Views   Views
	Consent Consent
	// Try returns what Smokeball has against asking the firm for its consent, which it would
	// show the admin's browser on a page that leads nowhere. Nil: Smokeball is not asked.
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
}

// Service carries out what firm admins ask for. Each part does its share.
type Service struct {
	*Authorizer
	*Grants
	*Webhooks
	*Preferences
	*Upkeep

	ledger        *ledger
	addresses     *addresses
	disconnection *disconnection
	names         SecretNames
	secrets       Secrets
	views         Views
	now           func() time.Time
	log           *slog.Logger
}

// New makes a service.
func New(c Config) *Service {
	l := &ledger{store: c.Ledger, now: c.Now}
	owners := &claims{store: c.Ledger, now: c.Now, shared: c.SharedAccounts}
	a := &addresses{secrets: c.Secrets, vault: c.Vault, now: c.Now}
	t := NewTokens(c.Ledger, c.Secrets)
	w := &Webhooks{ledger: l, addresses: a, subscriptions: c.Subscriptions, types: c.WebhookTypes, views: c.Views, publicURL: c.PublicURL, log: c.Log}
	d := &disconnection{ledger: l, claims: owners, addresses: a, tokens: t, subscriptions: c.Subscriptions, consent: c.Consent, log: c.Log}
	g := &Grants{ledger: l, claims: owners, disconnection: d, webhooks: w, secrets: c.Secrets, names: c.Names, tokens: t, consent: c.Consent, region: c.Region, lifetime: c.Authorization, log: c.Log}
	return &Service{names: c.Names, secrets: c.Secrets, views: c.Views, now: c.Now, log: c.Log, ledger: l, addresses: a, disconnection: d, Grants: g, Webhooks: w,
		Authorizer:  &Authorizer{ledger: l, claims: owners, grants: g, secrets: c.Secrets, consent: c.Consent, try: c.Try, issuer: c.Issuer, log: c.Log},
		Preferences: &Preferences{store: c.Ledger, now: c.Now, types: c.Types},
		Upkeep:      &Upkeep{ledger: l, grants: g, disconnection: d, webhooks: w, accounts: c.Accounts, log: c.Log},
	}
}

// Disconnect ends the firm's connection: once it is recorded, nothing is synced. Then
// it removes the webhook subscription, the authorization, the tokens and the secret address.
// The ledger keeps everything.
func (s *Service) Disconnect(ctx context.Context, by domain.User) (uint64, error) {
	done, err := s.ledger.locks.Lock(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	defer done()
	position, err := s.ledger.append(ctx, by.Firm, func(c domain.Connection) []domain.Event { return domain.SignedBy(c.Disconnect(by.Subject), by) })
	if err != nil {
		return 0, err
	}
	soon, cancel := context.WithTimeout(ctx, disconnectTimeout)
	defer cancel()
	if err := errors.Join(s.disconnection.leave(soon, by.Firm, false), s.Grants.releaseEnded(soon, by.Firm)); err != nil {
		s.log.Warn("a disconnect is not finished yet; the engine finishes it", "firm", by.Firm, "err", err)
	}
	return max(position, s.reached(ctx, by.Firm)), nil
}

// Position is the ledger position of the newest fact about the firm's connection.
func (s *Service) Position(ctx context.Context, f domain.FirmID) (uint64, error) {
	return s.ledger.position(ctx, f)
}

// reached is the newest position of the firm's connection, 0 where it can't be read.
func (s *Service) reached(ctx context.Context, f domain.FirmID) uint64 {
	position, err := s.ledger.position(ctx, f)
	if err != nil {
		return 0
	}
	return position
}

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
