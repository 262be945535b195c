package connect_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
)

// asks signs in to another account and requires it to be asked about.
func (c *counter) asks() {
	c.Helper()
	if done := c.consents(elmAccount); !done.Asks || done.Firm != oak {
		c.Fatalf("another account ends in %+v", done)
	}
}

func TestAnotherAccountIsTakenOverWhenConfirmed(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.asks()
	c.wants(domain.StatusConnected)
	c.works(oakAccount)
	if p := c.connection().Pending; p == nil || p.Account != (domain.Account{ID: elmAccount, Name: "Elm PC"}) || p.By != "u_1" || p.Expires.Sub(c.Now()) < 9*time.Minute {
		t.Errorf("pending is %+v", p)
	}
	_, err := c.ConfirmAccount(t.Context(), admin, "another")
	c.wantsRejection(err, domain.Conflict, domain.CodeAccountNotPending)
	_, err = c.ConfirmAccount(t.Context(), admin, elmAccount)
	c.must(err)
	c.wantsElm()
	_, err = c.ConfirmAccount(t.Context(), admin, elmAccount)
	c.wantsRejection(err, domain.Conflict, domain.CodeAccountNotPending)
}

// wantsElm requires the firm in the other account, with its webhooks, and the first one free.
func (c *counter) wantsElm() {
	c.Helper()
	c.wants(domain.StatusConnected)
	c.works(elmAccount)
	state := c.sim.State().Accounts
	if had, has := state[0].Subscriptions, state[1].Subscriptions; len(had) != 0 || len(has) != 1 || c.connection().Subscription != has[0].ID || c.connection().Hooks.Stale {
		c.Errorf("Oak has %+v, Elm %+v, the ledger %+v", had, has, c.connection())
	}
	if c.kept()["parked"] || c.connection().Pending != nil {
		c.Error("the consent is still parked")
	}
	other := domain.User{Subject: "u_9", Firm: "f_other", Role: domain.FirmAdmin}
	_, err := c.finish(c.visit(c.link(other), "allow", elmAccount), &other)
	c.wantsRejection(err, domain.Conflict, domain.CodeAccountInUse)
	_, err = c.finish(c.visit(c.link(other), "allow", oakAccount), &other)
	c.must(err)
}

func TestAnotherAccountIsDropped(t *testing.T) {
	for name, drop := range map[string]func(*counter){
		"by a person": func(c *counter) { _, err := c.DropAccount(c.Context(), admin); c.must(err) },
		"in the end":  func(c *counter) { c.later(domain.PendingLifetime); c.look() },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.connects()
			c.asks()
			drop(c)
			c.wants(domain.StatusConnected)
			c.works(oakAccount)
			if c.kept()["parked"] || c.connection().Pending != nil {
				t.Error("the consent is still parked")
			}
			_, err := c.ConfirmAccount(t.Context(), admin, elmAccount)
			c.wantsRejection(err, domain.Conflict, domain.CodeAccountNotPending)
			c.look()
			c.works(oakAccount)
		})
	}
}

func TestAfterADisconnectTheFormerAccountCounts(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.disconnects()
	c.asks()
	c.wants(domain.StatusDisconnected)
	_, err := c.ConfirmAccount(t.Context(), admin, elmAccount)
	c.must(err)
	c.works(elmAccount)
	c.disconnects()
	if done := c.consents(elmAccount); done.Asks {
		t.Error("the former account is asked about")
	}
}

func TestADisconnectDropsTheQuestion(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.asks()
	c.disconnects()
	c.look()
	c.gone()
	if c.connection().Pending != nil {
		t.Error("the account is still asked about")
	}
}

func TestAnotherAccountOfAnotherFirmIsNotAskedAbout(t *testing.T) {
	c := newCounter(t)
	c.connects()
	elm := domain.User{Subject: "u_9", Firm: "f_elm", Role: domain.FirmAdmin}
	_, err := c.finish(c.visit(c.link(elm), "allow", elmAccount), &elm)
	c.must(err)
	_, err = c.finish(c.visit(c.link(admin), "allow", elmAccount), &admin)
	c.wantsRejection(err, domain.Conflict, domain.CodeAccountInUse)
	c.works(oakAccount)
	if c.kept()["parked"] || c.connection().Pending != nil {
		t.Error("the consent is parked")
	}
}

