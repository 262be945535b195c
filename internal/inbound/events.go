package inbound

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// Events takes in what CaseHug's services say, on the bus or posted over HTTP.
type Events struct {
	Intake Intake
	// Address is the subject on which an event that came over HTTP is published, and its
	// message id.
	Address func(f domain.FirmID, header map[string]string, body []byte) (subject, id string, err error)
	// Decode reads an event. Like Address it returns *domain.Unprocessable for one that is
	// not valid.
	Decode func(subject string, header map[string]string, body []byte) (domain.CaseHugEvent, error)
	// Publish puts an event on the bus, once for the same id.
	Publish func(ctx context.Context, subject, id string, header map[string]string, body []byte) error
	// Asker says who posted an event.
	Asker   Asker
	Largest int // event that is taken in, in bytes
}

// Intake records CaseHug's events; syncing.Intake does.
type Intake interface {
	TakeIn(ctx context.Context, e domain.CaseHugEvent) error
	// Check reports why an event can't be accepted in the current state:
	// *domain.Unprocessable.
	Check(ctx context.Context, e domain.CaseHugEvent) error
}

// LargestEvent is the most bytes of an event that are taken in: what follows from it
// has to fit into one append to the ledger.
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

// Post publishes an event of a CaseHug service, or of a firm admin, and returns its id. What
// is not valid is refused and not kept: its sender has the reasons.
func (e Events) Post(ctx context.Context, by domain.User, firm domain.FirmID, header http.Header, body []byte) (string, error) {
	h := eventHeader(flat(header))
	subject, id, err := e.Address(firm, h, body)
	if err != nil {
		return "", refusedEvent(err)
	}
	ev, err := e.decode(subject, h, body)
	if err == nil {
		err = e.Intake.Check(ctx, ev)
	}
	if err != nil {
		return "", refusedEvent(err)
	}
	if err := e.Asker.sign(by, subject, h, body); err != nil {
		return "", err
	}
	return ev.Origin.ID, e.Publish(ctx, subject, id, h, body)
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

// flat gives each header's first value.
func flat(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for k := range h {
		out[k] = h.Get(k)
	}
	return out
}

// What is kept of an event's headers.
const (
	mostHeaders   = 64
	longestHeader = 2 << 10 // bytes of a value
)

// eventHeader keeps the headers that belong to a CloudEvent and those that say who asked.
// The bus or anything else might obey others.
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
