package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// pendingGrant is a consent that was exchanged for access and is not the firm's yet. It is
// kept until its facts are in the ledger, so that a killed engine loses no consent.
type pendingGrant struct {
	Attempt string `json:"attempt"`
	Grant   Grant  `json:"grant"`
	By      string `json:"by"`
	ByName  string `json:"by_name,omitempty"`
}

func pendingGrantName(f domain.FirmID) string { return "parked." + string(f) }

func (d *Service) keepPendingGrant(ctx context.Context, f domain.FirmID, p pendingGrant) error {
	done, err := d.locks.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	if err := d.releasePendingGrant(ctx, f); err != nil { // of an earlier consent that waits
		return err
	}
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("park a consent: %w", err)
	}
	return d.Secrets.Put(ctx, pendingGrantName(f), data)
}

func (d *Service) pendingGrant(ctx context.Context, f domain.FirmID) (p pendingGrant, err error) {
	data, _, err := d.Secrets.Load(ctx, pendingGrantName(f))
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("read a pending grant: %w", err)
	}
	return p, nil
}

// releasePendingGrant gives a pending grant back to Smokeball and forgets it, unless it has become
// the firm's own.
func (d *Service) releasePendingGrant(ctx context.Context, f domain.FirmID) error {
	p, err := d.pendingGrant(ctx, f)
	if errors.Is(err, vault.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := d.load(ctx, f)
	if err != nil {
		return err
	}
	if c.Through != p.Attempt {
		d.revoke(ctx, f, p.Grant.Tokens)
	}
	return d.Secrets.Destroy(ctx, pendingGrantName(f))
}

// revoke ends an authorization in Smokeball, as far as Smokeball can be reached: it ends
// by itself in any case.
func (d *Service) revoke(ctx context.Context, f domain.FirmID, tokens []byte) {
	if err := d.Consent.Revoke(ctx, f, tokens); err != nil {
		d.Log.Warn("an authorization could not be revoked in Smokeball; it ends there by itself", "firm", f, "err", err)
	}
}

// settleGrant makes the pending grant the firm's own, or asks whether that is wanted.
// It may be called again at any time.
func (d *Service) settleGrant(ctx context.Context, f domain.FirmID) (asks bool, err error) {
	done, err := d.locks.Lock(ctx, f)
	if err != nil {
		return false, err
	}
	defer done()
	p, err := d.pendingGrant(ctx, f)
	if errors.Is(err, vault.ErrNone) {
		_, err := d.connection(ctx, f, func(c domain.Connection) []domain.Event { return c.Drop("") })
		return false, err
	}
	if err != nil {
		return false, err
	}
	c, err := d.load(ctx, f)
	switch {
	case err != nil:
		return false, err
	case c.Through == p.Attempt || c.Dropped == p.Attempt:
		return false, d.releasePendingGrant(ctx, f)
	case c.NeedsConfirmation(p.Attempt, p.Grant.Account):
		return true, d.proposeAccount(ctx, f, p)
	}
	return false, d.acceptGrant(ctx, f, p, c)
}

// proposeAccount asks whether another account than before is wanted.
func (d *Service) proposeAccount(ctx context.Context, f domain.FirmID, p pendingGrant) error {
	if err := d.mayClaim(ctx, f, p.Grant.Account); err != nil {
		return d.rejectGrant(ctx, f, p, err)
	}
	_, err := d.connection(ctx, f, func(c domain.Connection) []domain.Event {
		return c.Propose(domain.AccountProposed{Attempt: p.Attempt, Account: p.Grant.Account, By: p.By, Expires: d.Now().Add(domain.PendingLifetime).UTC()})
	})
	return err
}

// acceptGrant connects the firm through a consent. Before it, another account is left.
func (d *Service) acceptGrant(ctx context.Context, f domain.FirmID, p pendingGrant, c domain.Connection) error {
	if err := d.claim(ctx, f, p.Grant.Account); err != nil {
		return d.rejectGrant(ctx, f, p, err)
	}
	if err := d.leaveFor(ctx, f, p, c); err != nil {
		return err
	}
	if err := d.claim(ctx, f, p.Grant.Account); err != nil { // leaving the same account has freed it
		return d.rejectGrant(ctx, f, p, err)
	}
	if err := d.Secrets.Put(ctx, TokenName(f), p.Grant.Tokens); err != nil {
		return err
	}
	fact := domain.ConnectionAuthorized{Attempt: p.Attempt, Account: p.Grant.Account, Region: d.Region, Scopes: p.Grant.Scopes, By: p.By, ByName: p.ByName,
		ReauthorizeBy: p.Grant.ends(d.Authorization)}
	_, err := d.connection(ctx, f, func(c domain.Connection) []domain.Event {
		fact.Webhooks = c.Hooks.Wanted || (c.Pending != nil && c.Pending.Webhooks)
		return c.Authorize(fact)
	})
	if err != nil {
		return err
	}
	if err := d.Secrets.Destroy(ctx, pendingGrantName(f)); err != nil {
		return err
	}
	d.renewWebhooks(ctx, domain.User{Firm: f, Subject: p.By})
	return nil
}

// leaveFor leaves the account that the firm was connected to where the consent is for
// another one, and finishes a disconnect that is under way: its tokens must not be
// taken for the new ones.
func (d *Service) leaveFor(ctx context.Context, f domain.FirmID, p pendingGrant, c domain.Connection) error {
	if c.Account.ID != "" && c.Account.ID != p.Grant.Account.ID {
		_, err := d.connection(ctx, f, func(c domain.Connection) []domain.Event { return c.StartLeaving(p.By) })
		if err != nil {
			return err
		}
	}
	return d.leave(ctx, f, true)
}

// rejectGrant gives a consent back that can't be the firm's.
func (d *Service) rejectGrant(ctx context.Context, f domain.FirmID, p pendingGrant, why error) error {
	r := domain.AsRejection(why)
	if r == nil {
		return why
	}
	if err := d.releasePendingGrant(ctx, f); err != nil {
		return err
	}
	_, err := d.connection(ctx, f, func(c domain.Connection) []domain.Event { return c.Drop("") })
	if err != nil {
		return err
	}
	return d.fail(ctx, f, p.By, p.Attempt, r)
}

// ConfirmAccount takes over the account that waits to be confirmed.
func (d *Service) ConfirmAccount(ctx context.Context, by domain.User, account string) (uint64, error) {
	_, _, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.ConnectionStream(by.Firm),
		func(c domain.Connection) ([]domain.Event, error) { return c.Confirm(account, by.Subject, d.Now()) })
	if err != nil {
		return 0, err
	}
	if _, err := d.settleGrant(ctx, by.Firm); err != nil {
		return 0, err
	}
	return d.position(ctx, by.Firm)
}

