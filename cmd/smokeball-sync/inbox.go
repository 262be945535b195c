package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
)

// handlerTimeout is what a handler of the bus may take: it only decides and appends.
const handlerTimeout = 30 * time.Second

// stopTaking is how long handlers of the bus get to finish when the engine stops. What
// they don't finish is delivered again.
const stopTaking = 4 * time.Second

// newRouter connects the bus to the handlers that take things in.
func (e *engine) newRouter() (*message.Router, error) {
	router, err := bus.NewRouter(bus.RouterConfig{Timeout: handlerTimeout, CloseAfter: stopTaking, Registry: e.metrics, Logger: e.log})
	if err != nil {
		return nil, err
	}
	events, err := bus.NewSubscriber(bus.SubscriberConfig{Bind: e.crashes.acks(e.bus.Durable), Key: eventKey, Drain: stopTaking / 2, Logger: e.log})
	if err != nil {
		return nil, err
	}
	hints, err := bus.NewSubscriber(bus.SubscriberConfig{Bind: e.crashes.acks(e.bus.Durable), Drain: stopTaking / 2, Logger: e.log})
	if err != nil {
		return nil, err
	}
	router.AddConsumerHandler("intake", bus.Intake, events, e.onEvent)
	router.AddConsumerHandler("notice", bus.Notice, hints, e.onWebhook)
	return router, nil
}

func eventKey(subject string, h nats.Header, body []byte) string {
	return casehug.RouteKey(subject, flat(http.Header(h)), body)
}

// onEvent takes an event of CaseHug in. One that is not valid goes to the dead
// letters: it would never become valid, and must not hold up its neighbours.
func (e *engine) onEvent(m *message.Message) error {
	subject := m.Metadata.Get(bus.MetaSubject)
	ev, err := casehug.Decode(subject, m.Metadata, m.Payload)
	var invalid *casehug.InvalidEvent
	switch {
	case errors.As(err, &invalid):
		return e.deadLetter(m, invalid)
	case err != nil:
		return err
	case len(m.Payload) > largestEvent:
		return e.deadLetter(m, tooLarge(ev, subject))
	}
	return e.intake.TakeIn(m.Context(), ev)
}

// largestEvent is the most bytes of an event that are taken in: what follows from it
// has to fit into one append to the ledger.
const largestEvent = 256 << 10

func tooLarge(ev domain.CaseHugEvent, subject string) *casehug.InvalidEvent {
	return &casehug.InvalidEvent{Firm: ev.Firm, Origin: ev.Origin, Type: ev.Type, Subject: subject,
		Faults: []domain.FieldFault{{Reason: fmt.Sprintf("is larger than %d bytes; send less text", largestEvent)}}}
}

// deadLetter keeps an event that can't be taken in: as much of it as fits, and where
// the whole is.
func (e *engine) deadLetter(m *message.Message, invalid *casehug.InvalidEvent) error {
	firm := invalid.Firm
	if firm == "" {
		firm = domain.Nobody
	}
	sum := sha256.Sum256(m.Payload)
	letter := domain.DeadLettered{Subject: m.Metadata.Get(bus.MetaSubject), Type: invalid.Type, Origin: invalid.Origin, Faults: invalid.Faults,
		Header: eventHeader(m.Metadata), Body: m.Payload[:min(len(m.Payload), largestEvent)],
		Size: len(m.Payload), SHA256: hex.EncodeToString(sum[:]), Message: bus.Inbox + " " + m.Metadata.Get(bus.MetaSeq)}
	id, err := e.intake.DeadLetter(m.Context(), firm, letter)
	if err == nil {
		e.log.Warn("an event could not be taken in; it is kept among the dead letters", "firm", firm, "dead_letter", id, "handler", "intake")
	}
	return err
}

// inbox puts on the bus what comes by HTTP.
type inbox struct {
	*engine
	bridge connect.Bridge
}

// Event publishes a CloudEvent of a CaseHug service.
func (i inbox) Event(ctx context.Context, firm domain.FirmID, header http.Header, body []byte) (string, error) {
	h := eventHeader(flat(header))
	subject, id, err := casehug.Address(firm, h, body)
	if err != nil {
		return "", refusedEvent(err)
	}
	ev, invalid := casehug.Decode(subject, h, body)
	// Firms that choose the same source and id must not hide each other's events.
	if err := i.bus.Publish(ctx, subject, string(firm)+" "+id, h, body); err != nil {
		return "", err
	}
	if invalid != nil {
		return "", refusedEvent(invalid)
	}
	return ev.Origin.ID, nil
}

