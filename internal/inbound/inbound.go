package inbound

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// Message is what came over the bus.
type Message = syncing.Message

// Inbound takes in what comes over the bus.
type Inbound struct {
	Events   Events
	Webhooks Webhooks
	// IsWebhook reports whether webhooks are published on the subject.
	IsWebhook func(subject string) bool
}

// TakeIn takes a message in, now or again. What can never be taken in as it is, is
// *domain.Unprocessable.
func (i Inbound) TakeIn(ctx context.Context, m Message) error {
	if i.IsWebhook(m.Subject) {
		return i.Webhooks.TakeIn(ctx, m)
	}
	return i.Events.TakeIn(ctx, m)
}

func invalid(reason string) *domain.Unprocessable {
	return &domain.Unprocessable{Code: domain.CodeInvalidEvent, Faults: []domain.FieldFault{{Reason: reason}}}
}

func notHandled(reason string, cause error) *domain.Unprocessable {
	return &domain.Unprocessable{Code: domain.CodeEventNotHandled, Err: cause, Faults: []domain.FieldFault{{Reason: reason}}}
}
