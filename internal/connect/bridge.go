package connect

import (
	"context"
	"errors"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Bridge takes Smokeball's notifications in: it checks what can be checked, puts
// them on the bus and answers.
type Bridge struct {
	Service *Service
	// Verify checks the signature and its time under the subscription's key, for the app
	// that the firm uses.
	Verify func(f domain.FirmID, key string, header http.Header) error
	// About is the account and the subscription that a notification says it is about, ""
	// where it does not.
	About func(body []byte) (account, subscription string, err error)
	// Publish puts the notification on the bus, once for the same id.
	Publish func(ctx context.Context, f domain.FirmID, header http.Header, body []byte) error
}

// Webhook takes in what came to the secret address.
func (b Bridge) Webhook(ctx context.Context, secret string, header http.Header, body []byte) error {
	h, err := b.addressee(ctx, secret)
	if err != nil {
		return err
	}
	if err := b.Verify(h.Firm, h.Key, header); err != nil {
		return rejected(domain.Denied, "The notification's signature does not fit: "+err.Error())
	}
	account, subscription, err := b.About(body)
	if err != nil {
		return rejected(domain.Invalid, "The notification can't be read: "+err.Error())
	}
	c, err := b.Service.ledger.load(ctx, h.Firm)
	switch {
	case err != nil:
		return err
	case c.State == domain.StatusDisconnected:
		return nobodyThere()
	case account != "" && c.Account.ID != "" && account != c.Account.ID:
		return rejected(domain.Denied, "The notification is about another account")
	case subscription != "" && c.Subscription != "" && subscription != c.Subscription && !c.Hooks.Stale:
		return rejected(domain.Denied, "The notification belongs to another subscription")
	}
	return b.Publish(ctx, h.Firm, header, body)
}

// Addressee is the firm whose notifications come to the secret address. One that is nobody's
// is a Rejection (Unknown).
func (b Bridge) Addressee(ctx context.Context, secret string) (domain.FirmID, error) {
	a, err := b.addressee(ctx, secret)
	return a.Firm, err
}

// addressee finds whose address the secret is, and the key of what comes there.
func (b Bridge) addressee(ctx context.Context, secret string) (address, error) {
	name, err := b.Service.addresses.addressName(secret)
	if err != nil {
		return address{}, err
	}
	a, err := read[address](ctx, b.Service.secrets, name)
	if errors.Is(err, vault.ErrNone) || (err == nil && !a.Until.IsZero() && !b.Service.now().Before(a.Until)) {
		return a, nobodyThere()
	}
	return a, err
}

func nobodyThere() error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound, Message: "There is nothing at this address",
		Remedy: "Smokeball sends notifications to the address that was registered last."}}
}

func rejected(why domain.Reason, message string) error {
	return &domain.Rejection{Reason: why, Failure: domain.Failure{Code: domain.CodeInvalidRequest, Message: message,
		Remedy: "Smokeball sends notifications to the address that was registered, signed with its key."}}
}
