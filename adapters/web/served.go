package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// served counts the requests by route. The label is the route's pattern, never the address,
// which may hold ids and secrets.
type served struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// noRoute stands for the route of addresses that the engine does not have.
const noRoute = "none"

func newServed(registry *prometheus.Registry) (served, error) {
	s := served{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests that were answered, by method, route and status; the route none stands for unknown addresses.",
		}, []string{"method", "route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time from a request to the head of its answer; a stream of changes counts until it begins.",
			Buckets: []float64{.005, .025, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route"}),
	}
	for _, c := range []prometheus.Collector{s.requests, s.seconds} {
		if err := registry.Register(c); err != nil {
			return s, fmt.Errorf("register the metrics of requests: %w", err)
		}
	}
	return s, nil
}

// count counts an answered request. A handler that writes nothing answers 200.
func (s served) count(method string, record *accessRecord, answer *recorder) {
	_, route, _ := strings.Cut(record.route, " ")
	route = cmp.Or(route, noRoute)
	if route == noRoute {
		method = knownMethod(method)
	}
	s.requests.WithLabelValues(method, route, strconv.Itoa(cmp.Or(answer.status, http.StatusOK))).Inc()
	head := answer.began
	if head.IsZero() {
		head = time.Now()
	}
	s.seconds.WithLabelValues(method, route).Observe(head.Sub(record.began).Seconds())
}

// knownMethod keeps a client that invents methods from making time series.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
