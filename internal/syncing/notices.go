package syncing

import (
	"context"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Notices records Smokeball's webhooks. A webhook is a hint: it confirms what was
// asked for under its request id, or ends it where Smokeball reports an error.
type Notices struct {
	Ledger eventstore.Store
	Now    func() time.Time
	Routes interface {
		// MatterFor is the matter that a request or resource belongs to, or "".
		MatterFor(f domain.FirmID, r domain.RequestID, id domain.SmokeballID) (domain.MatterID, error)
	}
	// Wake tells the sync of a matter to look again at once.
	Wake func(f domain.FirmID, m domain.MatterID)
}

// Receive records the webhook, once, and what it shows. It may be called again with
// the same webhook.
func (n Notices) Receive(ctx context.Context, f domain.FirmID, w domain.SmokeballWebhookReceived) error {
	_, _, err := eventstore.Execute(ctx, n.Ledger, n.Now, domain.NoticeStream(f, subjectOf(w)),
		func(s domain.Notices) ([]domain.Event, error) { return s.Receive(w), nil })
	if kind := domain.ActivityOf(w.Type); kind != "" && err == nil {
		return n.noticeActivity(ctx, f, kind, w)
	}
	if err != nil || w.Request == "" {
		return err
	}
	matter, err := n.Routes.MatterFor(f, w.Request, w.Resource)
	if err != nil || matter == "" {
		return err
	}
	if err := n.settleContact(ctx, f, matter, w); err != nil {
		return err
	}
	_, _, err = eventstore.Execute(ctx, n.Ledger, n.Now, domain.MatterStream(f, matter),
		func(m domain.Matter) ([]domain.Event, error) { return meaning(m, w), nil })
	n.Wake(f, matter)
	return err
}

// meaning is what the webhook tells of the matter. That something was deleted shows
// nothing to be there.
func meaning(m domain.Matter, w domain.SmokeballWebhookReceived) []domain.Event {
	switch {
	case w.Type == "error":
		return m.Refuse(w.Request, w.Message, w.Resource)
	case strings.HasSuffix(w.Type, ".deleted"):
		return nil
	}
	return m.Confirm(w.Request, w.Resource)
}

// settleContact records of a contact that the matter's sync waits for that it is there,
// or that Smokeball refused it, so that the next sync looks for it anew.
func (n Notices) settleContact(ctx context.Context, f domain.FirmID, id domain.MatterID, w domain.SmokeballWebhookReceived) error {
	m, _, err := eventstore.Load[domain.Matter](ctx, n.Ledger, domain.MatterStream(f, id))
	if err != nil {
		return err
	}
	for _, key := range m.KeysOf(w.Resource) {
		_, _, err := eventstore.Execute(ctx, n.Ledger, n.Now, domain.ContactStream(f, key),
			func(c domain.Contact) ([]domain.Event, error) {
				switch {
				case w.Type == "error":
					return c.Refuse(w.Resource), nil
				case strings.HasSuffix(w.Type, ".deleted"):
					return nil, nil
				}
				return c.Confirm(w.Resource, domain.ByWebhook), nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// subjectOf names the stream of a webhook's resource; a webhook about none has its own.
func subjectOf(w domain.SmokeballWebhookReceived) string {
	if domain.ValidID(string(w.Resource)) {
		return string(w.Resource)
	}
	return domain.DeadLetterID(w.Type, []byte(w.Origin.ID))
}
