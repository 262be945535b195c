package connect

import (
	"context"
	"errors"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// sweep removes authorization attempts whose time is over, and settles consents that a
// killed engine has parked.
func (k *Keeper) sweep(ctx context.Context) {
	k.sweepAll(ctx, map[string]func(context.Context, string) error{"attempt": k.Desk.sweepAttempt, "parked": k.Desk.sweepParked})
}

// sweepHeld gives back consents that nobody answered for. They end by the minute.
func (k *Keeper) sweepHeld(ctx context.Context) {
	k.sweepAll(ctx, map[string]func(context.Context, string) error{"held": k.Desk.sweepHeld})
}

func (k *Keeper) sweepAll(ctx context.Context, kinds map[string]func(context.Context, string) error) {
	d := k.Desk
	for kind, each := range kinds {
		names, err := d.Secrets.Names(ctx, kind)
		for _, n := range names {
			err = errors.Join(err, each(ctx, n))
		}
		if err != nil && ctx.Err() == nil {
			k.Log.Warn("secrets could not be tidied up; it is tried again", "kind", kind, "err", err)
		}
	}
}

func (d *Desk) sweepAttempt(ctx context.Context, name string) error {
	a, err := read[attempt](ctx, d.Secrets, name)
	if errors.Is(err, vault.ErrNone) || (err == nil && d.Now().Before(a.Expires)) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.Secrets.Destroy(ctx, name)
}

func (d *Desk) sweepParked(ctx context.Context, name string) error {
	_, err := d.settleGrant(ctx, domain.FirmID(strings.TrimPrefix(name, "parked.")))
	if domain.AsRejection(err) != nil {
		return nil // turned away, which is recorded
	}
	return err
}
