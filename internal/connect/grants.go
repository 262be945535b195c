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
	name    string // of its secret
}

// asker is who consented.
func (p pendingGrant) asker(f domain.FirmID) domain.User {
	return domain.User{Firm: f, Subject: p.By, Name: p.ByName}
}

// pendingGrantName is the name of the secret. Each attempt has one of its own, so that two
// engines that finish two attempts never write over each other's.
func pendingGrantName(f domain.FirmID, attempt string) string {
	return formerPendingGrantName(f) + "." + attempt
}

// formerPendingGrantName is where an earlier version kept a firm's only pending grant.
func formerPendingGrantName(f domain.FirmID) string { return "parked." + string(f) }

// Grants turns a consent into the firm's own. One for another account than before waits
// until it is confirmed. Several engines may do so at once: the ledger decides which attempt
// may finish, and only a grant whose attempt can't finish any more is given back to Smokeball.
type Grants struct {
	ledger        *ledger
	claims        *claims
	disconnection *disconnection
	webhooks      *Webhooks
	secrets       Secrets
	names         SecretNames
	tokens        *Tokens
	consent       Consent
	region        string
	lifetime      time.Duration
	log           *slog.Logger
}

// keepPendingGrant keeps the grant, unless it was kept before.
func (g *Grants) keepPendingGrant(ctx context.Context, f domain.FirmID, p pendingGrant) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("keep a pending grant: %w", err)
	}
	if _, err := g.secrets.Save(ctx, pendingGrantName(f, p.Attempt), data, 0); !errors.Is(err, vault.ErrStale) {
		return err
	}
	return nil
}

func (g *Grants) pendingGrant(ctx context.Context, f domain.FirmID, attempt string) (p pendingGrant, err error) {
	for _, name := range []string{pendingGrantName(f, attempt), formerPendingGrantName(f)} {
		p, err = g.readPendingGrant(ctx, name)
		if !errors.Is(err, vault.ErrNone) && (err != nil || p.Attempt == attempt) {
			return p, err
		}
	}
	return p, vault.ErrNone
}

func (g *Grants) readPendingGrant(ctx context.Context, name string) (pendingGrant, error) {
	p, err := read[pendingGrant](ctx, g.secrets, name)
	p.name = name
	return p, err
}

