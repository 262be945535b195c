package connect_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func (c *counter) disconnects() {
	c.Helper()
	_, err := c.Disconnect(c.Context(), admin)
	c.must(err)
}

// gone requires nothing of the firm's connection to be left, here or in Smokeball.
func (c *counter) gone() {
	c.Helper()
	c.wants(domain.StatusDisconnected)
	if kept := c.kept(); kept["token"] || kept["hook"] || kept["address"] || kept["parked"] || c.connection().Leaving != nil {
		c.Errorf("kept are %v, and %+v", kept, c.connection().Leaving)
	}
	for _, a := range c.sim.State().Accounts {
		if len(a.Subscriptions) > 0 {
			c.Errorf("Smokeball has the subscriptions %+v", a.Subscriptions)
		}
	}
}

// TestADisconnectSurvivesKills kills the engine at each act of a disconnect: either it
// was not begun and everything works, or nothing of the connection is left.
func TestADisconnectSurvivesKills(t *testing.T) {
	begun := 0
	killedEverywhere(t, func(c *counter) { c.connects(); c.registers() },
		func(c *counter, d *connect.Service) error { _, err := d.Disconnect(c.Context(), admin); return err },
		func(c *counter) {
			if c.connection().State == domain.StatusConnected {
				c.works(oakAccount)
				c.only()
				return
			}
			begun++
			c.gone()
			c.connects()
		})
	if begun < 8 {
		t.Errorf("%d disconnects were begun", begun)
	}
}

// TestADisconnectWaitsForSmokeballAnHour: an outage does not leave the
// subscription, nor keep the tokens for ever.
func TestADisconnectWaitsForSmokeballAnHour(t *testing.T) {
	for name, back := range map[string]bool{"it comes back": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.connects()
			c.registers()
			c.must(c.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503}))
			c.disconnects()
			c.wants(domain.StatusDisconnected)
			c.later(59 * time.Minute)
			c.look()
			if !c.kept()["token"] || c.connection().Leaving == nil {
				t.Fatal("it did not wait for Smokeball")
			}
			if back {
				c.sim.ClearFaults()
				c.later(30 * time.Second)
				c.look()
				c.gone()
				return
			}
			c.later(2 * time.Minute)
			c.look()
			if kept := c.kept(); kept["token"] || kept["hook"] || kept["address"] || c.connection().Leaving != nil {
				t.Errorf("after an hour kept are %v, and %+v", kept, c.connection().Leaving)
			}
		})
	}
}

func TestConnectingAgainFinishesADisconnectFirst(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.must(c.sim.Fault(smokeballsim.Fault{Route: "DELETE /webhooks/{id}", Kind: smokeballsim.Status, Status: 503}))
	c.disconnects()
	c.connects()
	c.works(oakAccount)
	c.later(2 * time.Hour)
	c.look()
	c.wants(domain.StatusConnected)
	c.works(oakAccount)
	elm := domain.User{Subject: "u_9", Firm: "f_elm", Role: domain.FirmAdmin}
	_, err := c.finish(c.visit(c.link(elm), "allow", oakAccount), &elm)
	c.wantsRejection(err, domain.Conflict, domain.CodeAccountInUse)
}
