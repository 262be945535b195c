package connect

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// RotateWebhooks gives Smokeball a new key and a new secret address. The old pair is
// accepted for domain.WebhookOverlap more, then destroyed.
func (d *Service) RotateWebhooks(ctx context.Context, by domain.User) (uint64, error) {
	c, err := d.load(ctx, by.Firm)
	switch {
	case err != nil:
		return 0, err
	case !c.Usable(d.Now()):
		return 0, notConnected()
	case !c.Hooks.Wanted:
		return 0, noWebhooks()
	}
	id := random()
	_, err = d.connection(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.RotateWebhooks(id, by.Subject) })
	if err != nil {
		return 0, err
	}
	if err := d.rotate(ctx, by.Firm); err != nil {
		return 0, err
	}
	return d.position(ctx, by.Firm)
}

// rotate finishes the rotation that is under way. The new pair is open before Smokeball
// gets it, the old one's time runs from when Smokeball has the new one.
func (d *Service) rotate(ctx context.Context, f domain.FirmID) error {
	done, err := d.locks.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	c, err := d.load(ctx, f)
	if err != nil || c.Hooks.Rotation == "" || !c.Usable(d.Now()) {
		return err
	}
	id := c.Subscription
	h, err := d.hook(ctx, f)
	if err != nil {
		return err
	}
	if h.Rotation != c.Hooks.Rotation {
		if id, err = d.swap(ctx, f, h, c.Hooks.Rotation); err != nil {
			return err
		}
	}
	_, err = d.connection(ctx, f, func(now domain.Connection) []domain.Event { return now.FinishRotation(c.Hooks.Rotation, id) })
	return err
}

// swap puts a new pair in the place of the firm's pair, here and in Smokeball, and
// returns the subscription that has it.
func (d *Service) swap(ctx context.Context, f domain.FirmID, h hook, rotation string) (string, error) {
	if h.Next == nil {
		next := newPair()
		h.Next = &next
		if err := write(ctx, d.Secrets, hookName(f), h); err != nil {
			return "", err
		}
	}
	if err := d.open(ctx, f, *h.Next, time.Time{}); err != nil {
		return "", err
	}
	id, err := d.subscribe(ctx, f, *h.Next)
	if err != nil {
		return "", err
	}
	old := oldPair{pair: h.pair, Until: d.Now().Add(domain.WebhookOverlap).UTC()}
	if err := d.open(ctx, f, old.pair, old.Until); err != nil {
		return "", err
	}
	return id, write(ctx, d.Secrets, hookName(f), hook{pair: *h.Next, Rotation: rotation, Old: append(h.Old, old)})
}

// retire destroys the old pairs whose overlap is over.
func (d *Service) retire(ctx context.Context, f domain.FirmID) error {
	done, err := d.locks.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	c, err := d.load(ctx, f)
	if err != nil || c.Hooks.RotatedAt.IsZero() {
		return err
	}
	h, err := d.hook(ctx, f)
	if err != nil {
		return err
	}
	kept := []oldPair(nil)
	for _, o := range h.Old {
		if d.Now().Before(o.Until) {
			kept = append(kept, o)
		} else if err := d.deleteAddresses(ctx, o.Secret); err != nil {
			return err
		}
	}
	if h.Old = kept; len(kept) > 0 {
		return write(ctx, d.Secrets, hookName(f), h)
	}
	if err := write(ctx, d.Secrets, hookName(f), h); err != nil {
		return err
	}
	_, err = d.connection(ctx, f, func(c domain.Connection) []domain.Event { return c.RetireKeys() })
	return err
}
