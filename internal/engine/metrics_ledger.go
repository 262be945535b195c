package engine

import (
	"cmp"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// recorded counts what this engine appends to the ledger. On a cluster each engine counts its
// own appends, so that sums over engines are right.
type recorded struct {
	events  *prometheus.CounterVec   // by stored name
	appends *prometheus.CounterVec   // by outcome
	seconds prometheus.Histogram     // of appends
	syncs   *prometheus.CounterVec   // by outcome
	faults  *prometheus.CounterVec   // failed syncs, by code
	letters *prometheus.CounterVec   // dead letters, by code
	lag     *prometheus.HistogramVec // until Smokeball showed what it had accepted
}

// The outcomes of appends.
const (
	appended   = "recorded"
	conflicted = "conflict"
	unrecorded = "failed"
)

func newRecorded(registry *prometheus.Registry) *recorded {
	count := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	r := &recorded{
		events:  count("smokeball_sync_ledger_events_total", "Events that this engine appended to the ledger, by stored name.", "event"),
		appends: count("smokeball_sync_ledger_appends_total", "Appends to the ledger by outcome: recorded, conflict (somebody was faster, so the engine decides again) or failed.", "outcome"),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "smokeball_sync_ledger_append_seconds",
			Help: "Time until an append was on disk.", Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10}}),
		syncs:   count("smokeball_sync_syncs_ended_total", "Syncs that ended, by outcome: succeeded, failed, cancelled or skipped (nothing was to be done).", "outcome"),
		faults:  count("smokeball_sync_failures_total", "Syncs that failed, by the code of the failure.", "code"),
		letters: count("smokeball_sync_dead_letters_total", "Messages that became dead letters, by code.", "code"),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "smokeball_confirmation_seconds",
			Help:    "Time that a sync waited until Smokeball showed what it had accepted, by resource (matter, contact, file) and proof (webhook, read, sweep).",
			Buckets: []float64{.5, 1, 2.5, 5, 10, 30, 60, 180}}, []string{"resource", "by"}),
	}
	registry.MustRegister(r.events, r.appends, r.seconds, r.syncs, r.faults, r.letters, r.lag)
	for _, outcome := range []string{appended, conflicted, unrecorded} {
		r.appends.WithLabelValues(outcome)
	}
	for _, s := range []domain.Status{domain.Succeeded, domain.Failed, domain.Cancelled, domain.Skipped} {
		r.syncs.WithLabelValues(string(s))
	}
	return r
}

// told counts an append.
func (r *recorded) told(c eventstore.Commit, took time.Duration, err error) {
	switch {
	case errors.Is(err, eventstore.ErrConflict):
		r.appends.WithLabelValues(conflicted).Inc()
		return
	case err != nil:
		r.appends.WithLabelValues(unrecorded).Inc()
		return
	}
	r.appends.WithLabelValues(appended).Inc()
	r.seconds.Observe(took.Seconds())
	for _, part := range c.InOrder() {
		r.count(part.Events)
	}
}

func (r *recorded) count(events []domain.Event) {
	for _, e := range events {
		r.events.WithLabelValues(e.EventName()).Inc()
		r.outcome(e)
	}
}

// outcome counts what an event says of a sync or a message.
func (r *recorded) outcome(event domain.Event) {
	switch e := event.(type) {
	case domain.SyncSucceeded:
		r.syncs.WithLabelValues(string(domain.Succeeded)).Inc()
	case domain.SyncFailed:
		r.syncs.WithLabelValues(string(domain.Failed)).Inc()
		r.faults.WithLabelValues(string(e.Failure.Code)).Inc()
	case domain.SyncCancelled:
		r.syncs.WithLabelValues(string(domain.Cancelled)).Inc()
	case domain.SyncSkipped:
		r.syncs.WithLabelValues(string(domain.Skipped)).Inc()
	case domain.DeadLettered:
		r.letters.WithLabelValues(string(cmp.Or(e.Code, domain.CodeInvalidEvent))).Inc()
	case domain.MatterConfirmed:
		r.shown(domain.ThingMatter, e.By, e.DurationMS)
	case domain.ContactSeen:
		r.shown(domain.ThingContact, e.By, e.DurationMS)
	case domain.DocumentConfirmed:
		r.shown(domain.ThingFile, e.By, e.DurationMS)
	}
}

func (r *recorded) shown(what domain.Thing, by domain.Proof, ms int64) {
	r.lag.WithLabelValues(string(what), string(by)).Observe(float64(ms) / 1000)
}
