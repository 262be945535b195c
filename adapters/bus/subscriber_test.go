package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// shortWait binds to the intake's stream by a durable whose AckWait tests can outlast.
func shortWait(b *bus.Bus, ackWait time.Duration) bus.Bind {
	return func(ctx context.Context, topic string) (jetstream.Consumer, error) {
		return b.JetStream().CreateOrUpdateConsumer(ctx, bus.Inbox, jetstream.ConsumerConfig{
			Durable: topic, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: 64,
		})
	}
}

func subscriber(t testing.TB, c bus.SubscriberConfig) *bus.Subscriber {
	t.Helper()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Drain == 0 {
		c.Drain = 50 * time.Millisecond
	}
	s, err := bus.NewSubscriber(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func subscribe(t testing.TB, s *bus.Subscriber) <-chan *message.Message {
	t.Helper()
	return subscribeTo(t, s, "topic")
}

func subscribeTo(t testing.TB, s *bus.Subscriber, topic string) <-chan *message.Message {
	t.Helper()
	messages, err := s.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func receive(t testing.TB, messages <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m, ok := <-messages:
		if !ok {
			t.Fatal("the channel is closed")
		}
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no message")
	}
	return nil
}

func nothing(t testing.TB, messages <-chan *message.Message, d time.Duration) {
	t.Helper()
	select {
	case m, ok := <-messages:
		if ok {
			t.Fatalf("%s came", m.Payload)
		}
	case <-time.After(d):
	}
}

// pending is how many messages of the durable are unacknowledged.
// settled waits until all that the inbox has is acknowledged. That nothing is pending is not
// enough: a consumer counts a message some time after the stream has stored it.
func settled(t testing.TB, b *bus.Bus, durable string) {
	t.Helper()
	within(t, time.Minute, "all is acknowledged", func() bool {
		inbox, err := b.JetStream().Stream(brief(t), bus.Inbox)
		if err != nil {
			t.Fatal(err)
		}
		cons, err := inbox.Consumer(brief(t), durable)
		if err != nil {
			t.Fatal(err)
		}
		return cons.CachedInfo().AckFloor.Stream == inbox.CachedInfo().State.LastSeq
	})
}

func quiet(c *bus.Config) { c.Listen = "off" }

func TestMessageCarriesHeadersAndPlace(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	raw := &nats.Msg{Subject: "casehug.f1.matter.created", Data: []byte("{}"), Header: nats.Header{
		"ce-id": {"7"}, "Many": {"first", "second"}, "None": {}, nats.MsgIdHdr: {"src/7"}, bus.MetaSeq: {"999"},
	}}
	if _, err := b.JetStream().PublishMsg(brief(t), raw); err != nil {
		t.Fatal(err)
	}
	m := receive(t, subscribe(t, subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, time.Minute)})))
	defer m.Ack()
	for key, want := range map[string]string{
		"ce-id": "7", "Many": "first", bus.MetaSubject: "casehug.f1.matter.created", bus.MetaSeq: "1", bus.MetaDeliveries: "1",
	} {
		if got := m.Metadata.Get(key); got != want {
			t.Errorf("%s is %q; want %q", key, got, want)
		}
	}
	if m.UUID != "src/7" || string(m.Payload) != "{}" {
		t.Errorf("%s: %s", m.UUID, m.Payload)
	}
}

// A handler may take longer than AckWait: the message does not come a second time.
func TestSlowHandlerIsNotOvertaken(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "slow")
	messages := subscribe(t, subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, 300*time.Millisecond)}))
	m := receive(t, messages)
	nothing(t, messages, 1500*time.Millisecond) // five times AckWait
	m.Ack()
	settled(t, b, "topic")
}

// What waits behind a slow message of its key is held too, and must not come twice either.
func TestWaitingMessagesAreNotDeliveredAgain(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "first")
	say(t, b, "casehug.f1.matter.created", "second")
	messages := subscribe(t, subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, 300*time.Millisecond)}))
	first := receive(t, messages)
	nothing(t, messages, time.Second)
	first.Ack()
	second := receive(t, messages)
	if got := second.Metadata.Get(bus.MetaDeliveries); got != "1" {
		t.Errorf("%s was delivered %s times", second.Payload, got)
	}
	second.Ack()
}

