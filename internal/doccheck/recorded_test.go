package doccheck_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// recording is a store of series for Prometheus' own engine, one value a minute from the zero of
// Unix time on.
type recording struct {
	series []recordedSeries
	end    time.Time
	engine *promql.Engine
}

type recordedSeries struct {
	labels labels.Labels
	values []chunks.Sample
}

// record reads series as promtool writes them.
func record(t *testing.T, series map[string]string) *recording {
	t.Helper()
	r := &recording{engine: promql.NewEngine(promql.EngineOpts{Logger: slog.New(slog.DiscardHandler), MaxSamples: 1_000_000, Timeout: time.Minute})}
	t.Cleanup(func() { _ = r.engine.Close() })
	for name, values := range series {
		at, list, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(name + " " + values)
		if err != nil {
			t.Fatalf("%s %s: %v", name, values, err)
		}
		s := recordedSeries{labels: at}
		for n, v := range list {
			if !v.Omitted {
				s.values = append(s.values, point{int64(n) * time.Minute.Milliseconds(), v.Value})
			}
		}
		if end := time.UnixMilli(int64(len(list)-1) * time.Minute.Milliseconds()); end.After(r.end) || r.end.IsZero() {
			r.end = end
		}
		r.series = append(r.series, s)
	}
	return r
}

// query returns the labels of what an expression yields at a moment.
func (r *recording) query(t *testing.T, expr string, at time.Time) map[string]bool {
	t.Helper()
	q, err := r.engine.NewInstantQuery(t.Context(), r, nil, expr, at)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	defer q.Close()
	v, err := q.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	found := map[string]bool{}
	for _, s := range v {
		found[s.Metric.String()] = true
	}
	return found
}

// point is one sample.
type point struct {
	at int64
	v  float64
}

func (p point) T() int64                    { return p.at }
func (point) ST() int64                     { return 0 }
func (p point) F() float64                  { return p.v }
func (point) H() *histogram.Histogram       { return nil }
func (point) FH() *histogram.FloatHistogram { return nil }
func (point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample         { return p }

// Querier implements storage.Queryable.
func (r *recording) Querier(_, _ int64) (storage.Querier, error) { return r, nil }

// Select implements storage.Querier.
func (r *recording) Select(_ context.Context, _ bool, _ *storage.SelectHints, match ...*labels.Matcher) storage.SeriesSet {
	set := &seriesSet{at: -1}
	for _, s := range r.series {
		if !slices.ContainsFunc(match, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) }) {
			set.list = append(set.list, storage.NewListSeries(s.labels, s.values))
		}
	}
	slices.SortFunc(set.list, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return set
}

// LabelValues implements storage.LabelQuerier; no expression asks for it.
func (*recording) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames implements storage.LabelQuerier; no expression asks for it.
func (*recording) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close implements storage.Querier.
func (*recording) Close() error { return nil }

type seriesSet struct {
	list []storage.Series
	at   int
}

func (s *seriesSet) Next() bool                      { s.at++; return s.at < len(s.list) }
func (s *seriesSet) At() storage.Series              { return s.list[s.at] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }
