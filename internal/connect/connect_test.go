package connect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func TestAFirmConnects(t *testing.T) {
	c := newCounter(t)
	c.wants(domain.StatusDisconnected)
	link := c.link(admin)
	c.wants(domain.StatusAuthorizing)
	q := c.visit(link, "allow", oakAccount)
	done, err := c.finish(q, &admin)
	c.must(err)
	state := c.connection()
	if done.Firm != oak || done.Asks || state.Account != (domain.Account{ID: oakAccount, Name: "Oak LLP"}) || state.By != "u_1" || state.Region != "us" || !slices.Contains(state.Scopes, "matters/write") {
		t.Errorf("%+v is connected as %+v", done, state)
	}
	if left := state.ReauthorizeBy.Sub(c.Now()); left < 179*24*time.Hour || left > 180*24*time.Hour {
		t.Errorf("the consent is honoured for %s", left)
	}
	c.wants(domain.StatusConnected)
	if a, err := c.client.Firm(t.Context(), oak); err != nil || a.ID != oakAccount {
		t.Errorf("the tokens lead to %+v, %v", a, err)
	}
	stored, _, err := tokens{connect.NewTokens(c.bolt, c.Secrets)}.Load(t.Context(), oak)
	c.must(err)
	c.wantsNoSecrets(q.Get("state"), q.Get("code"), stored.Access, stored.Refresh)
}

func TestSomebodyDenies(t *testing.T) {
	c := newCounter(t)
	_, err := c.finish(c.visit(c.link(admin), "deny", ""), &admin)
	c.wantsRejection(err, domain.Denied, domain.CodeAuthorizationDenied)
	c.wants(domain.StatusDisconnected)
	if f := c.connection().LastFailure; f == nil || f.Code != domain.CodeAuthorizationDenied {
		t.Errorf("the last failure is %+v", f)
	}
	if c.kept()["token"] || c.kept()["parked"] {
		t.Errorf("kept are %v", c.kept())
	}
}

func TestALinkEnds(t *testing.T) {
	c := newCounter(t)
	q := c.visit(c.link(admin), "allow", oakAccount)
	c.ahead.Store(int64(connect.LinkLifetime + time.Second))
	_, err := c.finish(q, &admin)
	c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationExpired)
	c.wants(domain.StatusDisconnected)
	if calls := c.sim.Counts().ByRoute["POST /oauth2/token"]; calls != 0 {
		t.Errorf("the code was exchanged %d times", calls)
	}
}

func TestALinkWorksOnce(t *testing.T) {
	c := newCounter(t)
	q := c.visit(c.link(admin), "allow", oakAccount)
	_, err := c.finish(q, &admin)
	c.must(err)
	_, err = c.finish(q, &admin)
	c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationUsed)
	c.wants(domain.StatusConnected)
}

func TestALinkOfTwoTakersWorksOnce(t *testing.T) {
	c := newCounter(t)
	q := c.visit(c.link(admin), "allow", oakAccount)
	done := make(chan error, 2)
	for range 2 {
		go func() { _, err := c.finish(q, &admin); done <- err }()
	}
	won := 0
	for range 2 {
		if err := <-done; err == nil {
			won++
		} else {
			c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationUsed)
		}
	}
	if won != 1 {
		t.Errorf("%d of two redirects went through", won)
	}
}

func TestAMadeUpStateIsRefused(t *testing.T) {
	c := newCounter(t)
	for _, state := range []string{"", "made-up"} {
		_, err := c.Complete(t.Context(), connect.Redirect{State: state, Code: "code"}, nil)
		c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationExpired)
	}
}

func TestANewerLinkReplacesTheOlderOne(t *testing.T) {
	c := newCounter(t)
	older, newer := c.link(admin), c.link(admin)
	_, err := c.finish(c.visit(older, "allow", oakAccount), &admin)
	c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationReplaced)
	_, err = c.finish(c.visit(newer, "allow", oakAccount), &admin)
	c.must(err)
	c.wants(domain.StatusConnected)
}

