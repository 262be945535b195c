package connect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/inbound"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func (c *counter) registers() {
	c.Helper()
	_, err := c.RegisterWebhooks(c.Context(), admin)
	c.must(err)
}

// only is the firm's one subscription in Smokeball.
func (c *counter) only() smokeballsim.SubscriptionState {
	c.Helper()
	all := c.sim.State().Accounts[0].Subscriptions
	if len(all) != 1 {
		c.Fatalf("Smokeball has %d subscriptions, want one: %+v", len(all), all)
	}
	return all[0]
}

// address is the secret end of the subscription's address.
func (c *counter) address() string {
	c.Helper()
	return strings.TrimPrefix(c.only().URL, publicURL+"/webhooks/smokeball/")
}

func TestRegisteringMakesOneSubscription(t *testing.T) {
	c := newCounter(t)
	_, err := c.RegisterWebhooks(t.Context(), admin)
	c.wantsRejection(err, domain.Conflict, domain.CodeNotConnected)
	c.connects()
	c.registers()
	first := c.only()
	c.registers()
	if again := c.only(); again.ID != first.ID || again.URL != first.URL || !again.Signed {
		t.Errorf("the subscription was %+v and is %+v", first, again)
	}
	if c.connection().Subscription != first.ID || len(c.address()) < 40 {
		t.Errorf("the ledger has %q, the address is %q", c.connection().Subscription, first.URL)
	}
	c.wantsNoSecrets(c.address())
}

func TestOneThatIsThereAlreadyIsTakenAndOthersAreRemoved(t *testing.T) {
	c := newCounter(t)
	c.connects()
	for _, to := range []string{publicURL + "/webhooks/smokeball/old", publicURL + "/webhooks/smokeball/older", "https://another.example/hook"} {
		_, err := c.client.Subscribe(t.Context(), oak, "k", "x", to, []string{"matter.created"}, "r-1")
		c.must(err)
	}
	c.registers()
	ours, others := 0, 0
	for _, s := range c.sim.State().Accounts[0].Subscriptions {
		switch {
		case s.URL == "https://another.example/hook":
			others++
		case s.ID == c.connection().Subscription && len(s.EventTypes) == len(smokeball.WebhookTypes()) && !strings.HasSuffix(s.URL, "/old"):
			ours++
		default:
			t.Errorf("Smokeball has %+v", s)
		}
	}
	if ours != 1 || others != 1 {
		t.Errorf("Smokeball has %d subscriptions of ours and %d of others", ours, others)
	}
}

func TestAManyTimesAtOnceIsOneSubscription(t *testing.T) {
	c := newCounter(t)
	c.connects()
	var work sync.WaitGroup
	for range 8 {
		work.Go(c.registers)
	}
	work.Wait()
	if c.only().ID != c.connection().Subscription {
		t.Errorf("the ledger has %s", c.connection().Subscription)
	}
}

// engine is an engine's way to Smokeball that waits for another engine at two places.
type engine struct {
	hooks
	listed, made *sync.WaitGroup
	lists        atomic.Int32
}

// Subscriptions lists, and returns the first list when the other engine has one too.
func (e *engine) Subscriptions(ctx context.Context, f domain.FirmID) ([]domain.Subscription, error) {
	list, err := e.hooks.Subscriptions(ctx, f)
	if e.lists.Add(1) == 1 {
		e.listed.Done()
		e.listed.Wait()
	}
	return list, err
}

// Subscribe subscribes, and returns when the other engine has done so too.
func (e *engine) Subscribe(ctx context.Context, f domain.FirmID, s connect.Subscription) (string, error) {
	id, err := e.hooks.Subscribe(ctx, f, s)
	e.made.Done()
	e.made.Wait()
	return id, err
}

