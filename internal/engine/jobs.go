package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/audit"
	"github.com/casehug/smokeball-sync/internal/keyed"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// jobs are what goes on by itself from the ledger's facts.
type jobs struct {
	schedule  *syncing.Scheduler
	plans     syncing.Activities
	stalls    *syncing.Stalls
	outbox    syncing.Outbox
	tidy      syncing.ObjectCleanup
	retention syncing.DeadLetterRetention
	refusals  *audit.Trail
	notary    eventstore.Notary // signs the ledger with the master keyset
}

const (
	// active is how many syncs are at work at once. Smokeball's allowance is the narrow
	// place; most of these wait for their slot or for a confirmation.
	active = 24
	// grace is how long calls to Smokeball that are under way may go on after a stop.
	grace = 6 * time.Second
	// keptAfter is how long a confirmed document stays in the object store.
	keptAfter = 7 * 24 * time.Hour
)

// newJobs makes the jobs. notifier wakes syncs that wait for a webhook.
func (e *Engine) newJobs(notifier *syncing.Notifier, checkpoints jetstream.KeyValue) jobs {
	ledger, views, calls := e.store.ledger, e.store.views, &syncing.Calls{}
	handler := &syncing.Handler{Ledger: ledger, Smokeball: watched{e.smokeball.client, e.sights(), views}, Documents: e.documents(), Views: views, Keys: e.smokeball.secrets.Vault,
		Waits: e.cfg.Parsed.Waits, Retypes: e.cfg.Retypes, Now: time.Now, Log: e.log, Spool: e.store.spool(), Notifier: notifier, Calls: calls,
		Contacts: &keyed.Mutex[domain.Stream]{}, Fetches: syncing.NewFetches(), Priority: priority, Confirming: smokeball.ToConfirm}
	j := jobs{
		schedule: &syncing.Scheduler{Ledger: ledger, Views: views, Now: time.Now, Log: e.log, Active: active, Grace: grace, Handler: handler},
		plans:    syncing.Activities{Ledger: ledger, Views: views, Smokeball: e.smokeball.client, Attempt: unhurried, Now: time.Now, Log: e.log},
		stalls:   &syncing.Stalls{Views: views, Calls: calls, Now: time.Now, Log: e.log},
		outbox:   e.newOutbox(checkpoints),
		tidy:     syncing.ObjectCleanup{Ledger: ledger, Checkpoint: &checkpoint{checkpoints, tidyKey}, After: keptAfter, Now: time.Now},
		retention: syncing.DeadLetterRetention{Ledger: ledger, Now: time.Now, Log: e.log, Old: views.OldDeadLetters,
			Firms: func() ([]domain.FirmID, error) { return rows{views}.ids() }},
		refusals: &audit.Trail{Ledger: ledger, Now: time.Now, Log: e.log},
		notary:   eventstore.Notary{Ledger: ledger, Key: e.smokeball.secrets.Vault, Now: time.Now, Log: e.log},
	}
	if e.msg.bus != nil {
		j.tidy.Delete = e.msg.deleteObject
	}
	e.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "smokeball_sync_stalled",
		Help: "Running syncs without an event or a call for a minute."}, func() float64 { return float64(j.stalls.All()) }))
	return j
}

// documents opens approved documents and checks them on the way.
func (e *Engine) documents() syncing.Documents {
	return documents{casehug.NewDocuments(casehug.Options{Objects: objects{e.msg.bus}, Networks: e.cfg.Parsed.Networks})}
}

// newOutbox tells CaseHug what came of syncs and connections.
func (e *Engine) newOutbox(checkpoints jetstream.KeyValue) syncing.Outbox {
	set := asides{kv: checkpoints, log: e.log, count: prometheus.NewCounter(prometheus.CounterOpts{Name: "smokeball_sync_outbox_set_aside_total",
		Help: "Events for CaseHug that could not be published while later ones could."})}
	e.metrics.MustRegister(set.count)
	return syncing.Outbox{Ledger: e.store.ledger, Checkpoint: e.crashes.checkpoint(&checkpoint{checkpoints, publishedKey}), Entry: e.store.entry, Change: changeInSmokeball,
		Connection: e.connectionStatus, Publish: e.msg.publishNews, SetAside: set.note, Stuck: &syncing.Stuck{}}
}

// entry is a history entry as CaseHug is told of it.
func (s *storage) entry(ctx context.Context, f domain.FirmID, id domain.SyncID, position uint64) (json.RawMessage, error) {
	if err := s.views.Wait(ctx, position); err != nil {
		return nil, err
	}
	row, ok, err := s.views.Sync(f, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("the views have no sync %s of firm %s", id, f)
	}
	return json.Marshal(row)
}

// asides are the events that could not be published to CaseHug.
type asides struct {
	kv    jetstream.KeyValue // of checkpoints
	log   *slog.Logger
	count prometheus.Counter
}

// asideKey is the prefix of the position of an event that was set aside.
const asideKey = "outbox.aside."

// note records in the bucket of checkpoints, in the log and in the metrics what CaseHug could
// not be told.
func (a asides) note(ctx context.Context, t syncing.OutboxMessage, cause error) error {
	note, err := json.Marshal(map[string]string{"id": t.ID, "firm": string(t.Firm), "name": t.Name, "cause": cause.Error()})
	if err != nil {
		return err
	}
	if _, err := a.kv.Put(ctx, asideKey+strconv.FormatUint(t.Position, 10), note); err != nil {
		return fmt.Errorf("note what can't be published: %w", err)
	}
	a.count.Inc()
	a.log.Error("can't publish an event to CaseHug; the engine set it aside and publishes the others: inform CaseHug's services by hand, and report the cause", "id", t.ID, "firm", t.Firm,
		"name", t.Name, "position", t.Position, "err", cause)
	return nil
}
