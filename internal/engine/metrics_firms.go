package engine

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// firmGauges show all firms in numbers. Firm ids are labels only where a person has to act on
// one firm, and of mostFirms firms at most: ten thousand firms would otherwise be as many time
// series of each metric. What is shown is read at most once in firmsEvery, because each look
// reads every firm's row.
type firmGauges struct {
	rows       projections.ConnectionRows
	nobody     func() (int, error) // open dead letters that name no firm
	unfinished func() projections.Queue

	mu   sync.Mutex
	at   time.Time
	last []prometheus.Metric
}

const (
	// mostFirms is how many firms one metric names.
	mostFirms  = 100
	firmsEvery = 10 * time.Second
)

var (
	firmsByStatus = prometheus.NewDesc("smokeball_sync_firms",
		"Firms by the status of their connection to Smokeball.", []string{"status"}, nil)
	webhooksByStatus = prometheus.NewDesc("smokeball_sync_webhooks",
		"Firms by the status of their webhooks: none (not registered), active or lost.", []string{"status"}, nil)
	signInEnds = prometheus.NewDesc("smokeball_sync_sign_in_ends_timestamp_seconds",
		"When a firm's sign-in to Smokeball ends or ended, in Unix time, of the 100 firms whose sign-in ends first.", []string{"firm"}, nil)
	openDeadLetters = prometheus.NewDesc("smokeball_sync_dead_letters_open",
		"Dead letters that wait for a person, of all firms and of none.", nil, nil)
	missedWebhooks = prometheus.NewDesc("smokeball_sync_webhooks_missed",
		"Changes in Smokeball that no webhook told of although the firm has webhooks, in all firms.", nil, nil)
	unfinishedSyncs = prometheus.NewDesc("smokeball_sync_syncs",
		"Syncs that have not ended: queued (for a worker), waiting (for something that they name) or running.", []string{"state"}, nil)
)

// Describe implements prometheus.Collector.
func (g *firmGauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{firmsByStatus, webhooksByStatus, signInEnds, openDeadLetters, missedWebhooks, unfinishedSyncs} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g *firmGauges) Collect(ch chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); now.Sub(g.at) >= firmsEvery {
		// Where the file of the rows can't be read, other parts report that.
		if rows, err := g.rows.AllConnections(); err == nil {
			g.last, g.at = g.measure(rows, now), now
		}
	}
	for _, m := range g.last {
		ch <- m
	}
}

// measure makes the metrics of the rows. Every status is there, with 0 where no firm has it.
func (g *firmGauges) measure(rows []projections.ConnectionRow, now time.Time) (list []prometheus.Metric) {
	add := func(d *prometheus.Desc, value float64, labels ...string) {
		list = append(list, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
	}
	status, webhooks, letters, missed := map[domain.ConnectionStatus]int{}, map[string]int{}, 0, 0
	for _, r := range rows {
		status[r.Connection.Status(now)]++
		webhooks[r.WebhooksStatus(now)]++
		letters, missed = letters+r.DeadLetters.Open, missed+r.Missed.Count(now)
	}
	for _, s := range domain.ConnectionStatuses() {
		add(firmsByStatus, float64(status[s]), string(s))
	}
	for _, s := range []string{"none", "active", "lost"} {
		add(webhooksByStatus, float64(webhooks[s]), s)
	}
	for _, r := range firstToEnd(rows) {
		add(signInEnds, float64(r.Connection.ReauthorizeBy.Unix()), string(r.Firm))
	}
	if n, err := g.nobody(); err == nil {
		letters += n
	}
	add(openDeadLetters, float64(letters))
	add(missedWebhooks, float64(missed))
	queue := g.unfinished()
	add(unfinishedSyncs, float64(queue.Queued), "queued")
	add(unfinishedSyncs, float64(queue.Waiting-queue.Queued), "waiting")
	add(unfinishedSyncs, float64(queue.Running), "running")
	return list
}

// firstToEnd are the connected firms whose sign-in ends first. A firm that has left, or that
// has already been asked to sign in again, is counted by its status.
func firstToEnd(rows []projections.ConnectionRow) []projections.ConnectionRow {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r projections.ConnectionRow) bool {
		return r.Connection.State != domain.StatusConnected || r.Connection.ReauthorizeBy.IsZero()
	})
	slices.SortFunc(rows, func(a, b projections.ConnectionRow) int {
		return cmp.Or(a.Connection.ReauthorizeBy.Compare(b.Connection.ReauthorizeBy), cmp.Compare(a.Firm, b.Firm))
	})
	return rows[:min(len(rows), mostFirms)]
}
