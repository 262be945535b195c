package inbound

import (
	"context"
	"errors"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// Webhooks records the webhooks that arrive on the bus.
type Webhooks struct {
	// Decode decodes a message from the bus: one webhook, or several that came at the same time.
	// A Webhook is zero if an earlier version of the engine published it.
	Decode func(subject string, body []byte) ([]domain.WebhookDelivery, error)
	// Parse decodes the body of such a message; the bridge has decoded all others.
	Parse func(body []byte) (domain.Webhook, error)
	// Record records a webhook, once.
	Record func(ctx context.Context, f domain.FirmID, w domain.SmokeballWebhookReceived) error
	// ForgetTypes drops a firm's cached matter types after Smokeball reported a change.
	ForgetTypes func(f domain.FirmID)
}

// TakeIn records the webhooks of a message, each once, also if the message comes again because
// one of them failed. Only the bridge publishes webhooks, so one that can't be decoded is a fault
// of the engine.
func (w Webhooks) TakeIn(ctx context.Context, m Message) error {
	list, err := w.decode(m)
	if err != nil {
		return notHandled("is a webhook that the engine can’t read", err)
	}
	if len(list) == 1 {
		return w.take(ctx, list[0])
	}
	return w.takeAll(ctx, list)
}

func (w Webhooks) take(ctx context.Context, d domain.WebhookDelivery) error {
	received := d.Received()
	if received.ChangesTypes() {
		w.ForgetTypes(d.Firm)
	}
	return w.Record(ctx, d.Firm, received)
}

// takeAll records webhooks that came at the same time: those of one resource in the order of the
// message, those of different resources concurrently, so that they share a flush to disk. It
// panics if recording one of them does, after all others are recorded.
func (w Webhooks) takeAll(ctx context.Context, list []domain.WebhookDelivery) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var faults []error
	var panicked any
	for _, same := range byResource(list) {
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					mu.Lock()
					defer mu.Unlock()
					panicked = p
				}
			}()
			for _, d := range same {
				if err := w.take(ctx, d); err != nil {
					mu.Lock()
					faults = append(faults, err)
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	if panicked != nil {
		panic(panicked)
	}
	return errors.Join(faults...)
}

func byResource(list []domain.WebhookDelivery) map[domain.SmokeballID][]domain.WebhookDelivery {
	of := make(map[domain.SmokeballID][]domain.WebhookDelivery, len(list))
	for _, d := range list {
		of[d.Webhook.Resource] = append(of[d.Webhook.Resource], d)
	}
	return of
}

var errNoFirm = errors.New("its subject names no firm")

func (w Webhooks) decode(m Message) ([]domain.WebhookDelivery, error) {
	list, err := w.Decode(m.Subject, m.Body)
	if err != nil {
		return nil, err
	}
	for i, d := range list {
		if d.Firm == domain.Nobody {
			return nil, errNoFirm
		}
		if d.Webhook.Type == "" {
			if list[i].Webhook, err = w.Parse(d.Body); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}
