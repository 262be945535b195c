package engine

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
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/syncing"
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
	router, err := bus.NewRouter(bus.RouterConfig{Timeout: e.limits.Handler, Grace: e.limits.Grace, CloseAfter: stopTaking,
		MaxDeliveries: tries, DeadLetter: e.deadLetter, Registry: e.metrics, Logger: e.log})
	if err != nil {
		return nil, err
	}
	events, err := bus.NewSubscriber(bus.SubscriberConfig{Bind: e.crashes.acks(e.bus.Durable), Key: eventKey, Taken: e.bus.TakenIn, Drain: stopTaking / 2, Logger: e.log})
	if err != nil {
		return nil, err
	}
	hints, err := bus.NewSubscriber(bus.SubscriberConfig{Bind: e.crashes.acks(e.bus.Durable), Drain: stopTaking / 2, Logger: e.log})
	if err != nil {
		return nil, err
	}
	router.AddConsumerHandler("intake", bus.Intake, events, e.onMessage)
	router.AddConsumerHandler("notice", bus.Notice, hints, e.onMessage)
	return router, nil
}

func eventKey(subject string, h nats.Header, body []byte) string {
	return casehug.RouteKey(subject, flat(http.Header(h)), body)
}

// onMessage takes a message of the bus in.
func (e *Engine) onMessage(m *message.Message) error {
	return e.takeIn(m.Context(), syncing.Message{Subject: m.Metadata.Get(bus.MetaSubject), Header: domain.Header(m.Metadata), Body: m.Payload,
		Vouched: vouched(m)})
}

// vouched reports whether the message's publisher serves all firms.
func vouched(m *message.Message) bool { return m.Metadata.Get(bus.MetaBound) == "false" }

// takeIn is the one way in for what came over the bus, now or once before. What can
// never be taken in as it is, is *domain.Unfit.
func (e *Engine) takeIn(ctx context.Context, m syncing.Message) error {
	if isWebhook(m.Subject) {
		return e.takeWebhook(ctx, m)
	}
	ev, err := e.decode(m.Subject, m.Header, m.Body)
	if err != nil {
		return err
	}
	if err := e.nameAsker(&ev, m.Subject, m.Header, m.Body); err != nil {
		return err
	}
	ev.Vouched = m.Vouched
	return e.intake.TakeIn(ctx, ev)
}

// decode reads an event; what is wrong with it is *domain.Unfit.
func (e *Engine) decode(subject string, header map[string]string, body []byte) (domain.CaseHugEvent, error) {
	ev, err := casehug.Decode(subject, header, body)
	var invalid *casehug.InvalidEvent
	switch {
	case errors.As(err, &invalid):
		return ev, &domain.Unprocessable{Code: domain.CodeInvalidEvent, Faults: invalid.Faults, Err: err}
	case err == nil && len(body) > e.limits.Event:
		err = &domain.Unprocessable{Code: domain.CodeInvalidEvent, Faults: []domain.FieldFault{{Reason: fmt.Sprintf("is larger than %d bytes; send less text", e.limits.Event)}}}
	}
	return ev, err
}

// largestEvent is the most bytes of an event that are taken in: what follows from it
// has to fit into one append to the ledger.
const largestEvent = 256 << 10

func isWebhook(subject string) bool { return strings.HasPrefix(subject, "smokeball.") }

// takeWebhook takes a notification in. Only the bridge publishes there, so one that
// can't be read is a fault of ours.
func (e *Engine) takeWebhook(ctx context.Context, m syncing.Message) error {
	var ev notification
	if err := json.Unmarshal(m.Body, &ev); err != nil {
		return unreadable(err)
	}
	n, err := smokeball.ParseNotification(ev.Data)
	if err != nil {
		return unreadable(err)
	}
	firm := firmOfWebhook(m.Subject)
	if firm == domain.Nobody {
		return unreadable(errors.New("its subject names no firm"))
	}
	if n.Type == "mattertype.updated" {
		e.client.ForgetMatterTypes(firm)
	}
	return e.notices.Receive(ctx, firm, domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: ev.Source, ID: ev.ID},
		Type: n.Type, Source: n.Source, Resource: n.Resource, Matter: n.Matter, Request: ev.Request, Message: n.Message})
}

