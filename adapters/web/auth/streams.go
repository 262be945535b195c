package auth

import (
	"context"
	"net/http"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// Limits of open streams. A browser opens one for each visible window; the total leaves
// connections for everything else.
const (
	streamsOfPerson = 10
	streamsOfFirm   = 200
	streamsOfAll    = 2000
)

// Streams limits the open streams of each person and each firm.
type Streams struct {
	open prometheus.Gauge
	mu   sync.Mutex
	used map[string]int
}

// NewStreams registers the gauge of open streams.
func NewStreams(registry *prometheus.Registry) (*Streams, error) {
	open := prometheus.NewGauge(prometheus.GaugeOpts{Name: "web_streams_open", Help: "Streams of changes that are open."})
	return &Streams{open: open, used: map[string]int{}}, registry.Register(open)
}

// Enter reserves a place for a stream of the firm. leave releases it.
func (s *Streams) Enter(ctx context.Context, firm domain.FirmID) (leave func(), err error) {
	claims := []struct {
		key  string
		most int
	}{{"person " + string(firm) + " " + Actor(ctx, firm).Subject, streamsOfPerson}, {"firm " + string(firm), streamsOfFirm}, {"all", streamsOfAll}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range claims {
		if s.used[c.key] >= c.most {
			return nil, tooManyStreams(c.most)
		}
	}
	for _, c := range claims {
		s.used[c.key]++
	}
	s.open.Inc()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range claims {
			if s.used[c.key]--; s.used[c.key] == 0 {
				delete(s.used, c.key)
			}
		}
		s.open.Dec()
	}, nil
}

func tooManyStreams(most int) *problem.Problem {
	return problem.New(http.StatusTooManyRequests, problem.CodeTooManyStreams, strconv.Itoa(most)+" streams are open already.", "Close one and try again.").With("Retry-After", "30")
}
