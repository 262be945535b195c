package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestATraceGoesFromCaseHugToTheConfirmation runs the engine as a process beside a collector of
// OpenTelemetry. From an event that carries CaseHug's traceparent to the recorded confirmation there is one trace: the
// handler under CaseHug's span, the attempts under the handler, each call to Smokeball under its attempt, and the
// confirmation under its attempt or, where a webhook brings it, under the handler.
// No span holds personal data.
func TestATraceGoesFromCaseHugToTheConfirmation(t *testing.T) {
	t.Parallel()
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for name, webhooks := range map[string]bool{"confirmed by a read": false, "confirmed by a webhook": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, smokeballsim.Config{}), collect(t)
			for setting, v := range map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.url, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_BSP_SCHEDULE_DELAY": "50"} {
				w.settings[setting] = v
			}
			p := w.launch(t)
			p.find(t)
			p.connect(t)
			if webhooks {
				p.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
			}
			p.publishTraced(t, "00-"+trace+"-"+parent+"-01")
			p.latest(t, "m_1", domain.Succeeded)
			var spans []span
			eventually(t, "the span that confirms the matter is collected, and each span's parent", func() bool {
				spans = c.of(trace)
				return slices.ContainsFunc(spans, func(s span) bool { return s.records("smokeball.matter_confirmed.v1") }) && len(orphans(spans, parent)) == 0
			})
			wantLinks(t, spans, parent)
			if all := c.text(); strings.Contains(all, "Rivera") || strings.Contains(all, "@example.com") || strings.Contains(all, "CH-1") {
				t.Errorf("the spans hold personal data: %s", all)
			}
		})
	}
}

// orphans are the spans whose parent is neither among them nor the root; a parent is sent after it ends.
func orphans(spans []span, root string) (list []span) {
	for _, s := range spans {
		if s.Parent != root && !slices.ContainsFunc(spans, func(p span) bool { return p.ID == s.Parent }) {
			list = append(list, s)
		}
	}
	return list
}

// wantLinks tells which span hangs on which.
func wantLinks(t *testing.T, spans []span, root string) {
	t.Helper()
	names, linked := map[string]string{root: "CaseHug"}, map[string]bool{}
	for _, s := range spans {
		names[s.ID] = s.Name
	}
	for _, s := range spans {
		name := s.Name
		if strings.HasPrefix(name, "smokeball ") {
			name = "a call"
		}
		linked[names[s.Parent]+" → "+name] = true
	}
	for _, link := range []string{"CaseHug → intake", "intake → sync", "sync → a call"} {
		if !linked[link] {
			t.Errorf("no span is linked as %s; the links are %v", link, linked)
		}
	}
	for _, call := range []string{"smokeball create contact", "smokeball create matter"} {
		if !slices.ContainsFunc(spans, func(s span) bool { return s.Name == call }) {
			t.Errorf("the trace has no call %q; its spans are %+v", call, spans)
		}
	}
}

// publishTraced asks for the sync of a matter under a trace of CaseHug's.
func (p *process) publishTraced(t *testing.T, traceparent string) {
	t.Helper()
	body, err := cloudEvent("matter.sync_requested", "e1", object{"matter": matter("m_1", 1, "Auto Accident"), "requested_by": "u_5"})
	if err != nil {
		t.Fatal(err)
	}
	event := object{}
	if err := json.Unmarshal(body, &event); err != nil {
		t.Fatal(err)
	}
	event["traceparent"] = traceparent
	if body, err = json.Marshal(event); err != nil {
		t.Fatal(err)
	}
	m := &nats.Msg{Subject: "casehug." + string(testFirm) + ".matter.sync_requested", Data: body, Header: nats.Header{"Content-Type": {"application/cloudevents+json"}}}
	if _, err := p.publisher(t).js.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// span is one as OTLP writes it in JSON.
type span struct {
	Trace  string `json:"traceId"`
	ID     string `json:"spanId"`
	Parent string `json:"parentSpanId"`
	Name   string
	Events []struct{ Name string }
}

func (s span) records(fact string) bool {
	return slices.ContainsFunc(s.Events, func(e struct{ Name string }) bool { return e.Name == fact })
}

// collector takes spans as a collector of OpenTelemetry does.
type collector struct {
	url   string
	mu    sync.Mutex
	raw   strings.Builder
	spans []span
}

func collect(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" {
			http.Error(rw, "this is no export of traces", http.StatusBadRequest)
			return
		}
		if err := c.take(body); err != nil {
			t.Errorf("%v: %q", err, body)
		}
		rw.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		_, _ = io.WriteString(rw, "{}") // the engine may have ended
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *collector) take(body []byte) error {
	var export struct {
		ResourceSpans []struct{ ScopeSpans []struct{ Spans []span } }
	}
	if err := json.Unmarshal(body, &export); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	for _, r := range export.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for _, one := range s.Spans {
				one.Trace, one.ID, one.Parent = strings.ToLower(one.Trace), strings.ToLower(one.ID), strings.ToLower(one.Parent)
				c.spans = append(c.spans, one)
			}
		}
	}
	return nil
}

// of are the spans of one trace.
func (c *collector) of(trace string) (list []span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Trace == trace {
			list = append(list, s)
		}
	}
	return list
}

func (c *collector) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}