func TestKeysRunSideBySideEachInOrder(t *testing.T) {
	t.Parallel()
	const keys, each = 20, 30
	b := open(t, quiet)
	for i := range each {
		for k := range keys {
			say(t, b, fmt.Sprintf("casehug.f%d.matter.updated", k), strconv.Itoa(i))
		}
	}
	messages := subscribe(t, subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, time.Minute), Delay: retry.Backoff{First: time.Millisecond, Limit: time.Millisecond}.Delay}))
	var (
		mu       sync.Mutex
		running  = map[string]bool{}
		most     int
		next     = map[string]int{}
		handlers sync.WaitGroup
	)
	handle := func(m *message.Message) {
		key := m.Metadata.Get(bus.MetaSubject)
		mu.Lock()
		defer mu.Unlock()
		if running[key] {
			t.Errorf("%s: two at a time", key)
		}
		running[key] = true
		most = max(most, len(running))
		handlers.Go(func() { // hold the key until others had their chance
			<-time.After(time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			delete(running, key)
			i := next[key]
			if string(m.Payload) != strconv.Itoa(i) {
				t.Errorf("%s: %s came when %d was due", key, m.Payload, i)
			}
			if i%10 == 3 && m.Metadata.Get(bus.MetaDeliveries) == "1" {
				m.Nack() // it has to come again before its followers
				return
			}
			next[key]++
			m.Ack()
		})
	}
	for range keys*each + keys*each/10 {
		handle(receive(t, messages))
	}
	handlers.Wait()
	nothing(t, messages, 50*time.Millisecond)
	if most < keys/2 {
		t.Errorf("only %d keys ran side by side", most)
	}
	for key, n := range next {
		if n != each {
			t.Errorf("%s: %d of %d", key, n, each)
		}
	}
}

func TestFailedMessageComesAgainAfterItsDelay(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "x")
	say(t, b, "casehug.f2.matter.created", "neighbour")
	asked := make(chan int, 100)
	delay := func(deliveries int) time.Duration { asked <- deliveries; return 200 * time.Millisecond }
	messages := subscribe(t, subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, time.Minute), Delay: delay}))
	var failed []time.Time
	for len(failed) < 3 {
		m := receive(t, messages)
		if string(m.Payload) == "neighbour" {
			m.Ack()
			continue
		}
		if want := strconv.Itoa(len(failed) + 1); m.Metadata.Get(bus.MetaDeliveries) != want {
			t.Errorf("delivery %s; want %s", m.Metadata.Get(bus.MetaDeliveries), want)
		}
		if n := len(failed); n > 0 && time.Since(failed[n-1]) < 190*time.Millisecond {
			t.Errorf("it came after %v", time.Since(failed[n-1]))
		}
		failed = append(failed, time.Now())
		m.Nack()
		if got := <-asked; got != len(failed) {
			t.Errorf("the delay was asked for delivery %d; want %d", got, len(failed))
		}
	}
}

func TestContextEndsWithTheMessage(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	for range 3 {
		say(t, b, "casehug.f1.matter.created", "x")
	}
	s := subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, time.Minute), Delay: retry.Backoff{First: time.Millisecond, Limit: time.Millisecond}.Delay})
	messages := subscribe(t, s)
	ended := func(what string, m *message.Message) {
		t.Helper()
		select {
		case <-m.Context().Done():
		case <-time.After(time.Minute):
			t.Errorf("after %s the context goes on", what)
		}
	}
	m := receive(t, messages)
	if m.Context().Err() != nil {
		t.Error("the context has ended before the handler")
	}
	m.Nack()
	ended("a failure", m)
	m = receive(t, messages)
	m.Ack()
	ended("success", m)
	m = receive(t, messages)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ended("closing", m)
	if m.Ack() {
		t.Error("the message can be acknowledged after it went back")
	}
}

