package casehug

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/cloudevents/sdk-go/v2/event"
)

// Source is the engine's own name in the CloudEvents that it says.
const Source = "/smokeball-sync"

// Topic is what an outgoing event is about: the last two tokens of its subject and
// of its type.
type Topic string

// The topics of outgoing events.
const (
	MatterSynced             Topic = "matter.synced"
	MatterSyncFailed         Topic = "matter.sync_failed"
	MatterChangedInSmokeball Topic = "matter.changed_in_smokeball"
	ContactChanged           Topic = "contact.changed_in_smokeball"
	ConnectionChanged        Topic = "connection.changed"
)

// Outgoing is something that the engine tells CaseHug.
type Outgoing struct {
	ID       string // the same for the same news, whenever it is said again
	Firm     domain.FirmID
	Topic    Topic
	Time     time.Time // when it happened, not when it is said
	Data     any       // as the outside contract shows it for the topic
	Position uint64    // the ledger position that the data includes
}

// Message is an event ready for the bus.
type Message struct {
	Subject string
	ID      string // the bus's message id, {source}/{id}
	Header  map[string]string
	Body    []byte
}

// Type is the CloudEvents type of events on the topic.
func (t Topic) Type() string { return "com.casehug.sync." + string(t) }

func (t Topic) known() bool {
	switch t {
	case MatterSynced, MatterSyncFailed, MatterChangedInSmokeball, ContactChanged, ConnectionChanged:
		return true
	}
	return false
}

// Encode writes o as a structured CloudEvent. The same o gives the same bytes. The
// position travels as the extension attribute "position", in decimal digits: an
// integer of CloudEvents ends at 2^31.
//
// It fails if o has no id, firm, topic or time of the kind that the bus knows, or
// data that is no JSON; all of these are faults of the caller.
func Encode(o Outgoing) (Message, error) {
	if err := o.check(); err != nil {
		return Message{}, fmt.Errorf("encode outgoing event %q: %w", o.ID, err)
	}
	body, err := o.body()
	if err != nil {
		return Message{}, fmt.Errorf("encode outgoing event %q: %w", o.ID, err)
	}
	return Message{
		Subject: "sync." + string(o.Firm) + "." + string(o.Topic),
		ID:      messageID(domain.EventRef{Source: Source, ID: o.ID}),
		Header:  map[string]string{"content-type": event.ApplicationCloudEventsJSON},
		Body:    body,
	}, nil
}

func (o Outgoing) check() error {
	switch {
	case o.ID == "" || len(o.ID) > maxIDBytes:
		return fmt.Errorf("the id must have 1 to %d bytes", maxIDBytes)
	case !domain.ValidID(string(o.Firm)):
		return fmt.Errorf("%q is no firm's id", o.Firm)
	case !o.Topic.known():
		return fmt.Errorf("%q is no topic of outgoing events", o.Topic)
	case o.Time.IsZero():
		return errors.New("the time is missing")
	}
	return nil
}

func (o Outgoing) body() ([]byte, error) {
	data, err := json.Marshal(o.Data)
	if err != nil {
		return nil, err
	}
	ce := event.New(event.CloudEventsVersionV1)
	ce.SetID(o.ID)
	ce.SetSource(Source)
	ce.SetType(o.Topic.Type())
	ce.SetTime(o.Time)
	ce.SetExtension("position", strconv.FormatUint(o.Position, 10))
	if err := ce.SetData(event.ApplicationJSON, json.RawMessage(data)); err != nil {
		return nil, err
	}
	if err := ce.Validate(); err != nil {
		return nil, err
	}
	return ce.MarshalJSON()
}
