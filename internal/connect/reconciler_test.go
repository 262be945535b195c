package connect_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

const day = 24 * time.Hour

// notices appends a fact about a matter, or a notification, of the firm.
func (c *counter) notes(s domain.Stream, e domain.Event) {
	c.Helper()
	_, head, err := eventstore.Execute(c.Context(), c.bolt, c.Now, s, func(domain.Matter) ([]domain.Event, error) { return []domain.Event{e}, nil })
	c.must(err)
	c.must(c.rows.Wait(c.Context(), uint64(head.Seq)))
}

func (c *counter) hears(kind string) {
	c.Helper()
	c.notes(domain.WebhookStream(oak, "r1"), domain.SmokeballWebhookReceived{Type: kind})
}

func TestAdminsAreToldAheadOnce(t *testing.T) {
	c := newCounter(t)
	c.connects()
	for range 2 {
		c.look()
	}
	if c.facts()["connection.reauthorize_soon.v1"] != 0 {
		t.Error("they are told at once")
	}
	c.later(173*day + time.Minute)
	c.wants(domain.StatusReauthorizeSoon)
	for range 3 {
		c.look()
	}
	if n := c.facts()["connection.reauthorize_soon.v1"]; n != 1 {
		t.Errorf("they are told %d times", n)
	}
	c.ahead.Store(0) // the sign-in of the simulator knows no other clock
	c.connects()
	c.look()
	c.wants(domain.StatusConnected)
}

func TestAnAuthorizationEndsOnce(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	before := c.connection().Subscription
	c.later(181 * day) // the engine was away all the time
	for range 3 {
		c.look()
	}
	facts := c.facts()
	if facts["connection.reauthorize.v1"] != 1 || facts["connection.reauthorize_soon.v1"] != 0 {
		t.Errorf("the facts are %v", facts)
	}
	c.wants(domain.StatusReauthorizationRequired)
	if f := c.row().LastError; f == nil || f.Code != domain.CodeReauthorizationRequired || remedyOf(*f) == "" || c.row().WebhooksStatus(c.Now()) != "lost" {
		t.Errorf("the last error is %+v", f)
	}
	c.ahead.Store(0) // the sign-in of the simulator knows no other clock
	c.connects()
	if r := c.row(); r.LastError != nil || r.WebhooksStatus(c.Now()) != "active" || c.only().ID != before {
		t.Errorf("after signing in again: %+v, %s", r.LastError, r.WebhooksStatus(c.Now()))
	}
}

func TestARemovalInSmokeballIsNoticedWithinADay(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.must(c.sim.Revoke(oakAccount))
	c.look()
	c.wants(domain.StatusConnected)
	c.later(day)
	c.look()
	c.wants(domain.StatusRevoked)
	calls := c.sim.Counts().Total
	c.later(day)
	c.look()
	if n := c.facts()["connection.lost.v1"]; n != 1 || c.sim.Counts().Total != calls {
		t.Errorf("it is noted %d times, %d calls were made after", n, c.sim.Counts().Total-calls)
	}
}

func TestOneCheckADay(t *testing.T) {
	c := newCounter(t)
	c.connects()
	for range 12 {
		c.later(6 * time.Hour)
		for range 3 {
			c.look()
		}
	}
	if n := c.facts()["connection.checked.v1"]; n != 3 || c.sim.Counts().ByRoute["GET /firm"] != 1+3 || c.sim.Counts().ByRoute["GET /webhooks"] != 0 {
		t.Errorf("in three days %d checks, %v", n, c.sim.Counts().ByRoute)
	}
}

func TestChecksAreSpreadOverTheDay(t *testing.T) {
	at := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	hours := map[int]int{}
	for n := range 2400 {
		hours[domain.Connection{At: at}.NextCheck(domain.FirmID(fmt.Sprint("f_", n))).Hour()]++
	}
	for h := range 24 {
		if hours[h] < 50 || hours[h] > 150 {
			t.Errorf("at %d o'clock %d firms are checked", h, hours[h])
		}
	}
}