// longestHeader is the most bytes of a header's value that are passed on.
const longestHeader = 2 << 10

// eventHeader keeps the headers that belong to a CloudEvent, and nothing that the bus
// or anything else would take for an order.
func eventHeader(all map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range all {
		if n := strings.ToLower(name); (n == "content-type" || strings.HasPrefix(n, "ce-")) && len(value) <= longestHeader && len(kept) < 64 {
			kept[n] = value
		}
	}
	return kept
}

func refusedEvent(err error) error {
	var invalid *casehug.InvalidEvent
	if !errors.As(err, &invalid) {
		return err
	}
	return &domain.Rejection{Reason: domain.Invalid, Faults: invalid.Faults, Failure: domain.Failure{Code: domain.CodeInvalidEvent,
		Message: "The event is not valid", Remedy: "Correct the fields that are named and send it again under a new id."}}
}

// Webhook takes in what came to a firm's secret address.
func (i inbox) Webhook(ctx context.Context, secret string, header http.Header, body []byte) error {
	return i.bridge.Webhook(ctx, secret, header, body)
}

func (e *engine) newBridge() connect.Bridge {
	return connect.Bridge{Desk: e.desk, Publish: e.publishWebhook,
		Verify: func(f domain.FirmID, key string, h http.Header) error {
			return smokeball.Verify(key, e.client.ClientID(f), h, time.Now())
		},
		Account: func(body []byte) (string, error) {
			n, err := smokeball.ParseNotification(body)
			return n.AccountID, err
		}}
}

// notification is com.smokeball.webhook.received: a CloudEvent with the notification
// as received, and the id of the request that caused it as an extension.
type notification struct {
	SpecVersion string           `json:"specversion"`
	ID          string           `json:"id"`
	Source      string           `json:"source"`
	Type        string           `json:"type"`
	Time        time.Time        `json:"time"`
	Content     string           `json:"datacontenttype"`
	Request     domain.RequestID `json:"requestid,omitempty"`
	Data        json.RawMessage  `json:"data"`
}

// publishWebhook puts a notification on the bus, once for the same headers and body.
func (e *engine) publishWebhook(ctx context.Context, f domain.FirmID, header http.Header, body []byte) error {
	n, err := smokeball.ParseNotification(body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", header.Get("RequestId"), header.Get("Timestamp"), body))
	id := hex.EncodeToString(sum[:16])
	data, err := json.Marshal(notification{SpecVersion: "1.0", ID: id, Source: "/smokeball", Type: domain.TypeWebhookReceived,
		Time: time.Now().UTC(), Content: "application/json", Request: domain.RequestID(header.Get("RequestId")), Data: body})
	if err != nil {
		return err
	}
	return e.bus.Publish(ctx, "smokeball."+string(f)+".webhook."+subjectWords(n.Type), "/smokeball/"+id,
		map[string]string{"content-type": "application/cloudevents+json"}, data)
}

// subjectWords is a notification's type as the end of a subject.
func subjectWords(kind string) string {
	var words []string
	for w := range strings.SplitSeq(kind, ".") {
		if domain.ValidID(w) {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return "unknown"
	}
	return strings.Join(words, ".")
}

// onWebhook takes a notification in from the bus. Only the bridge publishes there, so
// one that can't be read is a fault of ours and stays until it can.
func (e *engine) onWebhook(m *message.Message) error {
	var ev notification
	if err := json.Unmarshal(m.Payload, &ev); err != nil {
		return fmt.Errorf("read the bridge's event: %w", err)
	}
	n, err := smokeball.ParseNotification(ev.Data)
	if err != nil {
		return fmt.Errorf("read the notification: %w", err)
	}
	firm := domain.FirmID(strings.Split(m.Metadata.Get(bus.MetaSubject), ".")[1]) // smokeball.{firm}.webhook.…
	if n.Type == "mattertype.updated" {
		e.client.ForgetMatterTypes(firm)
	}
	return e.notices.Receive(m.Context(), firm, domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: ev.Source, ID: ev.ID},
		Type: n.Type, Source: n.Source, Resource: n.Resource, Matter: n.Matter, Request: ev.Request, Message: n.Message})
}
