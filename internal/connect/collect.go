package connect

import (
	"context"
	"errors"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// collectExpired removes authorization attempts that have expired, and settles consents that a
// killed engine left pending.
func (k *Reconciler) collectExpired(ctx context.Context) {
	k.collectAll(ctx, map[string]func(context.Context, string) error{"attempt": k.Service.collectAttempt, "parked": k.Service.collectPendingGrant, "token": k.collectTokens()})
}

// collectTokens removes tokens that an engine kept, and was killed, after its attempt had ended.
// The rows say of which firms there are any; the ledger decides.
func (k *Reconciler) collectTokens() func(context.Context, string) error {
	through := map[string]bool{}
	all, stop := k.Service.views.FollowFirms()
	defer stop()
	err := all(func(r FirmState) {
		through[TokenName(r.Firm, r.Connection.Through)] = true
		through[formerTokenName(r.Firm)] = true
	})
	return func(ctx context.Context, name string) error {
		if err != nil || through[name] {
			return err
		}
		firm, _, _ := strings.Cut(strings.TrimPrefix(name, "token."), ".")
		return k.Service.releaseEnded(ctx, domain.FirmID(firm))
	}
}

// collectHeldConsent gives back consents that nobody confirmed. It runs every minute.
func (k *Reconciler) collectHeldConsent(ctx context.Context) {
	k.collectAll(ctx, map[string]func(context.Context, string) error{"held": k.Service.collectHeldConsent})
}

func (k *Reconciler) collectAll(ctx context.Context, kinds map[string]func(context.Context, string) error) {
	d := k.Service
	for kind, each := range kinds {
		names, err := d.names.Names(ctx, kind)
		for _, n := range names {
			err = errors.Join(err, each(ctx, n))
		}
		if err != nil && ctx.Err() == nil {
			k.Log.Warn("can't remove expired secrets; the engine retries", "kind", kind, "err", err)
		}
	}
}

func (au *Authorizer) collectAttempt(ctx context.Context, name string) error {
	a, err := read[attempt](ctx, au.secrets, name)
	if errors.Is(err, vault.ErrNone) || (err == nil && au.ledger.now().Before(a.Expires)) {
		return nil
	}
	if err != nil {
		return err
	}
	return au.secrets.Destroy(ctx, name)
}

func (g *Grants) collectPendingGrant(ctx context.Context, name string) error {
	p, err := g.readPendingGrant(ctx, name)
	if errors.Is(err, vault.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	firm, _, _ := strings.Cut(strings.TrimPrefix(name, "parked."), ".")
	_, err = g.settleGrant(ctx, domain.FirmID(firm), p.Attempt)
	if domain.AsRejection(err) != nil {
		return nil // turned away, which is recorded
	}
	return err
}
