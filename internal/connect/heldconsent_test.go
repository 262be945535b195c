package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// held is a consent that came back in a browser where whoever asked is not signed in.
func held(c *counter, browser *domain.User) connect.Question {
	c.Helper()
	done, err := c.finish(c.visit(c.link(admin), "allow", oakAccount), browser)
	c.must(err)
	if done.Question == nil {
		c.Fatal("nothing is asked")
	}
	return *done.Question
}

func yes(q connect.Question) connect.Reply {
	return connect.Reply{ID: q.ID, Browser: q.Browser, Yes: true}
}

func (c *counter) wantsNothingUsable() {
	c.Helper()
	if s := c.connection().Status(c.Now()); s == domain.StatusConnected || c.kept()["token"] || c.kept()["parked"] {
		c.Errorf("the firm is %s, and kept are %v", s, c.kept())
	}
}

// revoked is how many authorizations were given back to Smokeball.
func (c *counter) revoked() int { return c.sim.Counts().ByRoute["POST /oauth2/revoke"] }

// In a browser of somebody else the account and the firm are named, and nothing is connected
// before that very browser says yes.
func TestAnotherBrowserIsAskedFirst(t *testing.T) {
	for name, browser := range map[string]*domain.User{"nobody": nil, "a colleague": {Subject: "u_2", Firm: oak, Role: domain.FirmAdmin},
		"another firm": {Subject: "u_1", Firm: "f_elm", Role: domain.FirmAdmin}} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			q := held(c, browser)
			if q.Account != (domain.Account{ID: oakAccount, Name: "Oak LLP"}) || q.Firm != oak {
				t.Errorf("it is asked %+v", q)
			}
			c.wantsNothingUsable()
			wrong := yes(q)
			wrong.Browser = "of another browser"
			_, err := c.Answer(t.Context(), wrong, browser)
			c.wantsRejection(err, domain.Denied, domain.CodeAuthorizationForeign)
			c.wantsNothingUsable()
			done, err := c.Answer(t.Context(), yes(q), browser)
			if c.must(err); done.Firm != oak {
				t.Errorf("it ends as %+v", done)
			}
			c.wants(domain.StatusConnected)
			if c.kept()["held"] {
				t.Error("the consent is still held")
			}
		})
	}
}

func TestAMadeUpAnswerIsRefused(t *testing.T) {
	c := newCounter(t)
	for _, id := range []string{"", "made-up", "../token.f_oak", "00"} {
		_, err := c.Answer(t.Context(), connect.Reply{ID: id, Yes: true}, nil)
		c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationExpired)
	}
}

// A consent that is declined, answered too late, never answered, or asked for by somebody who
// is no admin any more goes back to Smokeball.
func TestAHeldConsentIsGivenBack(t *testing.T) {
	late := func(c *counter) { c.ahead.Store(int64(connect.LinkLifetime + time.Second)) }
	for name, end := range map[string]func(*counter, connect.Question){
		"declined": func(c *counter, q connect.Question) {
			r := yes(q)
			r.Yes = false
			_, err := c.Answer(c.Context(), r, nil)
			c.wantsRejection(err, domain.Denied, domain.CodeAuthorizationDenied)
		},
		"too late": func(c *counter, q connect.Question) {
			late(c)
			_, err := c.Answer(c.Context(), yes(q), nil)
			c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationExpired)
		},
		"never answered": func(c *counter, _ connect.Question) {
			late(c)
			c.keeps(func() bool { return !c.kept()["held"] })
		},
		"of a former admin": func(c *counter, q connect.Question) {
			_, err := c.Answer(c.Context(), yes(q), &domain.User{Subject: "u_1", Firm: oak, Role: domain.StandardUser})
			c.wantsRejection(err, domain.Denied, domain.CodeForbidden)
		},
		"replaced by a newer link": func(c *counter, q connect.Question) {
			c.link(admin)
			_, err := c.Answer(c.Context(), yes(q), nil)
			c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationReplaced)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			q := held(c, nil)
			end(c, q)
			c.wantsNothingUsable()
			if c.kept()["held"] || c.revoked() != 1 {
				t.Errorf("kept are %v, and %d authorizations were given back, want 1", c.kept(), c.revoked())
			}
		})
	}
}

// An admin who was made a user meanwhile finishes nothing, and the link is used up.
func TestAFormerAdminFinishesNothing(t *testing.T) {
	c := newCounter(t)
	q := c.visit(c.link(admin), "allow", oakAccount)
	former := domain.User{Subject: admin.Subject, Firm: oak, Role: domain.StandardUser}
	_, err := c.finish(q, &former)
	c.wantsRejection(err, domain.Denied, domain.CodeForbidden)
	_, err = c.finish(q, &admin)
	c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationUsed)
	if calls := c.sim.Counts().ByRoute["POST /oauth2/token"]; calls != 0 {
		t.Errorf("the code was exchanged %d times", calls)
	}
}

// The browser goes away while Smokeball still thinks about the code: the exchange is
// finished all the same, because the code can't be sent a second time.
func TestABrowserThatGoesLosesNoConsent(t *testing.T) {
	c := newCounter(t)
	c.must(c.sim.Fault(smokeballsim.Fault{Route: "POST /oauth2/token", Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(300 * time.Millisecond), Count: 1}))
	q := c.visit(c.link(admin), "allow", oakAccount)
	ctx, gone := context.WithCancel(t.Context())
	defer gone()
	go func() { // the browser leaves once the code is being exchanged
		for ctx.Err() == nil && c.sim.Counts().ByRoute["POST /oauth2/token"] == 0 {
			time.Sleep(time.Millisecond)
		}
		gone()
	}()
	_, err := c.Complete(ctx, redirect(q), &admin)
	c.must(err)
	c.wants(domain.StatusConnected)
}

// keeps lets the reconciler work until done is so.
func (c *counter) keeps(done func() bool) {
	c.Helper()
	ctx, stop := context.WithTimeout(c.Context(), 10*time.Second)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- c.keeper.Run(ctx) }()
	for ctx.Err() == nil && !done() {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	c.must(<-ended)
}
