package engine

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// scrapeWaits is how long a scrape waits for an answer. While a cluster answers nothing the alerts
	// need the other series most, and Prometheus drops all of a scrape that is late.
	scrapeWaits = 500 * time.Millisecond
	// answersWithin is how long a question may go on after that, for the scrapes to come.
	answersWithin = 5 * time.Second
)

// question is one that another machine may answer late, or not at all, with its last answer.
type question[T any] struct {
	ask   func(context.Context) (T, error)
	every time.Duration // an answer counts as new for so long

	mu      sync.Mutex
	last    T
	at      time.Time     // when last came; zero: never
	running chan struct{} // closed when the question that is being asked has ended; nil: there is none
	cancel  context.CancelFunc
}

// value is the newest answer and when it came. It asks for one that is newer, and waits for it for
// as long as a scrape may.
func (q *question[T]) value() (last T, at time.Time) {
	if ended := q.begin(); ended != nil {
		patience := time.NewTimer(scrapeWaits)
		defer patience.Stop()
		select {
		case <-ended:
		case <-patience.C:
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.last, q.at
}

// begin asks, unless the last answer is new. At most one question is asked at a time.
func (q *question[T]) begin() (ended <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running != nil || !q.at.IsZero() && time.Since(q.at) < q.every {
		return q.running
	}
	ctx, cancel := context.WithTimeout(context.Background(), answersWithin)
	running := make(chan struct{})
	q.running, q.cancel = running, cancel
	go func() {
		defer close(running)
		defer cancel()
		answer, err := q.ask(ctx)
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.running = nil; err == nil { // that it fails shows in at
			q.last, q.at = answer, time.Now()
		}
	}()
	return running
}

// close ends the question that is being asked.
func (q *question[T]) close() error {
	q.mu.Lock()
	running := q.running
	if running != nil {
		q.cancel()
	}
	q.mu.Unlock()
	if running != nil {
		<-running
	}
	return nil
}

var readAt = prometheus.NewDesc("smokeball_sync_read_timestamp_seconds",
	"When the engine last read what its metrics show of the bus and of the ledger's end, in Unix time: where that is long ago, they are as old.", []string{"source"}, nil)

// readAtMetric shows when a question was answered; one that never was has none.
func readAtMetric(ch chan<- prometheus.Metric, source string, at time.Time) {
	if !at.IsZero() {
		ch <- prometheus.MustNewConstMetric(readAt, prometheus.GaugeValue, float64(at.UnixMilli())/1000, source)
	}
}
