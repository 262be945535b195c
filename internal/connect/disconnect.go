package connect

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// disconnectTimeout is how long a person who disconnects waits for Smokeball; the reconciler does the rest.
const disconnectTimeout = 15 * time.Second

// disconnection removes what a firm that disconnects has here and in Smokeball.
type disconnection struct {
	ledger        *ledger
	claims        *claims
	addresses     *addresses
	tokens        *Tokens
	subscriptions Subscriptions
	consent       Consent
	log           *slog.Logger
}

// leave removes what a disconnected firm still has, in an order that may stop anywhere
// and start again: subscription, authorization, tokens, address, claim. While Smokeball
// does not answer it returns the error, until domain.LeaveWithin has passed; with now it does
// not wait for that.
func (d *disconnection) leave(ctx context.Context, f domain.FirmID, now bool) error {
	c, err := d.ledger.load(ctx, f)
	if err != nil || c.Leaving == nil {
		return err
	}
	l := *c.Leaving
	now = now || !d.ledger.now().Before(l.At.Add(domain.LeaveWithin))
	trouble := d.leaveSmokeball(ctx, f, l)
	if mayPass(trouble) && !now {
		return trouble
	}
	if trouble != nil {
		d.log.Warn("a disconnect ends without an answer from Smokeball", "firm", f, "err", trouble)
	}
	if err := d.tokens.destroy(ctx, f, c.Through); err != nil {
		return err
	}
	if err := d.addresses.closeHook(ctx, f); err != nil {
		return err
	}
	if err := d.claims.free(ctx, f, l.Account); err != nil {
		return err
	}
	_, err = d.ledger.append(ctx, f, func(c domain.Connection) []domain.Event { return c.FinishDisconnect(leftBehind(trouble)) })
	return err
}

// leaveSmokeball removes the subscription and ends the authorization in Smokeball. What
// Smokeball no longer knows is no error; a temporary fault is.
func (d *disconnection) leaveSmokeball(ctx context.Context, f domain.FirmID, l domain.Leaving) error {
	tokens, _, err := d.tokens.Load(ctx, f)
	if errors.Is(err, vault.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if l.Subscription != "" {
		if err := d.subscriptions.Unsubscribe(ctx, f, l.Subscription); mayPass(err) {
			return err
		}
	}
	return d.consent.Revoke(ctx, f, tokens)
}

// mayPass reports whether the fault is temporary. After a sign-in that has ended, and for
// what is not there, nothing is left to remove.
func mayPass(err error) bool {
	if err == nil {
		return false
	}
	ce := domain.AsCallError(err)
	return ce == nil || ce.Class == domain.Retryable || ce.Class == domain.Allowance
}

// leftBehind returns what Smokeball may still have after a disconnect, or nil.
func leftBehind(trouble error) *domain.Failure {
	if trouble == nil {
		return nil
	}
	if ce := domain.AsCallError(trouble); ce != nil && !mayPass(trouble) {
		return &domain.Failure{Code: ce.Failure.Code, Fault: domain.FaultAppStillAllowed, About: &domain.About{Cause: &ce.Failure}, Smokeball: ce.Failure.Smokeball}
	}
	return &domain.Failure{Code: domain.CodeSmokeballUnavailable, Fault: domain.FaultLeftUnreached}
}
