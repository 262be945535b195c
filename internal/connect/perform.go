package connect

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Perform does one thing that the firm's connection needs. It looks at the ledger first:
// the rows may lag behind it.
func (d *Service) Perform(ctx context.Context, f domain.FirmID, c domain.ConnectionTask) error {
	switch c {
	case domain.TaskLeave:
		return d.withFirmLock(ctx, f, func() error { return d.leave(ctx, f, false) })
	case domain.TaskDropAccount:
		return d.dropLate(ctx, f)
	case domain.TaskAcceptAccount:
		_, err := d.settleGrant(ctx, f)
		return err
	case domain.TaskEndAuthorization:
		return d.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.End(authorizationEnded(), d.Now()) })
	case domain.TaskWarnOfEnd:
		return d.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.Warn(d.Now()) })
	case domain.TaskRetireKeys:
		return d.retire(ctx, f)
	case domain.TaskRotateKeys:
		return d.rotate(ctx, f)
	case domain.TaskRestoreWebhooks:
		return d.withFirmLock(ctx, f, func() error { return d.restore(ctx, f) })
	case domain.TaskCheck:
		return d.withFirmLock(ctx, f, func() error { return d.check(ctx, f) })
	case domain.TaskProbe:
		return d.withFirmLock(ctx, f, func() error { return d.lookAgain(ctx, f, d.Accounts.Firm) })
	case domain.TaskRecheck:
		return d.withFirmLock(ctx, f, func() error { return d.lookAgain(ctx, f, d.Accounts.Prove) })
	case domain.TaskNoteReceived:
		return d.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.HearWebhooks() })
	case domain.TaskTestWebhooks:
		return d.test(ctx, f)
	case domain.TaskNoteSilence:
		return d.markSilent(ctx, f)
	}
	return nil
}

func (d *Service) withFirmLock(ctx context.Context, f domain.FirmID, do func() error) error {
	done, err := d.locks.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	return do()
}

func (d *Service) decide(ctx context.Context, f domain.FirmID, decide func(domain.Connection) []domain.Event) error {
	_, err := d.connection(ctx, f, decide)
	return err
}

// dropLate drops the account that nobody confirmed in time.
func (d *Service) dropLate(ctx context.Context, f domain.FirmID) error {
	c, err := d.load(ctx, f)
	if err != nil || c.Pending == nil || !c.Pending.Confirmed.IsZero() || c.Asks(d.Now()) {
		return err
	}
	_, err = d.dropAccount(ctx, f, "")
	return err
}

// check looks whether Smokeball still accepts the firm's authorization and still has its
// subscription as it was registered.
func (d *Service) check(ctx context.Context, f domain.FirmID) error {
	c, err := d.load(ctx, f)
	if err != nil || c.State != domain.StatusConnected {
		return err
	}
	looks, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.CheckStream(f))
	if c.CheckedAt = looks.CheckedAt; err != nil || d.Now().Before(c.NextCheck(f)) {
		return err
	}
	began := d.Now()
	seen := domain.ConnectionChecked{Account: c.Account}
	account, err := d.Accounts.Firm(ctx, f)
	switch {
	case err == nil && account.ID == c.Account.ID:
		seen.Account = account
	case err == nil:
		d.Log.Error("a firm's tokens are for a Smokeball account other than the one it is connected to; the engine ends the connection, and a firm admin must connect again", "firm", f)
		err = otherAccount()
	}
	if err == nil {
		err = d.checkWebhooks(ctx, f, c)
	}
	return d.checked(ctx, f, began, seen, err)
}

// lookAgain looks whether Smokeball serves the firm after all.
func (d *Service) lookAgain(ctx context.Context, f domain.FirmID, look func(context.Context, domain.FirmID) (domain.Account, error)) error {
	c, err := d.load(ctx, f)
	if err != nil || (c.Trouble == nil && !c.Lost()) {
		return err
	}
	account, err := look(ctx, f)
	switch {
	case err != nil && c.Lost():
		return err
	case err != nil:
		return d.refusedWhile(ctx, f, c, err)
	case account.ID != c.Account.ID:
		return errOtherAccount
	}
	return d.decide(ctx, f, func(now domain.Connection) []domain.Event {
		if !now.At.Equal(c.At) {
			return nil // authorized again since: the check was of the old one
		}
		return now.Recover(d.Now())
	})
}

