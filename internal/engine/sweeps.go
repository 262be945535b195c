package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/readback"
	"github.com/casehug/smokeball-sync/projections"
)

// sweeps look for what no webhook told of.
type sweeps struct {
	share       readback.SweepShare
	firms       projections.ConnectionRows
	unheard     *unheard
	checkpoints jetstream.KeyValue
	count       *prometheus.CounterVec
	found       prometheus.Counter
}

func (e *Engine) newSweeps(checkpoints jetstream.KeyValue) sweeps {
	s := sweeps{share: readback.SweepShare{PerSecond: e.cfg.Parsed.Rate, Least: e.cfg.Parsed.Sweep}, firms: e.store.views.Connections, unheard: &unheard{}, checkpoints: checkpoints,
		count: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smokeball_sync_sweeps_total", Help: "Sweeps of firms' Smokeball accounts that are done, by reason."}, []string{"reason"}),
		found: prometheus.NewCounter(prometheus.CounterOpts{Name: "smokeball_sync_sweep_finds_total", Help: "Changes in Smokeball that sweeps found and no webhook had told of."})}
	e.metrics.MustRegister(s.count, s.found)
	return s
}

// unheard is how many connected firms have no webhooks that arrive, counted once a minute.
type unheard struct {
	mu    sync.Mutex
	firms int
	at    time.Time
}

// Every is how often firms without webhooks are swept.
func (s sweeps) Every() time.Duration {
	s.unheard.mu.Lock()
	defer s.unheard.mu.Unlock()
	if now := time.Now(); now.Sub(s.unheard.at) > time.Minute {
		if n, err := countUnheard(s.firms, now); err == nil {
			s.unheard.firms, s.unheard.at = n, now
		}
	}
	return s.share.Every(s.unheard.firms)
}

func countUnheard(firms projections.ConnectionRows, now time.Time) (n int, err error) {
	err = firms.EachConnection(func(r projections.ConnectionRow) {
		if needs := r.SweepNeeds(0, now); needs.Connection.Usable(now) && !needs.Hears {
			n++
		}
	})
	return n, err
}

func (s sweeps) done(reason domain.SweepReason, found int) {
	s.count.WithLabelValues(string(reason)).Inc()
	s.found.Add(float64(found))
}

// sweeper sweeps on the engine that holds the lease of the allowance.
func (e *Engine) sweeper() *readback.Sweeper {
	return &readback.Sweeper{Sights: e.sights(), Lists: e.smokeball.client, Views: sweptRows{e.store.views.Progress, e.store.views.Resources, e.store.views.Connections, e.sweeps}, Pace: e.sweeps.share.Pace(time.Now),
		Attempt: inBetween, Swept: e.sweeps.done, Log: e.log}
}

// inBetween marks a firm's calls as those that fit in between the others.
func inBetween(ctx context.Context, f domain.FirmID) context.Context {
	return smokeball.WithPriority(ctx, f, smokeball.Background)
}

// gaps notices the times in which no engine could take webhooks in.
func (e *Engine) gaps() readback.Gaps {
	return readback.Gaps{Ledger: e.store.ledger, Presence: presence{e.sweeps.checkpoints}, Firms: e.connectedFirms, Now: time.Now, Log: e.log}
}

// connectedFirms are those in rows that have all that is in the ledger.
func (e *Engine) connectedFirms(ctx context.Context) (list []domain.FirmID, err error) {
	last, err := endOf(ctx, e.store.ledger)
	if err == nil {
		err = e.store.views.Wait(ctx, uint64(last))
	}
	if err != nil {
		return nil, err
	}
	err = e.store.views.Connections.EachConnection(func(r projections.ConnectionRow) {
		if r.Connection.Usable(time.Now()) {
			list = append(list, r.Firm)
		}
	})
	return list, err
}

// presence is when an engine last showed that it takes webhooks in, in the bucket of checkpoints.
type presence struct{ kv jetstream.KeyValue }

const presenceKey = "webhooks.presence"

func (p presence) Seen(ctx context.Context) (time.Time, error) {
	entry, err := p.kv.Get(ctx, presenceKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, string(entry.Value()))
}

func (p presence) Show(ctx context.Context, at time.Time) error {
	_, err := p.kv.Put(ctx, presenceKey, at.UTC().AppendFormat(nil, time.RFC3339Nano))
	return err
}
