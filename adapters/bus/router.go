package bus

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/ThreeDotsLabs/watermill/components/metrics"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

// RouterConfig says how a router runs its handlers.
type RouterConfig struct {
	Timeout    time.Duration         // after which a message's context ends; 0: 1 minute
	CloseAfter time.Duration         // how long closing waits for handlers; 0: 10 s
	Registry   prometheus.Registerer // nil: no metrics
	Logger     *slog.Logger          // nil: slog.Default()
}

// NewRouter is Watermill's router, set up so that one message's failure stays its own: a
// panic is an error of that message, its context ends after the timeout, an error gives it
// back to the subscriber, which delivers it again. What can never succeed is the handler's to
// decide: it records the failure and returns nil. Closing the router closes the subscribers
// and publishers it was given.
func NewRouter(c RouterConfig) (*message.Router, error) {
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.CloseAfter == 0 {
		c.CloseAfter = 10 * time.Second
	}
	r, err := message.NewRouter(message.RouterConfig{CloseTimeout: c.CloseAfter}, NewLogger(c.Logger))
	if err != nil {
		return nil, fmt.Errorf("make the router: %w", err)
	}
	if c.Registry != nil {
		metrics.NewPrometheusMetricsBuilder(c.Registry, "smokeball_sync", "bus").AddPrometheusRouterMetrics(r)
	}
	r.AddMiddleware(middleware.CorrelationID, contain, middleware.Timeout(c.Timeout))
	return r, nil
}

// PanicError is the error of a message whose handler panicked. It tells where and with what
// type, not with what value: that may be personal data.
type PanicError struct {
	Type  string // the panic value's type
	Stack string
}

// Error implements error.
func (e *PanicError) Error() string {
	return "the handler panics with a " + e.Type + " at " + e.Stack
}

// contain turns a panic into an error of the message.
func contain(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) (out []*message.Message, err error) {
		defer func() {
			if v := recover(); v != nil {
				out, err = nil, &PanicError{Type: fmt.Sprintf("%T", v), Stack: string(debug.Stack())}
			}
		}()
		return next(m)
	}
}
