// Package connect keeps a firm's connection to Smokeball: the authorization, the
// webhook subscription, the settings and the case type mappings. What it did is in the
// ledger; the secrets that go with it (tokens, webhook keys) are sealed and kept apart.
package connect

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Consent is Smokeball's sign-in.
type Consent interface {
	// URL is the page where the firm consents, for one attempt (PKCE with the verifier).
	// For a firm whose own app needs no consent it is where the redirect would lead.
	URL(f domain.FirmID, state, verifier string) string
	// Redeem exchanges the code of the redirect and asks whose account it is.
	Redeem(ctx context.Context, f domain.FirmID, code, verifier string) (Grant, error)
}

// Grant is what a firm's consent gives.
type Grant struct {
	Account domain.Account
	Scopes  []string
	Issued  time.Time // zero: it does not end by itself
	Tokens  []byte    // to be kept sealed
}

// ends is when the grant has to be renewed; zero: never.
func (g Grant) ends(life time.Duration) time.Time {
	if g.Issued.IsZero() {
		return time.Time{}
	}
	return g.Issued.Add(life).UTC()
}

// Subscriptions are the account's webhook subscriptions in Smokeball.
type Subscriptions interface {
	Subscriptions(ctx context.Context, f domain.FirmID) ([]domain.Subscription, error)
	Subscribe(ctx context.Context, f domain.FirmID, s Subscription) (id string, err error)
	UpdateSubscription(ctx context.Context, f domain.FirmID, id string, s Subscription) error
	Unsubscribe(ctx context.Context, f domain.FirmID, id string) error
}

// Subscription is the firm's subscription as Smokeball is to have it.
type Subscription struct {
	Key     string // signs the notifications
	Name    string
	URL     string // where they go; secret
	Request domain.RequestID
}

// Desk carries out what firm admins ask for.
type Desk struct {
	Ledger        eventstore.Store
	Secrets       *vault.Secrets
	Vault         *vault.Vault
	Consent       Consent
	Subscriptions Subscriptions
	Types         MatterTypes
	Region        string
	PublicURL     string
	Authorization time.Duration // how long Smokeball honours a consent
	// SharedAccounts lets several firms connect to one account.
	SharedAccounts bool
	Now            func() time.Time
	Log            *slog.Logger

	registering singleflight.Group // by firm
}

// LinkLife is how long an authorization link may be used.
const LinkLife = 10 * time.Minute

// attempt is what has to be remembered between the link and the redirect.
type attempt struct {
	Firm     domain.FirmID `json:"firm"`
	By       string        `json:"by"`
	ByName   string        `json:"by_name"`
	Verifier string        `json:"verifier"`
	Expires  time.Time     `json:"expires"`
}

// Authorize makes a link to Smokeball's consent page: for one use, within LinkLife.
func (d *Desk) Authorize(ctx context.Context, by domain.User) (string, time.Time, error) {
	state, verifier := random(), random()
	a := attempt{Firm: by.Firm, By: by.Subject, ByName: by.Name, Verifier: verifier, Expires: d.Now().Add(LinkLife).UTC()}
	data, err := json.Marshal(a)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("begin authorization: %w", err)
	}
	if _, err := d.Secrets.Save(ctx, attemptName(state), data, 0); err != nil {
		return "", time.Time{}, err
	}
	_, err = d.connection(ctx, by.Firm, func(domain.Connection) []domain.Event {
		return []domain.Event{domain.AuthorizationStarted{Attempt: digest(state), By: by.Subject, Expires: a.Expires}}
	})
	return d.Consent.URL(by.Firm, state, verifier), a.Expires, err
}

// Complete finishes what Authorize began with what Smokeball's redirect carried.
// browser is who is signed in where the redirect arrived, if anyone is.
func (d *Desk) Complete(ctx context.Context, state, code, refusal string, browser *domain.User) (domain.FirmID, error) {
	a, err := d.take(ctx, state, browser)
	if err != nil {
		return "", err
	}
	if refusal != "" || code == "" {
		return a.Firm, d.fail(ctx, a, state, denied(refusal))
	}
	grant, err := d.Consent.Redeem(ctx, a.Firm, code, a.Verifier)
	if err != nil {
		return a.Firm, d.fail(ctx, a, state, notRedeemed(err))
	}
	if err := d.claim(ctx, a.Firm, grant.Account); err != nil {
		if r := domain.AsRejection(err); r != nil {
			return a.Firm, d.fail(ctx, a, state, r)
		}
		return a.Firm, err
	}
	if err := d.Secrets.Put(ctx, TokenName(a.Firm), grant.Tokens); err != nil {
		return a.Firm, err
	}
	_, err = d.connection(ctx, a.Firm, func(domain.Connection) []domain.Event {
		return []domain.Event{domain.ConnectionAuthorized{Attempt: digest(state), Account: grant.Account, Region: d.Region, Scopes: grant.Scopes,
			By: a.By, ByName: a.ByName, ReauthorizeBy: grant.ends(d.Authorization)}}
	})
	if err != nil {
		return a.Firm, err
	}
	d.renewWebhooks(ctx, domain.User{Firm: a.Firm, Subject: a.By})
	return a.Firm, nil
}

