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
	"github.com/casehug/smokeball-sync/internal/bulk"
	"github.com/casehug/smokeball-sync/internal/keyed"
	"github.com/casehug/smokeball-sync/internal/retention"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// jobs are what goes on by itself from the ledger's facts.
type jobs struct {
	schedule  *syncing.Scheduler
	previews  previews
	bulk      *bulk.Runner
	bulkSyncs bulkSyncs
	plans     syncing.Activities
	followers syncing.Followers
	settler   syncing.Settler
	stalls    *syncing.Stalls
	outbox    syncing.Outbox
	passed    *passed // by the outbox
	tidy      syncing.ObjectCleanup
	retention syncing.DeadLetterRetention
	remover   *retention.Remover
	refusals  *audit.Trail
	notary    eventstore.Notary // signs the ledger with the master keyset
}

const (
	// Of so many syncs at most, and at least, some are at work at once. See active.
	fewestActive, mostActive = 24, 120
	// activePerCall is how many syncs are at work for each call a second of the allowance: a sync
	// of a new matter makes two calls, and waits a second or two until Smokeball shows what they
	// made.
	activePerCall = 2.4
	// grace is how long calls to Smokeball that are under way may go on after a stop.
	grace = 6 * time.Second
	// keptAfter is how long a confirmed document stays in the object store.
	keptAfter = 7 * 24 * time.Hour
)

// active is how many syncs are at work at once, so that they use the whole allowance of perSecond
// calls. Most of them wait for their slot or for a confirmation.
func active(perSecond float64) int {
	return min(mostActive, max(fewestActive, int(activePerCall*perSecond)))
}

// newJobs makes the jobs. notifier wakes syncs that wait for a webhook.
func (e *Engine) newJobs(notifier *syncing.Notifier, checkpoints jetstream.KeyValue) jobs {
	ledger, views, calls := e.store.ledger, e.store.views, &syncing.Calls{}
	inventory, counts := &bulk.Inventory{Account: e.smokeball.client, Connected: bulk.Connection(ledger), Count: smokeball.WithCount, Now: time.Now}, &bulk.Meter{}
	handler := &syncing.Handler{Ledger: ledger, Smokeball: watched{e.smokeball.client, e.sights(), views.Routes, views.Resources}, Documents: e.documents(), Views: syncRowsOf(views), Keys: e.smokeball.secrets.Vault,
		Waits: e.cfg.Parsed.Waits, Restored: e.store.restored, Retypes: e.cfg.Retypes, Now: time.Now, Log: e.log, Spool: e.store.spool(), Notifier: notifier, Calls: calls,
		Contacts: &keyed.Mutex[domain.Stream]{}, Fetches: syncing.NewFetches(), Priority: counting(counts), Inventory: inventory, Confirming: smokeball.ToConfirm, Waiting: smokeball.WithWaits, Trace: e.traces.attempts()}
	j := jobs{
		previews:  newPreviews(handler, e.smokeball.client),
		schedule:  &syncing.Scheduler{Ledger: ledger, Views: syncRowsOf(views), Now: time.Now, Log: e.log, Active: active(e.cfg.Parsed.Rate), Grace: grace, Handler: handler},
		plans:     syncing.Activities{Ledger: ledger, Views: activityRows{views.Progress, views.Activities, views.Routes}, Smokeball: e.smokeball.client, Attempt: unhurried, Now: time.Now, Log: e.log},
		followers: syncing.Followers{Ledger: ledger, Views: goneRows{views.Progress, views.Gone}, Smokeball: e.smokeball.client, Keys: e.smokeball.secrets.Vault, Attempt: unhurried, Now: time.Now, Log: e.log},
		settler:   syncing.Settler{Differences: e.differences(), Views: settledRows{views.Progress, views.Connections, views.Drift}, Now: time.Now, Log: e.log},
		stalls:    &syncing.Stalls{Views: stallRows{views.Work, views.Syncs}, Calls: calls, Now: time.Now, Log: e.log},
		outbox:    e.newOutbox(checkpoints),
		passed:    &passed{},
		tidy:      syncing.ObjectCleanup{Ledger: ledger, Checkpoint: &checkpoint{checkpoints, tidyKey}, After: keptAfter, Now: time.Now},
		retention: syncing.DeadLetterRetention{Ledger: ledger, Now: time.Now, Log: e.log, Old: views.DeadLetters.OldDeadLetters,
			Firms: func() ([]domain.FirmID, error) { return firmRows{views.Progress, views.Connections}.ids() }},
		refusals: &audit.Trail{Ledger: ledger, Now: time.Now, Log: e.log},
		notary:   eventstore.Notary{Ledger: ledger, Key: e.smokeball.secrets.Vault, Now: time.Now, Log: e.log},
	}
	j.outbox.Passed = j.passed.note
	j.remover = newRemover(e, j.passed, &checkpoint{checkpoints, publishedKey})
	j.bulk, j.bulkSyncs = e.newBulk(inventory, j.previews, counts)
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
	row, ok, err := s.views.Syncs.Sync(f, id)
	if err != nil {
		return nil, err
	}
	kept, err := s.views.Retentions.Retention(f)
	switch {
	case err != nil:
		return nil, err
	case !ok && kept.History.Count > 0: // the checkpoint that said that CaseHug was told is lost
		return nil, syncing.ErrExpired
	case !ok:
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
