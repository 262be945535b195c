package connect

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// webhookPath is where the bridge listens; the secret follows.
const webhookPath = "/webhooks/smokeball/"

// RegisterWebhooks makes the firm's one webhook subscription, or renews it where
// Smokeball has one already. Others that point here are removed.
func (d *Service) RegisterWebhooks(ctx context.Context, by domain.User) (uint64, error) {
	position, err, _ := d.registering.Do(string(by.Firm), func() (any, error) {
		done, err := d.locks.Lock(ctx, by.Firm)
		if err != nil {
			return uint64(0), err
		}
		defer done()
		return d.register(ctx, by)
	})
	return position.(uint64), err
}

func (d *Service) register(ctx context.Context, by domain.User) (uint64, error) {
	c, err := d.load(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	if !c.Usable(d.Now()) {
		return 0, notConnected()
	}
	h, err := d.hook(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	id, err := d.subscribe(ctx, by.Firm, h.pair)
	if err != nil {
		return 0, err
	}
	return d.connection(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.Renew(id, by.Subject) })
}

// subscribe lists first: Smokeball requires one subscription per firm.
func (d *Service) subscribe(ctx context.Context, f domain.FirmID, p pair) (string, error) {
	want := Subscription{Key: p.Key, Name: "CaseHug", URL: d.addressOf(p), Request: domain.NewRequestID("webhooks", string(f), random())}
	id, err := d.findSubscription(ctx, f)
	if err != nil {
		return "", err
	}
	if id != "" {
		return id, d.Subscriptions.UpdateSubscription(ctx, f, id, want)
	}
	if id, err = d.Subscriptions.Subscribe(ctx, f, want); err != nil {
		return "", err
	}
	kept, err := d.findSubscription(ctx, f) // another engine may have made one at the same time
	return cmp.Or(kept, id), err
}

func (d *Service) addressOf(p pair) string { return d.PublicURL + webhookPath + p.Secret }

// findSubscription is the firm's one subscription, "" where there is none, wherever it leads: it is known
// by what was written into it. Of several the first one stays, so that engines which look at
// the same time keep the same one, and the others are removed.
func (d *Service) findSubscription(ctx context.Context, f domain.FirmID) (string, error) {
	keep := ""
	c, err := d.load(ctx, f)
	if err != nil {
		return "", err
	}
	list, err := d.Subscriptions.Subscriptions(ctx, f)
	if err != nil {
		return "", err
	}
	for _, s := range list {
		mine, err := d.isOurs(ctx, f, c, s)
		if err != nil {
			return "", err
		}
		switch {
		case !mine:
		case keep == "":
			keep = s.ID
		default:
			if err := d.Subscriptions.Unsubscribe(ctx, f, s.ID); err != nil && !domain.IsNotThere(err) {
				return "", err
			}
		}
	}
	return keep, nil
}

// isOurs reports whether the firm's subscription is meant: it is the one in the ledger, leads
// to this engine, or carries a secret of the firm's, at whatever address the engine was.
func (d *Service) isOurs(ctx context.Context, f domain.FirmID, c domain.Connection, s domain.Subscription) (bool, error) {
	if s.ID == c.Subscription || strings.HasPrefix(s.URL, d.PublicURL+webhookPath) {
		return true, nil
	}
	_, secret, found := strings.Cut(s.URL, webhookPath)
	if !found {
		return false, nil
	}
	name, err := d.addressName(secret)
	if err != nil {
		return false, err
	}
	a, err := read[address](ctx, d.Secrets, name)
	if errors.Is(err, vault.ErrNone) {
		return false, nil
	}
	return err == nil && a.Firm == f, err
}

// isRegistered reports whether Smokeball has the firm's subscription as it was registered.
func (d *Service) isRegistered(ctx context.Context, f domain.FirmID, c domain.Connection) (bool, error) {
	h, err := d.hook(ctx, f)
	if err != nil {
		return false, err
	}
	list, err := d.Subscriptions.Subscriptions(ctx, f)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(list, func(s domain.Subscription) bool { return s.ID == c.Subscription })
	return i >= 0 && list[i].URL == d.addressOf(h.pair) && sameSet(list[i].Types, d.WebhookTypes), nil
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// renewWebhooks restores the firm's subscription after a new authorization: Smokeball
// removes it with the old one. The connection stands without it, and the reconciler tries
// on.
func (d *Service) renewWebhooks(ctx context.Context, by domain.User) {
	c, err := d.load(ctx, by.Firm)
	if err != nil || !c.Hooks.Wanted {
		return
	}
	if _, err = d.register(ctx, by); err != nil {
		d.Log.Warn("the webhook subscription could not be renewed; retrying", "firm", by.Firm, "err", err)
		_, err = d.connection(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.LoseWebhooks(notRenewed(err), false) })
	}
	if err != nil {
		d.Log.Error("the loss of the webhook subscription could not be recorded", "firm", by.Firm, "err", err)
	}
}

// RemoveWebhooks removes the firm's webhook subscription in Smokeball.
func (d *Service) RemoveWebhooks(ctx context.Context, by domain.User) (uint64, error) {
	done, err := d.locks.Lock(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	defer done()
	c, err := d.load(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	if c.Subscription != "" {
		if err := d.Subscriptions.Unsubscribe(ctx, by.Firm, c.Subscription); mayPass(err) {
			return 0, err
		}
	}
	if err := d.closeHook(ctx, by.Firm); err != nil {
		return 0, err
	}
	return d.connection(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.RemoveWebhooks(by.Subject) })
}
