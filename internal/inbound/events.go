package inbound

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// Events receives the events of CaseHug's services, from the bus or posted over HTTP.
type Events struct {
	Intake Intake
	// Address returns the subject and the message id under which a posted event is published.
	Address func(f domain.FirmID, header map[string]string, body []byte) (subject, id string, err error)
	// Decode decodes an event. Like Address it returns *domain.Unprocessable for an invalid
	// one.
	Decode func(subject string, header map[string]string, body []byte) (domain.CaseHugEvent, error)
	// Publish publishes an event on the bus, once for each id.
	Publish func(ctx context.Context, subject, id string, header map[string]string, body []byte) error
	// Asker proves who posted an event.
	Asker   Asker
	Largest int // event that is accepted, in bytes
}

// Intake records CaseHug's events; syncing.Intake implements it.
type Intake interface {
	TakeIn(ctx context.Context, e domain.CaseHugEvent) error
	// Check returns why an event can't be accepted in the current state, as
	// *domain.Unprocessable.
	Check(ctx context.Context, e domain.CaseHugEvent) error
	// Position is a ledger position that includes what was recorded of the event.
	Position(ctx context.Context, e domain.CaseHugEvent) (uint64, error)
}

// LargestEvent limits the bytes of an event, because the facts that follow from it have to
// fit into one append to the ledger.
const LargestEvent = 256 << 10

// TakeIn records an event that came over the bus.
func (e Events) TakeIn(ctx context.Context, m Message) error {
	ev, err := e.decode(m.Subject, m.Header, m.Body)
	if err != nil {
		return err
	}
	if err := e.Asker.name(&ev, m); err != nil {
		return err
	}
	ev.Vouched = m.Vouched
	return e.Intake.TakeIn(ctx, ev)
}

func (e Events) decode(subject string, header map[string]string, body []byte) (domain.CaseHugEvent, error) {
	ev, err := e.Decode(subject, header, body)
	if err == nil && len(body) > e.Largest {
		err = invalid(fmt.Sprintf("is larger than %d bytes; send less text", e.Largest))
	}
	return ev, err
}

// Post publishes an event of a CaseHug service, or of a firm admin, records it, and returns its id
// and the ledger position that includes it. An invalid event is rejected and does not become a
// dead letter, because its sender gets the reasons.
func (e Events) Post(ctx context.Context, by domain.User, firm domain.FirmID, header http.Header, body []byte) (id string, position uint64, err error) {
	h := eventHeader(flat(header))
	subject, message, err := e.Address(firm, h, body)
	if err != nil {
		return "", 0, refusedEvent(err)
	}
	ev, err := e.decode(subject, h, body)
	if err == nil {
		err = e.Intake.Check(ctx, ev)
	}
	if err != nil {
		return "", 0, refusedEvent(err)
	}
	if err := e.Asker.sign(by, subject, h, body); err != nil {
		return "", 0, err
	}
	if err := e.Publish(ctx, subject, message, h, body); err != nil {
		return "", 0, err
	}
	return ev.Origin.ID, e.recordNow(ctx, Message{Subject: subject, Header: h, Body: body}, ev), nil
}

// recordNow records an event that is on the bus already, so that its sender may go on with what
// it is about. If that fails, the position is 0: the bus delivers the event until it is recorded.
func (e Events) recordNow(ctx context.Context, m Message, ev domain.CaseHugEvent) (position uint64) {
	if e.TakeIn(ctx, m) != nil {
		return 0
	}
	position, err := e.Intake.Position(ctx, ev)
	if err != nil {
		return 0
	}
	return position
}

func refusedEvent(err error) error {
	var u *domain.Unprocessable
	if !errors.As(err, &u) {
		return err
	}
	why := domain.Failure{Code: domain.CodeInvalidEvent, Message: "The event is not valid", Remedy: "Correct the fields that are named and send it again under a new id."}
	if u.Code == domain.CodeEventIDUsed {
		why = domain.Failure{Code: u.Code, Message: "Another event was taken in under this id", Remedy: "Send it again under an id of its own."}
	}
	return &domain.Rejection{Reason: domain.Invalid, Faults: u.Faults, Failure: why}
}

// flat returns each header's first value.
func flat(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for k := range h {
		out[k] = h.Get(k)
	}
	return out
}

// Limits of the headers that are kept with an event.
const (
	mostHeaders   = 64
	longestHeader = 2 << 10 // bytes of a value
)

// eventHeader keeps the headers that belong to a CloudEvent and those that say who asked.
// Others are dropped, because the bus might act on them.
func eventHeader(all map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range all {
		n := strings.ToLower(name)
		ours := n == "content-type" || strings.HasPrefix(n, "ce-") || n == askerHeader || n == askerProofHeader
		if ours && len(value) <= longestHeader && len(kept) < mostHeaders {
			kept[n] = value
		}
	}
	return kept
}
