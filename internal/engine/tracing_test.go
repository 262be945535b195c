package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// recordedTraces is a tracing whose spans stay here.
func recordedTraces(t *testing.T) (*tracing, *tracetest.InMemoryExporter) {
	t.Helper()
	spans, traces := tracetest.NewInMemoryExporter(), newTracing()
	traces.use(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	return traces, spans
}

// TestATraceGoesFromCaseHugsEventToTheAttempt tells that the handler's span is a child of CaseHug's,
// whether its traceparent stands in the event or in a header, and the attempt one of the handler's.
func TestATraceGoesFromCaseHugsEventToTheAttempt(t *testing.T) {
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for name, m := range map[string]*message.Message{
		"in the event": message.NewMessage("e_1", []byte(`{"traceparent":"00-`+trace+"-"+parent+`-01","data":{"client":"Rivera"}}`)),
		"in a header":  {UUID: "e_1", Metadata: message.Metadata{"ce-traceparent": "00-" + trace + "-" + parent + "-01"}},
	} {
		traces, spans := recordedTraces(t)
		handle := traces.handled("intake", func(m *message.Message) error {
			traces.told(m.Context(), eventstore.Commit{Stream: domain.MatterStream("f_1", "m_1"), Events: []domain.Event{domain.MatterCreated{}, domain.SyncRequested{}}}, nil)
			traces.told(m.Context(), eventstore.Commit{Events: []domain.Event{domain.MatterOutdated{}}}, eventstore.ErrConflict)
			return nil
		})
		m.SetContext(t.Context())
		if err := handle(m); err != nil {
			t.Fatal(err)
		}
		ctx, done := traces.attempts()(t.Context(), "f_1", "m_1")
		traces.told(ctx, eventstore.Commit{Events: []domain.Event{domain.MatterConfirmed{}}}, nil)
		done()
		list := spans.GetSpans()
		if len(list) != 2 || list[0].Parent.SpanID().String() != parent || list[1].Parent.SpanID() != list[0].SpanContext.SpanID() {
			t.Fatalf("%s: the spans are %+v", name, list)
		}
		for n, facts := range [][]string{{"matter.created.v1", "sync.requested.v1"}, {"smokeball.matter_confirmed.v1"}} {
			if got := list[n].SpanContext.TraceID().String(); got != trace {
				t.Errorf("%s: span %s belongs to trace %s", name, list[n].Name, got)
			}
			if len(list[n].Events) != len(facts) {
				t.Fatalf("%s: span %s has the facts %v", name, list[n].Name, list[n].Events)
			}
			for i, fact := range facts {
				if list[n].Events[i].Name != fact {
					t.Errorf("%s: span %s has %s, not %s", name, list[n].Name, list[n].Events[i].Name, fact)
				}
			}
		}
	}
}

// TestAConfirmationByWebhookBelongsToTheTraceThatAsked tells that what a webhook confirms is a span of
// the trace of CaseHug's event, linked to the webhook's handler, and that other facts of webhooks are not.
func TestAConfirmationByWebhookBelongsToTheTraceThatAsked(t *testing.T) {
	traces, spans := recordedTraces(t)
	matter := domain.MatterStream("f_1", "m_1")
	tell := func(handler string, facts ...domain.Event) {
		t.Helper()
		m := message.NewMessage("e_1", nil)
		m.SetContext(t.Context())
		if err := traces.handled(handler, func(m *message.Message) error {
			traces.told(m.Context(), eventstore.Commit{Stream: matter, Events: facts}, nil)
			return nil
		})(m); err != nil {
			t.Fatal(err)
		}
	}
	tell("intake", domain.SyncRequested{})
	tell("notice", domain.SmokeballWebhookReceived{})
	tell("notice", domain.MatterConfirmed{})
	list := spans.GetSpans()
	if len(list) != 4 {
		t.Fatalf("the spans are %+v", list)
	}
	intake, confirmation, notice := list[0], list[2], list[3]
	if confirmation.Name != "confirmation" || confirmation.Parent.SpanID() != intake.SpanContext.SpanID() || len(confirmation.Links) != 1 || !confirmation.Links[0].SpanContext.Equal(notice.SpanContext) {
		t.Errorf("the confirmation is %+v", confirmation)
	}
}

// TestASyncThatSomebodyClicksIsNotInTheTraceOfAnEarlierOne tells that a request that is not traced ends what
// is remembered of the matter's earlier sync.
func TestASyncThatSomebodyClicksIsNotInTheTraceOfAnEarlierOne(t *testing.T) {
	traces, spans := recordedTraces(t)
	asked := eventstore.Commit{Stream: domain.MatterStream("f_1", "m_1"), Events: []domain.Event{domain.SyncRequested{}}}
	ctx, event := traces.tracer.Start(t.Context(), "intake")
	traces.told(ctx, asked, nil)
	event.End()
	traces.told(t.Context(), asked, nil)
	_, done := traces.attempt(t.Context(), "f_1", "m_1")
	done()
	if list := spans.GetSpans(); list[1].Parent.IsValid() || list[1].SpanContext.TraceID() == list[0].SpanContext.TraceID() {
		t.Errorf("the clicked sync's span is %+v", list[1])
	}
}

// TestASpanSaysThatItFailedAndNotWhy tells that an error's text, which may name people, leaves the
// engine in no span.
func TestASpanSaysThatItFailedAndNotWhy(t *testing.T) {
	traces, spans := recordedTraces(t)
	m := message.NewMessage("e_1", nil)
	m.SetContext(t.Context())
	if err := traces.handled("intake", func(*message.Message) error { return errors.New("no room for Rivera") })(m); err == nil {
		t.Error("the error is lost")
	}
	if s := spans.GetSpans()[0].Status; s.Description != "failed" || s.Code.String() != "Error" {
		t.Errorf("the status is %+v", s)
	}
}

// TestTheOldestDueSyncsAreForgotten tells that what is remembered of traces is bounded.
func TestTheOldestDueSyncsAreForgotten(t *testing.T) {
	traces, _ := recordedTraces(t)
	ctx, done := traces.attempt(t.Context(), "f_1", "m_1")
	defer done()
	for n := range mostTraced + 10 {
		traces.told(ctx, eventstore.Commit{Stream: domain.Stream{Kind: "matter", Firm: "f_1", ID: string(rune(n + 1))}, Events: []domain.Event{domain.SyncRequested{}}}, nil)
	}
	if len(traces.asked) != mostTraced || len(traces.oldest) != mostTraced {
		t.Errorf("%d syncs are remembered, %d in order", len(traces.asked), len(traces.oldest))
	}
}

// TestNothingIsTracedUnlessAskedFor tells that without an address of a collector there is no tracer.
func TestNothingIsTracedUnlessAskedFor(t *testing.T) {
	for _, env := range []map[string]string{{}, {"OTEL_SERVICE_NAME": "x"}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}} {
		traces := newTracing()
		if err := traces.open(t.Context(), func(name string) string { return env[name] }); err != nil || traces.tracer != nil || traces.attempts() != nil {
			t.Errorf("with %v it traces: %v", env, err)
		}
		traces.told(context.Background(), eventstore.Commit{Events: []domain.Event{domain.SyncRequested{}}}, nil)
	}
}
