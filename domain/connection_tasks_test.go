package domain_test

import (
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// connected is a firm's connection that was authorized at start and has webhooks.
func connected(more ...domain.Event) domain.Connection {
	return given[domain.Connection](append(list(authorized, domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"}), more...)...)
}

// due is what the connection needs within a time after start.
func due(c domain.Connection, h domain.WebhookActivity, within time.Duration) []domain.ConnectionTask {
	var list []domain.ConnectionTask
	for _, n := range c.DueTasks("f_1", h) {
		if !n.At.After(start.Add(within)) {
			list = append(list, n.Task)
		}
	}
	return list
}

func TestNeeds(t *testing.T) {
	silent := domain.WebhooksLost{Subscription: "sub-1", Silent: true, Failure: refused}
	proposed := domain.AccountProposed{Attempt: "a2", Account: domain.Account{ID: "acc-2"}, Expires: start.Add(10 * time.Minute), By: "u_1"}
	for _, c := range []struct {
		name   string
		given  domain.Connection
		heard  domain.WebhookActivity
		within time.Duration
		want   []domain.ConnectionTask
	}{
		{"nothing happened", domain.Connection{}, domain.WebhookActivity{}, 999 * 24 * time.Hour, nil},
		{"just connected", given[domain.Connection](authorized), domain.WebhookActivity{}, time.Second, nil},
		{"a day later", given[domain.Connection](authorized), domain.WebhookActivity{}, 25 * time.Hour, []domain.ConnectionTask{domain.TaskCheck}},
		{"near its end", given[domain.Connection](authorized), domain.WebhookActivity{}, 23 * 24 * time.Hour, []domain.ConnectionTask{domain.TaskWarnOfEnd, domain.TaskCheck}},
		{"at its end", given[domain.Connection](authorized, domain.ReauthorizationSoon{ReauthorizeBy: reauthorizeBy}), domain.WebhookActivity{}, 30 * 24 * time.Hour,
			[]domain.ConnectionTask{domain.TaskEndAuthorization, domain.TaskCheck}},
		{"an authorization without an end", given[domain.Connection](domain.ConnectionAuthorized{}), domain.WebhookActivity{}, 999 * 24 * time.Hour, []domain.ConnectionTask{domain.TaskCheck}},
		{"ended", given[domain.Connection](authorized, domain.ReauthorizationRequired{}), domain.WebhookActivity{}, 999 * 24 * time.Hour, []domain.ConnectionTask{domain.TaskRecheck}},
		{"in trouble", given[domain.Connection](authorized, troubled), domain.WebhookActivity{}, time.Minute, []domain.ConnectionTask{domain.TaskProbe}},
		{"webhooks with nothing to tell", connected(), domain.WebhookActivity{}, time.Hour, nil},
		{"authorized again", connected(authorized), domain.WebhookActivity{}, time.Minute, []domain.ConnectionTask{domain.TaskRestoreWebhooks}},
		{"lost webhooks", connected(domain.WebhooksLost{Failure: refused}), domain.WebhookActivity{}, time.Minute, []domain.ConnectionTask{domain.TaskRestoreWebhooks}},
		{"a rotation under way", connected(domain.WebhookRotationStarted{Rotation: "r1"}), domain.WebhookActivity{}, time.Minute, []domain.ConnectionTask{domain.TaskRotateKeys}},
		{"an overlap", connected(domain.WebhookRotationStarted{Rotation: "r1"}, domain.WebhooksRotated{Rotation: "r1"}), domain.WebhookActivity{}, time.Minute, nil},
		{"an overlap that is over", connected(domain.WebhookRotationStarted{Rotation: "r1"}, domain.WebhooksRotated{Rotation: "r1"}), domain.WebhookActivity{}, 2 * time.Hour, []domain.ConnectionTask{domain.TaskRetireKeys}},
		{"a change that was not heard of", connected(), domain.WebhookActivity{Unheard: start.Add(time.Minute)}, 24*time.Hour + time.Minute, []domain.ConnectionTask{domain.TaskTestWebhooks, domain.TaskCheck}},
		{"a change from before they were registered", connected(), domain.WebhookActivity{Unheard: start.Add(-time.Minute)}, 24*time.Hour + time.Minute, []domain.ConnectionTask{domain.TaskCheck}},
		{"a test that is under way", connected(domain.WebhooksTested{}), domain.WebhookActivity{Unheard: start}, time.Minute, nil},
		{"a test that did not arrive", connected(domain.WebhooksTested{}), domain.WebhookActivity{}, 6 * time.Minute, []domain.ConnectionTask{domain.TaskNoteSilence}},
		{"a test that arrived", connected(domain.WebhooksTested{}), domain.WebhookActivity{Last: start.Add(time.Minute)}, 6 * time.Minute, nil},
		{"silence", connected(silent), domain.WebhookActivity{}, time.Minute, []domain.ConnectionTask{domain.TaskRestoreWebhooks}},
		{"silence, registered again", connected(silent, domain.WebhooksRestored{Subscription: "sub-2"}), domain.WebhookActivity{}, time.Minute, []domain.ConnectionTask{domain.TaskTestWebhooks}},
		{"silence that goes on", connected(silent, domain.WebhooksRestored{Subscription: "sub-2"}, domain.WebhooksTested{}), domain.WebhookActivity{}, time.Hour, nil},
		{"silence that ended", connected(silent, domain.WebhooksRestored{Subscription: "sub-2"}), domain.WebhookActivity{Last: start.Add(time.Minute)}, time.Hour, []domain.ConnectionTask{domain.TaskNoteReceived}},
		{"disconnected", connected(domain.Disconnected{By: "u_1"}), domain.WebhookActivity{}, time.Minute, []domain.ConnectionTask{domain.TaskLeave}},
		{"disconnected for good", connected(domain.Disconnected{By: "u_1"}, domain.ConnectionClosed{}), domain.WebhookActivity{}, 999 * 24 * time.Hour, nil},
		{"another account", given[domain.Connection](authorized, proposed), domain.WebhookActivity{}, 11 * time.Minute, []domain.ConnectionTask{domain.TaskDropAccount}},
		{"another account, confirmed", given[domain.Connection](authorized, proposed, domain.AccountConfirmed{Attempt: "a2"}), domain.WebhookActivity{}, time.Minute, []domain.ConnectionTask{domain.TaskAcceptAccount}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := due(c.given, c.heard, c.within); !slices.Equal(got, c.want) {
				t.Errorf("due are %q, want %q", got, c.want)
			}
		})
	}
}

func TestToldAheadAndAtTheEndOnce(t *testing.T) {
	c := given[domain.Connection](authorized)
	then(t, c.Warn(reauthorizeBy.Add(-8*24*time.Hour)))
	then(t, c.Warn(reauthorizeBy.Add(-time.Hour)), domain.ReauthorizationSoon{ReauthorizeBy: reauthorizeBy})
	then(t, given[domain.Connection](authorized, domain.ReauthorizationSoon{ReauthorizeBy: reauthorizeBy}).Warn(reauthorizeBy.Add(-time.Hour)))
	then(t, c.End(refused, reauthorizeBy.Add(-time.Hour)))
	then(t, c.End(refused, reauthorizeBy), domain.ReauthorizationRequired{Failure: refused})
	then(t, given[domain.Connection](authorized, domain.ReauthorizationRequired{}).End(refused, reauthorizeBy))
}

func TestNextCheckIsWithinADay(t *testing.T) {
	for _, f := range []domain.FirmID{"f_1", "f_oak", "f_elm"} {
		c := given[domain.Connection](authorized)
		first := c.NextCheck(f)
		c = c.Apply(domain.ConnectionChecked{}, first)
		if wait := first.Sub(start); wait <= 0 || wait > 24*time.Hour {
			t.Errorf("%s is checked after %s", f, wait)
		}
		if second := c.NextCheck(f); second.Sub(first) != 24*time.Hour {
			t.Errorf("%s is checked again after %s", f, second.Sub(first))
		}
	}
}

func TestFirmsAreNotCheckedAtTheSameTime(t *testing.T) {
	c := given[domain.Connection](authorized)
	if oak, elm := c.NextCheck("f_oak"), c.NextCheck("f_elm"); oak.Sub(elm).Abs() < time.Minute {
		t.Errorf("one is checked at %s, another at %s", oak, elm)
	}
}

func TestAnotherAccountNeedsAWord(t *testing.T) {
	other := domain.Account{ID: "acc-2", Name: "Elm PC"}
	proposal := domain.AccountProposed{Attempt: "a2", Account: other, Expires: start.Add(10 * time.Minute), By: "u_1"}
	c := given[domain.Connection](authorized)
	if c.NeedsConfirmation("a2", authorized.Account) || !c.NeedsConfirmation("a2", other) || given[domain.Connection]().NeedsConfirmation("a2", other) {
		t.Error("the wrong accounts need a word")
	}
	gone := given[domain.Connection](authorized, domain.Disconnected{By: "u_1"})
	if gone.NeedsConfirmation("a2", authorized.Account) || !gone.NeedsConfirmation("a2", other) {
		t.Error("after a disconnect the former account does not count")
	}
	then(t, c.Propose(proposal))
	then(t, c.Apply(linkOut("a2"), start).Propose(proposal), proposal)
	asked := given[domain.Connection](authorized, proposal)
	then(t, asked.Propose(proposal))
	if asked.Status(start) != domain.StatusConnected || asked.Account != authorized.Account || !asked.Asks(start) || asked.Asks(proposal.Expires) {
		t.Errorf("while it is asked the connection is %+v", asked)
	}
	for name, refusal := range map[string]struct {
		c       domain.Connection
		account string
		now     time.Time
	}{"nothing is asked": {c, "acc-2", start}, "another one": {asked, "acc-3", start}, "too late": {asked, "acc-2", proposal.Expires}} {
		if _, err := refusal.c.Confirm(refusal.account, "u_1", refusal.now); domain.AsRejection(err) == nil || domain.AsRejection(err).Failure.Code != domain.CodeAccountNotPending {
			t.Errorf("%s: the answer is %v", name, err)
		}
	}
	facts, err := asked.Confirm("acc-2", "u_1", start)
	if err != nil {
		t.Fatal(err)
	}
	then(t, facts, domain.AccountConfirmed{Attempt: "a2", Account: other, By: "u_1"})
	if sure := given[domain.Connection](authorized, proposal, facts[0]); sure.NeedsConfirmation("a2", other) || sure.Asks(start) {
		t.Error("a confirmed account is asked about")
	}
	then(t, asked.Drop("u_1"), domain.AccountDropped{Attempt: "a2", Account: other, By: "u_1"})
	then(t, asked.Disconnect("u_1"), domain.AccountDropped{Attempt: "a2", Account: other, By: "u_1"}, domain.Disconnected{By: "u_1"})
	then(t, c.Drop("u_1"))
}

// linkOut says that a link is out.
func linkOut(attempt string) domain.AuthorizationStarted {
	return domain.AuthorizationStarted{Attempt: attempt, By: "u_1", Expires: start.Add(10 * time.Minute)}
}

func TestAuthorizeIsSaidOnce(t *testing.T) {
	link := linkOut(authorized.Attempt)
	then(t, given[domain.Connection](link).Authorize(authorized), authorized)
	then(t, given[domain.Connection](link, authorized).Authorize(authorized))
}

// An attempt connects the firm only as long as no other one has come before it, whatever an
// engine read a moment ago.
func TestAnAttemptThatIsOvertakenConnectsNothing(t *testing.T) {
	link, newer := linkOut(authorized.Attempt), linkOut("a2")
	other := domain.ConnectionAuthorized{Attempt: "a2", Account: domain.Account{ID: "acc-2"}}
	proposal := domain.AccountProposed{Attempt: "a2", Account: other.Account, Expires: start.Add(10 * time.Minute), By: "u_1"}
	confirmed := domain.AccountConfirmed{Attempt: "a2", Account: other.Account, By: "u_1"}
	failed := domain.AuthorizationFailed{Attempt: "a2", Failure: refused}
	for name, c := range map[string]domain.Connection{
		"nobody made a link":      given[domain.Connection](),
		"a newer link":            given[domain.Connection](newer, link),
		"another one connected":   given[domain.Connection](newer, authorized),
		"it failed":               given[domain.Connection](newer, failed),
		"the firm disconnected":   given[domain.Connection](link, authorized, newer, domain.Disconnected{By: "u_1"}),
		"not confirmed":           given[domain.Connection](link, authorized, newer, proposal),
		"the other account stays": given[domain.Connection](link, authorized, newer, proposal, confirmed),
		"it is not left yet":      given[domain.Connection](link, authorized, newer, proposal, confirmed, domain.Disconnected{By: "u_1"}),
		"dropped":                 given[domain.Connection](link, authorized, newer, proposal, confirmed, domain.AccountDropped{Attempt: "a2", Account: other.Account}),
	} {
		if facts := c.Authorize(other); len(facts) != 0 {
			t.Errorf("%s: decided %v", name, facts)
		}
	}
	sure := given[domain.Connection](link, authorized, newer, proposal, confirmed)
	then(t, sure.LeaveFor("a2", "u_1"), domain.Disconnected{By: "u_1"})
	then(t, given[domain.Connection](link, authorized, newer, proposal).LeaveFor("a2", "u_1"))
	left := given[domain.Connection](link, authorized, newer, proposal, confirmed, domain.Disconnected{By: "u_1"}, domain.ConnectionClosed{})
	then(t, left.Authorize(other), other)
	then(t, left.Reject(failed), domain.AccountDropped{Attempt: "a2", Account: other.Account}, failed)
	then(t, left.Reject(domain.AuthorizationFailed{Attempt: authorized.Attempt}))
	then(t, given[domain.Connection](newer).Reject(failed), failed)
}

func TestRenewedWebhooks(t *testing.T) {
	lost := domain.WebhooksLost{Subscription: "sub-1", Failure: refused}
	then(t, given[domain.Connection](authorized).Renew("sub-1", "u_1"), domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"})
	then(t, connected().Renew("sub-1", "u_1"))
	then(t, connected().Renew("sub-2", ""), domain.WebhooksRestored{Subscription: "sub-2"})
	then(t, connected(lost).Renew("sub-1", ""), domain.WebhooksRestored{Subscription: "sub-1"})
	then(t, connected(authorized).Renew("sub-1", "u_1"), domain.WebhooksRestored{Subscription: "sub-1", By: "u_1"})
	then(t, connected(domain.Disconnected{}).Renew("sub-1", "u_1"))
	then(t, connected().LoseWebhooks(refused, true), domain.WebhooksLost{Subscription: "sub-1", Silent: true, Failure: refused})
	then(t, connected(lost).LoseWebhooks(refused, false))
	then(t, given[domain.Connection](authorized).LoseWebhooks(refused, false))
	then(t, connected().RemoveWebhooks("u_1"), domain.WebhooksRemoved{Subscription: "sub-1", By: "u_1"})
	then(t, given[domain.Connection](authorized).RemoveWebhooks("u_1"))
	wanted := authorized // another account had webhooks, this one has none yet
	wanted.Webhooks = true
	then(t, given[domain.Connection](wanted).Renew("sub-1", ""), domain.WebhooksRestored{Subscription: "sub-1"})
	then(t, given[domain.Connection](wanted).RemoveWebhooks("u_1"), domain.WebhooksRemoved{By: "u_1"})
}

func TestOneRotationAtATime(t *testing.T) {
	begun := domain.WebhookRotationStarted{Rotation: "r1", By: "u_1"}
	then(t, connected().Hooks.Rotate("r1", "u_1"), begun)
	then(t, connected(begun).Hooks.Rotate("r2", "u_2"))
	then(t, connected(begun).FinishRotation("r1", "sub-1"), domain.WebhooksRotated{Rotation: "r1", Subscription: "sub-1", By: "u_1"})
	then(t, connected(begun).FinishRotation("r2", "sub-1"))
	then(t, connected(begun, domain.Disconnected{}).FinishRotation("r1", "sub-1"))
}

// TestWebhooksAreTestedHeardAndRetiredWhereThereAreAny, and not without a subscription, a silence or old keys.
func TestWebhooksAreTestedHeardAndRetiredWhereThereAreAny(t *testing.T) {
	then(t, connected().TestWebhooks("u_1"), domain.WebhooksTested{Subscription: "sub-1", By: "u_1"})
	then(t, given[domain.Connection](authorized).TestWebhooks("u_1"))
	then(t, connected(domain.WebhooksLost{Subscription: "sub-1", Silent: true, Failure: refused}).HearWebhooks(), domain.WebhooksHeard{Subscription: "sub-1"})
	then(t, connected().HearWebhooks())
	rotated := connected(domain.WebhookRotationStarted{Rotation: "r1"}, domain.WebhooksRotated{Rotation: "r1", Subscription: "sub-1"})
	then(t, rotated.Hooks.RetireKeys(), domain.WebhookKeysRetired{Rotation: "r1"})
	then(t, connected().Hooks.RetireKeys())
}

// TestWhoseTokensAndAccountCount: those of a connection until its disconnect is finished, and an account
// that waits to be confirmed.
func TestWhoseTokensAndAccountCount(t *testing.T) {
	elm := domain.Account{ID: "acc-2", Name: "Elm PC"}
	proposal := domain.AccountProposed{Attempt: "a2", Account: elm, Expires: start.Add(10 * time.Minute), By: "u_1"}
	for name, c := range map[string]struct {
		given                  []domain.Event
		uses, holds, holdsNext bool
	}{
		"connected":             {list(authorized), true, true, false},
		"another one waits":     {list(authorized, proposal), true, true, true},
		"it lost the access":    {list(authorized, domain.ConnectionLost{}), true, true, false},
		"disconnecting":         {list(authorized, domain.Disconnected{}), true, true, false},
		"disconnected":          {list(authorized, domain.Disconnected{}, domain.ConnectionClosed{}), false, false, false},
		"connected in its turn": {list(authorized, domain.ConnectionAuthorized{Attempt: "a2", Account: elm}), false, false, true},
	} {
		conn := given[domain.Connection](c.given...)
		if uses, holds, next := conn.Uses("a1"), conn.Holds(authorized.Account), conn.Holds(elm); uses != c.uses || holds != c.holds || next != c.holdsNext {
			t.Errorf("%s: the tokens are used: %v, the account is held: %v, the other one: %v", name, uses, holds, next)
		}
	}
	if given[domain.Connection]().Uses("") {
		t.Error("without a connection tokens are used")
	}
}

// TestAnAccountThatNobodyConfirmedIsDropped when its time is over, not before, and not once it was confirmed.
func TestAnAccountThatNobodyConfirmedIsDropped(t *testing.T) {
	proposal := domain.AccountProposed{Attempt: "a2", Account: domain.Account{ID: "acc-2"}, Expires: start.Add(10 * time.Minute), By: "u_1"}
	asked := given[domain.Connection](authorized, proposal)
	then(t, asked.DropLate(proposal.Expires), domain.AccountDropped{Attempt: "a2", Account: proposal.Account})
	then(t, asked.DropLate(proposal.Expires.Add(-time.Second)))
	then(t, given[domain.Connection](authorized, proposal, domain.AccountConfirmed{Attempt: "a2"}).DropLate(proposal.Expires))
	then(t, given[domain.Connection](authorized).DropLate(proposal.Expires))
}
