package doccheck_test

import (
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	stale "github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql/parser"
)

// watch is what Prometheus has of engines that it scrapes. Each reading counts as a minute.
type watch struct {
	*recording
	engines []string
	series  map[string]int // by instance, name and labels
	minutes int64
}

func newWatch(t *testing.T, engines ...string) *watch {
	t.Helper()
	return &watch{recording: record(t, nil), engines: engines, series: map[string]int{}}
}

// read scrapes each engine. A series that is not there any more ends, as in Prometheus.
func (w *watch) read(t *testing.T) {
	t.Helper()
	w.minutes++
	w.end = time.UnixMilli(w.minutes * time.Minute.Milliseconds())
	seen := map[int]bool{}
	for _, engine := range w.engines {
		text, err := metricsAt(engine)
		up := "up 1"
		if err != nil {
			up = "up 0"
		}
		for line := range strings.Lines(text + up + "\n") {
			if n, ok := w.sample(t, engine, strings.TrimSpace(line)); ok {
				seen[n] = true
			}
		}
	}
	for n := range w.recording.series {
		if !seen[n] {
			w.add(n, math.Float64frombits(stale.StaleNaN))
		}
	}
}

func metricsAt(engine string) (string, error) {
	client := &http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get(engine + "/metrics")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// sample keeps one line of an engine's metrics.
func (w *watch) sample(t *testing.T, engine, line string) (int, bool) {
	t.Helper()
	at := strings.LastIndexByte(line, ' ')
	if at < 0 || strings.HasPrefix(line, "#") {
		return 0, false
	}
	v, err := strconv.ParseFloat(line[at+1:], 64)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	key := engine + " " + line[:at]
	n, known := w.series[key]
	if !known {
		of, err := parser.NewParser(parser.Options{}).ParseMetric(line[:at])
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		n = len(w.recording.series)
		w.series[key] = n
		w.recording.series = append(w.recording.series, recordedSeries{labels: labels.NewBuilder(of).Set("job", "smokeball-sync").Set("instance", engine).Labels()})
	}
	w.add(n, v)
	return n, true
}

func (w *watch) add(n int, v float64) {
	s := &w.recording.series[n]
	s.values = append(s.values, point{w.end.UnixMilli(), v})
}
