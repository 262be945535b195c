package bus

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/components/metrics"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

// RouterConfig says how a router runs its handlers.
type RouterConfig struct {
	Timeout    time.Duration // after which a message's context ends; 0: 1 minute
	Grace      time.Duration // how long after that the router stops waiting for a handler; 0: 1 minute
	CloseAfter time.Duration // how long closing waits for handlers; 0: 10 s

	// MaxDeliveries says after how many deliveries a message that fails with the error becomes a
	// dead letter; 0: never, it is delivered again until it succeeds. Nil: 0 for every error.
	MaxDeliveries func(error) uint64
	// DeadLetter keeps a message as a dead letter, with its last error. The message is
	// acknowledged when DeadLetter returns nil, else delivered again. Required with
	// MaxDeliveries.
	DeadLetter func(ctx context.Context, m *message.Message, cause error) error

	Registry prometheus.Registerer // nil: no metrics
	Logger   *slog.Logger          // nil: slog.Default()
}

func (c RouterConfig) withDefaults() RouterConfig {
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Grace == 0 {
		c.Grace = time.Minute
	}
	if c.CloseAfter == 0 {
		c.CloseAfter = 10 * time.Second
	}
	if c.MaxDeliveries == nil {
		c.MaxDeliveries = func(error) uint64 { return 0 }
	}
	return c
}

// NewRouter makes a Watermill router in which one message's failure does not affect others: a
// panic is an error of that message, its context ends after the timeout, and the router stops
// waiting for a handler that ignores that. The subscriber redelivers a message that failed, until
// MaxDeliveries is reached and it becomes a dead letter: a message that can never be handled
// delays others for a limited time only. Closing the router closes its subscribers and publishers.
func NewRouter(c RouterConfig) (*message.Router, error) {
	c = c.withDefaults()
	r, err := message.NewRouter(message.RouterConfig{CloseTimeout: c.CloseAfter}, NewLogger(c.Logger))
	if err != nil {
		return nil, fmt.Errorf("make the router: %w", err)
	}
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smokeball_sync_bus_messages_total",
		Help: "Deliveries by handler and outcome: handled, failed (comes again) or dead_lettered."}, []string{"handler", "outcome"})
	if c.Registry != nil {
		metrics.NewPrometheusMetricsBuilder(c.Registry, "smokeball_sync", "bus").AddPrometheusRouterMetrics(r)
		if err := c.Registry.Register(outcomes); err != nil {
			return nil, fmt.Errorf("count messages: %w", err)
		}
	}
	r.AddMiddleware(middleware.CorrelationID, c.settle(outcomes), c.contain)
	return r, nil
}

// The outcomes of a delivery.
const (
	handled      = "handled"
	failed       = "failed"
	deadLettered = "dead_lettered"
)

// settle makes a dead letter of a message that has failed too often, and counts outcomes.
func (c RouterConfig) settle(outcomes *prometheus.CounterVec) message.HandlerMiddleware {
	return func(next message.HandlerFunc) message.HandlerFunc {
		return func(m *message.Message) ([]*message.Message, error) {
			ctx := m.Context()
			out, err := next(m)
			outcome := handled
			if err != nil {
				outcome, err = c.giveUp(ctx, m, err)
			}
			outcomes.WithLabelValues(message.HandlerNameFromCtx(ctx), outcome).Inc()
			return out, err
		}
	}
}

// giveUp makes a dead letter of the message, unless it has to be delivered again.
func (c RouterConfig) giveUp(ctx context.Context, m *message.Message, cause error) (outcome string, err error) {
	most := c.MaxDeliveries(cause)
	if most == 0 || deliveries(m) < most || ctx.Err() != nil {
		return failed, cause
	}
	err = Contain(ctx, c.Timeout, c.Grace, func(ctx context.Context) error { return c.DeadLetter(ctx, m, cause) })
	if err != nil {
		return failed, fmt.Errorf("keep a message that fails with %w: %w", cause, err)
	}
	return deadLettered, nil
}

// deliveries returns how often the message was delivered, this time included.
func deliveries(m *message.Message) uint64 {
	n, err := strconv.ParseUint(m.Metadata.Get(MetaDeliveries), 10, 64)
	if err != nil {
		return 1 // another subscriber's message
	}
	return n
}

// contain runs a message's handler with [Contain].
func (c RouterConfig) contain(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		ctx := m.Context()
		within, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		m.SetContext(within)
		var out []*message.Message
		err := await(ctx, within, c.Grace, func() (err error) {
			out, err = next(m)
			return err
		})
		if err != nil {
			return nil, err // a handler that still runs may still write to out
		}
		return out, nil
	}
}
