package doccheck_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// queries are one useful question about each metric; docs/metrics.md shows them.
var queries = map[string]string{
	"http_requests_total":                                   `sum by (method, route, code) (rate(http_requests_total[5m]))`,
	"http_request_duration_seconds":                         `histogram_quantile(0.95, sum by (le, method, route) (rate(http_request_duration_seconds_bucket[5m])))`,
	"smokeball_allowance_calls_per_second":                  `sum(rate(smokeball_slot_wait_seconds_count[5m])) / max(smokeball_allowance_calls_per_second)`,
	"smokeball_allowance_pause_seconds":                     `max(smokeball_allowance_pause_seconds)`,
	"smokeball_allowance_waiting":                           `sum by (priority) (smokeball_allowance_waiting)`,
	"smokeball_circuits_open":                               `max(smokeball_circuits_open)`,
	"smokeball_confirmation_seconds":                        `histogram_quantile(0.9, sum by (le, resource) (rate(smokeball_confirmation_seconds_bucket[30m])))`,
	"smokeball_request_seconds":                             `histogram_quantile(0.95, sum by (le, operation) (rate(smokeball_request_seconds_bucket[5m])))`,
	"smokeball_requests_total":                              `sum by (operation) (rate(smokeball_requests_total{answer=~"5xx|none"}[5m])) / sum by (operation) (rate(smokeball_requests_total[5m]))`,
	"smokeball_slot_wait_seconds":                           `histogram_quantile(0.9, sum by (le, priority) (rate(smokeball_slot_wait_seconds_bucket[15m])))`,
	"smokeball_slot_waiting":                                `sum(smokeball_slot_waiting)`,
	"smokeball_sync_build_info":                             `count by (version) (smokeball_sync_build_info)`,
	"smokeball_sync_bus_handler_execution_time_seconds":     `histogram_quantile(0.95, sum by (le, handler_name) (rate(smokeball_sync_bus_handler_execution_time_seconds_bucket[5m])))`,
	"smokeball_sync_bus_messages_total":                     `sum by (handler, outcome) (rate(smokeball_sync_bus_messages_total[5m]))`,
	"smokeball_sync_bus_stream_bytes":                       `max by (stream) (smokeball_sync_bus_stream_bytes)`,
	"smokeball_sync_bus_stream_limit_bytes":                 `max by (stream) (smokeball_sync_bus_stream_bytes) / max by (stream) (smokeball_sync_bus_stream_limit_bytes)`,
	"smokeball_sync_bus_subscriber_messages_received_total": `sum by (handler_name) (rate(smokeball_sync_bus_subscriber_messages_received_total{acked="nacked"}[5m]))`,
	"smokeball_sync_dead_letters_open":                      `max(smokeball_sync_dead_letters_open)`,
	"smokeball_sync_dead_letters_total":                     `sum by (code) (increase(smokeball_sync_dead_letters_total[1d]))`,
	"smokeball_sync_disk_free_bytes":                        `min by (instance) (smokeball_sync_disk_free_bytes)`,
	"smokeball_sync_failures_total":                         `sum by (code) (increase(smokeball_sync_failures_total[1d]))`,
	"smokeball_sync_firms":                                  `max by (status) (smokeball_sync_firms)`,
	"smokeball_sync_inbox_waiting":                          `max(smokeball_sync_inbox_waiting)`,
	"smokeball_sync_leads":                                  `sum by (lease) (smokeball_sync_leads)`,
	"smokeball_sync_ledger_append_seconds":                  `histogram_quantile(0.99, sum by (le) (rate(smokeball_sync_ledger_append_seconds_bucket[5m])))`,
	"smokeball_sync_ledger_appends_total":                   `sum by (outcome) (rate(smokeball_sync_ledger_appends_total[5m]))`,
	"smokeball_sync_ledger_events_total":                    `topk(10, sum by (event) (rate(smokeball_sync_ledger_events_total[5m])))`,
	"smokeball_sync_ledger_position":                        `max(rate(smokeball_sync_ledger_position[5m]))`,
	"smokeball_sync_outbox_position":                        `max(smokeball_sync_ledger_position) - max(smokeball_sync_outbox_position)`,
	"smokeball_sync_outbox_set_aside_total":                 `sum(increase(smokeball_sync_outbox_set_aside_total[1d]))`,
	"smokeball_sync_read_timestamp_seconds":                 `time() - min by (instance, source) (smokeball_sync_read_timestamp_seconds)`,
	"smokeball_sync_ready":                                  `min by (instance) (smokeball_sync_ready)`,
	"smokeball_sync_sign_in_ends_timestamp_seconds":         `(min by (firm) (smokeball_sync_sign_in_ends_timestamp_seconds) - time()) / 86400`,
	"smokeball_sync_stalled":                                `max(smokeball_sync_stalled)`,
	"smokeball_sync_sweep_finds_total":                      `sum(increase(smokeball_sync_sweep_finds_total[1d]))`,
	"smokeball_sync_sweeps_total":                           `sum by (reason) (increase(smokeball_sync_sweeps_total[1d]))`,
	"smokeball_sync_syncs":                                  `max by (state) (smokeball_sync_syncs)`,
	"smokeball_sync_syncs_ended_total":                      `sum by (outcome) (increase(smokeball_sync_syncs_ended_total[1h]))`,
	"smokeball_sync_views_position":                         `smokeball_sync_ledger_position - smokeball_sync_views_position`,
	"smokeball_sync_webhooks":                               `max by (status) (smokeball_sync_webhooks)`,
	"smokeball_sync_webhooks_missed":                        `max(smokeball_sync_webhooks_missed)`,
	"web_refused_total":                                     `sum by (code) (rate(web_refused_total[15m]))`,
	"web_streams_open":                                      `sum(web_streams_open)`,
}

