package connect

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Consent is Smokeball's OAuth sign-in.
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
	// Notify has Smokeball send its test webhook.
	Notify(ctx context.Context, f domain.FirmID, id string) error
}

// Accounts reads which account a firm is connected to.
type Accounts interface {
	Firm(ctx context.Context, f domain.FirmID) (domain.Account, error)
	// Prove does the same after a refresh of the firm's sign-in, which proves the grant.
	Prove(ctx context.Context, f domain.FirmID) (domain.Account, error)
}

// Subscription is the firm's subscription as Smokeball is to have it.
type Subscription struct {
	Key     string // signs the webhooks
	Name    string
	URL     string // where they go; secret
	Request domain.RequestID
}

// Views are the rows that the service and the reconciler read. They may lag behind the ledger.
type Views interface {
	// FollowFirms follows every firm that the ledger knows: changed yields those that have changed since it was
	// called last, at first all.
	FollowFirms() (changed func(fn func(FirmState)) error, stop func())
	// FirmState is one of them as it is now.
	FirmState(f domain.FirmID) (FirmState, error)
	// Heard is what has arrived of a firm's webhooks.
	Heard(f domain.FirmID) (domain.WebhookActivity, error)
	// Changes returns the ledger position of the rows and a channel that is closed when
	// it moves on.
	Changes() (position uint64, moved <-chan struct{})
}

// FirmState is the row of a firm.
type FirmState struct {
	Firm       domain.FirmID
	Connection domain.Connection
	Heard      domain.WebhookActivity
}

// MatterTypes are the matter types of the account that a firm is connected to.
type MatterTypes interface {
	MatterTypes(ctx context.Context, f domain.FirmID) ([]domain.MatterType, error)
}

// Secrets keep sealed values by name. A writer names the revision that it has seen.
type Secrets interface {
	// Load opens a secret and returns its revision; vault.ErrNone: there is none.
	Load(ctx context.Context, name string) (data []byte, revision uint64, err error)
	// Save keeps a secret provided revision is still its newest (0: there is none), and
	// returns the new one; vault.ErrStale: somebody else was first.
	Save(ctx context.Context, name string, data []byte, revision uint64) (uint64, error)
	// Put keeps a secret whatever was there.
	Put(ctx context.Context, name string, data []byte) error
	// Destroy removes a secret and its earlier values.
	Destroy(ctx context.Context, name string) error
}

// SecretNames lists the secrets whose names begin with kind and a dot.
type SecretNames interface {
	Names(ctx context.Context, kind string) ([]string, error)
}