// firmOfWebhook is the firm of smokeball.{firm}.webhook.{type}, or Nobody.
func firmOfWebhook(subject string) domain.FirmID {
	if firm := strings.Split(subject, ".")[1]; domain.ValidID(firm) {
		return domain.FirmID(firm)
	}
	return domain.Nobody
}

func unreadable(err error) error {
	return &domain.Unprocessable{Code: domain.CodeEventNotHandled, Err: err, Faults: []domain.FieldFault{{Reason: "is a webhook that the engine can’t read"}}}
}

// unprocessable is why a message can't be taken in, if that is a reason of its own; nil: the
// trouble is the engine's, such as a full disk, and passes.
func unprocessable(err error) *domain.Unprocessable {
	var known *domain.Unprocessable
	var panicked *bus.PanicError
	var hung *bus.HangError
	reason := ""
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &panicked):
		reason = fmt.Sprintf("makes the engine fail (%s in %s)", panicked.Type, panicked.Where)
	case errors.As(err, &hung):
		reason = "keeps the engine busy without end; it was given up after " + hung.After.String()
	case errors.Is(err, eventstore.ErrTooLarge):
		reason = "makes more facts than the ledger takes at once; send it in smaller parts"
	default:
		return nil
	}
	return &domain.Unprocessable{Code: domain.CodeEventNotHandled, Err: err, Faults: []domain.FieldFault{{Reason: reason}}}
}

// badTries is how often a message may fail for a reason of its own that may be chance,
// such as a panic.
const badTries = 3

// tries says how often a message may fail with the error before it goes to the dead
// letters; 0: for ever.
func tries(err error) uint64 {
	var known *domain.Unprocessable
	switch {
	case errors.As(err, &known):
		return 1
	case unprocessable(err) != nil:
		return badTries
	}
	return 0
}

// deadLetter keeps a message that can't be taken in: as much of it as fits, and where the
// whole is.
func (e *Engine) deadLetter(ctx context.Context, m *message.Message, cause error) error {
	u := unprocessable(cause)
	if u == nil {
		return cause
	}
	firm, kept := deadLetterOf(m, u, e.deadLettersAreFull)
	id, err := e.deadLetters.Keep(ctx, firm, kept)
	if err == nil {
		e.log.Warn("an event could not be taken in; it is kept among the dead letters", "firm", firm, "dead_letter", id,
			"code", u.Code, "seq", m.Metadata.Get(bus.MetaSeq), "handler", message.HandlerNameFromCtx(ctx))
	}
	return err
}

// mostDeadLetters is how many open dead letters of a firm are kept with their bodies. Of further
// ones the reasons are kept, and where the bus has them whole.
const mostDeadLetters = 1000

func (e *Engine) deadLettersAreFull(f domain.FirmID) bool {
	row, err := e.views.Connection(f)
	return err == nil && row.DeadLetters.Open >= mostDeadLetters
}

func deadLetterOf(m *message.Message, u *domain.Unprocessable, full func(domain.FirmID) bool) (domain.FirmID, domain.DeadLettered) {
	subject := m.Metadata.Get(bus.MetaSubject)
	firm, origin, kind := casehug.Identity(subject, m.Metadata, m.Payload)
	switch {
	case isWebhook(subject):
		firm = firmOfWebhook(subject)
	case firm == "":
		firm = domain.Nobody
	}
	kept := newDeadLetter(u, m.Metadata, m.Payload)
	kept.Vouched = vouched(m)
	if full(firm) {
		kept.Body, kept.Header = nil, nil
	}
	kept.Subject, kept.Type, kept.Origin, kept.Message = subject, kind, origin, bus.Inbox+" "+m.Metadata.Get(bus.MetaSeq)
	return firm, kept
}

// keptOfDeadLetter is how much of a body a dead letter holds, in bytes. A digest tells the rest.
const keptOfDeadLetter = 64 << 10

// newDeadLetter keeps as much of an event as fits, and why it could not be taken in.
func newDeadLetter(u *domain.Unprocessable, header map[string]string, body []byte) domain.DeadLettered {
	sum := sha256.Sum256(body)
	return domain.DeadLettered{Code: u.Code, Faults: u.Faults, Header: eventHeader(header), Body: body[:min(len(body), keptOfDeadLetter)],
		Size: len(body), SHA256: hex.EncodeToString(sum[:])}
}
