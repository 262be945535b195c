package connect

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// webhookPath is the path of the webhook address; the secret follows it.
const webhookPath = "/webhooks/smokeball/"

// Webhooks keeps each firm's one webhook subscription in Smokeball.
type Webhooks struct {
	ledger        *ledger
	addresses     *addresses
	subscriptions Subscriptions
	types         []string
	views         Views
	publicURL     string
	log           *slog.Logger
}

// RegisterWebhooks makes the firm's one webhook subscription, or renews it where
// Smokeball has one already. Others that point here are removed.
func (w *Webhooks) RegisterWebhooks(ctx context.Context, by domain.User) (uint64, error) {
	done, err := w.ledger.locks.Lock(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	defer done()
	return w.register(ctx, by)
}

func (w *Webhooks) register(ctx context.Context, by domain.User) (uint64, error) {
	c, err := w.ledger.load(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	if !c.Usable(w.ledger.now()) {
		return 0, notConnected()
	}
	h, err := w.addresses.hook(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	id, err := w.subscribe(ctx, by.Firm, h.pair)
	if err != nil {
		return 0, err
	}
	return w.ledger.append(ctx, by.Firm, func(c domain.Connection) []domain.Event { return domain.SignedBy(c.Renew(id, by.Subject), by) })
}

// subscribe lists first: Smokeball requires one subscription per firm.
func (w *Webhooks) subscribe(ctx context.Context, f domain.FirmID, p pair) (string, error) {
	want := Subscription{Key: p.Key, Name: "CaseHug", URL: w.addressOf(p), Request: domain.NewRequestID("webhooks", string(f), random())}
	id, err := w.findSubscription(ctx, f)
	if err != nil {
		return "", err
	}
	if id != "" {
		return id, w.subscriptions.UpdateSubscription(ctx, f, id, want)
	}
	if id, err = w.subscriptions.Subscribe(ctx, f, want); err != nil {
		return "", err
	}
	kept, err := w.findSubscription(ctx, f) // another engine may have made one at the same time
	return cmp.Or(kept, id), err
}

func (w *Webhooks) addressOf(p pair) string { return w.publicURL + webhookPath + p.Secret }

// findSubscription is the id of the firm's one subscription, "" where there is none. It is
// recognized by its content, wherever it leads. Of several the first one stays, so that engines that look at
// the same time keep the same one, and the others are removed.
func (w *Webhooks) findSubscription(ctx context.Context, f domain.FirmID) (string, error) {
	keep := ""
	c, err := w.ledger.load(ctx, f)
	if err != nil {
		return "", err
	}
	list, err := w.subscriptions.Subscriptions(ctx, f)
	if err != nil {
		return "", err
	}
	for _, s := range list {
		mine, err := w.isOurs(ctx, f, c, s)
		if err != nil {
			return "", err
		}
		switch {
		case !mine:
		case keep == "":
			keep = s.ID
		default:
			if err := w.subscriptions.Unsubscribe(ctx, f, s.ID); err != nil && !domain.IsNotThere(err) {
				return "", err
			}
		}
	}
	return keep, nil
}

// isOurs reports whether the subscription is the engine's: it is the one in the ledger, leads
// to this engine, or carries a secret of the firm's, at whatever address the engine was.
func (w *Webhooks) isOurs(ctx context.Context, f domain.FirmID, c domain.Connection, s domain.Subscription) (bool, error) {
	if s.ID == c.Subscription || strings.HasPrefix(s.URL, w.publicURL+webhookPath) {
		return true, nil
	}
	_, secret, found := strings.Cut(s.URL, webhookPath)
	if !found {
		return false, nil
	}
	name, err := w.addresses.addressName(secret)
	if err != nil {
		return false, err
	}
	a, err := read[address](ctx, w.addresses.secrets, name)
	if errors.Is(err, vault.ErrNone) {
		return false, nil
	}
	return err == nil && a.Firm == f, err
}

// isRegistered reports whether Smokeball has the firm's subscription as it was registered.
func (w *Webhooks) isRegistered(ctx context.Context, f domain.FirmID, c domain.Connection) (bool, error) {
	h, err := w.addresses.hook(ctx, f)
	if err != nil {
		return false, err
	}
	list, err := w.subscriptions.Subscriptions(ctx, f)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(list, func(s domain.Subscription) bool { return s.ID == c.Subscription })
	return i >= 0 && list[i].URL == w.addressOf(h.pair) && sameSet(list[i].Types, w.types), nil
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// renewWebhooks restores the firm's subscription after a new authorization: Smokeball
// removes it with the old one. The connection stands without it, and the reconciler tries
// on.
func (w *Webhooks) renewWebhooks(ctx context.Context, by domain.User) {
	c, err := w.ledger.load(ctx, by.Firm)
	if err != nil || !c.Hooks.Wanted {
		return
	}
	if _, err = w.register(ctx, by); err != nil {
		w.log.Warn("can't renew the webhook subscription; the engine retries", "firm", by.Firm, "err", err)
		_, err = w.ledger.append(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.LoseWebhooks(notRenewed(err), false) })
	}
	if err != nil {
		w.log.Error("can't record the loss of the webhook subscription", "firm", by.Firm, "err", err)
	}
}

// RemoveWebhooks removes the firm's webhook subscription in Smokeball.
func (w *Webhooks) RemoveWebhooks(ctx context.Context, by domain.User) (uint64, error) {
	done, err := w.ledger.locks.Lock(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	defer done()
	c, err := w.ledger.load(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	if c.Subscription != "" {
		if err := w.subscriptions.Unsubscribe(ctx, by.Firm, c.Subscription); mayPass(err) {
			return 0, err
		}
	}
	if err := w.addresses.closeHook(ctx, by.Firm); err != nil {
		return 0, err
	}
	return w.ledger.append(ctx, by.Firm, func(c domain.Connection) []domain.Event { return domain.SignedBy(c.RemoveWebhooks(by.Subject), by) })
}
