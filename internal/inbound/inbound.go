package inbound

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// Message is a message from the bus.
type Message = syncing.Message

// Inbound processes the messages from the bus.
type Inbound struct {
	Events   Events
	Webhooks Webhooks
	// IsWebhook reports whether webhooks are published on the subject.
	IsWebhook func(subject string) bool
}

// TakeIn processes a message; repeating it is harmless. For a message that can never be
// processed as it is, it returns *domain.Unprocessable.
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
