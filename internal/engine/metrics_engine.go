package engine

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/projections"
)

// registerGauges registers what is read when it is asked for.
func (e *Engine) registerGauges() {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	views := e.store.views
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "smokeball_sync_build_info", Help: "1, with the version of this engine and of Go.",
		ConstLabels: prometheus.Labels{"version": Version(), "goversion": runtime.Version()}})
	build.Set(1)
	e.metrics.MustRegister(build,
		gauge("smokeball_sync_ready", "1 where this engine can take work (/readyz), else 0.", func() float64 { return readyGauge(checkup(e.health())) }),
		gauge("smokeball_sync_views_position", "Position of the ledger up to which this engine's views are folded.", func() float64 { return float64(views.Position()) }),
		gauge("smokeball_sync_disk_free_bytes", "Space that the engine may still fill on the disk of ENGINE_DATA_DIR.", func() float64 {
			free, _ := doctor.Free(e.cfg.DataDir) // doctor says why it is not known
			return float64(free)
		}),
		&firmGauges{rows: views.Connections, unfinished: views.Work.All, nobody: func() (int, error) {
			ids, err := views.DeadLetters.OldDeadLetters(domain.Nobody, time.Now())
			return len(ids), err
		}},
		e.leads, outboxGauge{e.leads, e.jobs.passed}, newLedgerGauge(e), newBusGauges(e))
}

func readyGauge(c checkup) float64 {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWaits)
	defer cancel()
	if c.ready(ctx) != nil {
		return 0
	}
	return 1
}

// ledgerGauge shows the ledger's end, or of a ledger that can't be read the last one known, or that of the
// views where it is newer.
type ledgerGauge struct {
	end   *question[eventstore.Seq]
	views *projections.Views
}

func newLedgerGauge(e *Engine) ledgerGauge {
	g := ledgerGauge{views: e.store.views, end: &question[eventstore.Seq]{ask: func(ctx context.Context) (eventstore.Seq, error) { return endOf(ctx, e.store.ledger) }}}
	e.closers.add(g.end.close)
	return g
}

var ledgerEnd = prometheus.NewDesc("smokeball_sync_ledger_position", "Position of the newest event of the ledger.", nil, nil)

// Describe implements prometheus.Collector.
func (g ledgerGauge) Describe(ch chan<- *prometheus.Desc) { ch <- ledgerEnd } // busGauges describe readAt

// Collect implements prometheus.Collector.
func (g ledgerGauge) Collect(ch chan<- prometheus.Metric) {
	end, at := g.end.value()
	ch <- prometheus.MustNewConstMetric(ledgerEnd, prometheus.GaugeValue, float64(max(end, eventstore.Seq(g.views.Position()))))
	readAtMetric(ch, "ledger", at)
}

// leads shows which leases this engine holds. On one machine it holds all.
type leads struct{ outbox, allowance atomic.Bool }

var leadsDesc = prometheus.NewDesc("smokeball_sync_leads",
	"1 where this engine holds the lease, else 0: allowance (it makes the calls to Smokeball), outbox (it tells CaseHug).", []string{"lease"}, nil)

// note records that this engine holds the lease, until done.
func (l *leads) note(lease string) (done func()) {
	held := &l.outbox
	if kind, _, _ := strings.Cut(lease, "."); kind == "allowance" {
		held = &l.allowance
	}
	held.Store(true)
	return func() { held.Store(false) }
}

// Describe implements prometheus.Collector.
func (l *leads) Describe(ch chan<- *prometheus.Desc) { ch <- leadsDesc }

// Collect implements prometheus.Collector.
func (l *leads) Collect(ch chan<- prometheus.Metric) {
	for name, held := range map[string]*atomic.Bool{"outbox": &l.outbox, "allowance": &l.allowance} {
		value := 0.0
		if held.Load() {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(leadsDesc, prometheus.GaugeValue, value, name)
	}
}

// outboxGauge shows how far CaseHug was told, on the engine that tells it.
type outboxGauge struct {
	leads  *leads
	passed *passed
}

var outboxDesc = prometheus.NewDesc("smokeball_sync_outbox_position",
	"Position of the ledger up to which CaseHug was told of everything; only the engine that holds the lease outbox has it.", nil, nil)

// Describe implements prometheus.Collector.
func (g outboxGauge) Describe(ch chan<- *prometheus.Desc) { ch <- outboxDesc }

// Collect implements prometheus.Collector.
func (g outboxGauge) Collect(ch chan<- prometheus.Metric) {
	if g.leads.outbox.Load() {
		ch <- prometheus.MustNewConstMetric(outboxDesc, prometheus.GaugeValue, float64(g.passed.at.Load()))
	}
}

// busGauges show what waits on the bus, or of one that does not answer what it said last.
type busGauges struct {
	streams *question[[]bus.StreamState]
}

const busEvery = 10 * time.Second

func newBusGauges(e *Engine) busGauges {
	g := busGauges{&question[[]bus.StreamState]{every: busEvery, ask: func(ctx context.Context) ([]bus.StreamState, error) {
		if e.msg.bus == nil {
			return nil, nil
		}
		return e.msg.bus.Streams(ctx)
	}}}
	e.closers.add(g.streams.close)
	return g
}

var (
	streamBytes  = prometheus.NewDesc("smokeball_sync_bus_stream_bytes", "Size of a stream of the bus.", []string{"stream"}, nil)
	streamLimit  = prometheus.NewDesc("smokeball_sync_bus_stream_limit_bytes", "Size that a stream of the bus may have; streams without a limit of their own have no such series.", []string{"stream"}, nil)
	inboxWaiting = prometheus.NewDesc("smokeball_sync_inbox_waiting", "Events and webhooks on the bus that the engine has not taken in.", nil, nil)
)

// Describe implements prometheus.Collector.
func (g busGauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- streamBytes
	ch <- streamLimit
	ch <- inboxWaiting
	ch <- readAt
}

// Collect implements prometheus.Collector.
func (g busGauges) Collect(ch chan<- prometheus.Metric) {
	streams, at := g.streams.value()
	readAtMetric(ch, "bus", at)
	for _, s := range streams {
		ch <- prometheus.MustNewConstMetric(streamBytes, prometheus.GaugeValue, float64(s.Bytes), s.Name)
		if s.Name == bus.Inbox {
			ch <- prometheus.MustNewConstMetric(inboxWaiting, prometheus.GaugeValue, float64(s.Waiting))
		}
		if s.Most > 0 {
			ch <- prometheus.MustNewConstMetric(streamLimit, prometheus.GaugeValue, float64(s.Most), s.Name)
		}
	}
}
