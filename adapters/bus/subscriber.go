package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// Bind finds the durable pull consumer that a topic names. The consumer must have explicit
// acknowledgement, a bound on unacknowledged messages and no limit of deliveries.
type Bind func(ctx context.Context, topic string) (jetstream.Consumer, error)

// SubscriberConfig says how a [Subscriber] takes messages.
type SubscriberConfig struct {
	Bind   Bind                               // required
	Key    Key                                // nil: the subject is the key
	Taken  func(subject string)               // called with the subject, without [Bound], of each acknowledged message; may be nil
	Delay  func(deliveries int) time.Duration // before a message that failed so often is delivered again; nil: from 1 s to 5 min
	Drain  time.Duration                      // how long running handlers may take to finish when it closes; 0: 5 s
	Logger *slog.Logger                       // nil: slog.Default()
}

func (c SubscriberConfig) withDefaults() SubscriberConfig {
	if c.Key == nil {
		c.Key = func(subject string, _ nats.Header, _ []byte) string { return subject }
	}
	if c.Delay == nil {
		c.Delay = retry.Backoff{First: time.Second, Limit: 5 * time.Minute}.Delay
	}
	if c.Drain == 0 {
		c.Drain = 5 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// Subscriber is Watermill's subscriber on the bus. Each message is delivered until it is
// acknowledged. Messages of one key come one at a time, in the order of the stream; a message
// that failed blocks its key until it is redelivered. Different keys are handled concurrently, up
// to the consumer's MaxAckPending, which also bounds the messages in memory. While a handler
// runs, the subscriber extends the message's deadline in JetStream, however long that takes.
//
// The order holds for one subscriber per durable. With several, two of them may hold
// messages of one key at a time.
type Subscriber struct {
	config SubscriberConfig
	closed context.Context
	close  context.CancelFunc

	mu      sync.Mutex // prevents a Subscribe from starting while Close waits
	running sync.WaitGroup
}

var _ message.Subscriber = (*Subscriber)(nil)

// NewSubscriber makes a subscriber that is idle until Subscribe. It needs c.Bind.
func NewSubscriber(c SubscriberConfig) (*Subscriber, error) {
	if c.Bind == nil {
		return nil, errors.New("make a subscriber: Bind is nil; set it, for example to the bus's Durable")
	}
	s := &Subscriber{config: c.withDefaults()}
	s.closed, s.close = context.WithCancel(context.Background())
	return s, nil
}

// Subscribe implements [message.Subscriber]. When ctx ends or the subscriber closes, delivery
// stops, and running handlers may finish within c.Drain before their contexts end. Messages that
// are not acknowledged by then return to the stream, and the channel closes.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Err() != nil {
		return nil, ErrClosed
	}
	cons, err := s.bind(ctx, topic)
	if err != nil {
		return nil, err
	}
	sub := newSubscription(s.config, topic, cons)
	s.running.Go(func() {
		stop, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.closed, cancel)()
		sub.run(stop, func(ctx context.Context) (jetstream.Consumer, error) { return s.bind(ctx, topic) })
	})
	return sub.out, nil
}

func (s *Subscriber) bind(ctx context.Context, topic string) (jetstream.Consumer, error) {
	cons, err := s.config.Bind(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", topic, err)
	}
	c := cons.CachedInfo().Config
	if c.AckPolicy != jetstream.AckExplicitPolicy || c.MaxAckPending < 1 || c.MaxDeliver != -1 || c.AckWait <= 0 {
		return nil, fmt.Errorf("subscribe to %s: consumer %s needs explicit acknowledgement, a bound MaxAckPending, an AckWait and MaxDeliver -1", topic, c.Name)
	}
	return cons, nil
}

// Close implements [message.Subscriber] and waits until every subscription has ended.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.close()
	s.mu.Unlock()
	s.running.Wait()
	return nil
}
