package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

var (
	reauthorizeBy = start.Add(30 * 24 * time.Hour)
	attempt       = domain.AuthorizationStarted{Attempt: "a1", By: "u_1", Expires: start.Add(10 * time.Minute)}
	authorized    = domain.ConnectionAuthorized{Attempt: "a1", Account: domain.Account{ID: "acc-1", Name: "Oak & Partners LLP"},
		Region: "us", Scopes: []string{"matters/write"}, By: "u_1", ByName: "Lee Oak", ReauthorizeBy: reauthorizeBy}
	refused = domain.Failure{Code: domain.CodeReauthorizationRequired, Message: "Smokeball no longer accepts the sign-in", Remedy: "Connect again."}
)

func TestConnectionStatus(t *testing.T) {
	day := 24 * time.Hour
	ended := domain.AuthorizationFailed{Attempt: "a1", Failure: refused}
	for _, c := range []struct {
		name   string
		given  []domain.Event
		now    time.Time
		want   domain.ConnectionStatus
		usable bool
	}{
		{"nothing happened", nil, start, domain.StatusDisconnected, false},
		{"a link was asked for", list(attempt), start.Add(time.Minute), domain.StatusAuthorizing, false},
		{"the link has run out", list(attempt), start.Add(10 * time.Minute), domain.StatusDisconnected, false},
		{"the attempt failed", list(attempt, ended), start.Add(time.Minute), domain.StatusDisconnected, false},
		{"an older attempt failed", list(attempt, domain.AuthorizationStarted{Attempt: "a2", Expires: start.Add(10 * time.Minute)}, ended),
			start.Add(time.Minute), domain.StatusAuthorizing, false},
		{"the firm consented", list(attempt, authorized), start.Add(time.Minute), domain.StatusConnected, true},
		{"connected, and a new link", list(attempt, authorized, attempt), start.Add(time.Minute), domain.StatusConnected, true},
		{"just before the warning", list(authorized), reauthorizeBy.Add(-7*day - time.Second), domain.StatusConnected, true},
		{"seven days before the end", list(authorized), reauthorizeBy.Add(-7 * day), domain.StatusReauthorizeSoon, true},
		{"just before the end", list(authorized), reauthorizeBy.Add(-time.Second), domain.StatusReauthorizeSoon, true},
		{"the end", list(authorized), reauthorizeBy, domain.StatusReauthorizationRequired, false},
		{"an authorization without an end", list(domain.ConnectionAuthorized{}), start.Add(999 * day), domain.StatusConnected, true},
		{"the firm removed the app", list(authorized, domain.ConnectionLost{Failure: refused}), start, domain.StatusRevoked, false},
		{"removed, and a new link", list(authorized, domain.ConnectionLost{Failure: refused}, attempt), start, domain.StatusAuthorizing, false},
		{"it came to its end", list(authorized, domain.ReauthorizationRequired{Failure: refused}), start, domain.StatusReauthorizationRequired, false},
		{"an admin disconnected", list(authorized, domain.Disconnected{By: "u_1"}), start, domain.StatusDisconnected, false},
		{"connected again", list(authorized, domain.Disconnected{By: "u_1"}, attempt, authorized), start, domain.StatusConnected, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := given[domain.Connection](c.given...)
			if got := conn.Status(c.now); got != c.want {
				t.Errorf("the status is %s, want %s", got, c.want)
			}
			if conn.Usable(c.now) != c.usable {
				t.Errorf("usable is %v, want %v", conn.Usable(c.now), c.usable)
			}
		})
	}
}

func TestLoseConnection(t *testing.T) {
	conn := given[domain.Connection](authorized)
	then(t, conn.Lose(refused, reauthorizeBy.Add(-time.Second)), domain.ConnectionLost{Failure: refused})
	then(t, conn.Lose(refused, reauthorizeBy), domain.ReauthorizationRequired{Failure: refused})
	then(t, given[domain.Connection](domain.ConnectionAuthorized{}).Lose(refused, reauthorizeBy), domain.ConnectionLost{Failure: refused})
	for _, events := range [][]domain.Event{nil, list(attempt), list(authorized, domain.ConnectionLost{}),
		list(authorized, domain.ReauthorizationRequired{}), list(authorized, domain.Disconnected{})} {
		then(t, given[domain.Connection](events...).Lose(refused, start))
	}
}

func TestDisconnect(t *testing.T) {
	then(t, given[domain.Connection](authorized).Disconnect("u_1"), domain.Disconnected{By: "u_1"})
	then(t, given[domain.Connection](authorized, domain.ConnectionLost{}).Disconnect("u_1"), domain.Disconnected{By: "u_1"})
	then(t, given[domain.Connection]().Disconnect("u_1"))
	then(t, given[domain.Connection](attempt).Disconnect("u_1"), domain.Disconnected{By: "u_1"}) // the link works no more
	then(t, given[domain.Connection](authorized, domain.Disconnected{}).Disconnect("u_1"))
}