func TestACheckDuringAnOutageIsMadeUpFor(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.must(c.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503}))
	c.later(day)
	for range 5 {
		c.look()
		c.later(time.Second)
	}
	if n := c.sim.Counts().ByRoute["GET /firm"]; n != 2 {
		t.Errorf("during the outage Smokeball was asked %d times", n-1)
	}
	c.wants(domain.StatusConnected)
	c.sim.ClearFaults()
	c.later(time.Minute)
	c.look()
	if c.facts()["connection.checked.v1"] != 1 {
		t.Error("the check was not made up for")
	}
}

func TestASubscriptionIsRestored(t *testing.T) {
	for name, harm := range map[string]func(*counter){
		"that is gone": func(c *counter) { c.must(c.client.Unsubscribe(c.Context(), oak, c.connection().Subscription)) },
		"that leads elsewhere": func(c *counter) {
			_, err := c.client.UpdateSubscription(c.Context(), oak, c.only().ID, "k", "x", publicURL+"/webhooks/smokeball/old", smokeball.WebhookTypes(), "r-1")
			c.must(err)
		},
		"that hears too little": func(c *counter) {
			_, err := c.client.UpdateSubscription(c.Context(), oak, c.only().ID, "k", "x", c.only().URL, []string{"matter.created"}, "r-1")
			c.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.connects()
			c.registers()
			harm(c)
			c.later(day)
			c.look()
			if s := c.only(); s.ID != c.connection().Subscription || len(s.EventTypes) != len(smokeball.WebhookTypes()) || c.connection().Hooks.Lost != nil {
				t.Errorf("Smokeball has %+v, the ledger %+v", s, c.connection().Hooks)
			}
			c.arrives(c.address(), c.signed(), true)
			if f := c.facts(); f["connection.webhooks_lost.v1"] != 1 || f["connection.webhooks_restored.v1"] != 1 || f["connection.checked.v1"] != 1 {
				t.Errorf("the facts are %v", f)
			}
		})
	}
}

// TestSilenceIsNoticed lets syncs change things in Smokeball while nothing is heard.
func TestSilenceIsNoticed(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.notes(domain.MatterStream(oak, "m_1"), domain.MatterAccepted{Sync: "s_1", Matter: "sb_1"})
	c.later(domain.SilentFor - time.Minute)
	c.look()
	if c.facts()["connection.webhooks_tested.v1"] != 0 {
		t.Fatal("the way is tested before a day is over")
	}
	c.later(2 * time.Minute)
	c.look()
	c.look()
	if len(c.caught) != 1 || c.facts()["connection.webhooks_tested.v1"] != 1 {
		t.Fatalf("%d tests were sent: %v", len(c.caught), c.facts())
	}
	before := c.only().ID
	c.later(domain.TestTimeout + time.Second)
	c.look()
	if r := c.row(); r.WebhooksStatus(c.Now()) != "lost" || r.LastError == nil || r.LastError.Code != domain.CodeWebhooksSilent || !strings.Contains(remedyOf(*r.LastError), publicURL) {
		t.Errorf("webhooks are %s, the last error is %+v", r.WebhooksStatus(c.Now()), r.LastError)
	}
	c.look() // registers again, and tests
	c.look()
	if s := c.only(); s.ID == before || s.ID != c.connection().Subscription || c.row().WebhooksStatus(c.Now()) != "lost" {
		t.Errorf("the silent subscription %s became %+v", before, s)
	}
	c.hears(domain.WebhookTest)
	if r := c.row(); r.WebhooksStatus(c.Now()) != "active" || r.LastError != nil {
		t.Errorf("when something came webhooks are %s, %+v", r.WebhooksStatus(c.Now()), r.LastError)
	}
	c.look()
	if h := c.connection().Hooks; h.Lost != nil || c.facts()["connection.webhooks_heard.v1"] != 1 {
		t.Errorf("the ledger has %+v", h)
	}
}

