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

// check checks what a sync needs before it may call: the matter and a connection.
func (g *grant) check(ctx context.Context) result {
	if !g.attempt.m.Known {
		return waitsFor(domain.Failure{Code: domain.CodeMatterUnknown,
			Message: "CaseHug has not announced this matter yet",
			Remedy:  "It goes on by itself when CaseHug announces the matter. If that does not happen, CaseHug's support looks for the missing event."})
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, g.attempt.ledger, domain.ConnectionStream(g.attempt.firm))
	g.account, g.at, g.webhooks = c.Account.ID, c.At, c.Subscription != ""
	if err != nil || c.Usable(g.attempt.now()) {
		return fails(err)
	}
	return waitsFor(unusable(c.Status(g.attempt.now())))
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
		return waitsFor(unusable(c.Status(g.attempt.now())))
	case c.Account.ID == g.account && c.At.Equal(g.at):
		return done
	}
	return startOver
}

// unusable says why no calls can be made for a firm.
func unusable(s domain.ConnectionStatus) domain.Failure {
	switch s {
	case domain.StatusReauthorizationRequired:
		return domain.Failure{Code: domain.CodeReauthorizationRequired,
			Message: "Smokeball's authorization of CaseHug has ended",
			Remedy:  "A firm admin connects to Smokeball again under Settings → Integrations. The sync then goes on by itself."}
	case domain.StatusRevoked:
		return domain.Failure{Code: domain.CodeNotConnected,
			Message: "CaseHug's access was removed in Smokeball",
			Remedy:  "A firm admin connects to Smokeball again under Settings → Integrations. The sync then goes on by itself."}
	}
	return domain.Failure{Code: domain.CodeNotConnected,
		Message: "The firm is not connected to Smokeball",
		Remedy:  "A firm admin connects to Smokeball under Settings → Integrations. The sync then goes on by itself."}
}
