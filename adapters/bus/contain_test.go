package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

var errPoison = errors.New("it folds badly")

// TestPoisonIsBuried sends a message whose handler panics, one whose handler hangs and one whose
// handler always fails, each followed by a message of the same key, among a hundred others.
func TestPoisonIsBuried(t *testing.T) {
	b := open(t, quiet)
	for _, poison := range []string{"panics", "hangs", "fails"} {
		say(t, b, "casehug."+poison+".matter.created", "bad")
		say(t, b, "casehug."+poison+".matter.created", "good")
	}
	for i := range 100 {
		say(t, b, "casehug.f"+strconv.Itoa(i)+".matter.created", "good")
	}
	buried, handled := &notes{}, &notes{}
	registry := prometheus.NewRegistry()
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	route(t, b, bus.RouterConfig{Timeout: 30 * time.Millisecond, Grace: 10 * time.Millisecond, Registry: registry, Logger: slog.New(slog.DiscardHandler),
		MaxDeliveries: func(err error) uint64 {
			var panicked *bus.PanicError
			var hung *bus.HangError
			if errors.As(err, &panicked) || errors.As(err, &hung) || errors.Is(err, errPoison) {
				return 3
			}
			return 0
		},
		DeadLetter: func(_ context.Context, m *message.Message, cause error) error {
			buried.add(firmOf(m) + " after " + m.Metadata.Get(bus.MetaDeliveries) + " " + fmt.Sprintf("%T", cause))
			return nil
		}}, func(m *message.Message) error {
		if string(m.Payload) == "good" {
			handled.add(firmOf(m))
			return nil
		}
		switch firmOf(m) {
		case "panics":
			panic("poison")
		case "hangs":
			<-released // whatever its context says
		}
		return errPoison
	})
	settled(t, b, bus.Intake)
	if got := buried.list(); len(got) != 3 {
		t.Errorf("buried are %q", got)
	}
	for _, want := range []string{"panics after 3 *bus.PanicError", "hangs after 3 *bus.HangError", "fails after 3 *errors.errorString"} {
		if !strings.Contains(strings.Join(buried.list(), "\n"), want) {
			t.Errorf("%q is not buried: %q", want, buried.list())
		}
	}
	if got := handled.list(); len(got) != 103 {
		t.Errorf("%d messages are handled, want 103", len(got))
	}
	for outcome, want := range map[string]float64{"handled": 103, "failed": 6, "dead_lettered": 3} {
		if got := outcomes(t, registry, outcome); got != want {
			t.Errorf("%g deliveries are %s, want %g", got, outcome, want)
		}
	}
}

// TestTroubleOfTheEngineIsNeverBuried fails more deliveries than MaxDeliveries allows for poison.
func TestTroubleOfTheEngineIsNeverBuried(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "x")
	done := make(chan struct{})
	route(t, b, bus.RouterConfig{Logger: slog.New(slog.DiscardHandler), MaxDeliveries: func(error) uint64 { return 0 },
		DeadLetter: func(context.Context, *message.Message, error) error { t.Error("it is buried"); return nil }},
		func(m *message.Message) error {
			if m.Metadata.Get(bus.MetaDeliveries) != "9" {
				return errors.New("the disk is full")
			}
			close(done)
			return nil
		})
	<-done
}

// TestBurialThatFailsIsRepeated: no message is lost if DeadLetter fails or panics.
func TestBurialThatFailsIsRepeated(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "x")
	var tries atomic.Int64
	route(t, b, bus.RouterConfig{Logger: slog.New(slog.DiscardHandler), MaxDeliveries: func(error) uint64 { return 1 },
		DeadLetter: func(context.Context, *message.Message, error) error {
			switch tries.Add(1) {
			case 1:
				return errors.New("the disk is full")
			case 2:
				panic("no spade")
			}
			return nil
		}}, func(*message.Message) error { return errPoison })
	settled(t, b, bus.Intake)
	if n := tries.Load(); n != 3 {
		t.Errorf("it was buried %d times, want 3", n)
	}
}

func TestContain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var hung *bus.HangError
		if err := bus.Contain(t.Context(), time.Minute, time.Second, func(context.Context) error { <-hold; return nil }); !errors.As(err, &hung) || hung.After != 61*time.Second {
			t.Errorf("a hang is %v", err)
		}
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if err := bus.Contain(stopped, time.Minute, time.Second, func(context.Context) error { <-hold; return nil }); errors.As(err, &hung) || !errors.Is(err, context.Canceled) {
			t.Errorf("a hang at the end is %v", err)
		}
		var panicked *bus.PanicError
		if err := bus.Contain(t.Context(), time.Minute, time.Second, func(context.Context) error { return fail(nil) }); !errors.As(err, &panicked) ||
			panicked.Where != "bus_test.fail" || panicked.Type != "runtime.boundsError" {
			t.Errorf("a panic is %+v", err)
		}
		if err := bus.Contain(t.Context(), time.Minute, time.Second, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who listens ends with %v", err)
		}
		close(hold)
		synctest.Wait()
	})
}

func fail(none []error) error { return none[len(none)] }

// notes records the handlers' calls for a test.
type notes struct {
	mu  sync.Mutex
	all []string
}

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, text)
}

func (n *notes) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string{}, n.all...)
}

func firmOf(m *message.Message) string {
	return strings.Split(m.Metadata.Get(bus.MetaSubject), ".")[1]
}

// outcomes is how many deliveries to the intake ended that way.
func outcomes(t testing.TB, r *prometheus.Registry, outcome string) (n float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "smokeball_sync_bus_messages_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range metric.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["handler"] == "intake" && labels["outcome"] == outcome {
				n += metric.GetCounter().GetValue()
			}
		}
	}
	return n
}
