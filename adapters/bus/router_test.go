package bus_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// route runs one handler on the intake until the test ends.
func route(t testing.TB, b *bus.Bus, c bus.RouterConfig, handle message.NoPublishHandlerFunc) {
	t.Helper()
	router, err := bus.NewRouter(c)
	if err != nil {
		t.Fatal(err)
	}
	s := subscriber(t, bus.SubscriberConfig{Bind: b.Durable, Delay: retry.Backoff{First: time.Millisecond, Limit: 10 * time.Millisecond}.Delay})
	router.AddConsumerHandler("intake", bus.Intake, s, handle)
	done := make(chan error)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- router.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	<-router.Running()
}

// lockedBuffer is a log that handlers and the test share.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A handler that panics on one message neither stops the others nor tells what it had.
func TestPanicStaysWithItsMessage(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.bad.matter.created", "Maria Rivera")
	for range 20 {
		say(t, b, "casehug.good.matter.created", "x")
	}
	log := &lockedBuffer{}
	registry := prometheus.NewRegistry()
	good, bad := make(chan struct{}, 100), make(chan struct{}, 10_000)
	c := bus.RouterConfig{Registry: registry, Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	route(t, b, c, func(m *message.Message) error {
		if strings.Contains(m.Metadata.Get(bus.MetaSubject), "bad") {
			bad <- struct{}{}
			panic("cannot take " + string(m.Payload))
		}
		good <- struct{}{}
		return nil
	})
	for range 20 {
		<-good
	}
	for range 3 {
		<-bad // it comes again and again
	}
	within(t, 5*time.Second, "the failure is logged", func() bool { return strings.Contains(log.String(), "panics with a string") })
	if strings.Contains(log.String(), "Maria") {
		t.Errorf("the log tells what the message held: %s", log)
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "panics") && !strings.Contains(line, "message=1") {
			t.Errorf("%s does not name the message", line)
		}
	}
	within(t, 5*time.Second, "both outcomes are counted", func() bool { return counted(t, registry, "acked") >= 20 && counted(t, registry, "nacked") >= 3 })
}

// counted is how many messages were settled that way.
func counted(t testing.TB, r *prometheus.Registry, outcome string) (n float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "smokeball_sync_bus_subscriber_messages_received_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "acked" && label.GetValue() == outcome {
					n += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

func TestTimeoutEndsTheMessagesContext(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "x")
	ended := make(chan error, 1)
	route(t, b, bus.RouterConfig{Timeout: 50 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}, func(m *message.Message) error {
		<-m.Context().Done()
		select {
		case ended <- m.Context().Err():
		default:
		}
		return nil
	})
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestFailedMessageIsHandledAgain(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "x")
	deliveries := make(chan string, 10)
	route(t, b, bus.RouterConfig{Logger: slog.New(slog.DiscardHandler)}, func(m *message.Message) error {
		n := m.Metadata.Get(bus.MetaDeliveries)
		deliveries <- n
		if n != "3" {
			return errors.New("not yet")
		}
		return nil
	})
	for _, want := range []string{"1", "2", "3"} {
		if got := <-deliveries; got != want {
			t.Errorf("delivery %s; want %s", got, want)
		}
	}
	settled(t, b, bus.Intake)
}