// Handlers that run get their time when the subscriber closes.
func TestCloseLetsHandlersFinish(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "x")
	s := subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, time.Minute), Drain: 10 * time.Second})
	messages := subscribe(t, s)
	m := receive(t, messages)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case <-closed:
		t.Fatal("closed over a running handler")
	case <-m.Context().Done():
		t.Fatal("the handler's context ended")
	case <-time.After(100 * time.Millisecond):
	}
	m.Ack()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	settled(t, b, "topic")
}

// Closing in the middle of a flood loses nothing and leaves nothing to wait for.
func TestCloseUnderLoad(t *testing.T) {
	t.Parallel()
	const total = 400
	b := open(t, quiet)
	for i := range total {
		say(t, b, fmt.Sprintf("casehug.f%d.matter.updated", i%50), strconv.Itoa(i))
	}
	var (
		mu       sync.Mutex
		seen     = map[string]int{}
		handlers sync.WaitGroup
	)
	for round := 0; len(seen) < total; round++ {
		if round > total {
			t.Fatalf("%d of %d after %d rounds", len(seen), total, round)
		}
		s := subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, time.Minute), Drain: 5 * time.Second, Delay: retry.Backoff{First: time.Millisecond, Limit: time.Millisecond}.Delay})
		messages := subscribe(t, s)
		for range 40 {
			select {
			case m := <-messages:
				handlers.Go(func() {
					mu.Lock()
					defer mu.Unlock()
					seen[string(m.Payload)]++
					m.Ack()
				})
			case <-time.After(100 * time.Millisecond):
			}
		}
		for range 3 {
			handlers.Go(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		for m := range messages { // whoever was about to be handed out
			m.Nack()
		}
		handlers.Wait()
	}
	settled(t, b, "topic")
	for payload, n := range seen {
		if n != 1 {
			t.Errorf("%s was handled %d times", payload, n)
		}
	}
}

func TestClosedSubscriberRefuses(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	s := subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, time.Minute)})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Subscribe(t.Context(), "topic"); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// Consumers that lose, repeat or flood are refused when the engine starts.
func TestSubscribeRefusesUnsafeConsumers(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	for name, c := range map[string]jetstream.ConsumerConfig{
		"gives up":     {MaxDeliver: 5, AckPolicy: jetstream.AckExplicitPolicy},
		"never acks":   {AckPolicy: jetstream.AckNonePolicy},
		"acks up to":   {AckPolicy: jetstream.AckAllPolicy, MaxDeliver: -1},
		"without ends": {AckPolicy: jetstream.AckExplicitPolicy, MaxDeliver: -1, MaxAckPending: -1},
	} {
		bind := func(ctx context.Context, _ string) (jetstream.Consumer, error) {
			return b.JetStream().CreateConsumer(ctx, bus.Inbox, c)
		}
		if _, err := subscriber(t, bus.SubscriberConfig{Bind: bind}).Subscribe(t.Context(), "topic"); err == nil || !strings.Contains(err.Error(), "explicit acknowledgement") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := bus.NewSubscriber(bus.SubscriberConfig{}); err == nil {
		t.Error("a subscriber without Bind is made")
	}
}

// When the consumer disappears under a subscription, it is bound again.
func TestLostConsumerIsBoundAgain(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	messages := subscribe(t, subscriber(t, bus.SubscriberConfig{Bind: shortWait(b, time.Minute)}))
	within(t, 5*time.Second, "the subscription pulls", func() bool {
		cons, err := b.JetStream().Consumer(brief(t), bus.Inbox, "topic")
		return err == nil && cons.CachedInfo().NumWaiting > 0
	})
	if err := b.JetStream().DeleteConsumer(brief(t), bus.Inbox, "topic"); err != nil {
		t.Fatal(err)
	}
	say(t, b, "casehug.f1.matter.created", "x")
	m := receive(t, messages)
	m.Ack()
}
