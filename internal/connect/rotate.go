package connect

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// RotateWebhooks gives Smokeball a new key and a new secret address. The old pair is
// accepted for domain.WebhookOverlap more, then destroyed.
func (w *Webhooks) RotateWebhooks(ctx context.Context, by domain.User) (uint64, error) {
	c, err := w.ledger.load(ctx, by.Firm)
	switch {
	case err != nil:
		return 0, err
	case !c.Usable(w.ledger.now()):
		return 0, notConnected()
	case !c.Hooks.Wanted:
		return 0, noWebhooks()
	}
	id := random()
	_, err = w.ledger.append(ctx, by.Firm, func(c domain.Connection) []domain.Event { return domain.SignedBy(c.Hooks.Rotate(id, by.Subject), by) })
	if err != nil {
		return 0, err
	}
	if err := w.rotate(ctx, by.Firm); err != nil {
		return 0, err
	}
	return w.ledger.position(ctx, by.Firm)
}

// rotate finishes the rotation that is under way. The new pair is open before Smokeball
// gets it, the old one's time runs from when Smokeball has the new one.
func (w *Webhooks) rotate(ctx context.Context, f domain.FirmID) error {
	done, err := w.ledger.locks.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	c, err := w.ledger.load(ctx, f)
	if err != nil || c.Hooks.Rotation == "" || !c.Usable(w.ledger.now()) {
		return err
	}
	id := c.Subscription
	h, err := w.addresses.hook(ctx, f)
	if err != nil {
		return err
	}
	if h.Rotation != c.Hooks.Rotation {
		if id, err = w.swap(ctx, f, h, c.Hooks.Rotation); err != nil {
			return err
		}
	}
	_, err = w.ledger.append(ctx, f, func(now domain.Connection) []domain.Event { return now.FinishRotation(c.Hooks.Rotation, id) })
	return err
}

// swap puts a new pair in the place of the firm's pair, here and in Smokeball, and
// returns the subscription that has it.
func (w *Webhooks) swap(ctx context.Context, f domain.FirmID, h hook, rotation string) (string, error) {
	if h.Next == nil {
		next := newPair()
		h.Next = &next
		if err := write(ctx, w.addresses.secrets, hookName(f), h); err != nil {
			return "", err
		}
	}
	if err := w.addresses.open(ctx, f, *h.Next, time.Time{}); err != nil {
		return "", err
	}
	id, err := w.subscribe(ctx, f, *h.Next)
	if err != nil {
		return "", err
	}
	old := oldPair{pair: h.pair, Until: w.ledger.now().Add(domain.WebhookOverlap).UTC()}
	if err := w.addresses.open(ctx, f, old.pair, old.Until); err != nil {
		return "", err
	}
	return id, write(ctx, w.addresses.secrets, hookName(f), hook{pair: *h.Next, Rotation: rotation, Old: append(h.Old, old)})
}

// retire destroys the old pairs whose overlap is over.
func (w *Webhooks) retire(ctx context.Context, f domain.FirmID) error {
	done, err := w.ledger.locks.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	c, err := w.ledger.load(ctx, f)
	if err != nil || c.Hooks.RotatedAt.IsZero() {
		return err
	}
	h, err := w.addresses.hook(ctx, f)
	if err != nil {
		return err
	}
	kept := []oldPair(nil)
	for _, o := range h.Old {
		if w.ledger.now().Before(o.Until) {
			kept = append(kept, o)
		} else if err := w.addresses.deleteAddresses(ctx, o.Secret); err != nil {
			return err
		}
	}
	if h.Old = kept; len(kept) > 0 {
		return write(ctx, w.addresses.secrets, hookName(f), h)
	}
	if err := write(ctx, w.addresses.secrets, hookName(f), h); err != nil {
		return err
	}
	_, err = w.ledger.append(ctx, f, func(c domain.Connection) []domain.Event { return c.Hooks.RetireKeys() })
	return err
}
