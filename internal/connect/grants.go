package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

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

// Grants turns a consent into the firm's own. One for another account than before waits
// until it is confirmed.
type Grants struct {
	ledger        *ledger
	claims        *claims
	disconnection *disconnection
	webhooks      *Webhooks
	secrets       Secrets
	consent       Consent
	region        string
	lifetime      time.Duration
	log           *slog.Logger
}

func (g *Grants) keepPendingGrant(ctx context.Context, f domain.FirmID, p pendingGrant) error {
	done, err := g.ledger.locks.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	if err := g.releasePendingGrant(ctx, f); err != nil { // of an earlier consent that waits
		return err
	}
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("park a consent: %w", err)
	}
	return g.secrets.Put(ctx, pendingGrantName(f), data)
}

func (g *Grants) pendingGrant(ctx context.Context, f domain.FirmID) (p pendingGrant, err error) {
	data, _, err := g.secrets.Load(ctx, pendingGrantName(f))
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
func (g *Grants) releasePendingGrant(ctx context.Context, f domain.FirmID) error {
	p, err := g.pendingGrant(ctx, f)
	if errors.Is(err, vault.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := g.ledger.load(ctx, f)
	if err != nil {
		return err
	}
	if c.Through != p.Attempt {
		g.revoke(ctx, f, p.Grant.Tokens)
	}
	return g.secrets.Destroy(ctx, pendingGrantName(f))
}

// revoke ends an authorization in Smokeball if Smokeball answers; otherwise it expires
// there.
func (g *Grants) revoke(ctx context.Context, f domain.FirmID, tokens []byte) {
	if err := g.consent.Revoke(ctx, f, tokens); err != nil {
		g.log.Warn("can't revoke an authorization in Smokeball; it expires there", "firm", f, "err", err)
	}
}

// settleGrant makes the pending grant the firm's own, or asks for confirmation. It may be
// called at any time.
func (g *Grants) settleGrant(ctx context.Context, f domain.FirmID) (asks bool, err error) {
	done, err := g.ledger.locks.Lock(ctx, f)
	if err != nil {
		return false, err
	}
	defer done()
	p, err := g.pendingGrant(ctx, f)
	if errors.Is(err, vault.ErrNone) {
		_, err := g.ledger.append(ctx, f, func(c domain.Connection) []domain.Event { return c.Drop("") })
		return false, err
	}
	if err != nil {
		return false, err
	}
	c, err := g.ledger.load(ctx, f)
	switch {
	case err != nil:
		return false, err
	case c.Through == p.Attempt || c.Dropped == p.Attempt:
		return false, g.releasePendingGrant(ctx, f)
	case c.NeedsConfirmation(p.Attempt, p.Grant.Account):
		return true, g.proposeAccount(ctx, f, p)
	}
	return false, g.acceptGrant(ctx, f, p, c)
}

// proposeAccount asks an admin to confirm another account than before.
func (g *Grants) proposeAccount(ctx context.Context, f domain.FirmID, p pendingGrant) error {
	if err := g.claims.mayClaim(ctx, f, p.Grant.Account); err != nil {
		return g.rejectGrant(ctx, f, p, err)
	}
	_, err := g.ledger.append(ctx, f, func(c domain.Connection) []domain.Event {
		return c.Propose(domain.AccountProposed{Attempt: p.Attempt, Account: p.Grant.Account, By: p.By, Expires: g.ledger.now().Add(domain.PendingLifetime).UTC()})
	})
	return err
}

// acceptGrant connects the firm through a consent. It leaves another account first.
func (g *Grants) acceptGrant(ctx context.Context, f domain.FirmID, p pendingGrant, c domain.Connection) error {
	if err := g.claims.claim(ctx, f, p.Grant.Account); err != nil {
		return g.rejectGrant(ctx, f, p, err)
	}
	if err := g.leaveFor(ctx, f, p, c); err != nil {
		return err
	}
	if err := g.claims.claim(ctx, f, p.Grant.Account); err != nil { // leaving the same account has freed it
		return g.rejectGrant(ctx, f, p, err)
	}
	if err := g.secrets.Put(ctx, TokenName(f), p.Grant.Tokens); err != nil {
		return err
	}
	fact := domain.ConnectionAuthorized{Attempt: p.Attempt, Account: p.Grant.Account, Region: g.region, Scopes: p.Grant.Scopes, By: p.By, ByName: p.ByName,
		ReauthorizeBy: p.Grant.ends(g.lifetime)}
	_, err := g.ledger.append(ctx, f, func(c domain.Connection) []domain.Event {
		fact.Webhooks = c.Hooks.Wanted || (c.Pending != nil && c.Pending.Webhooks)
		return c.Authorize(fact)
	})
	if err != nil {
		return err
	}
	if err := g.secrets.Destroy(ctx, pendingGrantName(f)); err != nil {
		return err
	}
	g.webhooks.renewWebhooks(ctx, domain.User{Firm: f, Subject: p.By})
	return nil
}

// leaveFor leaves the account that the firm was connected to if the consent is for
// another one, and finishes a running disconnect, so that its tokens are not
// mistaken for the new ones.
func (g *Grants) leaveFor(ctx context.Context, f domain.FirmID, p pendingGrant, c domain.Connection) error {
	if c.Account.ID != "" && c.Account.ID != p.Grant.Account.ID {
		_, err := g.ledger.append(ctx, f, func(c domain.Connection) []domain.Event { return c.StartLeaving(p.By) })
		if err != nil {
			return err
		}
	}
	return g.disconnection.leave(ctx, f, true)
}

// rejectGrant gives back a consent that can't become the firm's.
func (g *Grants) rejectGrant(ctx context.Context, f domain.FirmID, p pendingGrant, why error) error {
	r := domain.AsRejection(why)
	if r == nil {
		return why
	}
	if err := g.releasePendingGrant(ctx, f); err != nil {
		return err
	}
	_, err := g.ledger.append(ctx, f, func(c domain.Connection) []domain.Event { return c.Drop("") })
	if err != nil {
		return err
	}
	return g.ledger.fail(ctx, f, p.By, p.Attempt, r)
}

// ConfirmAccount takes over the account that waits to be confirmed.
func (g *Grants) ConfirmAccount(ctx context.Context, by domain.User, account string) (uint64, error) {
	_, _, err := eventstore.Execute(ctx, g.ledger.store, g.ledger.now, domain.ConnectionStream(by.Firm),
		func(c domain.Connection) ([]domain.Event, error) {
			return c.Confirm(account, by.Subject, g.ledger.now())
		})
	if err != nil {
		return 0, err
	}
	if _, err := g.settleGrant(ctx, by.Firm); err != nil {
		return 0, err
	}
	return g.ledger.position(ctx, by.Firm)
}

// DropAccount forgets the account that waits to be confirmed, and gives its consent back.
func (g *Grants) DropAccount(ctx context.Context, by domain.User) (uint64, error) {
	return g.dropAccount(ctx, by.Firm, by.Subject)
}

func (g *Grants) dropAccount(ctx context.Context, f domain.FirmID, by string) (uint64, error) {
	done, err := g.ledger.locks.Lock(ctx, f)
	if err != nil {
		return 0, err
	}
	defer done()
	position, err := g.ledger.append(ctx, f, func(c domain.Connection) []domain.Event { return c.Drop(by) })
	if err != nil {
		return 0, err
	}
	return position, g.releasePendingGrant(ctx, f)
}

// dropLate drops the account that nobody confirmed in time.
func (g *Grants) dropLate(ctx context.Context, f domain.FirmID) error {
	c, err := g.ledger.load(ctx, f)
	if err != nil || c.Pending == nil || !c.Pending.Confirmed.IsZero() || c.Asks(g.ledger.now()) {
		return err
	}
	_, err = g.dropAccount(ctx, f, "")
	return err
}
