package bus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// bindSuite makes the stream and the durable of a topic, as the suite's topics are in no table.
func bindSuite(b *bus.Bus, group string) bus.Bind {
	return func(ctx context.Context, topic string) (jetstream.Consumer, error) {
		if err := suiteStream(ctx, b, topic); err != nil {
			return nil, err
		}
		return b.JetStream().CreateOrUpdateConsumer(ctx, topic, jetstream.ConsumerConfig{
			Durable: group, AckPolicy: jetstream.AckExplicitPolicy, AckWait: 5 * time.Second, MaxDeliver: -1, MaxAckPending: 128,
		})
	}
}

func suiteStream(ctx context.Context, b *bus.Bus, topic string) error {
	_, err := b.JetStream().CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: topic, Subjects: []string{topic}, Storage: jetstream.MemoryStorage})
	return err
}

// suitePublisher makes the topic's stream before the first message goes there.
type suitePublisher struct {
	*bus.Publisher
	b *bus.Bus
}

func (p suitePublisher) Publish(topic string, messages ...*message.Message) error {
	err := p.Publisher.Publish(topic, messages...)
	if err == nil || !errors.Is(err, nats.ErrNoStreamResponse) {
		return err
	}
	if err := suiteStream(context.Background(), p.b, topic); err != nil {
		return err
	}
	return p.Publisher.Publish(topic, messages...)
}

func runSuite(t *testing.T, key bus.Key, features tests.Features) {
	t.Parallel()
	b := open(t, func(c *bus.Config) { c.Listen = "off" })
	pubSub := func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
		pub, err := bus.NewPublisher(b.Conn(), bus.NewLogger(nil))
		if err != nil {
			t.Fatal(err)
		}
		sub, err := bus.NewSubscriber(bus.SubscriberConfig{
			Bind: bindSuite(b, group), Key: key, Drain: 100 * time.Millisecond, Delay: retry.Backoff{First: time.Millisecond, Limit: 10 * time.Millisecond}.Delay,
		})
		if err != nil {
			t.Fatal(err)
		}
		return suitePublisher{pub, b}, sub
	}
	features.Persistent = true
	features.ConsumerGroups = true
	features.ForceShort = testing.Short()
	// The suite ends with its subtests, the server after them.
	t.Run("suite", func(t *testing.T) {
		tests.TestPubSub(t, features,
			func(t *testing.T) (message.Publisher, message.Subscriber) { return pubSub(t, "group") },
			pubSub)
	})
}

// With one key for a whole topic there is one message at a time, in order.
func TestWatermillSuiteInOrder(t *testing.T) {
	runSuite(t, nil, tests.Features{GuaranteedOrder: true, GuaranteedOrderWithSingleSubscriber: true})
}

// With a key for each message all of them are on their way at once.
func TestWatermillSuiteInParallel(t *testing.T) {
	runSuite(t, func(_ string, h nats.Header, _ []byte) string { return strings.Clone(h.Get(nats.MsgIdHdr)) }, tests.Features{})
}
