package connect

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// claims assigns each Smokeball account to one firm, unless accounts may be shared.
type claims struct {
	store  eventstore.Store
	now    func() time.Time
	shared bool
}

// mayClaim returns why the account can't become the firm's own, or nil.
func (k *claims) mayClaim(ctx context.Context, f domain.FirmID, account domain.Account) error {
	if k.shared {
		return nil
	}
	c, _, err := eventstore.Load[domain.Claim](ctx, k.store, domain.AccountStream(account.ID))
	if err == nil {
		_, err = c.Take(f)
	}
	return err
}

// claim makes the account the firm's own.
func (k *claims) claim(ctx context.Context, f domain.FirmID, account domain.Account) error {
	if k.shared {
		return nil
	}
	_, _, err := eventstore.Execute(ctx, k.store, k.now, domain.AccountStream(account.ID),
		func(c domain.Claim) ([]domain.Event, error) { return c.Take(f) })
	return err
}

func (k *claims) free(ctx context.Context, f domain.FirmID, account domain.Account) error {
	if account.ID == "" {
		return nil
	}
	_, _, err := eventstore.Execute(ctx, k.store, k.now, domain.AccountStream(account.ID),
		func(c domain.Claim) ([]domain.Event, error) { return c.Free(f), nil })
	return err
}