// releaseEnded removes what is left of the firm's attempts that can't finish any more: their
// tokens, then their pending grants.
func (g *Grants) releaseEnded(ctx context.Context, f domain.FirmID) error {
	names, err := g.names.Names(ctx, formerTokenName(f))
	if err == nil {
		err = g.tokens.destroyUnused(ctx, f, names)
	}
	if err != nil {
		return err
	}
	if names, err = g.names.Names(ctx, formerPendingGrantName(f)); err != nil {
		return err
	}
	for _, name := range append(names, formerPendingGrantName(f)) {
		p, err := g.readPendingGrant(ctx, name)
		if errors.Is(err, vault.ErrNone) {
			continue
		}
		if err == nil {
			err = g.releasePendingGrant(ctx, f, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// releasePendingGrant forgets the grant if its attempt can't finish any more. Unless the firm
// is connected through it, it is given back to Smokeball.
func (g *Grants) releasePendingGrant(ctx context.Context, f domain.FirmID, p pendingGrant) error {
	c, err := g.ledger.load(ctx, f)
	if err != nil || c.CanFinish(p.Attempt) {
		return err
	}
	if c.Through != p.Attempt {
		g.revoke(ctx, f, p.Grant.Tokens)
	}
	if !c.Holds(p.Grant.Account) {
		if err := g.claims.free(ctx, f, p.Grant.Account); err != nil {
			return err
		}
	}
	return g.secrets.Destroy(ctx, p.name)
}

// revoke ends an authorization in Smokeball if Smokeball answers; otherwise it expires
// there.
func (g *Grants) revoke(ctx context.Context, f domain.FirmID, tokens []byte) {
	if err := g.consent.Revoke(ctx, f, tokens); err != nil {
		g.log.Warn("can't revoke an authorization in Smokeball; it expires there", "firm", f, "err", err)
	}
}

// settleGrant makes an attempt's pending grant the firm's own, or asks for confirmation. It
// may be called at any time. If another attempt came before this one, it returns replaced().
func (g *Grants) settleGrant(ctx context.Context, f domain.FirmID, attempt string) (asks bool, err error) {
	done, err := g.ledger.locks.Lock(ctx, f)
	if err != nil {
		return false, err
	}
	defer done()
	for settled := false; !settled; { // again if another engine appended facts in between
		p, err := g.pendingGrant(ctx, f, attempt)
		if errors.Is(err, vault.ErrNone) {
			return false, g.settledBefore(ctx, f, attempt)
		}
		if err != nil {
			return false, err
		}
		if asks, settled, err = g.settle(ctx, f, p); err != nil {
			return false, err
		}
	}
	return asks, nil
}

// settle tries once; it is not settled if another engine appended facts in between.
func (g *Grants) settle(ctx context.Context, f domain.FirmID, p pendingGrant) (asks, settled bool, err error) {
	c, err := g.ledger.load(ctx, f)
	switch {
	case err != nil:
		return false, false, err
	case !c.CanFinish(p.Attempt):
		if err := g.releaseEnded(ctx, f); err != nil || c.Through == p.Attempt {
			return false, true, err
		}
		return false, true, replaced()
	case c.NeedsConfirmation(p.Attempt, p.Grant.Account):
		asks, err = g.proposeAccount(ctx, f, p)
		return asks, asks, err
	}
	settled, err = g.acceptGrant(ctx, f, p)
	return false, settled, err
}

// settledBefore returns the outcome of an attempt whose grant is not kept any more.
func (g *Grants) settledBefore(ctx context.Context, f domain.FirmID, attempt string) error {
	if err := g.releaseEnded(ctx, f); err != nil {
		return err
	}
	c, err := g.ledger.load(ctx, f)
	switch {
	case err != nil || c.Through == attempt:
		return err
	case c.CanFinish(attempt): // its secret is lost
		return g.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event {
			if c.Pending == nil || c.Pending.Attempt != attempt {
				return nil
			}
			return c.Drop("")
		})
	}
	return replaced()
}

// proposeAccount asks an admin to confirm another account than before.
func (g *Grants) proposeAccount(ctx context.Context, f domain.FirmID, p pendingGrant) (asks bool, err error) {
	if err := g.claims.mayClaim(ctx, f, p.Grant.Account); err != nil {
		return false, g.rejectGrant(ctx, f, p, err)
	}
	proposal := domain.AccountProposed{Attempt: p.Attempt, Account: p.Grant.Account, By: p.By, ByName: p.ByName, Expires: g.ledger.now().Add(domain.PendingLifetime).UTC()}
	now, _, err := eventstore.Execute(ctx, g.ledger.store, g.ledger.now, domain.ConnectionStream(f),
		func(c domain.Connection) ([]domain.Event, error) {
			if !c.NeedsConfirmation(p.Attempt, p.Grant.Account) {
				return nil, nil
			}
			return c.Propose(proposal), nil
		})
	if asks = now.Pending != nil && now.Pending.Attempt == p.Attempt; err == nil && asks {
		err = g.releaseEnded(ctx, f)
	}
	return asks, err
}

// acceptGrant connects the firm through a consent. It leaves another account first. It reports
// whether the firm is connected: another engine may have appended facts in between.
func (g *Grants) acceptGrant(ctx context.Context, f domain.FirmID, p pendingGrant) (bool, error) {
	if err := g.claims.claim(ctx, f, p.Grant.Account); err != nil {
		return false, g.rejectGrant(ctx, f, p, err)
	}
	if err := g.leaveFor(ctx, f, p); err != nil {
		return false, err
	}
	if err := g.claims.claim(ctx, f, p.Grant.Account); err != nil { // leaving the same account has freed it
		return false, g.rejectGrant(ctx, f, p, err)
	}
	if err := g.tokens.keep(ctx, f, p.Attempt, p.Grant.Tokens); err != nil {
		return false, err
	}
	fact := domain.ConnectionAuthorized{Attempt: p.Attempt, Account: p.Grant.Account, Region: g.region, Scopes: p.Grant.Scopes, By: p.By, ByName: p.ByName,
		ReauthorizeBy: p.Grant.ends(g.lifetime)}
	now, _, err := eventstore.Execute(ctx, g.ledger.store, g.ledger.now, domain.ConnectionStream(f), func(c domain.Connection) ([]domain.Event, error) {
		fact.Webhooks = c.Hooks.Wanted || (c.Pending != nil && c.Pending.Webhooks)
		return c.Authorize(fact), nil
	})
	if err != nil || !now.Uses(p.Attempt) {
		return false, err
	}
	if err := g.releaseEnded(ctx, f); err != nil {
		return false, err
	}
	g.webhooks.renewWebhooks(ctx, p.asker(f))
	return true, nil
}

// leaveFor leaves the account that the firm was connected to if the consent is for
// another one, and finishes a running disconnect.
func (g *Grants) leaveFor(ctx context.Context, f domain.FirmID, p pendingGrant) error {
	err := g.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event {
		return domain.SignedBy(c.LeaveFor(p.Attempt, p.By), p.asker(f))
	})
	if err != nil {
		return err
	}
	return g.disconnection.leave(ctx, f, true)
}

// rejectGrant gives back a consent that can't become the firm's.
func (g *Grants) rejectGrant(ctx context.Context, f domain.FirmID, p pendingGrant, why error) error {
	r := domain.AsRejection(why)
	if r == nil {
		return why
	}
	err := g.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event {
		return c.Reject(domain.AuthorizationFailed{Attempt: p.Attempt, Failure: r.Failure, By: p.By, ByName: p.ByName})
	})
	if err == nil {
		err = g.releaseEnded(ctx, f)
	}
	if err != nil {
		return errors.Join(r, err)
	}
	return r
}

// ConfirmAccount takes over the account that waits to be confirmed.
func (g *Grants) ConfirmAccount(ctx context.Context, by domain.User, account string) (uint64, error) {
	now, _, err := eventstore.Execute(ctx, g.ledger.store, g.ledger.now, domain.ConnectionStream(by.Firm),
		func(c domain.Connection) ([]domain.Event, error) {
			facts, err := c.Confirm(account, by.Subject, g.ledger.now())
			return domain.SignedBy(facts, by), err
		})
	if err != nil {
		return 0, err
	}
	if _, err := g.settleGrant(ctx, by.Firm, now.Pending.Attempt); err != nil {
		return 0, err
	}
	return g.ledger.position(ctx, by.Firm)
}

// acceptConfirmed goes on with taking over the account that was confirmed.
func (g *Grants) acceptConfirmed(ctx context.Context, f domain.FirmID) error {
	c, err := g.ledger.load(ctx, f)
	if err != nil || c.Pending == nil || c.Pending.Confirmed.IsZero() {
		return err
	}
	_, err = g.settleGrant(ctx, f, c.Pending.Attempt)
	return err
}

// DropAccount forgets the account that waits to be confirmed, and gives its consent back.
func (g *Grants) DropAccount(ctx context.Context, by domain.User) (uint64, error) {
	return g.dropAccount(ctx, by.Firm, func(c domain.Connection) []domain.Event { return domain.SignedBy(c.Drop(by.Subject), by) })
}

// dropLate drops the account that nobody confirmed in time.
func (g *Grants) dropLate(ctx context.Context, f domain.FirmID) error {
	_, err := g.dropAccount(ctx, f, func(c domain.Connection) []domain.Event { return c.DropLate(g.ledger.now()) })
	return err
}

func (g *Grants) dropAccount(ctx context.Context, f domain.FirmID, drop func(domain.Connection) []domain.Event) (uint64, error) {
	done, err := g.ledger.locks.Lock(ctx, f)
	if err != nil {
		return 0, err
	}
	defer done()
	position, err := g.ledger.append(ctx, f, drop)
	if err != nil {
		return 0, err
	}
	return position, g.releaseEnded(ctx, f)
}
