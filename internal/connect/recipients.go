package connect

import (
	"context"
	"errors"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Recipients are the firms at whose secret addresses webhooks arrive.
type Recipients struct{ *Service }

// Recipient is the firm of a secret address, and the key that signs what comes there. An
// address that is nobody's is a Rejection (Unknown).
func (r Recipients) Recipient(ctx context.Context, secret string) (f domain.FirmID, key string, err error) {
	to, err := r.addresses.find(ctx, secret)
	if errors.Is(err, vault.ErrNone) || (err == nil && !to.Until.IsZero() && !r.now().Before(to.Until)) {
		err = nobodyThere()
	}
	return to.Firm, to.Key, err
}

// Check returns the Rejection of a webhook that is not the firm's: the firm is disconnected,
// or the webhook is about another account or subscription.
func (r Recipients) Check(ctx context.Context, f domain.FirmID, w domain.Webhook) error {
	c, err := r.ledger.load(ctx, f)
	switch {
	case err != nil:
		return err
	case c.State == domain.StatusDisconnected:
		return nobodyThere()
	case w.Account != "" && c.Account.ID != "" && w.Account != c.Account.ID:
		return foreignWebhook("The webhook is about another account")
	case w.Subscription != "" && c.Subscription != "" && w.Subscription != c.Subscription && !c.Hooks.Stale:
		return foreignWebhook("The webhook belongs to another subscription")
	}
	return nil
}

func nobodyThere() error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound, Message: "There is nothing at this address",
		Remedy: "Smokeball sends webhooks to the address that was registered last."}}
}

func foreignWebhook(message string) error {
	return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{Code: domain.CodeInvalidRequest, Message: message,
		Remedy: "Smokeball sends webhooks to the address that was registered, signed with its key."}}
}
