package inbound

import (
	"context"
	"errors"

	"github.com/casehug/smokeball-sync/domain"
)

// Webhooks records the webhooks that come over the bus.
type Webhooks struct {
	// Decode reads a webhook off the bus. Its Webhook is zero where an earlier version of the
	// engine published it.
	Decode func(subject string, body []byte) (domain.WebhookDelivery, error)
	// Parse reads the body of such a one; the bridge has read all others.
	Parse func(body []byte) (domain.Webhook, error)
	// Record records a webhook, once.
	Record func(ctx context.Context, f domain.FirmID, w domain.SmokeballWebhookReceived) error
	// ForgetTypes forgets a firm's matter types, which Smokeball says have changed.
	ForgetTypes func(f domain.FirmID)
}

// TakeIn records a webhook. Only the bridge publishes there, so one that can't be read is a
// fault of the engine.
func (w Webhooks) TakeIn(ctx context.Context, m Message) error {
	d, err := w.decode(m)
	if err != nil {
		return notHandled("is a webhook that the engine can’t read", err)
	}
	received := d.Received()
	if received.ChangesTypes() {
		w.ForgetTypes(d.Firm)
	}
	return w.Record(ctx, d.Firm, received)
}

var errNoFirm = errors.New("its subject names no firm")

func (w Webhooks) decode(m Message) (domain.WebhookDelivery, error) {
	d, err := w.Decode(m.Subject, m.Body)
	switch {
	case err != nil:
		return d, err
	case d.Firm == domain.Nobody:
		return d, errNoFirm
	case d.Webhook.Type == "":
		d.Webhook, err = w.Parse(d.Body)
	}
	return d, err
}
