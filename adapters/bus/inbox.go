package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// redeliverUnacked redelivers unacknowledged messages at once instead of after AckWait. That is
// safe on the embedded server only, where the engine that had them is dead. On a cluster another
// engine may still be handling them, so there they come after AckWait.
func redeliverUnacked(ctx context.Context, js jetstream.JetStream, log *slog.Logger) error {
	for _, d := range durables() {
		cons, err := js.Consumer(ctx, d.stream, d.name)
		if err != nil {
			return fmt.Errorf("find consumer %s: %w", d.name, err)
		}
		unacked := cons.CachedInfo().NumAckPending
		if unacked == 0 {
			continue
		}
		if _, err := js.ResetConsumer(ctx, d.stream, d.name); err != nil {
			return fmt.Errorf("take back what consumer %s had delivered: %w", d.name, err)
		}
		log.Info("messages that a killed engine held are redelivered", "consumer", d.name, "messages", unacked)
	}
	return nil
}

// ErrNoMessage says that the intake's stream has no message of that sequence, or no more.
var ErrNoMessage = errors.New("the message is not on the bus")

// InboxMessage returns the subject, without [Bound], and the body of a message that the stream
// [Inbox] still has.
func (b *Bus) InboxMessage(ctx context.Context, seq uint64) (subject string, body []byte, err error) {
	stream, err := b.js.Stream(ctx, Inbox)
	if err != nil {
		return "", nil, fmt.Errorf("find stream %s: %w", Inbox, err)
	}
	m, err := stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		if err = absentAt(ctx, stream, seq); err == nil {
			err = ErrNoMessage
		}
		return "", nil, err
	}
	if err != nil {
		return "", nil, fmt.Errorf("read message %d of %s: %w", seq, Inbox, err)
	}
	return strings.TrimPrefix(m.Subject, Bound), m.Data, nil
}
