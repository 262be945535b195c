package connect

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

func (w *Webhooks) checkWebhooks(ctx context.Context, f domain.FirmID, c domain.Connection) error {
	if !c.Hooks.Wanted {
		return nil
	}
	stands, err := w.isRegistered(ctx, f, c)
	if err != nil {
		return err
	}
	if stands && !c.Hooks.Silent {
		return nil
	}
	if !stands {
		err = w.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.LoseWebhooks(goneInSmokeball(), false) })
	}
	if err == nil {
		err = w.renew(ctx, f)
	}
	return err
}

// restore registers the subscription again if it is missing.
func (w *Webhooks) restore(ctx context.Context, f domain.FirmID) error {
	c, err := w.ledger.load(ctx, f)
	if err != nil || !c.Usable(w.ledger.now()) || !c.Hooks.Stale {
		return err
	}
	return w.renew(ctx, f)
}

// renew registers the subscription on the engine's own decision. It removes a silent one
// first, because the cause may be in it.
func (w *Webhooks) renew(ctx context.Context, f domain.FirmID) error {
	c, err := w.ledger.load(ctx, f)
	if err != nil {
		return err
	}
	if c.Hooks.Silent && c.Subscription != "" {
		if err := w.subscriptions.Unsubscribe(ctx, f, c.Subscription); err != nil && !domain.IsNotThere(err) {
			return err
		}
	}
	_, err = w.register(ctx, domain.User{Firm: f})
	return err
}

// test requests a test webhook from a silent subscription.
func (w *Webhooks) test(ctx context.Context, f domain.FirmID) error {
	c, err := w.ledger.load(ctx, f)
	if err != nil || !c.Usable(w.ledger.now()) || w.ledger.now().Sub(c.Hooks.TestedAt) < domain.TestTimeout {
		return err
	}
	if err := w.notify(ctx, domain.User{Firm: f}); !domain.IsNotThere(err) {
		return err
	}
	return nil // it is recorded as lost, and restored
}

// markSilent records that a test webhook did not arrive.
func (w *Webhooks) markSilent(ctx context.Context, f domain.FirmID) error {
	h, err := w.views.Heard(f)
	if err != nil {
		return err
	}
	return w.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event {
		if h.Last.After(c.Hooks.TestedAt) || w.ledger.now().Sub(c.Hooks.TestedAt) < domain.TestTimeout {
			return nil
		}
		return c.LoseWebhooks(w.silence(), true)
	})
}
