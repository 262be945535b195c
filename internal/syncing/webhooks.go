package syncing

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Webhooks records Smokeball's webhooks. A webhook's body is not signed, so it is a hint: it
// confirms the resource of a call that waits for just that, under the call's request id, and
// nothing else. That a call failed, or that something was deleted, is believed when a read
// has shown it.
type Webhooks struct {
	Ledger eventstore.Store
	Now    func() time.Time
	Routes interface {
		// MatterFor is the matter that a request or resource belongs to, or "".
		MatterFor(f domain.FirmID, r domain.RequestID, id domain.SmokeballID) (domain.MatterID, error)
	}
	// Notify makes the syncs that are subscribed to a stream look again at once.
	Notify func(domain.Stream)
}

// Receive records the webhook, once, and what it shows. It may be called again with
// the same webhook. What it tells of a call whose answer is not on record yet is found in
// the resource's webhooks by the sync that made the call.
func (r Webhooks) Receive(ctx context.Context, f domain.FirmID, w domain.SmokeballWebhookReceived) error {
	if w.Request != "" {
		own, err := r.Routes.MatterFor(f, w.Request, "")
		if err != nil {
			return err
		}
		w.Own = own != ""
	}
	stream := domain.WebhookStream(f, subjectOf(w))
	_, _, err := eventstore.Execute(ctx, r.Ledger, r.Now, stream,
		func(s domain.Webhooks) ([]domain.Event, error) { return s.Receive(w), nil })
	if err != nil {
		return err
	}
	if kind := domain.ActivityOf(w.Type); kind != "" {
		return r.recordActivity(ctx, f, kind, w)
	}
	defer r.Notify(stream)
	if w.Request == "" || !w.Shows() {
		return nil // whoever waits for the resource reads it
	}
	matter, err := r.Routes.MatterFor(f, w.Request, w.Resource)
	if err != nil || matter == "" {
		return err
	}
	if err := r.settleContact(ctx, f, matter, w); err != nil {
		return err
	}
	_, _, err = eventstore.Execute(ctx, r.Ledger, r.Now, domain.MatterStream(f, matter),
		func(m domain.Matter) ([]domain.Event, error) { return m.Confirm(w.Request, w.Resource), nil })
	r.Notify(domain.MatterStream(f, matter))
	return err
}

// settleContact records of a contact that the matter's sync waits for, and that the request
// made or changed, that it is there.
func (r Webhooks) settleContact(ctx context.Context, f domain.FirmID, id domain.MatterID, w domain.SmokeballWebhookReceived) error {
	m, _, err := eventstore.Load[domain.Matter](ctx, r.Ledger, domain.MatterStream(f, id))
	if err != nil {
		return err
	}
	for _, key := range m.Current.KeysOf(w.Resource) {
		_, _, err := eventstore.Execute(ctx, r.Ledger, r.Now, domain.ContactStream(f, key),
			func(c domain.Contact) ([]domain.Event, error) {
				if c.Awaits() != w.Request {
					return nil, nil
				}
				return c.Confirm(w.Resource, domain.ByWebhook), nil
			})
		if err != nil {
			return err
		}
		r.Notify(domain.ContactStream(f, key))
	}
	return nil
}

// subjectOf names the stream of a webhook's resource; a webhook about none has its own.
func subjectOf(w domain.SmokeballWebhookReceived) string {
	if w.Resource == "" {
		return domain.DeadLetterID(w.Type, []byte(w.Origin.ID))
	}
	return resourceID(w.Resource)
}

// resourceID is a resource's id as the end of a stream's name.
func resourceID(id domain.SmokeballID) string { return domain.HintStream("", id).ID }