func TestOpenAttempt(t *testing.T) {
	conn := given[domain.Connection](attempt)
	for name, c := range map[string]struct {
		conn    domain.Connection
		attempt string
		now     time.Time
		want    bool
	}{
		"the last link in time":  {conn, "a1", start, true},
		"the last link too late": {conn, "a1", start.Add(10 * time.Minute), false},
		"another link":           {conn, "a0", start, false},
		"no link":                {given[domain.Connection](), "", start, false},
		"a link that was used":   {given[domain.Connection](attempt, authorized), "a1", start, false},
		"a link that failed":     {given[domain.Connection](attempt, domain.AuthorizationFailed{Attempt: "a1"}), "a1", start, false},
	} {
		if got := c.conn.IsAuthorizing(c.attempt, c.now); got != c.want {
			t.Errorf("%s: open is %v, want %v", name, got, c.want)
		}
	}
}

func TestConnectionKeeps(t *testing.T) {
	conn := given[domain.Connection](attempt, authorized, domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"})
	if conn.Account != authorized.Account || conn.By != "u_1" || conn.ByName != "Lee Oak" || !conn.At.Equal(start.Add(time.Second)) || conn.Subscription != "sub-1" {
		t.Errorf("the connection is %+v", conn)
	}
	if again := conn.Apply(authorized, start); again.Subscription != "sub-1" {
		t.Errorf("after another authorization the subscription is %q, want sub-1, which is looked for", again.Subscription)
	}
	for _, e := range list(domain.WebhooksRemoved{Subscription: "sub-1"}, domain.Disconnected{By: "u_1"}) {
		if after := conn.Apply(e, start); after.Subscription != "" {
			t.Errorf("after %s the subscription is %q, want none", e.EventName(), after.Subscription)
		}
	}
	if lost := conn.Apply(domain.ConnectionLost{Failure: refused}, start); lost.Subscription != "sub-1" {
		t.Errorf("after a loss the subscription is %q, want sub-1, so that it is told as lost and renewed", lost.Subscription)
	}
	if lost := conn.Apply(domain.ConnectionLost{Failure: refused}, start); lost.LastFailure == nil || *lost.LastFailure != refused {
		t.Errorf("the last failure is %+v", lost.LastFailure)
	}
}

// TestWhyNoSyncIsTried: a connection that ended says why; one that stands, or never was, holds nothing.
func TestWhyNoSyncIsTried(t *testing.T) {
	for name, c := range map[string]struct {
		given []domain.Event
		want  domain.Fault
	}{
		"never connected": {nil, ""},
		"connected":       {list(authorized), ""},
		"removed":         {list(authorized, domain.ConnectionLost{}), domain.FaultAccessRemoved},
		"at its end":      {list(authorized, domain.ReauthorizationRequired{}), domain.FaultAuthorizationEnded},
		"disconnected":    {list(authorized, domain.Disconnected{}), domain.FaultNotConnected},
	} {
		why := given[domain.Connection](c.given...).WhyUnusable()
		if (why == nil) != (c.want == "") || why != nil && why.Fault != c.want {
			t.Errorf("%s: no sync is tried because of %+v", name, why)
		}
	}
}

// TestADisconnectIsFinishedOnce: what it left behind is said.
func TestADisconnectIsFinishedOnce(t *testing.T) {
	left := &domain.Failure{Code: domain.CodeSmokeballUnavailable}
	then(t, given[domain.Connection](authorized, domain.Disconnected{}).FinishDisconnect(left), domain.ConnectionClosed{Failure: left})
	then(t, given[domain.Connection](authorized, domain.Disconnected{}, domain.ConnectionClosed{}).FinishDisconnect(left))
}

// TestACheckLearnsTheAccountsName, of the account that is connected, where Smokeball tells it.
func TestACheckLearnsTheAccountsName(t *testing.T) {
	for shown, want := range map[domain.Account]string{
		{ID: "acc-1", Name: "Oak & Elm LLP"}: "Oak & Elm LLP",
		{ID: "acc-1"}:                        authorized.Account.Name,
		{ID: "acc-2", Name: "Elm PC"}:        authorized.Account.Name,
		{}:                                   authorized.Account.Name,
	} {
		if got := given[domain.Connection](authorized, domain.ConnectionChecked{Account: shown}).Account; got.ID != "acc-1" || got.Name != want {
			t.Errorf("after a check that shows %+v the account is %+v", shown, got)
		}
	}
}