// TestAConfirmationSurvivesKills kills the engine at each act of taking another account
// over: either it is asked still and can be confirmed, or it is done.
func TestAConfirmationSurvivesKills(t *testing.T) {
	killedEverywhere(t, func(c *counter) { c.connects(); c.registers(); c.asks() },
		func(c *counter, d *connect.Service) error {
			_, err := d.ConfirmAccount(c.Context(), admin, elmAccount)
			return err
		},
		func(c *counter) {
			if c.connection().Asks(c.Now()) {
				c.works(oakAccount)
				_, err := c.ConfirmAccount(c.Context(), admin, elmAccount)
				c.must(err)
			}
			c.wantsElm()
		})
}

// TestAConsentSurvivesKills kills the engine at each act of finishing a consent: either
// the firm is connected, or nothing is kept and it connects with another link.
func TestAConsentSurvivesKills(t *testing.T) {
	connected := 0
	killedEverywhere(t, func(*counter) {},
		func(c *counter, d *connect.Service) error {
			q := c.visit(c.link(admin), "allow", oakAccount)
			_, err := d.Complete(c.Context(), redirect(q), &admin)
			return err
		},
		func(c *counter) {
			if c.kept()["parked"] {
				c.Error("the consent is still parked")
			}
			if c.connection().State == domain.StatusConnected {
				connected++
				c.works(oakAccount)
				return
			}
			if c.kept()["token"] {
				c.Error("tokens are kept of a firm that is not connected")
			}
			c.connects()
		})
	if connected < 6 {
		t.Errorf("%d consents were saved", connected)
	}
}

// mistakes has the ledger name another account than the one that the firm's sign-in is for.
func (c *counter) mistakes() {
	c.Helper()
	now := c.connection()
	data, _, err := c.Secrets.Load(c.Context(), connect.TokenName(oak, now.Through))
	c.must(err)
	c.must(c.Secrets.Put(c.Context(), connect.TokenName(oak, "another"), data))
	c.notesConnection(domain.ConnectionAuthorized{Attempt: "another", Account: domain.Account{ID: elmAccount, Name: "Elm PC"}, Region: now.Region, Scopes: now.Scopes, By: "u_1"})
}

// TestASignInForAnotherAccountEndsTheConnection tells that the engine does not even believe its
// own ledger there: a sign-in that Smokeball says is for another account ends the connection.
func TestASignInForAnotherAccountEndsTheConnection(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.mistakes()
	c.wants(domain.StatusConnected)
	c.later(25 * time.Hour)
	c.look()
	c.wants(domain.StatusRevoked)
	if f := c.connection().LastFailure; f == nil || !strings.Contains(messageOf(*f), "another Smokeball account") {
		t.Errorf("the failure is %+v", f)
	}
}

// TestAnotherAccountIsLoggedOnce looks at a lost connection for two days whose sign-in is kept and
// is for another account.
func TestAnotherAccountIsLoggedOnce(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.mistakes()
	c.notesConnection(domain.ConnectionLost{})
	var log bytes.Buffer
	c.keeper.Log = slog.New(slog.NewTextHandler(&log, nil))
	for range 48 {
		c.later(time.Hour)
		c.look()
	}
	c.wants(domain.StatusRevoked)
	if n := strings.Count(log.String(), "another account"); n != 1 {
		t.Errorf("it is logged %d times:\n%s", n, log.String())
	}
}

// TestTroubleEndsWithASignInForAnotherAccount has an outage end with an answer for another account.
func TestTroubleEndsWithASignInForAnotherAccount(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.mistakes()
	c.notesConnection(domain.ConnectionTroubled{Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable}})
	c.later(time.Hour)
	c.look()
	c.wants(domain.StatusRevoked)
	if f := c.connection().LastFailure; f == nil || !strings.Contains(messageOf(*f), "another Smokeball account") {
		t.Errorf("the failure is %+v", f)
	}
}
