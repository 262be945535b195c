package smokeball

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// metrics counts what goes over the wire. Labels are operations and classes of
// answers: never firms, ids or texts.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	slots    *prometheus.HistogramVec
}

// newMetrics registers the metrics with reg; a nil reg keeps them unregistered.
func newMetrics(reg prometheus.Registerer, waiting, outages func() int) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "smokeball_requests_total",
			Help: "Requests to Smokeball by operation and class of answer (2xx, 3xx, 4xx, 429, 5xx, none).",
		}, []string{"operation", "answer"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "smokeball_request_seconds",
			Help:    "Time from sending a request to Smokeball to the head of its answer.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		slots: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "smokeball_slot_wait_seconds",
			Help:    "Time a call waited for its slot in Smokeball's allowance.",
			Buckets: []float64{.01, .2, 1, 5, 15, 60, 300, 1800},
		}, []string{"priority"}),
	}
	return m, register(reg, m.requests, m.seconds, m.slots, gauge("smokeball_slot_waiting", "Calls that wait for their slot in Smokeball's allowance.", waiting),
		gauge("smokeball_circuits_open", "Firms whose calls are held back because Smokeball is out of reach.", outages))
}

func gauge(name, help string, value func() int) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(value()) })
}

// register registers all with reg, if there is one.
func register(reg prometheus.Registerer, all ...prometheus.Collector) error {
	if reg == nil {
		return nil
	}
	var errs []error
	for _, c := range all {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("register Smokeball metrics: %w", err)
	}
	return nil
}

type opKey struct{}

// withOp names the operation for the metrics of calls made under ctx.
func withOp(ctx context.Context, op string) context.Context {
	return context.WithValue(ctx, opKey{}, op)
}

func opOf(ctx context.Context) string {
	op, _ := ctx.Value(opKey{}).(string)
	return op
}

// answerClass is the label of a status: 0 is no answer.
func answerClass(status int) string {
	switch {
	case status == 0:
		return "none"
	case status == http.StatusTooManyRequests:
		return "429"
	}
	return fmt.Sprintf("%dxx", status/100)
}

// counted counts each request that base sends.
type counted struct {
	base    http.RoundTripper
	metrics *metrics
	tracer  trace.Tracer // nil: requests are not traced
}

func (c counted) RoundTrip(req *http.Request) (*http.Response, error) {
	op := opOf(req.Context())
	req, end := c.traced(req, op)
	begun := time.Now()
	resp, err := c.base.RoundTrip(req)
	status := 0
	if err == nil {
		status = resp.StatusCode
	}
	end(status)
	c.metrics.requests.WithLabelValues(op, answerClass(status)).Inc()
	c.metrics.seconds.WithLabelValues(op).Observe(time.Since(begun).Seconds())
	return resp, err
}

// traced begins the span of a request, which ends with the head of the answer. It names the
// operation, never the address, which holds ids; Smokeball is not told of the trace.
func (c counted) traced(req *http.Request, op string) (_ *http.Request, end func(status int)) {
	if c.tracer == nil {
		return req, func(int) {}
	}
	ctx, span := c.tracer.Start(req.Context(), "smokeball "+op, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("http.request.method", req.Method)))
	return req.WithContext(ctx), func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status == 0 || status >= http.StatusBadRequest {
			span.SetStatus(codes.Error, answerClass(status))
		}
		span.End()
	}
}
