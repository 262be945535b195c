package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const flushTimeout = 5 * time.Second

// ErrClosed is what a publisher or subscriber returns after its Close.
var ErrClosed = errors.New("the publisher or subscriber is closed")

// ErrNotStored says that JetStream dropped a message because another one has the same id.
var ErrNotStored = errors.New("the message was not stored: another one has its Nats-Msg-Id")

// Publish stores data under subject and waits until JetStream has acknowledged it. The stream
// [Inbox] stores every message, whatever its msgID is. [Outbox] stores a message that is repeated
// with the same msgID within two minutes only once; a different message with that msgID is
// [ErrNotStored]. Header names and values are sent unchanged.
func (b *Bus) Publish(ctx context.Context, subject, msgID string, header map[string]string, data []byte) error {
	msg := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{}}
	for k, v := range header {
		msg.Header[k] = []string{v}
	}
	var opts []jetstream.PublishOpt
	if msgID != "" {
		opts = append(opts, jetstream.WithMsgID(msgID))
	}
	leave, err := b.enter(ctx, subject)
	if err != nil {
		return fmt.Errorf("publish %s on %s: %w", msgID, subject, err)
	}
	ack, err := b.js.PublishMsg(ctx, msg, opts...)
	if err != nil {
		leave()
	}
	if err == nil && ack.Duplicate {
		err = b.isStored(ctx, ack, msg)
	}
	if err == nil {
		err = b.embedded.kept()
	}
	if isFull(err) {
		err = fmt.Errorf("%w: %w", ErrFull, err)
	}
	if err != nil {
		return fmt.Errorf("publish %s on %s: %w", msgID, subject, err)
	}
	return nil
}

// callersWait is how long a caller of one firm waits for a place in the intake.
const callersWait = 5 * time.Second

// enter takes a place in the intake for an event of one firm's caller. leave gives the place back
// if nothing was stored.
func (b *Bus) enter(ctx context.Context, subject string) (leave func(), err error) {
	subject, bound := strings.CutPrefix(subject, Bound)
	if !bound || b.embedded == nil {
		return func() {}, nil
	}
	firm := firmOf(subject)
	if b.waiting.enter(ctx, firm, callersWait) != nil {
		return nil, fmt.Errorf("%w: %w", ErrFull, errBehind)
	}
	return func() { b.waiting.leave(firm) }, nil
}

// isStored reports whether the message that the server already has under the id is the same.
func (b *Bus) isStored(ctx context.Context, ack *jetstream.PubAck, msg *nats.Msg) error {
	stream, err := b.js.Stream(ctx, ack.Stream)
	if err != nil {
		return fmt.Errorf("find stream %s: %w", ack.Stream, err)
	}
	stored, err := stream.GetMsg(ctx, ack.Sequence)
	if err != nil {
		return fmt.Errorf("%w, which can't be read: %w", ErrNotStored, err)
	}
	if stored.Subject != msg.Subject || !bytes.Equal(stored.Data, msg.Data) {
		return ErrNotStored
	}
	return nil
}

// Publisher is Watermill's publisher on the bus. The topic is the subject. Metadata becomes
// headers, and the message's UUID becomes the Nats-Msg-Id unless the metadata has one. Publish
// returns when JetStream has acknowledged every message.
type Publisher struct {
	out    *wmnats.Publisher
	closed atomic.Bool
}

var _ message.Publisher = (*Publisher)(nil)

// NewPublisher makes a publisher on conn. Close leaves conn open.
func NewPublisher(conn *nats.Conn, log *Logger) (*Publisher, error) {
	out, err := wmnats.NewPublisherWithNatsConn(conn, wmnats.PublisherPublishConfig{
		Marshaler: marshaler{}, SubjectCalculator: wmnats.DefaultSubjectCalculator,
	}, log)
	if err != nil {
		return nil, fmt.Errorf("make a publisher: %w", err)
	}
	return &Publisher{out: out}, nil
}

// Publish implements [message.Publisher]. It stops at the first message that fails.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	if p.closed.Load() {
		return ErrClosed
	}
	return p.out.Publish(topic, messages...)
}

// Close implements [message.Publisher]. Nothing is left to send: Publish is synchronous.
func (p *Publisher) Close() error {
	p.closed.Store(true)
	return nil
}

// marshaler writes a message as CaseHug's own publishers do, so that the stream sees no
// difference.
type marshaler struct{}

// Marshal implements Watermill's marshaler.
func (marshaler) Marshal(topic string, m *message.Message) (*nats.Msg, error) {
	header := nats.Header{}
	if m.UUID != "" {
		header.Set(nats.MsgIdHdr, m.UUID)
	}
	for k, v := range m.Metadata {
		if !strings.HasPrefix(k, metaPrefix) {
			header[k] = []string{v}
		}
	}
	return &nats.Msg{Subject: topic, Header: header, Data: m.Payload}, nil
}