// renewWebhooks restores the firm's subscription after a new authorization: Smokeball
// removes it with the old one. The connection stands without it.
func (d *Desk) renewWebhooks(ctx context.Context, by domain.User) {
	c, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(by.Firm))
	if err == nil && c.Subscription != "" {
		_, err = d.RegisterWebhooks(ctx, by)
	}
	if err != nil {
		d.Log.Warn("the webhook subscription could not be renewed; a firm admin can register it again", "firm", by.Firm, "err", err)
		_, err = d.connection(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.LoseWebhooks() })
	}
	if err != nil {
		d.Log.Error("the loss of the webhook subscription could not be recorded", "firm", by.Firm, "err", err)
	}
}

// claim makes the account the firm's own, and frees the one that it had before.
func (d *Desk) claim(ctx context.Context, f domain.FirmID, account domain.Account) error {
	if d.SharedAccounts {
		return nil
	}
	_, _, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.AccountStream(account.ID),
		func(c domain.Claim) ([]domain.Event, error) { return c.Take(f) })
	if err != nil {
		return err
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(f))
	if err == nil && c.Account.ID != "" && c.Account.ID != account.ID {
		err = d.free(ctx, f, c.Account)
	}
	return err
}

func (d *Desk) free(ctx context.Context, f domain.FirmID, account domain.Account) error {
	if account.ID == "" {
		return nil
	}
	_, _, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.AccountStream(account.ID),
		func(c domain.Claim) ([]domain.Event, error) { return c.Free(f), nil })
	return err
}

// take uses the link up. One that is unknown, used, over, replaced by a newer one or
// not the browser's own is refused.
func (d *Desk) take(ctx context.Context, state string, browser *domain.User) (attempt, error) {
	var a attempt
	data, _, err := d.Secrets.Load(ctx, attemptName(state))
	if errors.Is(err, vault.ErrNone) {
		return a, expired()
	}
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("read authorization attempt: %w", err)
	}
	if browser != nil && (browser.Firm != a.Firm || browser.Subject != a.By) {
		return a, foreign()
	}
	if _, err := d.Secrets.Take(ctx, attemptName(state)); errors.Is(err, vault.ErrNone) {
		return a, expired()
	} else if err != nil {
		return a, err
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(a.Firm))
	if err == nil && !c.Open(digest(state), d.Now()) {
		err = expired()
	}
	return a, err
}

func (d *Desk) fail(ctx context.Context, a attempt, state string, r *domain.Rejection) error {
	_, err := d.connection(ctx, a.Firm, func(domain.Connection) []domain.Event {
		return []domain.Event{domain.AuthorizationFailed{Attempt: digest(state), Failure: r.Failure, By: a.By}}
	})
	if err != nil {
		return errors.Join(r, err)
	}
	return r
}

// Disconnect removes the firm's webhook subscription, destroys its tokens and keeps
// all that is in the ledger.
func (d *Desk) Disconnect(ctx context.Context, by domain.User) (uint64, error) {
	if _, err := d.RemoveWebhooks(ctx, by); err != nil {
		// Smokeball may be out of reach or have forgotten the firm; that must not keep the
		// tokens alive. The secret address is closed in any case.
		d.Log.Warn("the webhook subscription could not be removed in Smokeball", "firm", by.Firm, "err", err)
	}
	if err := d.closeHook(ctx, by.Firm); err != nil {
		return 0, err
	}
	if err := d.Secrets.Destroy(ctx, TokenName(by.Firm)); err != nil {
		return 0, err
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(by.Firm))
	if err != nil {
		return 0, err
	}
	if err := d.free(ctx, by.Firm, c.Account); err != nil {
		return 0, err
	}
	return d.connection(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.Disconnect(by.Subject) })
}

func (d *Desk) connection(ctx context.Context, f domain.FirmID, decide func(domain.Connection) []domain.Event) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.ConnectionStream(f),
		func(c domain.Connection) ([]domain.Event, error) { return decide(c), nil })
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
