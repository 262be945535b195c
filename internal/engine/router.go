package engine

import (
	"context"
	"net/http"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/inbound"
)

const (
	// handlerTimeout is what a handler of the bus may take: it only decides and appends.
	handlerTimeout = 10 * time.Second
	// handlerGrace is how long after that it counts as hanging. It is long: on a machine that
	// is busy with other things a large event is slow work, and no fault of the event's.
	handlerGrace = 20 * time.Second
	// stopTaking is how long handlers of the bus get to finish when the engine stops. What
	// they don't finish is delivered again.
	stopTaking = 4 * time.Second
)

// newRouter connects the bus to the handlers that take things in.
func (e *Engine) newRouter() (*message.Router, error) {
	router, err := bus.NewRouter(bus.RouterConfig{Timeout: e.in.limits.Handler, Grace: e.in.limits.Grace, CloseAfter: stopTaking,
		MaxDeliveries: inbound.MaxDeliveries, DeadLetter: e.in.deadLetter, Registry: e.metrics, Logger: e.log})
	if err != nil {
		return nil, err
	}
	events, err := bus.NewSubscriber(bus.SubscriberConfig{Bind: e.crashes.acks(e.msg.bus.Durable), Key: eventKey, Taken: e.msg.bus.TakenIn, Drain: stopTaking / 2, Logger: e.log})
	if err != nil {
		return nil, err
	}
	webhooks, err := bus.NewSubscriber(bus.SubscriberConfig{Bind: e.crashes.acks(e.msg.bus.Durable), Drain: stopTaking / 2, Logger: e.log})
	if err != nil {
		return nil, err
	}
	takeIn := func(ctx context.Context, m *message.Message) error { return e.in.inbound.TakeIn(ctx, messageOf(m)) }
	router.AddConsumerHandler("intake", bus.Intake, events, e.traces.handled("intake", func(m *message.Message) error { return takeIn(eventstore.Patient(m.Context()), m) }))
	router.AddConsumerHandler("notice", bus.Webhooks, webhooks, e.traces.handled("notice", func(m *message.Message) error { return takeIn(m.Context(), m) })) // syncs wait for them
	return router, nil
}

func eventKey(subject string, h nats.Header, body []byte) string {
	return casehug.RouteKey(subject, flat(http.Header(h)), body)
}

// messageOf is a message of the bus as the application knows it. It is vouched for where its
// publisher serves all firms.
func messageOf(m *message.Message) inbound.Message {
	return inbound.Message{Subject: m.Metadata.Get(bus.MetaSubject), Header: domain.Header(m.Metadata), Body: m.Payload,
		Vouched: m.Metadata.Get(bus.MetaBound) == "false"}
}

// deadLetter keeps a message that can't be taken in.
func (i intake) deadLetter(ctx context.Context, m *message.Message, cause error) error {
	u := inbound.Unprocessable(cause)
	if u == nil {
		return cause
	}
	firm, kept := deadLetterOf(m, u, i.deadLettersAreFull)
	id, err := i.deadLetters.Keep(ctx, firm, kept)
	if err == nil {
		i.log.Warn("an event could not be taken in; it is kept among the dead letters", "firm", firm, "dead_letter", id,
			"code", u.Code, "seq", m.Metadata.Get(bus.MetaSeq), "handler", message.HandlerNameFromCtx(ctx))
	}
	return err
}

func deadLetterOf(m *message.Message, u *domain.Unprocessable, full func(domain.FirmID) bool) (domain.FirmID, domain.DeadLettered) {
	from := inbound.Source{Name: bus.Inbox + " " + m.Metadata.Get(bus.MetaSeq)}
	from.Firm, from.Origin, from.Type = casehug.Identity(m.Metadata.Get(bus.MetaSubject), m.Metadata, m.Payload)
	return inbound.DeadLetterOf(messageOf(m), from, u, full)
}

func (i intake) deadLettersAreFull(f domain.FirmID) bool {
	row, err := i.firms.Connection(f)
	return err == nil && row.DeadLetters.Open >= inbound.MostDeadLetters
}
