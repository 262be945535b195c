package bus

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The metadata that the subscriber adds to a message beside its NATS headers. Publishers do not
// send it.
const (
	MetaSubject    = metaPrefix + "subject"    // the subject it was published on
	MetaSeq        = metaPrefix + "seq"        // its sequence in the stream, from 1
	MetaDeliveries = metaPrefix + "deliveries" // how often it has been delivered, this time included
	MetaBound      = metaPrefix + "bound"      // "true": its publisher speaks for the firm of the subject alone; see [Bound]

	metaPrefix = "bus-"
)

// Key returns a message's key: messages of one key are handled one after the other. It must not
// keep or change its arguments.
type Key func(subject string, header nats.Header, data []byte) string

// unackedMessage is a message that JetStream has delivered to this subscription and that is not
// acknowledged yet.
type unackedMessage struct {
	msg        jetstream.Msg
	subject    string // without [Bound]
	bound      bool
	key        string
	seq        uint64
	deliveries uint64
}

func newUnackedMessage(msg jetstream.Msg, key Key) (*unackedMessage, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("read the message's place in its stream: %w", err)
	}
	subject, bound := strings.CutPrefix(msg.Subject(), Bound)
	return &unackedMessage{
		msg: msg, subject: subject, bound: bound, key: key(subject, msg.Headers(), msg.Data()),
		seq: meta.Sequence.Stream, deliveries: meta.NumDelivered,
	}, nil
}

// message returns the message for Watermill's handlers. Its UUID is the publisher's Nats-Msg-Id,
// or else the stream's sequence. Of a header with several values it keeps the first.
func (h *unackedMessage) message(ctx context.Context) *message.Message {
	header := h.msg.Headers()
	id := header.Get(nats.MsgIdHdr)
	if id == "" {
		id = strconv.FormatUint(h.seq, 10)
	}
	m := message.NewMessageWithContext(ctx, id, h.msg.Data())
	for name, values := range header {
		if len(values) > 0 {
			m.Metadata[name] = values[0]
		}
	}
	m.Metadata[MetaSubject] = h.subject
	m.Metadata[MetaBound] = strconv.FormatBool(h.bound)
	m.Metadata[MetaSeq] = strconv.FormatUint(h.seq, 10)
	m.Metadata[MetaDeliveries] = strconv.FormatUint(h.deliveries, 10)
	return m
}
