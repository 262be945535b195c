package inbound_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/inbound"
)

// disk is where groups of webhooks are published: each message takes a second.
type disk struct {
	mu       sync.Mutex
	messages [][]domain.WebhookDelivery
	fails    error
}

func (d *disk) publish(_ context.Context, list []domain.WebhookDelivery) error {
	time.Sleep(time.Second)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return d.fails
	}
	d.messages = append(d.messages, list)
	return nil
}

func webhookOf(f domain.FirmID, kind string, id int, size int) domain.WebhookDelivery {
	return domain.WebhookDelivery{Firm: f, Origin: domain.EventRef{ID: fmt.Sprint(id)}, Webhook: domain.Webhook{Type: kind}, Body: make([]byte, size)}
}

// add adds webhooks at the same time and returns their outcomes once each has one.
func add(g *inbound.Groups, list ...domain.WebhookDelivery) []error {
	faults := make([]error, len(list))
	var all sync.WaitGroup
	for i, d := range list {
		all.Go(func() { faults[i] = g.Add(context.Background(), d) })
	}
	all.Wait()
	return faults
}

// The first webhook is published at once; those that come meanwhile share the next message.
func TestWebhooksThatWaitShareAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		g := &inbound.Groups{Publish: d.publish}
		first := make(chan error, 1)
		go func() { first <- g.Add(t.Context(), webhookOf("f_1", "matter.updated", 0, 1)) }()
		time.Sleep(100 * time.Millisecond)
		began := time.Now()
		var list []domain.WebhookDelivery
		for i := range 40 {
			list = append(list, webhookOf("f_1", "matter.updated", i+1, 1))
		}
		if err := errors.Join(add(g, list...)...); err != nil {
			t.Fatal(err)
		}
		if err := <-first; err != nil || len(d.messages) != 2 || len(d.messages[0]) != 1 || len(d.messages[1]) != 40 {
			t.Errorf("%d messages, %v", len(d.messages), err)
		}
		if took := time.Since(began); took != 1900*time.Millisecond {
			t.Errorf("an answer came after %v, before its message was on disk or long after", took)
		}
	})
}

// Webhooks of other firms and of other types are other messages, and wait for none.
func TestWebhooksOfOthersAreOtherMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		began := time.Now()
		if err := errors.Join(add(&inbound.Groups{Publish: d.publish}, webhookOf("f_1", "a", 1, 1), webhookOf("f_2", "a", 2, 1), webhookOf("f_1", "b", 3, 1))...); err != nil || len(d.messages) != 3 {
			t.Errorf("%d messages, %v", len(d.messages), err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("they took %v", took)
		}
	})
}

// A message does not grow beyond what a dead letter holds.
func TestLargeWebhooksFillAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		var list []domain.WebhookDelivery
		for i := range 10 {
			list = append(list, webhookOf("f_1", "a", i, 20<<10))
		}
		if err := errors.Join(add(&inbound.Groups{Publish: d.publish}, list...)...); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, m := range d.messages {
			if n += len(m); len(m) > 2 {
				t.Errorf("one message has %d of 20 KB", len(m))
			}
		}
		if n != 10 {
			t.Errorf("%d of 10 are published", n)
		}
	})
}

// Nobody is told that a webhook is kept which is not; one that has gone meanwhile takes none along.
func TestAGroupThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{fails: errors.New("no room")}
		g := &inbound.Groups{Publish: d.publish}
		for i, err := range add(g, webhookOf("f_1", "a", 1, 1), webhookOf("f_1", "a", 2, 1), webhookOf("f_1", "a", 3, 1)) {
			if !errors.Is(err, d.fails) {
				t.Errorf("%d is answered %v", i, err)
			}
		}
		d.fails = nil
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_ = g.Add(gone, webhookOf("f_1", "a", 4, 1)) // it leads its message
		if err := g.Add(t.Context(), webhookOf("f_1", "a", 5, 1)); err != nil || len(d.messages) != 2 {
			t.Errorf("%d messages, %v", len(d.messages), err)
		}
	})
}
