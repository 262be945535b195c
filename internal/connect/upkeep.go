package connect

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Upkeep does the connection tasks that nobody asks for: checks, renewals, and what a
// killed engine left unfinished.
type Upkeep struct {
	ledger        *ledger
	grants        *Grants
	disconnection *disconnection
	webhooks      *Webhooks
	accounts      Accounts
	log           *slog.Logger
}

// Perform does one task of the firm's connection. It reads the ledger first:
// the rows may lag behind it.
func (u *Upkeep) Perform(ctx context.Context, f domain.FirmID, c domain.ConnectionTask) error {
	switch c {
	case domain.TaskLeave:
		return u.ledger.exclusively(ctx, f, func() error { return u.disconnection.leave(ctx, f, false) })
	case domain.TaskDropAccount:
		return u.grants.dropLate(ctx, f)
	case domain.TaskAcceptAccount:
		return u.grants.acceptConfirmed(ctx, f)
	case domain.TaskEndAuthorization:
		return u.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.End(authorizationEnded(), u.ledger.now()) })
	case domain.TaskWarnOfEnd:
		return u.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.Warn(u.ledger.now()) })
	case domain.TaskRetireKeys:
		return u.webhooks.retire(ctx, f)
	case domain.TaskRotateKeys:
		return u.webhooks.rotate(ctx, f)
	case domain.TaskRestoreWebhooks:
		return u.ledger.exclusively(ctx, f, func() error { return u.webhooks.restore(ctx, f) })
	case domain.TaskCheck:
		return u.ledger.exclusively(ctx, f, func() error { return u.check(ctx, f) })
	case domain.TaskProbe:
		return u.ledger.exclusively(ctx, f, func() error { return u.lookAgain(ctx, f, u.accounts.Firm) })
	case domain.TaskRecheck:
		return u.ledger.exclusively(ctx, f, func() error { return u.lookAgain(ctx, f, u.accounts.Prove) })
	case domain.TaskNoteReceived:
		return u.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.HearWebhooks() })
	case domain.TaskTestWebhooks:
		return u.webhooks.test(ctx, f)
	case domain.TaskNoteSilence:
		return u.webhooks.markSilent(ctx, f)
	}
	return nil
}

// check asks whether Smokeball still accepts the firm's authorization and still has its
// subscription as it was registered.
func (u *Upkeep) check(ctx context.Context, f domain.FirmID) error {
	c, err := u.ledger.load(ctx, f)
	if err != nil || c.State != domain.StatusConnected {
		return err
	}
	looks, _, err := eventstore.Load[domain.Connection](ctx, u.ledger.store, domain.CheckStream(f))
	if c.CheckedAt = looks.CheckedAt; err != nil || u.ledger.now().Before(c.NextCheck(f)) {
		return err
	}
	began := u.ledger.now()
	seen := domain.ConnectionChecked{Account: c.Account}
	account, err := u.accounts.Firm(ctx, f)
	switch {
	case err == nil && account.ID == c.Account.ID:
		seen.Account = account
	case err == nil:
		u.log.Error("a firm's tokens are for a Smokeball account other than the one it is connected to; the engine ends the connection, and a firm admin must connect again", "firm", f)
		err = otherAccount()
	}
	if err == nil {
		err = u.webhooks.checkWebhooks(ctx, f, c)
	}
	return u.checked(ctx, f, began, seen, err)
}

// lookAgain asks whether Smokeball serves the firm again.
func (u *Upkeep) lookAgain(ctx context.Context, f domain.FirmID, look func(context.Context, domain.FirmID) (domain.Account, error)) error {
	c, err := u.ledger.load(ctx, f)
	if err != nil || (c.Trouble == nil && !c.Lost()) {
		return err
	}
	account, err := look(ctx, f)
	switch {
	case err != nil && c.Lost():
		return err
	case err != nil:
		return u.refusedWhile(ctx, f, c, err)
	case account.ID != c.Account.ID && c.Lost():
		return errOtherAccount
	case account.ID != c.Account.ID:
		return u.refusedWhile(ctx, f, c, otherAccount())
	}
	return u.ledger.decide(ctx, f, func(now domain.Connection) []domain.Event {
		if !now.At.Equal(c.At) {
			return nil // authorized again since: the check was of the old one
		}
		return now.Recover(u.ledger.now())
	})
}

// otherAccount is why a connection ends whose sign-in is for another account: data sent
// through it would end up there.
func otherAccount() error {
	return &domain.CallError{Op: "look at the account", Class: domain.SignIn, Failure: domain.Failure{Code: domain.CodeReauthorizationRequired, Fault: domain.FaultOtherAccount}}
}

// errOtherAccount says that a sign-in that was kept is for another account than the firm's.
var errOtherAccount = errors.New("connect: the sign-in is for another account")

// refusedWhile ends a connection in trouble whose sign-in is refused.
func (u *Upkeep) refusedWhile(ctx context.Context, f domain.FirmID, c domain.Connection, err error) error {
	ce := domain.AsCallError(err)
	if ce == nil || ce.Class != domain.SignIn {
		return err
	}
	return u.ledger.decide(ctx, f, func(now domain.Connection) []domain.Event {
		if !now.At.Equal(c.At) {
			return nil
		}
		return now.Lose(ce.Failure, u.ledger.now())
	})
}

// checked records the result of a check. A temporary fault is not recorded but retried.
func (u *Upkeep) checked(ctx context.Context, f domain.FirmID, began time.Time, seen domain.ConnectionChecked, err error) error {
	ce := domain.AsCallError(err)
	switch {
	case ce == nil && err != nil, mayPass(err):
		return err
	case ce != nil && ce.Class == domain.SignIn:
		return u.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event {
			if !c.At.Before(began) {
				return nil // authorized again since: the refusal was of the old one
			}
			return c.Lose(ce.Failure, u.ledger.now())
		})
	case ce != nil:
		seen.Failure = &ce.Failure
	}
	_, _, err = eventstore.Execute(ctx, u.ledger.store, u.ledger.now, domain.CheckStream(f),
		func(domain.Connection) ([]domain.Event, error) { return []domain.Event{seen}, nil })
	return err
}

func authorizationEnded() domain.Failure {
	return domain.Failure{Code: domain.CodeReauthorizationRequired, Fault: domain.FaultAuthorizationEnded}
}
