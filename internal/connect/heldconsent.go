package connect

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// heldConsent is a consent that arrived in a browser in which the admin who made the link is not
// signed in. It connects nothing unless that browser confirms the account and the firm: the
// person who consented at Smokeball may not know for which firm the link was made.
type heldConsent struct {
	pendingGrant
	Firm    domain.FirmID `json:"firm"`
	Browser string        `json:"browser"` // SHA-256 of the secret that the browser keeps
	Expires time.Time     `json:"expires"`
}

// Question must be answered in a browser before a held consent connects anything.
type Question struct {
	ID      string // of the consent that is held
	Browser string // the browser's secret, which has to come back with the answer
	Account domain.Account
	Firm    domain.FirmID
	Called  string // the firm, as CaseHug calls it or as its account was called before; "": not known
	By      string // who made the link
	Expires time.Time
}

// Reply answers a Question.
type Reply struct {
	ID      string
	Browser string
	Yes     bool
}

func heldConsentName(id string) string { return "held." + id }

// holdConsent keeps the consent for LinkLifetime. It rejects an account that another firm has.
func (au *Authorizer) holdConsent(ctx context.Context, a attempt, p pendingGrant) (*Question, error) {
	if err := au.claims.mayClaim(ctx, a.Firm, p.Grant.Account); err != nil {
		return nil, au.giveBack(ctx, heldConsent{pendingGrant: p, Firm: a.Firm}, domain.AsRejection(err), err)
	}
	secret := random()
	h := heldConsent{pendingGrant: p, Firm: a.Firm, Browser: digest(secret), Expires: au.ledger.now().Add(LinkLifetime).UTC()}
	if err := write(ctx, au.secrets, heldConsentName(p.Attempt), h); err != nil {
		return nil, err
	}
	by := p.ByName
	if by == "" {
		by = p.By
	}
	called := a.Called
	if called == "" {
		c, err := au.ledger.load(ctx, a.Firm)
		if err != nil {
			return nil, err
		}
		called = c.Known().Name
	}
	return &Question{ID: p.Attempt, Browser: secret, Account: p.Grant.Account, Firm: a.Firm, Called: called, By: by, Expires: h.Expires}, nil
}

// Answer finishes a held consent in the browser that got the question. browser is who is signed in
// there, if anyone is.
func (au *Authorizer) Answer(ctx context.Context, r Reply, browser *domain.User) (Completed, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchange)
	defer cancel()
	if _, err := hex.DecodeString(r.ID); err != nil || len(r.ID) != hex.EncodedLen(sha256.Size) {
		return Completed{}, expired()
	}
	h, err := read[heldConsent](ctx, au.secrets, heldConsentName(r.ID))
	if errors.Is(err, vault.ErrNone) {
		return Completed{}, expired()
	}
	if err != nil {
		return Completed{}, err
	}
	if subtle.ConstantTimeCompare([]byte(digest(r.Browser)), []byte(h.Browser)) != 1 {
		return Completed{}, otherBrowser()
	}
	done := Completed{Firm: h.Firm}
	if why := au.mayAnswer(h, r, browser); why != nil {
		return done, au.giveBack(ctx, h, why, why)
	}
	c, err := au.ledger.load(ctx, h.Firm)
	switch {
	case err != nil:
		return done, err
	case c.Attempt != h.Attempt && c.Through != h.Attempt && (c.Pending == nil || c.Pending.Attempt != h.Attempt):
		return done, au.giveBack(ctx, h, nil, replaced())
	}
	if done.Asks, err = au.grants.keepAndSettleGrant(ctx, h.Firm, h.pendingGrant); err != nil {
		return done, err
	}
	return done, au.secrets.Destroy(ctx, heldConsentName(h.Attempt))
}

// mayAnswer returns why the consent is given back although the answer is valid, or nil.
func (au *Authorizer) mayAnswer(h heldConsent, r Reply, browser *domain.User) *domain.Rejection {
	asker := attempt{Firm: h.Firm, By: h.By}
	switch {
	case !au.ledger.now().Before(h.Expires):
		return unanswered()
	case !r.Yes:
		return declined()
	case asker.isOf(browser) && browser.Role != domain.FirmAdmin:
		return noLongerAdmin()
	}
	return nil
}

// giveBack ends a consent that connects nothing: in Smokeball, here, and, if why is given,
// as the failure of its attempt. It returns err.
func (au *Authorizer) giveBack(ctx context.Context, h heldConsent, why *domain.Rejection, err error) error {
	if err == nil || (why == nil && domain.AsRejection(err) == nil) {
		return err
	}
	// The end is in the ledger before anything is given back: another engine may be
	// finishing the same attempt.
	c, _, failed := eventstore.Execute(ctx, au.ledger.store, au.ledger.now, domain.ConnectionStream(h.Firm), func(c domain.Connection) ([]domain.Event, error) {
		if why == nil || c.Attempt != h.Attempt {
			return nil, nil
		}
		return c.Reject(domain.AuthorizationFailed{Attempt: h.Attempt, Failure: why.Failure, By: h.By, ByName: h.ByName}), nil
	})
	if failed != nil {
		return errors.Join(err, failed)
	}
	answered := c.Through == h.Attempt || c.CanFinish(h.Attempt)
	if !answered {
		au.grants.revoke(ctx, h.Firm, h.Grant.Tokens)
	}
	if gone := au.secrets.Destroy(ctx, heldConsentName(h.Attempt)); gone != nil {
		return errors.Join(err, gone)
	}
	if answered {
		return nil
	}
	return err
}

// collectHeldConsent gives back a consent that nobody confirmed in time.
func (au *Authorizer) collectHeldConsent(ctx context.Context, name string) error {
	h, err := read[heldConsent](ctx, au.secrets, name)
	if errors.Is(err, vault.ErrNone) || (err == nil && au.ledger.now().Before(h.Expires)) {
		return nil
	}
	if err != nil {
		return err
	}
	why := unanswered()
	if err := au.giveBack(ctx, h, why, why); domain.AsRejection(err) == nil {
		return err
	}
	return nil
}
