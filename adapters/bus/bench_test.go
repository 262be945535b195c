package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wmjetstream "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

const handlerTime = 5 * time.Millisecond

// BenchmarkRouter runs a handler of 5 ms over 64 keys behind Watermill-NATS' own subscriber
// and behind this one. The ratio is how many times faster this one is.
func BenchmarkRouter(b *testing.B) {
	var theirs float64
	for _, side := range []struct {
		name string
		sub  func(testing.TB, *bus.Bus) message.Subscriber
	}{{"watermill-nats", watermillSubscriber}, {"bus", laneSubscriber}} {
		b.Run(side.name, func(b *testing.B) {
			rate := routeAll(b, side.sub)
			b.ReportMetric(rate, "msg/s")
			if side.name == "watermill-nats" {
				theirs = rate
			} else if theirs > 0 {
				b.ReportMetric(rate/theirs, "ratio")
			}
		})
	}
}

func routeAll(b *testing.B, newSub func(testing.TB, *bus.Bus) message.Subscriber) float64 {
	url := standalone(b).ClientURL()
	server := open(b, func(c *bus.Config) { *c = bus.Config{URL: url} })
	for i := range b.N {
		subject := fmt.Sprintf("casehug.f%d.matter.updated", i%64)
		if _, err := server.JetStream().PublishAsync(subject, []byte("x")); err != nil {
			b.Fatal(err)
		}
	}
	<-server.JetStream().PublishAsyncComplete()
	router, err := bus.NewRouter(bus.RouterConfig{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	handled := make(chan struct{}, b.N)
	router.AddConsumerHandler("bench", bus.Inbox, newSub(b, server), func(*message.Message) error {
		<-time.After(handlerTime)
		handled <- struct{}{}
		return nil
	})
	b.ResetTimer()
	done := make(chan error)
	go func() { done <- router.Run(context.Background()) }()
	for range b.N {
		<-handled
	}
	b.StopTimer()
	rate := float64(b.N) / b.Elapsed().Seconds()
	if err := router.Close(); err != nil {
		b.Error(err)
	}
	<-done
	return rate
}

func laneSubscriber(b testing.TB, server *bus.Bus) message.Subscriber {
	return subscriber(b, bus.SubscriberConfig{Bind: shortWait(server, time.Minute)})
}

func watermillSubscriber(b testing.TB, server *bus.Bus) message.Subscriber {
	// Closing it closes its connection.
	conn, err := nats.Connect(server.ClientURL())
	if err != nil {
		b.Fatal(err)
	}
	s, err := wmjetstream.NewSubscriber(wmjetstream.SubscriberConfig{
		Conn: conn, Logger: watermill.NopLogger{}, AckWaitTimeout: time.Minute,
		ResourceInitializer: func(ctx context.Context, js jetstream.JetStream, topic string) (jetstream.Consumer, func(context.Context, watermill.LoggerAdapter), error) {
			cons, err := js.CreateConsumer(ctx, topic, jetstream.ConsumerConfig{Durable: "theirs", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute})
			return cons, nil, err
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}
