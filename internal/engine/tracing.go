package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// tracing follows what CaseHug says from the bus through the decision to the calls to Smokeball
// and their confirmation. Spans hold ids, names of facts and codes, never personal data.
type tracing struct {
	tracer trace.Tracer // nil: nothing is traced, which costs nothing
	close  func(context.Context) error

	mu     sync.Mutex
	asked  map[domain.Stream]trace.SpanContext // what asked for the sync that is due
	oldest []domain.Stream
}

// mostTraced is how many due syncs are remembered with what asked for them; older ones start a
// trace of their own.
const mostTraced = 10_000

// closeTracesWithin is how long the last spans may take to be sent.
const closeTracesWithin = 3 * time.Second

func newTracing() *tracing {
	return &tracing{close: func(context.Context) error { return nil }, asked: map[domain.Stream]trace.SpanContext{}}
}

// openFor begins to send spans, if the environment names a collector, until the closers end.
func (t *tracing) openFor(c *closers) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := t.open(ctx, os.Getenv); err != nil {
			return err
		}
		c.add(t.flush)
		return nil
	}
}

// open reads the standard variables of OpenTelemetry. Without an address of a collector nothing is
// traced.
func (t *tracing) open(ctx context.Context, getenv func(string) string) error {
	if !tracesAsked(getenv) {
		return nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return fmt.Errorf("the variables OTEL_EXPORTER_OTLP_…: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "smokeball-sync"), attribute.String("service.version", Version())), resource.WithFromEnv())
	if err != nil {
		return errors.Join(fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err), exporter.Shutdown(ctx))
	}
	t.use(sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about)))
	return nil
}

// flush sends the last spans. That no collector takes them is no fault of the engine's.
func (t *tracing) flush() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTracesWithin)
	defer cancel()
	_ = t.close(ctx)
	return nil
}

// tracesAsked reports whether the environment names a collector and does not turn traces off.
func tracesAsked(getenv func(string) string) bool {
	if getenv("OTEL_SDK_DISABLED") == "true" || getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false
	}
	return getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

func (t *tracing) use(p *sdktrace.TracerProvider) {
	t.tracer, t.close = p.Tracer("github.com/casehug/smokeball-sync"), p.Shutdown
}

// parentOf is the trace context of a message: the attributes traceparent and tracestate of its
// CloudEvent, or headers of NATS by these names.
func parentOf(m *message.Message) propagation.MapCarrier {
	var event struct{ Traceparent, Tracestate string }
	_ = json.Unmarshal(m.Payload, &event) // an event whose attributes are headers has any body
	parent := propagation.MapCarrier{"traceparent": event.Traceparent, "tracestate": event.Tracestate}
	for name := range parent {
		parent[name] = cmp.Or(m.Metadata.Get("ce-"+name), m.Metadata.Get(name), parent[name])
	}
	return parent
}

// handled is the span of a message's handler, a child of CaseHug's.
func (t *tracing) handled(name string, next message.NoPublishHandlerFunc) message.NoPublishHandlerFunc {
	if t.tracer == nil {
		return next
	}
	return func(m *message.Message) error {
		ctx := propagation.TraceContext{}.Extract(m.Context(), parentOf(m))
		ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
			attribute.String("messaging.system", "nats"), attribute.String("messaging.message.id", m.UUID)))
		m.SetContext(ctx)
		err := next(m)
		end(span, err)
		return err
	}
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "failed") // the log has the error, which may hold what must not be here
	}
	span.End()
}

// told adds each fact to the span under which it was recorded, and remembers what asked for a sync.
func (t *tracing) told(ctx context.Context, c eventstore.Commit, err error) {
	if t.tracer == nil || err != nil {
		return
	}
	span := trace.SpanFromContext(ctx)
	for _, e := range c.Events {
		span.AddEvent(e.EventName())
		if _, ok := e.(domain.SyncRequested); ok {
			t.remember(c.Stream, span.SpanContext()) // of a click, which is not traced, that nothing did
		}
	}
	t.confirmed(span, c)
}

// confirmed is the span of what a webhook confirms: Smokeball knows no traceparent, so the webhook's
// handler has a trace of its own. The confirmation belongs to that of what asked for the sync, too, and
// links to the handler.
func (t *tracing) confirmed(by trace.Span, c eventstore.Commit) {
	asked := t.askedBy(c.Stream)
	if !asked.IsValid() || asked.TraceID() == by.SpanContext().TraceID() {
		return
	}
	var span trace.Span
	for _, e := range c.Events {
		if !confirms(e) {
			continue
		}
		if span == nil {
			_, span = t.tracer.Start(trace.ContextWithSpanContext(context.Background(), asked), "confirmation", trace.WithLinks(trace.Link{SpanContext: by.SpanContext()}))
			defer span.End()
		}
		span.AddEvent(e.EventName())
	}
}

func confirms(e domain.Event) bool {
	switch e.(type) {
	case domain.MatterConfirmed, domain.ContactSeen, domain.DocumentConfirmed:
		return true
	}
	return false
}

func (t *tracing) remember(s domain.Stream, asked trace.SpanContext) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.asked[s]; !known {
		t.oldest = append(t.oldest, s)
	}
	t.asked[s] = asked
	if len(t.oldest) > mostTraced {
		delete(t.asked, t.oldest[0])
		t.oldest = t.oldest[1:]
	}
}

// askedBy is what asked for the stream's sync; the zero value: nothing that is remembered.
func (t *tracing) askedBy(s domain.Stream) trace.SpanContext {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.asked[s]
}

// attempts traces attempts; nil: nothing is traced.
func (t *tracing) attempts() func(context.Context, domain.FirmID, domain.MatterID) (context.Context, func()) {
	if t.tracer == nil {
		return nil
	}
	return t.attempt
}

// attempt is the span of one attempt at a matter's sync: a child of what asked for it, where this
// engine took that in since its start, else the beginning of a trace.
func (t *tracing) attempt(ctx context.Context, f domain.FirmID, m domain.MatterID) (context.Context, func()) {
	ctx, span := t.tracer.Start(trace.ContextWithSpanContext(ctx, t.askedBy(domain.MatterStream(f, m))), "sync", trace.WithAttributes(attribute.String("firm", string(f)), attribute.String("matter", string(m))))
	return ctx, func() { span.End() }
}