func TestAnExchangeThatFailsBeginsAgain(t *testing.T) {
	for name, f := range map[string]smokeballsim.Fault{
		"refused": {Route: "POST /oauth2/token", Kind: smokeballsim.Status, Status: 400, Count: 1},
		"outage":  {Route: "POST /oauth2/token", Kind: smokeballsim.Status, Status: 503, Count: 1},
		"cut":     {Route: "POST /oauth2/token", Kind: smokeballsim.Cut, Count: 1},
		"no firm": {Route: "GET /firm", Kind: smokeballsim.Status, Status: 503, Count: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.must(c.sim.Fault(f))
			q := c.visit(c.link(admin), "allow", oakAccount)
			_, err := c.finish(q, &admin)
			if r := domain.AsRejection(err); r == nil || r.Reason != domain.Conflict || remedyOf(r.Failure) == "" {
				t.Errorf("the answer is %v", err)
			}
			c.wants(domain.StatusDisconnected)
			if c.kept()["token"] {
				t.Error("tokens are kept")
			}
			_, err = c.finish(q, &admin)
			c.wantsRejection(err, domain.Expired, domain.CodeAuthorizationUsed)
			c.connects()
			c.wants(domain.StatusConnected)
		})
	}
}

// TestAFailedAttemptKeepsTheConnection: a connected firm stays so when a new
// consent is denied.
func TestAFailedAttemptKeepsTheConnection(t *testing.T) {
	c := newCounter(t)
	c.connects()
	_, err := c.finish(c.visit(c.link(admin), "deny", ""), &admin)
	c.wantsRejection(err, domain.Denied, domain.CodeAuthorizationDenied)
	c.wants(domain.StatusConnected)
	if _, err := c.client.Firm(t.Context(), oak); err != nil {
		t.Error(err)
	}
}

func TestAnAccountBelongsToOneFirm(t *testing.T) {
	c := newCounter(t)
	elm := domain.User{Subject: "u_9", Firm: "f_elm", Role: domain.FirmAdmin}
	c.connects()
	_, err := c.finish(c.visit(c.link(elm), "allow", oakAccount), &elm)
	c.wantsRejection(err, domain.Conflict, domain.CodeAccountInUse)
	_, err = c.Disconnect(t.Context(), admin)
	c.must(err)
	_, err = c.finish(c.visit(c.link(elm), "allow", oakAccount), &elm)
	c.must(err)
}

func TestDisconnectDestroysTheSecretsAndKeepsTheHistory(t *testing.T) {
	c := newCounter(t)
	c.connects()
	_, err := c.RegisterWebhooks(t.Context(), admin)
	c.must(err)
	position, err := c.Disconnect(t.Context(), admin)
	c.must(err)
	c.wants(domain.StatusDisconnected)
	if kept := c.kept(); kept["token"] || kept["hook"] || kept["address"] || kept["parked"] || position == 0 {
		t.Errorf("at position %d kept are %v", position, kept)
	}
	if s := c.sim.State().Accounts[0].Subscriptions; len(s) != 0 {
		t.Errorf("Smokeball has the subscriptions %+v", s)
	}
	if _, err := c.client.Firm(t.Context(), oak); domain.AsCallError(err) == nil || domain.AsCallError(err).Class != domain.SignIn {
		t.Errorf("a call for the firm ends with %v", err)
	}
	n := 0
	for range c.config.Ledger.Read(t.Context(), domain.ConnectionStream(oak)) {
		n++
	}
	if n < 4 {
		t.Errorf("the ledger has %d facts of the connection", n)
	}
	again, err := c.Disconnect(t.Context(), admin)
	if c.must(err); again != position {
		t.Error("a firm is disconnected twice")
	}
}

func TestSettingsAreKeptOnce(t *testing.T) {
	c := newCounter(t)
	s := domain.DefaultSettings
	s.OnMatterCreated = true
	first, err := c.ChangeSettings(t.Context(), admin, s, nil)
	c.must(err)
	second, err := c.ChangeSettings(t.Context(), admin, s, nil)
	c.must(err)
	p, _, err := eventstore.Load[domain.Preferences](t.Context(), c.config.Ledger, domain.SettingsStream(oak))
	if c.must(err); first != second || p.Settings() != s {
		t.Errorf("the settings are %+v at %d and %d", p.Settings(), first, second)
	}
	before := 0
	position, err := c.ChangeSettings(t.Context(), admin, domain.DefaultSettings, &before)
	if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeSettingsChanged || position != first {
		t.Errorf("a change from before is answered by %d, %v", position, err)
	}
	s.DocumentsFolder = ".."
	_, err = c.ChangeSettings(t.Context(), admin, s, nil)
	if r := domain.AsRejection(err); r == nil || r.Reason != domain.Invalid || len(r.Faults) != 1 {
		t.Errorf("a folder that is none is answered by %v", err)
	}
}
