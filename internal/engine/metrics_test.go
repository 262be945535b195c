package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// seriesOf lists the time series of a registry with their values; of a histogram its count.
func seriesOf(t *testing.T, r prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetName() + "=" + l.GetValue()
			}
			list[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return list
}

// TestTheMetricsCountWhatTheLedgerGot tells that only what is on disk counts as an event, and
// that conflicts and failures count as such.
func TestTheMetricsCountWhatTheLedgerGot(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := newRecorded(registry)
	failed := domain.SyncFailed{Failure: domain.Failure{Code: domain.CodeNotConfirmed}}
	r.told(eventstore.Commit{Events: []domain.Event{domain.MatterConfirmed{By: domain.ByRead, DurationMS: 1500}, domain.SyncSucceeded{}},
		First: &eventstore.Commit{Events: []domain.Event{domain.DeadLettered{}}, First: &eventstore.Commit{Events: []domain.Event{domain.ClientLinked{}}}}}, time.Millisecond, nil)
	r.told(eventstore.Commit{Events: []domain.Event{failed}}, time.Millisecond, nil)
	r.told(eventstore.Commit{Events: []domain.Event{failed}}, time.Millisecond, fmt.Errorf("append: %w", eventstore.ErrConflict))
	r.told(eventstore.Commit{Events: []domain.Event{failed}}, time.Millisecond, errors.New("the disk is full"))
	got := seriesOf(t, registry)
	for series, want := range map[string]float64{
		"smokeball_sync_ledger_events_total event=sync.failed.v1":         1,
		"smokeball_sync_ledger_events_total event=sync.succeeded.v1":      1,
		"smokeball_sync_ledger_events_total event=deadletter.recorded.v1": 1,
		"smokeball_sync_ledger_events_total event=client.linked.v1":       1,
		"smokeball_sync_ledger_appends_total outcome=recorded":            2,
		"smokeball_sync_ledger_appends_total outcome=conflict":            1,
		"smokeball_sync_ledger_appends_total outcome=failed":              1,
		"smokeball_sync_ledger_append_seconds":                            2,
		"smokeball_sync_syncs_ended_total outcome=succeeded":              1,
		"smokeball_sync_syncs_ended_total outcome=failed":                 1,
		"smokeball_sync_syncs_ended_total outcome=cancelled":              0,
		"smokeball_sync_failures_total code=not_confirmed":                1,
		"smokeball_sync_dead_letters_total code=invalid_event":            1,
		"smokeball_confirmation_seconds by=read resource=matter":          1,
	} {
		if value, ok := got[series]; !ok || value != want {
			t.Errorf("%s: got %v, want %v", series, value, want)
		}
	}
}

// TestTenThousandFirmsAreAHundredSeries tells that the metrics do not grow with the firms: ids are
// labels of the hundred firms whose sign-in ends first.
func TestTenThousandFirmsAreAHundredSeries(t *testing.T) {
	now := time.Now()
	var rows []projections.ConnectionRow
	for n := range 10_000 {
		rows = append(rows, projections.ConnectionRow{Firm: domain.FirmID(fmt.Sprintf("f_%05d", n)), DeadLetters: projections.DeadLetterCounts{Open: 1},
			Connection: domain.Connection{State: domain.StatusConnected, ReauthorizeBy: now.Add(time.Duration(10_000-n) * time.Hour)}})
	}
	g := &firmGauges{nobody: func() (int, error) { return 2, nil }, unfinished: func() projections.Queue { return projections.Queue{Waiting: 5, Queued: 3} }}
	registry := prometheus.NewRegistry()
	g.last, g.at = g.measure(rows, now), now.Add(time.Hour)
	registry.MustRegister(g)
	got := seriesOf(t, registry)
	if len(got) > mostFirms+20 {
		t.Errorf("10,000 firms make %d time series", len(got))
	}
	for series, want := range map[string]float64{
		"smokeball_sync_sign_in_ends_timestamp_seconds firm=f_09999": float64(now.Add(time.Hour).Unix()),
		"smokeball_sync_dead_letters_open":                           10_002,
		"smokeball_sync_webhooks_missed":                             0,
		"smokeball_sync_syncs state=queued":                          3,
		"smokeball_sync_syncs state=waiting":                         2,
		"smokeball_sync_firms status=revoked":                        0,
		"smokeball_sync_firms status=reauthorize_soon":               168,
		"smokeball_sync_webhooks status=none":                        10_000,
	} {
		if value, ok := got[series]; !ok || value != want {
			t.Errorf("%s: got %v, want %v", series, value, want)
		}
	}
}
