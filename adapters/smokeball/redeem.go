package smokeball

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Redeem turns the code of a callback into tokens and reads whose account they are for.
// It retries temporary faults for some seconds: a firewall's page has not used the code up,
// and the admin should not have to consent again.
func (c *Accounts) Redeem(ctx context.Context, code, verifier, redirectURL string) (t Tokens, account domain.Account, err error) {
	err = patiently(ctx, func() (err error) {
		t, err = c.OAuth().Exchange(ctx, code, verifier, redirectURL)
		return err
	})
	if err == nil {
		err = patiently(ctx, func() (err error) {
			account, err = c.FirmWith(ctx, t.Access)
			return err
		})
	}
	return t, account, err
}

// patiently tries again while the fault may pass, for about eight seconds.
func patiently(ctx context.Context, try func() error) error {
	pauses := retry.Backoff{First: 500 * time.Millisecond, Limit: 4 * time.Second}
	for failures := 1; ; failures++ {
		err := try()
		ce := domain.AsCallError(err)
		passes := ce != nil && ce.Failure.Code != domain.CodeMisconfigured && (ce.Class == domain.Retryable || ce.Class == domain.Allowance)
		if !passes || failures > 4 || ce.After > pauses.Limit {
			return err
		}
		if retry.Wait(ctx, max(pauses.Delay(failures), ce.After)) != nil {
			return err
		}
	}
}

// TryCredentials asks the sign-in host whether it knows the app's credentials, with a
// refresh that cannot work: that costs nothing of the allowance. Nil: it knows them.
func (o *OAuth) TryCredentials(ctx context.Context) error {
	_, err := o.refresh(ctx, opTry, "none")
	ce := domain.AsCallError(err)
	if ce == nil || ce.Class == domain.SignIn || errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	return err
}