// DropAccount forgets the account that waits to be confirmed, and gives its consent back.
func (d *Service) DropAccount(ctx context.Context, by domain.User) (uint64, error) {
	return d.dropAccount(ctx, by.Firm, by.Subject)
}

func (d *Service) dropAccount(ctx context.Context, f domain.FirmID, by string) (uint64, error) {
	done, err := d.locks.Lock(ctx, f)
	if err != nil {
		return 0, err
	}
	defer done()
	position, err := d.connection(ctx, f, func(c domain.Connection) []domain.Event { return c.Drop(by) })
	if err != nil {
		return 0, err
	}
	return position, d.releasePendingGrant(ctx, f)
}

// mayClaim tells whether the account could be made the firm's own.
func (d *Service) mayClaim(ctx context.Context, f domain.FirmID, account domain.Account) error {
	if d.SharedAccounts {
		return nil
	}
	c, _, err := eventstore.Load[domain.Claim](ctx, d.Ledger, domain.AccountStream(account.ID))
	if err == nil {
		_, err = c.Take(f)
	}
	return err
}

// claim makes the account the firm's own.
func (d *Service) claim(ctx context.Context, f domain.FirmID, account domain.Account) error {
	if d.SharedAccounts {
		return nil
	}
	_, _, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.AccountStream(account.ID),
		func(c domain.Claim) ([]domain.Event, error) { return c.Take(f) })
	return err
}

func (d *Service) free(ctx context.Context, f domain.FirmID, account domain.Account) error {
	if account.ID == "" {
		return nil
	}
	_, _, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.AccountStream(account.ID),
		func(c domain.Claim) ([]domain.Event, error) { return c.Free(f), nil })
	return err
}
