package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// LinkLifetime is how long an authorization link may be used.
const LinkLifetime = 10 * time.Minute

// attempt is kept from the link to the redirect, and until the
// link's end, so that a second use is recognized.
type attempt struct {
	Firm     domain.FirmID `json:"firm"`
	By       string        `json:"by"`
	ByName   string        `json:"by_name"`
	Called   string        `json:"firm_name,omitempty"` // the firm, by CaseHug's token
	Verifier string        `json:"verifier,omitempty"`
	Used     bool          `json:"used,omitempty"`
	Expires  time.Time     `json:"expires"`
}

// Redirect holds the parameters of Smokeball's redirect.
type Redirect struct {
	State   string
	Code    string
	Refusal string // OAuth's error word, such as access_denied
	Issuer  string // RFC 9207; empty: not sent
}

// Completed is the result of a redirect.
type Completed struct {
	Firm domain.FirmID
	// Asks: the account is another one than before and must be confirmed.
	Asks bool
	// Question must be answered in this browser before anything is connected; nil: no question.
	Question *Question
}

// exchange is how long finishing an authorization may take. The browser does not have to
// wait for it: the code is used up with the first call.
const exchange = time.Minute

// Authorizer makes links to Smokeball's consent page and finishes what comes back.
type Authorizer struct {
	ledger  *ledger
	claims  *claims
	grants  *Grants
	secrets Secrets
	consent Consent
	try     func(ctx context.Context, f domain.FirmID) error
	issuer  string
	log     *slog.Logger
}

// Authorize makes a link to Smokeball's consent page: for one use, within LinkLifetime. If
// Smokeball would refuse to show that page, it returns that fault instead.
func (au *Authorizer) Authorize(ctx context.Context, by domain.User) (string, time.Time, error) {
	state, verifier := random(), random()
	a := attempt{Firm: by.Firm, By: by.Subject, ByName: by.Name, Called: by.Called, Verifier: verifier, Expires: au.ledger.now().Add(LinkLifetime).UTC()}
	data, err := json.Marshal(a)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("begin authorization: %w", err)
	}
	if _, err := au.secrets.Save(ctx, attemptName(state), data, 0); err != nil {
		return "", time.Time{}, err
	}
	_, err = au.ledger.append(ctx, by.Firm, func(domain.Connection) []domain.Event {
		return []domain.Event{domain.AuthorizationStarted{Attempt: digest(state), By: by.Subject, ByName: by.Name, Expires: a.Expires}}
	})
	if err == nil {
		err = au.shown(ctx, by, digest(state))
	}
	return au.consent.URL(by.Firm, state, verifier), a.Expires, err
}

// shown ends the attempt if Smokeball refuses to show its consent page.
func (au *Authorizer) shown(ctx context.Context, by domain.User, id string) error {
	if au.try == nil {
		return nil
	}
	err := au.try(ctx, by.Firm)
	if err == nil {
		return nil
	}
	return au.ledger.fail(ctx, attempt{Firm: by.Firm, By: by.Subject, ByName: by.Name}, id, au.notRedeemed(by.Firm, err))
}

// Complete finishes what Authorize began with what Smokeball's redirect carried, whether
// or not the browser waits for it. browser is who is signed in where the redirect arrived,
// if anyone is: in the browser of the firm admin who asked it connects, in any other one
// the consent is held until the Question is answered there.
func (au *Authorizer) Complete(ctx context.Context, r Redirect, browser *domain.User) (Completed, error) {
	if r.Issuer != "" && r.Issuer != au.issuer {
		return Completed{}, wrongIssuer()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchange)
	defer cancel()
	a, err := au.take(ctx, r.State)
	if err != nil {
		return Completed{}, err
	}
	done := Completed{Firm: a.Firm}
	switch {
	case r.Refusal != "" || r.Code == "":
		return done, au.ledger.fail(ctx, a, digest(r.State), au.denied(a.Firm, r.Refusal))
	case a.isOf(browser) && browser.Role != domain.FirmAdmin:
		return done, au.ledger.fail(ctx, a, digest(r.State), noLongerAdmin())
	}
	grant, err := au.consent.Redeem(ctx, a.Firm, r.Code, a.Verifier)
	if err != nil {
		return done, au.ledger.fail(ctx, a, digest(r.State), au.notRedeemed(a.Firm, err))
	}
	p := pendingGrant{Attempt: digest(r.State), Grant: grant, By: a.By, ByName: a.ByName}
	if !a.isOf(browser) {
		done.Question, err = au.holdConsent(ctx, a, p)
		return done, err
	}
	done.Asks, err = au.grants.keepAndSettleGrant(ctx, a.Firm, p)
	return done, err
}

func (g *Grants) keepAndSettleGrant(ctx context.Context, f domain.FirmID, p pendingGrant) (asks bool, err error) {
	if err := g.keepPendingGrant(ctx, f, p); err != nil {
		return false, err
	}
	return g.settleGrant(ctx, f, p.Attempt)
}

// isOf reports whether the user asked for the link.
func (a attempt) isOf(u *domain.User) bool {
	return u != nil && u.Firm == a.Firm && u.Subject == a.By
}

// take uses the link up. It refuses one that is unknown, used, expired or replaced by a
// newer one.
func (au *Authorizer) take(ctx context.Context, state string) (attempt, error) {
	var a attempt
	data, revision, err := au.secrets.Load(ctx, attemptName(state))
	if errors.Is(err, vault.ErrNone) {
		return a, expired()
	}
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("read authorization attempt: %w", err)
	}
	if err := au.mayFinish(ctx, a, digest(state)); err != nil {
		return a, err
	}
	used := a
	used.Verifier, used.Used = "", true
	if data, err = json.Marshal(used); err != nil {
		return a, fmt.Errorf("use authorization attempt: %w", err)
	}
	if _, err := au.secrets.Save(ctx, attemptName(state), data, revision); errors.Is(err, vault.ErrStale) {
		return a, usedUp()
	} else if err != nil {
		return a, err
	}
	return a, nil
}

// mayFinish says why the attempt can't be finished, or nil.
func (au *Authorizer) mayFinish(ctx context.Context, a attempt, id string) error {
	c, err := au.ledger.load(ctx, a.Firm)
	switch {
	case err != nil:
		return err
	case a.Used:
		return usedUp()
	case !au.ledger.now().Before(a.Expires):
		return expired()
	case c.Attempt != id:
		return replaced()
	}
	return nil
}