// otherAccount is why a connection ends whose sign-in serves another account: what is sent
// through it would end up there.
func otherAccount() error {
	return &domain.CallError{Op: "look at the account", Class: domain.SignIn, Failure: domain.Failure{Code: domain.CodeReauthorizationRequired,
		Message: "The sign-in that CaseHug keeps is for another Smokeball account than the one the firm is connected to, so nothing more is sent through it",
		Remedy:  "A firm admin connects to Smokeball again under Settings → Integrations. What waits goes on by itself then."}}
}

// errOtherAccount says that a sign-in that was kept is for another account than the firm's.
var errOtherAccount = errors.New("connect: the sign-in is for another account")

// refusedWhile ends a connection in trouble whose sign-in turns out to be refused.
func (d *Service) refusedWhile(ctx context.Context, f domain.FirmID, c domain.Connection, err error) error {
	ce := domain.AsCallError(err)
	if ce == nil || ce.Class != domain.SignIn {
		return err
	}
	return d.decide(ctx, f, func(now domain.Connection) []domain.Event {
		if !now.At.Equal(c.At) {
			return nil
		}
		return now.Lose(ce.Failure, d.Now())
	})
}

func (d *Service) checkWebhooks(ctx context.Context, f domain.FirmID, c domain.Connection) error {
	if !c.Hooks.Wanted {
		return nil
	}
	stands, err := d.isRegistered(ctx, f, c)
	if err != nil {
		return err
	}
	if stands && !c.Hooks.Silent {
		return nil
	}
	if !stands {
		err = d.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.LoseWebhooks(goneInSmokeball(), false) })
	}
	if err == nil {
		err = d.renew(ctx, f)
	}
	return err
}

// checked records what a look showed. What may pass is not recorded: it is looked again.
func (d *Service) checked(ctx context.Context, f domain.FirmID, began time.Time, seen domain.ConnectionChecked, err error) error {
	ce := domain.AsCallError(err)
	switch {
	case ce == nil && err != nil, mayPass(err):
		return err
	case ce != nil && ce.Class == domain.SignIn:
		return d.decide(ctx, f, func(c domain.Connection) []domain.Event {
			if !c.At.Before(began) {
				return nil // authorized again since: the refusal was of the old one
			}
			return c.Lose(ce.Failure, d.Now())
		})
	case ce != nil:
		seen.Failure = &ce.Failure
	}
	_, _, err = eventstore.Execute(ctx, d.Ledger, d.Now, domain.CheckStream(f),
		func(domain.Connection) ([]domain.Event, error) { return []domain.Event{seen}, nil })
	return err
}

// restore makes the subscription again where it is missed.
func (d *Service) restore(ctx context.Context, f domain.FirmID) error {
	c, err := d.load(ctx, f)
	if err != nil || !c.Usable(d.Now()) || !c.Hooks.Stale {
		return err
	}
	return d.renew(ctx, f)
}

// renew registers the subscription by the engine's own decision. One that is silent is
// removed before: what keeps it silent may be in it.
func (d *Service) renew(ctx context.Context, f domain.FirmID) error {
	c, err := d.load(ctx, f)
	if err != nil {
		return err
	}
	if c.Hooks.Silent && c.Subscription != "" {
		if err := d.Subscriptions.Unsubscribe(ctx, f, c.Subscription); err != nil && !domain.IsNotThere(err) {
			return err
		}
	}
	_, err = d.register(ctx, domain.User{Firm: f})
	return err
}

// test tries the way of webhooks that are silent.
func (d *Service) test(ctx context.Context, f domain.FirmID) error {
	c, err := d.load(ctx, f)
	if err != nil || !c.Usable(d.Now()) || d.Now().Sub(c.Hooks.TestedAt) < domain.TestTimeout {
		return err
	}
	if err := d.notify(ctx, f, ""); !domain.IsNotThere(err) {
		return err
	}
	return nil // it is recorded as lost, and restored
}

// markSilent records that a test notification did not arrive.
func (d *Service) markSilent(ctx context.Context, f domain.FirmID) error {
	h, err := d.Views.Heard(f)
	if err != nil {
		return err
	}
	return d.decide(ctx, f, func(c domain.Connection) []domain.Event {
		if h.Last.After(c.Hooks.TestedAt) || d.Now().Sub(c.Hooks.TestedAt) < domain.TestTimeout {
			return nil
		}
		return c.LoseWebhooks(d.silence(), true)
	})
}

func authorizationEnded() domain.Failure {
	return domain.Failure{Code: domain.CodeReauthorizationRequired, Message: "Smokeball's authorization of CaseHug has ended",
		Remedy: "A firm admin connects to Smokeball again under Settings → Integrations. What waits goes on by itself then, and every link stays."}
}