// TestTwoEnginesAtOnceMakeOneSubscription: of two engines that both found none
// and both made one, both keep the same.
func TestTwoEnginesAtOnceMakeOneSubscription(t *testing.T) {
	c := newCounter(t)
	c.connects()
	var listed, made, work sync.WaitGroup
	listed.Add(2)
	made.Add(2)
	for range 2 {
		config := c.config
		config.Subscriptions = &engine{hooks: hooks{c.client}, listed: &listed, made: &made}
		d := connect.New(config)
		work.Go(func() {
			if _, err := d.RegisterWebhooks(t.Context(), admin); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if c.only().ID != c.connection().Subscription {
		t.Errorf("the ledger has %s", c.connection().Subscription)
	}
}

func TestASecondAuthorizationRenewsTheSubscription(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.must(c.sim.Revoke(oakAccount))
	if n := len(c.sim.State().Accounts[0].Subscriptions); n != 0 {
		t.Fatalf("after the revocation Smokeball has %d subscriptions", n)
	}
	c.connects()
	if c.only().ID != c.connection().Subscription {
		t.Errorf("the ledger has %s", c.connection().Subscription)
	}
}

func TestAConnectionStandsWithoutItsSubscription(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.must(c.sim.Revoke(oakAccount))
	c.must(c.sim.Fault(smokeballsim.Fault{Route: "* /webhooks", Kind: smokeballsim.Status, Status: 503}))
	c.connects()
	c.wants(domain.StatusConnected)
	if h := c.connection().Hooks; h.Lost == nil || remedyOf(*h.Lost) == "" || h.Silent {
		t.Errorf("the subscription stands as %+v, want it lost", h)
	}
	c.sim.ClearFaults()
	c.look()
	if h := c.connection().Hooks; h.Lost != nil || c.only().ID != c.connection().Subscription {
		t.Errorf("the reconciler left it as %+v", h)
	}
}

func TestRemovingClosesTheAddress(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	secret := c.address()
	var got []string
	c.must(c.bridge(&got).Receive(t.Context(), secret, c.signed(), []byte(`{"accountId":"`+oakAccount+`","type":"matter.created","source":"API","payload":{"id":"1"}}`))) // it is remembered
	_, err := c.RemoveWebhooks(t.Context(), admin)
	c.must(err)
	if n := len(c.sim.State().Accounts[0].Subscriptions); n != 0 || c.connection().Subscription != "" {
		t.Errorf("Smokeball has %d subscriptions, the ledger %q", n, c.connection().Subscription)
	}
	c.wantsRejection(c.bridge(nil).Receive(t.Context(), secret, http.Header{}, nil), domain.Unknown, domain.CodeNotFound)
	_, err = c.RemoveWebhooks(t.Context(), admin)
	c.must(err)
	c.registers()
	if c.address() == secret {
		t.Error("a closed address is opened again")
	}
}

func TestRemovingOneThatIsGoneIsNoFault(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.must(c.client.Unsubscribe(t.Context(), oak, c.connection().Subscription))
	_, err := c.RemoveWebhooks(t.Context(), admin)
	c.must(err)
	if c.connection().Subscription != "" {
		t.Error("the ledger has the subscription still")
	}
}

// bridge is the bridge of the engine; what it publishes goes to got.
func (c *counter) bridge(got *[]string) inbound.Bridge {
	return inbound.Bridge{Recipients: connect.Recipients{Service: c.Service}, Parse: smokeball.ParseWebhook, Now: time.Now,
		Verify: func(_ domain.FirmID, key string, h http.Header) error {
			return smokeball.Verify(key, "sim-client", h, time.Now())
		},
		Publish: func(_ context.Context, d domain.WebhookDelivery) error {
			*got = append(*got, string(d.Firm)+" "+string(d.Request)+" "+string(d.Body))
			return nil
		}}
}

// TestTheBridge sends a real notification of Smokeball's through the bridge, as it is
// and spoilt in every way.
func TestTheBridge(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	secret, header := c.address(), c.signed()
	good := `{"accountId":"` + oakAccount + `","type":"matter.created","source":"API","payload":{"id":"1"}}`
	change := func(name, value string) http.Header {
		h := header.Clone()
		if h.Del(name); value != "" {
			h.Set(name, value)
		}
		return h
	}
	for name, n := range map[string]struct {
		secret string
		header http.Header
		body   string
		why    domain.Reason // 0: it is taken in
	}{
		"good":                 {secret, header, good, 0},
		"of no account":        {secret, header, `{"type":"noop"}`, 0},
		"unknown secret":       {"nothing-there", header, good, domain.Unknown},
		"no secret":            {"", header, good, domain.Unknown},
		"unsigned":             {secret, change("Signature", ""), good, domain.Denied},
		"another signature":    {secret, change("Signature", strings.Repeat("0", 64)), good, domain.Denied},
		"another request":      {secret, change("RequestId", "r-2"), good, domain.Denied},
		"another time":         {secret, change("Timestamp", "637558795239278688"), good, domain.Denied},
		"another account":      {secret, header, strings.Replace(good, oakAccount, elmAccount, 1), domain.Denied},
		"of the subscription":  {secret, header, `{"type":"noop","subscriptionId":"` + c.connection().Subscription + `"}`, 0},
		"another subscription": {secret, header, `{"type":"noop","subscriptionId":"0a4c0000-0000-4000-8000-00000000beef"}`, domain.Denied},
		"no JSON":              {secret, header, "{", domain.Invalid},
		"no type":              {secret, header, `{"accountId":"` + oakAccount + `"}`, domain.Invalid},
		"empty":                {secret, header, "", domain.Invalid},
	} {
		var got []string
		err := c.bridge(&got).Receive(t.Context(), n.secret, n.header, []byte(n.body))
		if n.why == domain.Unknown {
			c.wantsRejection(err, n.why, domain.CodeNotFound)
		} else if n.why != 0 {
			c.wantsRejection(err, n.why, domain.CodeInvalidRequest)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := n.why == 0; (len(got) == 1) != want || (want && got[0] != "f_oak "+header.Get("RequestId")+" "+n.body) {
			t.Errorf("%s: published are %q", name, got)
		}
	}
}

// signed has Smokeball send a notification and returns its headers.
func (c *counter) signed() http.Header {
	c.Helper()
	c.must(c.client.NotifySubscription(c.Context(), oak, c.only().ID))
	select {
	case h := <-c.caught:
		return h
	case <-time.After(time.Minute):
		c.Fatal("Smokeball sent no notification")
		return nil
	}
}

// post is where Smokeball's notifications arrive.
type post chan http.Header

// RoundTrip keeps the headers of a notification.
func (p post) RoundTrip(r *http.Request) (*http.Response, error) {
	p <- r.Header.Clone()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

var errBusy = errors.New("the bus takes nothing")

// TestWhatCantBePublishedIsNotAccepted: Smokeball is answered well only when
// the notification is kept.
func TestWhatCantBePublishedIsNotAccepted(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	b := c.bridge(nil)
	b.Publish = func(context.Context, domain.WebhookDelivery) error { return errBusy }
	if err := b.Receive(t.Context(), c.address(), c.signed(), []byte(`{"type":"noop"}`)); !errors.Is(err, errBusy) {
		t.Errorf("the answer is %v", err)
	}
}
