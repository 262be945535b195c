package connect_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
)

// arrives requires a notification that Smokeball signs now to be taken in, or not, at a
// secret address.
func (c *counter) arrives(secret string, header http.Header, want bool) {
	c.Helper()
	b := c.bridge(nil)
	b.Verify = func(domain.FirmID, string, http.Header) error { return nil }
	b.Publish = func(context.Context, domain.WebhookDelivery) error { return nil }
	if header != nil {
		b.Verify = c.bridge(nil).Verify
	}
	err := b.Receive(c.Context(), secret, header, []byte(`{"type":"noop"}`))
	if want && err != nil {
		c.Errorf("a notification is refused: %v", err)
	}
	if !want {
		c.wantsRejection(err, domain.Unknown, domain.CodeNotFound)
	}
}

func TestRotationOverlaps(t *testing.T) {
	c := newCounter(t)
	_, err := c.RotateWebhooks(t.Context(), admin)
	c.wantsRejection(err, domain.Conflict, domain.CodeNotConnected)
	c.connects()
	_, err = c.RotateWebhooks(t.Context(), admin)
	c.wantsRejection(err, domain.Conflict, domain.CodeNoWebhooks)
	c.registers()
	old, signedOld := c.address(), c.signed()
	position, err := c.RotateWebhooks(t.Context(), admin)
	c.must(err)
	fresh := c.address()
	if fresh == old || position == 0 || c.facts()["connection.webhooks_rotated.v1"] != 1 {
		t.Fatalf("after the rotation the address is the old one: %v", fresh == old)
	}
	c.arrives(fresh, c.signed(), true)
	c.arrives(old, signedOld, true)
	c.wantsRejection(c.bridge(nil).Receive(t.Context(), old, c.signed(), []byte(`{"type":"noop"}`)), domain.Denied, domain.CodeInvalidRequest)
	c.later(domain.WebhookOverlap - time.Minute)
	c.look()
	c.arrives(old, nil, true)
	c.later(2 * time.Minute)
	c.arrives(old, nil, false)
	c.look()
	c.arrives(fresh, nil, true)
	if c.facts()["connection.webhooks_retired.v1"] != 1 || c.keys("address") != 1 {
		t.Errorf("kept are %d addresses", c.keys("address"))
	}
	c.wantsNoSecrets(old, fresh)
}

// keys counts the secrets of a kind.
func (c *counter) keys(kind string) int {
	c.Helper()
	names, err := c.Secrets.Names(c.Context(), kind)
	c.must(err)
	return len(names)
}

func TestTwoRotationsWithinTheOverlap(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	var all []string
	for range 2 {
		all = append(all, c.address())
		_, err := c.RotateWebhooks(t.Context(), admin)
		c.must(err)
		c.later(40 * time.Minute)
		c.look()
	}
	c.arrives(all[0], nil, false)
	c.arrives(all[1], nil, true)
	c.later(time.Hour)
	c.look()
	c.arrives(all[1], nil, false)
	if c.keys("address") != 1 {
		t.Errorf("%d addresses are kept", c.keys("address"))
	}
}

// TestARotationSurvivesKills kills the engine at each act of a rotation: afterwards there
// is one subscription, what it sends arrives, and no rotation is under way.
func TestARotationSurvivesKills(t *testing.T) {
	killedEverywhere(t, func(c *counter) { c.connects(); c.registers() },
		func(c *counter, d *connect.Service) error { _, err := d.RotateWebhooks(c.Context(), admin); return err },
		func(c *counter) {
			c.arrives(c.address(), c.signed(), true)
			if h := c.connection().Hooks; h.Rotation != "" {
				c.Errorf("the rotation %s is under way", h.Rotation)
			}
			if n := c.facts()["connection.webhooks_rotated.v1"]; n > 1 {
				c.Errorf("one wish became %d rotations", n)
			}
			c.later(2 * time.Hour)
			c.look()
			if n := c.keys("address"); n != 1 {
				c.Errorf("%d addresses are kept", n)
			}
			c.disconnects()
			c.gone()
		})
}
