package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

var (
	down = domain.Failure{Code: domain.CodeSmokeballUnavailable, Message: "Smokeball answers with a fault (503)", Remedy: "We try again by ourselves.",
		Smokeball: &domain.Refusal{Status: 503}}
	troubled = domain.ConnectionTroubled{Failure: down, Since: start}
	longEnd  = start.Add(180 * 24 * time.Hour)
)

func TestTroubleIsAStatusThatEndsByItself(t *testing.T) {
	c := given[domain.Connection](authorized, troubled)
	if c.Status(start) != domain.StatusError || !c.Usable(start) {
		t.Errorf("in trouble the status is %s, usable %t", c.Status(start), c.Usable(start))
	}
	if s := c.Status(reauthorizeBy.Add(-time.Hour)); s != domain.StatusError {
		t.Errorf("in trouble shortly before the end the status is %s", s)
	}
	if s := c.Status(reauthorizeBy); s != domain.StatusReauthorizationRequired {
		t.Errorf("at the end the status is %s", s)
	}
	then(t, c.Warn(reauthorizeBy.Add(-time.Hour)), domain.ReauthorizationSoon{ReauthorizeBy: reauthorizeBy})
	then(t, c.Recover(start), domain.ConnectionRecovered{ReauthorizeBy: reauthorizeBy})
	well := given[domain.Connection](authorized, troubled, domain.ConnectionRecovered{ReauthorizeBy: reauthorizeBy})
	if well.Status(start) != domain.StatusConnected {
		t.Errorf("after it the status is %s", well.Status(start))
	}
	then(t, well.Recover(start))
	if again := given[domain.Connection](authorized, troubled, authorized); again.Status(start) != domain.StatusConnected {
		t.Errorf("connected again the status is %s", again.Status(start))
	}
}

func TestTroubleIsSaidOncePerKind(t *testing.T) {
	then(t, given[domain.Connection](authorized).Suffer(troubled), troubled)
	c := given[domain.Connection](authorized, troubled)
	later := domain.ConnectionTroubled{Failure: down, Since: start.Add(time.Hour)}
	then(t, c.Suffer(later))
	later.Failure.Smokeball = &domain.Refusal{Status: 401}
	then(t, c.Suffer(later), domain.ConnectionTroubled{Failure: later.Failure, Since: start})
	for _, events := range [][]domain.Event{nil, list(authorized, domain.ConnectionLost{}), list(authorized, domain.Disconnected{})} {
		then(t, given[domain.Connection](events...).Suffer(troubled))
	}
}

func TestALostAuthorizationThatIsGoodComesBack(t *testing.T) {
	lost := domain.ConnectionLost{Failure: refused}
	c := given[domain.Connection](authorized, domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"}, lost)
	then(t, c.Recover(start), domain.ConnectionRecovered{ReauthorizeBy: reauthorizeBy})
	if back := c.Apply(domain.ConnectionRecovered{ReauthorizeBy: reauthorizeBy}, start); back.Status(start) != domain.StatusConnected || !back.Hooks.Stale || back.LastFailure != nil {
		t.Errorf("it comes back as %+v", back)
	}
	ended := given[domain.Connection](authorized, domain.ReauthorizationRequired{Failure: refused})
	then(t, ended.Recover(reauthorizeBy), domain.ConnectionRecovered{ReauthorizeBy: longEnd})
	then(t, ended.Recover(longEnd), domain.ConnectionRecovered{})
	then(t, given[domain.Connection](authorized, lost, domain.Disconnected{}).Recover(start))
	then(t, given[domain.Connection]().Recover(start))
}

func TestWhatIsLostOrInTroubleIsLookedAtAgain(t *testing.T) {
	needs := func(care domain.ConnectionTask, events ...domain.Event) (at time.Time) {
		for _, n := range given[domain.Connection](events...).DueTasks("f_1", domain.WebhookActivity{}) {
			if n.Task == care {
				at = n.At
			}
		}
		return at
	}
	lostAt := start.Add(time.Second)
	for _, e := range list(domain.ConnectionLost{Failure: refused}, domain.ReauthorizationRequired{Failure: refused}) {
		if at := needs(domain.TaskRecheck, authorized, e); !at.Equal(lostAt.Add(domain.FirstRecheck)) {
			t.Errorf("after %s it is looked at again at %s", e.EventName(), at)
		}
	}
	if at := needs(domain.TaskProbe, authorized, troubled); at.IsZero() {
		t.Error("trouble is not looked at")
	}
	if at := needs(domain.TaskRecheck, authorized, domain.ConnectionLost{Failure: refused}, domain.Disconnected{}); !at.IsZero() {
		t.Error("a connection that was ended is looked at")
	}
}
