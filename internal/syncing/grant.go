package syncing

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// grant is the authorization under which the steps call Smokeball.
type grant struct {
	attempt  *attempt
	account  string    // of Smokeball, that is connected
	at       time.Time // when its authorization was given
	webhooks bool      // Smokeball sends the firm's changes by webhook
}

// check checks what a sync requires before its first call: the matter and a connection.
func (g *grant) check(ctx context.Context) result {
	if !g.attempt.m.Known {
		return waitsFor(domain.Failure{Code: domain.CodeMatterUnknown, Fault: domain.FaultMatterNotAnnounced})
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, g.attempt.ledger, domain.ConnectionStream(g.attempt.firm))
	g.account, g.at, g.webhooks = c.Account.ID, c.At, c.Subscription != ""
	if err != nil || c.Usable(g.attempt.now()) {
		return fails(err)
	}
	return waitsFor(c.Status(g.attempt.now()).Unusable())
}

// ensureSame requires the connection to be the one with which the steps began. If a firm admin
// has ended it since, or connected again, a later refusal by Smokeball says nothing about the
// matter.
func (g *grant) ensureSame(ctx context.Context) result {
	c, _, err := eventstore.Load[domain.Connection](ctx, g.attempt.ledger, domain.ConnectionStream(g.attempt.firm))
	switch {
	case err != nil:
		return fails(err)
	case !c.Usable(g.attempt.now()):
		return waitsFor(c.Status(g.attempt.now()).Unusable())
	case g.is(c):
		return done
	}
	return startOver
}

func (g *grant) is(c domain.Connection) bool { return c.Account.ID == g.account && c.At.Equal(g.at) }

// stands fails with domain.ErrOutdated if the connection is no longer the one with which the steps
// began. What a call shows or makes is in the account whose tokens it was sent with: it is checked
// after these were chosen, and before anything is recorded of the account.
func (g *grant) stands(ctx context.Context) error {
	c, _, err := eventstore.Load[domain.Connection](ctx, g.attempt.ledger, domain.ConnectionStream(g.attempt.firm))
	if err == nil && (!g.is(c) || !c.Usable(g.attempt.now())) {
		err = domain.ErrOutdated
	}
	return err
}
