package connect

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// goodbye is how long a person who disconnects waits for Smokeball; the reconciler goes on.
const goodbye = 15 * time.Second

// Disconnect ends the firm's connection: from the first fact on nothing is synced. Then
// the webhook subscription, the authorization, the tokens and the secret address go. All
// that is in the ledger stays.
func (d *Service) Disconnect(ctx context.Context, by domain.User) (uint64, error) {
	done, err := d.locks.Lock(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	defer done()
	position, err := d.connection(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.Disconnect(by.Subject) })
	if err != nil {
		return 0, err
	}
	soon, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	if err := errors.Join(d.leave(soon, by.Firm, false), d.releaseUnwantedGrant(soon, by.Firm)); err != nil {
		d.Log.Warn("a disconnect is not finished yet; it goes on by itself", "firm", by.Firm, "err", err)
	}
	return max(position, d.reached(ctx, by.Firm)), nil
}

// reached is the newest position of the firm's connection, 0 where it can't be read.
func (d *Service) reached(ctx context.Context, f domain.FirmID) uint64 {
	position, err := d.position(ctx, f)
	if err != nil {
		return 0
	}
	return position
}

// releaseUnwantedGrant gives a pending grant back unless its account was confirmed.
func (d *Service) releaseUnwantedGrant(ctx context.Context, f domain.FirmID) error {
	c, err := d.load(ctx, f)
	if err != nil || c.Pending != nil {
		return err
	}
	return d.releasePendingGrant(ctx, f)
}

// leave removes what a disconnect has left, in an order that may be broken off anywhere
// and begun again: subscription, authorization, tokens, address, claim. While Smokeball
// is out of reach it returns the error, until domain.LeaveWithin is over; now does not
// wait for that.
func (d *Service) leave(ctx context.Context, f domain.FirmID, now bool) error {
	c, err := d.load(ctx, f)
	if err != nil || c.Leaving == nil {
		return err
	}
	l := *c.Leaving
	now = now || !d.Now().Before(l.At.Add(domain.LeaveWithin))
	trouble := d.leaveSmokeball(ctx, f, l)
	if mayPass(trouble) && !now {
		return trouble
	}
	if trouble != nil {
		d.Log.Warn("a disconnect ends without Smokeball's word", "firm", f, "err", trouble)
	}
	if err := d.destroyTokens(ctx, f); err != nil {
		return err
	}
	if err := d.closeHook(ctx, f); err != nil {
		return err
	}
	if err := d.free(ctx, f, l.Account); err != nil {
		return err
	}
	_, err = d.connection(ctx, f, func(c domain.Connection) []domain.Event { return c.FinishDisconnect(leftBehind(trouble)) })
	return err
}

// leaveSmokeball removes the subscription and ends the authorization in Smokeball. What
// Smokeball no longer knows is no error; one that may pass is.
func (d *Service) leaveSmokeball(ctx context.Context, f domain.FirmID, l domain.Leaving) error {
	tokens, _, err := d.Secrets.Load(ctx, TokenName(f))
	if errors.Is(err, vault.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if l.Subscription != "" {
		if err := d.Subscriptions.Unsubscribe(ctx, f, l.Subscription); mayPass(err) {
			return err
		}
	}
	return d.Consent.Revoke(ctx, f, tokens)
}

// mayPass reports whether the call may go through later. A sign-in that has ended and
// what is not there have nothing left to remove.
func mayPass(err error) bool {
	if err == nil {
		return false
	}
	ce := domain.AsCallError(err)
	return ce == nil || ce.Class == domain.Retryable || ce.Class == domain.Allowance
}

// destroyTokens destroys the tokens of a firm that is leaving. Which ones they are is
// read before whether it still is, so that tokens of a new consent stay.
func (d *Service) destroyTokens(ctx context.Context, f domain.FirmID) error {
	for {
		_, revision, err := d.Secrets.Load(ctx, TokenName(f))
		if errors.Is(err, vault.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		c, err := d.load(ctx, f)
		if err != nil || c.Leaving == nil {
			return err
		}
		if err := d.Secrets.Discard(ctx, TokenName(f), revision); !errors.Is(err, vault.ErrStale) {
			return err
		}
	}
}

// leftBehind tells what Smokeball may still have after a disconnect, or nil.
func leftBehind(trouble error) *domain.Failure {
	if trouble == nil {
		return nil
	}
	if ce := domain.AsCallError(trouble); ce != nil && !mayPass(trouble) {
		return &domain.Failure{Code: ce.Failure.Code, Message: "CaseHug has forgotten its sign-in; in Smokeball the app is still allowed. " + ce.Failure.Message,
			Remedy: "A firm admin removes the app CaseHug inside Smokeball, too.", Smokeball: ce.Failure.Smokeball}
	}
	return &domain.Failure{Code: domain.CodeSmokeballUnavailable,
		Message: "Smokeball was out of reach: it may still have CaseHug's webhook subscription and authorization, which do nothing here any more",
		Remedy:  "They end by themselves. A firm admin can remove CaseHug inside Smokeball to end them at once."}
}
