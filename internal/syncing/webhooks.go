package syncing

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Webhooks records Smokeball's webhooks. A webhook's body is not signed, so it is a hint: it
// confirms only the resource of a pending call, under the call's request id. A failed call or a
// deletion is recorded only after a read confirms it.
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
	alone := false // the append has nothing but the webhook
	receive := func(s domain.Webhooks) ([]domain.Event, error) {
		facts := s.Receive(w)
		alone = len(facts) > 0
		return facts, nil
	}
	if err := r.confirm(ctx, f, w, commitTo(r.Ledger, stream, receive)); err != nil {
		return err
	}
	if _, _, err := eventstore.Execute(ctx, r.Ledger, r.Now, stream, receive); err != nil {
		return err
	}
	switch kind := domain.ActivityOf(w.Type); {
	case kind == domain.File:
		if err := r.recordFile(ctx, f, w); err != nil {
			return err
		}
	case kind != "":
		return r.recordActivity(ctx, f, kind, w)
	}
	defer r.Notify(stream)
	if !alone {
		return nil
	}
	return r.confirm(ctx, f, w, nothingBefore) // what was accepted meanwhile
}

// confirm records what the webhook shows of what a sync waits for. Each append writes first
// before it.
func (r Webhooks) confirm(ctx context.Context, f domain.FirmID, w domain.SmokeballWebhookReceived, first before) error {
	if kind := domain.ActivityOf(w.Type); w.Request == "" || !w.Shows() || (kind != "" && kind != domain.File) {
		return nil // the sync that waits for the resource reads it
	}
	matter, err := r.Routes.MatterFor(f, w.Request, w.Resource)
	if err != nil || matter == "" {
		return err
	}
	if err := r.settleContact(ctx, f, matter, w, first); err != nil {
		return err
	}
	_, _, err = eventstore.ExecuteAfter(ctx, r.Ledger, r.Now, domain.MatterStream(f, matter),
		func(m domain.Matter) ([]domain.Event, error) {
			return append(m.Confirm(w.Request, w.Resource), m.ConfirmFile(w)...), nil
		}, first)
	r.Notify(domain.MatterStream(f, matter))
	return err
}

// settleContact records of a contact that the matter's sync waits for, and that the request
// made or changed, that it is there.
func (r Webhooks) settleContact(ctx context.Context, f domain.FirmID, id domain.MatterID, w domain.SmokeballWebhookReceived, first before) error {
	m, _, err := eventstore.Load[domain.Matter](ctx, r.Ledger, domain.MatterStream(f, id))
	if err != nil {
		return err
	}
	for _, key := range m.Current.KeysOf(w.Resource) {
		_, _, err := eventstore.ExecuteAfter(ctx, r.Ledger, r.Now, domain.ContactStream(f, key),
			func(c domain.Contact) ([]domain.Event, error) {
				if c.Awaits() != w.Request {
					return nil, nil
				}
				return c.Confirm(w.Resource, domain.ByWebhook), nil
			}, first)
		if err != nil {
			return err
		}
		r.Notify(domain.ContactStream(f, key))
	}
	return nil
}

// subjectOf returns the stream of a webhook's resource; a webhook without one has its own stream.
func subjectOf(w domain.SmokeballWebhookReceived) string {
	if w.Resource == "" {
		return domain.DeadLetterID(w.Type, []byte(w.Origin.ID))
	}
	return resourceID(w.Resource)
}

// resourceID is a resource's id as the end of a stream's name.
func resourceID(id domain.SmokeballID) string { return domain.HintStream("", id).ID }