func TestOneThatAnswersTheTestIsNotSilent(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.notes(domain.MatterStream(oak, "m_1"), domain.MatterAccepted{Sync: "s_1", Matter: "sb_1"})
	c.later(domain.SilentFor)
	c.look()
	c.hears(domain.WebhookTest)
	c.later(time.Hour)
	c.look()
	if f := c.facts(); f["connection.webhooks_lost.v1"] != 0 || f["connection.webhooks_tested.v1"] != 1 {
		t.Errorf("the facts are %v", f)
	}
}

func TestAttemptsAreRemovedAfterTheirEnd(t *testing.T) {
	c := newCounter(t)
	c.link(admin)
	c.look()
	if c.keys("attempt") != 1 {
		t.Fatal("an open attempt is removed")
	}
	c.later(connect.LinkLifetime)
	c.look()
	if c.keys("attempt") != 0 {
		t.Error("the attempt is kept")
	}
}

func TestARedirectNamesItsIssuer(t *testing.T) {
	c := newCounter(t)
	q := c.visit(c.link(admin), "allow", oakAccount)
	q.Set("iss", "https://evil.example")
	_, err := c.finish(q, &admin)
	c.wantsRejection(err, domain.Denied, domain.CodeWrongIssuer)
	q.Set("iss", "https://smokeball.example")
	_, err = c.finish(q, &admin)
	c.must(err)
}

// TestATestNotificationIsWaitedFor lets what Smokeball sends arrive, or not.
func TestATestNotificationIsWaitedFor(t *testing.T) {
	c := newCounter(t)
	_, err := c.TestWebhooks(t.Context(), admin)
	c.wantsRejection(err, domain.Conflict, domain.CodeNotConnected)
	c.connects()
	_, err = c.TestWebhooks(t.Context(), admin)
	c.wantsRejection(err, domain.Conflict, domain.CodeNoWebhooks)
	c.registers()
	done := make(chan connect.WebhookTest)
	go func() {
		got, err := c.TestWebhooks(context.WithoutCancel(t.Context()), admin)
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	<-c.caught
	c.hears("matter.created") // something else does not count
	c.hears(domain.WebhookTest)
	if got := <-done; !got.Received || got.Took <= 0 || got.Took > 10*time.Second {
		t.Errorf("the test ends as %+v", got)
	}
	c.must(c.client.Unsubscribe(t.Context(), oak, c.only().ID))
	if got, err := c.TestWebhooks(t.Context(), admin); err != nil || got.Received || remedyOf(got.Why) == "" {
		t.Errorf("without a subscription the test ends as %+v, %v", got, err)
	}
	c.look()
	c.only()
}

// TestADisconnectedFirmHearsNothing: what still comes finds nobody.
func TestADisconnectedFirmHearsNothing(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	secret := c.address()
	c.must(c.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503}))
	c.disconnects()
	if !c.kept()["address"] {
		t.Fatal("the address is closed already")
	}
	b := c.bridge(nil)
	b.Verify = func(domain.FirmID, string, http.Header) error { return nil }
	c.wantsRejection(b.Receive(t.Context(), secret, http.Header{}, []byte(`{"type":"noop"}`)), domain.Unknown, domain.CodeNotFound)
}

// TestTheReconcilerRuns lets the reconciler run by itself until it has done what is due.
func TestTheReconcilerRuns(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.must(c.client.Unsubscribe(t.Context(), oak, c.only().ID))
	c.later(day)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.keeper.Run(ctx) }()
	for {
		_, moved := c.rows.Changes()
		if row, err := c.rows.Connections.Connection(oak); err != nil || !row.Connection.CheckedAt.IsZero() {
			break
		}
		<-moved
	}
	stop()
	c.must(<-ended)
	if c.only().ID != c.connection().Subscription {
		t.Error("the subscription is not restored")
	}
}