func metricTable(t *testing.T) string {
	exported := exportedOf(t)
	var rows []string
	for _, m := range theDemo(t).metrics(t) {
		q, ok := queries[m.name]
		if !ok {
			t.Errorf("metric %s has no query; add one to internal/doccheck/metrics_test.go", m.name)
		}
		exported.check(t, "the query of "+m.name, q)
		var names []string
		for _, l := range m.labels {
			names = append(names, "`"+l+"`")
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s | `%s` |\n", m.name, m.kind, strings.Join(names, " "), m.help, strings.ReplaceAll(q, "|", `\|`)))
	}
	for name := range queries {
		if _, ok := exported[name]; !ok {
			t.Errorf("a query asks for %s, which the engine does not export", name)
		}
	}
	return table("metric | type | labels | meaning | query", rows)
}

// exported are the metrics of an engine whose demo was told: of each the type and the labels.
type exported map[string]metric

func exportedOf(t *testing.T) exported {
	t.Helper()
	list := exported{}
	for _, m := range theDemo(t).metrics(t) {
		list[m.name] = m
	}
	return list
}

// scraped are the labels that Prometheus adds to each series of a target, and the metric that it
// makes of each target.
var scraped = []string{"job", "instance"}

// check tells that a PromQL expression parses, and that the engine exports every metric in it with
// every label that it selects or groups by.
func (e exported) check(t *testing.T, what, query string) {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		t.Errorf("%s: %v\n%s", what, err, query)
		return
	}
	known := map[string]bool{}
	for _, l := range scraped {
		known[l] = true
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			m, ok := e.of(s.Name)
			if !ok {
				t.Errorf("%s: the engine exports no %s", what, s.Name)
				return nil
			}
			for _, l := range m.labels {
				known[l] = true
			}
			if strings.HasSuffix(s.Name, "_bucket") {
				known["le"] = true
			}
			for _, match := range s.LabelMatchers {
				if match.Name != "__name__" && !slices.Contains(append(m.labels, scraped...), match.Name) {
					t.Errorf("%s: %s has no label %s", what, s.Name, match.Name)
				}
			}
		}
		return nil
	})
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if a, ok := n.(*parser.AggregateExpr); ok {
			for _, l := range a.Grouping {
				if !known[l] {
					t.Errorf("%s: no metric in it has the label %s\n%s", what, l, query)
				}
			}
		}
		return nil
	})
}

// of finds the metric of a series: a histogram has three names.
func (e exported) of(series string) (metric, bool) {
	if series == "up" || series == "process_resident_memory_bytes" { // of Prometheus, and of its library's process collector
		return metric{name: series}, true
	}
	if m, ok := e[series]; ok {
		return m, m.kind != "histogram"
	}
	for _, end := range []string{"_bucket", "_sum", "_count"} {
		if name, cut := strings.CutSuffix(series, end); cut {
			m, ok := e[name]
			return m, ok && m.kind == "histogram"
		}
	}
	return metric{}, false
}

// sample is a line of a metric with labels.
var (
	sample      = regexp.MustCompile(`(?m)^([a-zA-Z_:]+)\{(.*)\} \S+$`)
	sampleLabel = regexp.MustCompile(`([a-z_]+)="(?:[^"\\]|\\.)*"`)
)

// labelsOf lists the labels of each metric in a scrape, without a histogram's le.
func labelsOf(scrape string, kinds map[string]string) map[string][]string {
	list := map[string][]string{}
	for _, m := range sample.FindAllStringSubmatch(scrape, -1) {
		name := m[1]
		for _, end := range []string{"_bucket", "_sum", "_count"} {
			if short, cut := strings.CutSuffix(name, end); cut && kinds[short] == "histogram" {
				name = short
			}
		}
		for _, l := range sampleLabel.FindAllStringSubmatch(m[2], -1) {
			if l[1] != "le" && !slices.Contains(list[name], l[1]) {
				list[name] = append(list[name], l[1])
			}
		}
		slices.Sort(list[name])
	}
	return list
}
