package connect_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
)

// atOnce are two things that two engines do to one firm's connection at the same moment.
type atOnce struct {
	prepare       func(*counter)
	first, second func(*counter, *connect.Service) error
}

// consentsFor makes a link, follows it and finishes it with a consent for the account.
func consentsFor(account string) func(*counter, *connect.Service) error {
	return func(c *counter, s *connect.Service) error {
		_, err := s.Complete(c.Context(), redirect(c.visit(c.link(admin), "allow", account)), &admin)
		return err
	}
}

func confirmsElm(c *counter, s *connect.Service) error {
	_, err := s.ConfirmAccount(c.Context(), admin, elmAccount)
	return err
}

var atOnces = map[string]atOnce{
	"two links for two accounts":        {func(*counter) {}, consentsFor(oakAccount), consentsFor(elmAccount)},
	"two links for one account":         {func(*counter) {}, consentsFor(oakAccount), consentsFor(oakAccount)},
	"a second link for another account": {func(c *counter) { c.connects() }, consentsFor(oakAccount), consentsFor(elmAccount)},
	"a confirmation and a newer link":   {func(c *counter) { c.connects(); c.asks() }, confirmsElm, consentsFor(oakAccount)},
	"a newer link and a confirmation":   {func(c *counter) { c.connects(); c.asks() }, consentsFor(oakAccount), confirmsElm},
	"one confirmation on both":          {func(c *counter) { c.connects(); c.asks() }, confirmsElm, confirmsElm},
	"a confirmation and a disconnect":   {func(c *counter) { c.connects(); c.asks() }, confirmsElm, disconnects},
	"a link and a disconnect":           {func(*counter) {}, consentsFor(oakAccount), disconnects},
	"a disconnect and a link":           {func(c *counter) { c.connects() }, disconnects, consentsFor(elmAccount)},
	"a confirmation and a change of mind": {func(c *counter) { c.connects(); c.asks() }, confirmsElm, func(c *counter, s *connect.Service) error {
		_, err := s.DropAccount(c.Context(), admin)
		return err
	}},
	"a consent and the engine that finishes what others began": {func(*counter) {}, consentsFor(oakAccount), func(c *counter, s *connect.Service) error {
		c.shown()
		return (&connect.Reconciler{Service: s, Log: silent}).Look(c.Context())
	}},
}

func disconnects(c *counter, s *connect.Service) error {
	_, err := s.Disconnect(c.Context(), admin)
	return err
}

// TestTwoEnginesAtOneConnection stops one engine before each of its acts while another one
// does what it has to do. Then the first goes on, or is killed after that act, or the other
// one is killed at an act: the firm's tokens lead to the account that the ledger names, or
// there is neither.
func TestTwoEnginesAtOneConnection(t *testing.T) {
	for name, both := range atOnces {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n, more := 1, true; more; n++ {
				for turn, end := range []struct {
					name          string
					first, second *life
				}{
					{"and both go on", &life{n: n, goOn: true}, &life{}},
					{"and is killed", &life{n: n, after: true}, &life{}},
					{"and the other is killed", &life{n: n, goOn: true}, &life{n: 1 + 3*n%10, after: n%2 == 0}},
				} {
					if os.Getenv("CI") != "true" && turn != n%3 { // go test ./... has five minutes on two processors
						continue
					}
					t.Run(fmt.Sprintf("one stops at act %d %s", n, end.name), func(t *testing.T) {
						more = both.run(newCounter(t), end.first, end.second) && more
					})
				}
			}
		})
	}
}

// run reports whether the first engine has an n-th act.
func (a atOnce) run(c *counter, first, second *life) (more bool) {
	a.prepare(c)
	first.pause = func() {
		more = true
		_ = a.second(c, c.mortal(second)) // refused, killed or done: what is left counts
	}
	_ = a.first(c, c.mortal(first))
	c.look()
	c.look()
	c.agrees()
	return more
}

// agrees requires the firm's tokens to lead to the account that the ledger names, and nothing
// to be kept that does not belong to it.
func (c *counter) agrees() {
	c.Helper()
	now := c.connection()
	if now.State == domain.StatusConnected {
		c.works(now.Account.ID)
	} else if c.kept()["token"] {
		c.Errorf("tokens are kept of a firm that is %s", now.State)
	}
	if now.State == domain.StatusRevoked {
		c.Errorf("the connection is lost: %+v", now.LastFailure)
	}
	names, err := c.Secrets.Names(c.Context(), "token")
	c.must(err)
	if len(names) > 1 || now.Leaving != nil || c.kept()["parked"] != (now.Pending != nil) {
		c.Errorf("kept are %v %v, and the ledger has %+v", names, c.kept(), now)
	}
}
