package syncing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/bulk"
	"github.com/casehug/smokeball-sync/internal/keyed"
	"github.com/casehug/smokeball-sync/internal/readback"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// engine is one life of the engine: from a start to a stop.
type engine struct {
	rows     views
	client   *smokeball.Client
	wakes    *syncing.Notifier
	intake   syncing.Intake
	requests syncing.Requests
	webhooks syncing.Webhooks
	stalls   *syncing.Stalls
	handler  *syncing.Handler
	bulks    bulk.Service
	meter    *bulk.Meter

	cancel context.CancelFunc
	work   sync.WaitGroup
	gone   atomic.Bool
}

// wire wires an engine to a ledger and to Smokeball, and sets it to work.
func (o *office) wire(l eventstore.Store, way http.RoundTripper) {
	o.Helper()
	e := o.engine
	e.rows = o.openRows()
	var err error
	e.client, err = smokeball.New(smokeball.Config{Hosts: smokeball.Hosts{API: "https://smokeball.example", Auth: "https://smokeball.example"},
		ClientID: "sim-client", ClientSecret: "sim-secret", APIKey: "sim-key", Rate: o.rate, Burst: 5, Store: o.grants, Log: quiet, Transport: way})
	o.must(err)
	e.intake = syncing.Intake{Ledger: l, Now: time.Now}
	e.requests = syncing.Requests{Intake: e.intake, NewID: o.newID, Views: e.rows}
	e.webhooks = syncing.Webhooks{Ledger: l, Now: time.Now, Routes: e.rows, Notify: e.wakes.Notify}
	calls := &syncing.Calls{}
	e.stalls = &syncing.Stalls{Views: e.rows, Calls: calls, Now: o.now, Log: quiet}
	handler := &syncing.Handler{Ledger: l, Smokeball: e.client, Documents: o.papers, Views: e.rows, Keys: keys{}, Waits: o.waits, Retypes: o.retypes, Restored: o.restored,
		Now: o.now, Log: quiet, Spool: o.TempDir(), Notifier: e.wakes, Calls: calls, Contacts: &keyed.Mutex[domain.Stream]{}, Fetches: syncing.NewFetches(), Priority: o.urgency, Confirming: smokeball.ToConfirm, Waiting: smokeball.WithWaits}
	e.handler = handler
	scheduler := &syncing.Scheduler{Ledger: l, Views: e.rows, Handler: handler, Now: o.now, Log: quiet, Active: o.workers, Grace: 8 * time.Second}
	outbox := syncing.Outbox{Ledger: l, Checkpoint: o.mark, Entry: e.entry, Connection: e.status, Change: changeIn, Publish: o.hear, Stuck: &syncing.Stuck{}}
	plans := syncing.Activities{Ledger: l, Views: e.rows, Smokeball: e.client, Now: time.Now, Log: quiet}
	parts := []func(context.Context) error{}
	if o.reads {
		sights := readback.Sights{Ledger: l, Smokeball: e.client, Now: o.now}
		handler.Smokeball = watching{e.client, sights, e.rows}
		reader := &readback.Reader{Sights: sights, Views: unreadRows{storedIn(e.rows).Progress, storedIn(e.rows).Resources}, Log: quiet, Attempt: forNobody}
		checks := readback.Checks{Ledger: l, Views: checkRows{storedIn(e.rows).Progress, storedIn(e.rows).Checks, storedIn(e.rows).Resources}, Now: o.now, Log: quiet}
		followers := syncing.Followers{Ledger: l, Views: goneRows{storedIn(e.rows).Progress, storedIn(e.rows).Gone}, Smokeball: e.client, Keys: keys{}, Now: o.now, Log: quiet}
		settler := syncing.Settler{Differences: o.differences(), Views: settledRows{storedIn(e.rows).Progress, storedIn(e.rows).Connections, storedIn(e.rows).Drift}, Now: o.now, Log: quiet}
		parts = append(parts, reader.Run, checks.Run, followers.Run, settler.Run)
		if o.swept != nil {
			parts = append(parts, o.sweeper(sights).Run, o.gaps().Run)
		}
	}
	if o.bulky {
		parts = append(parts, o.bulkRunner(l, handler).Run)
	}
	o.open.Store(e)
	o.run(parts, func(ctx context.Context) error { return e.rows.Run(ctx, l) }, scheduler.Run, plans.Run, outbox.Run, e.stalls.Run)
}

// urgency lets what a person asked for go first.
func (o *office) urgency(ctx context.Context, f domain.FirmID, t domain.Trigger, s domain.SyncID) context.Context {
	if t == domain.TriggerManual || t == domain.TriggerRetry {
		return smokeball.WithPriority(ctx, f, smokeball.Clicked)
	}
	if t == domain.TriggerBulk {
		if o.meter != nil {
			ctx = smokeball.WithCount(ctx, o.meter.Of(f, s))
		}
		return smokeball.WithPriority(ctx, f, smokeball.Bulk)
	}
	return smokeball.WithPriority(ctx, f, smokeball.Live)
}

func (o *office) openRows() views {
	o.Helper()
	if o.light {
		return newLight()
	}
	v, err := projections.Open(o.file, &o.keys)
	o.must(err)
	return storedOf(v)
}

// newID gives ids that no engine of the office gave before.
func (o *office) newID() string { return fmt.Sprint("id", o.ids.Add(1)) }

// run lets parts of the engine work until stop.
func (o *office) run(more []func(context.Context) error, parts ...func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	e := o.engine
	e.cancel = cancel
	for _, part := range append(parts, more...) {
		e.work.Go(func() {
			if err := part(ctx); err != nil && !e.gone.Load() {
				o.Errorf("a part of the engine ended: %v", err)
			}
		})
	}
}

// stop ends the engine and waits until nothing of it runs.
func (o *office) stop() {
	o.Helper()
	if o.engine == nil {
		return
	}
	o.open.Store(nil)
	o.end(o.engine)
	o.engine = nil
}

func (o *office) end(e *engine) {
	o.Helper()
	e.gone.Store(true)
	e.cancel()
	e.work.Wait()
	e.client.Close()
	if err := e.rows.Close(); err != nil {
		o.Error(err)
	}
}

func (e *engine) entry(ctx context.Context, f domain.FirmID, id domain.SyncID, position uint64) (json.RawMessage, error) {
	if err := e.rows.Wait(ctx, position); err != nil {
		return nil, err
	}
	row, _, err := e.rows.Sync(f, id)
	if err != nil {
		return nil, err
	}
	return json.Marshal(row)
}

func (e *engine) status(ctx context.Context, f domain.FirmID, position uint64) (json.RawMessage, error) {
	if err := e.rows.Wait(ctx, position); err != nil {
		return nil, err
	}
	row, err := e.rows.Connection(f)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"status": row.Connection.Status(time.Now())})
}

// hear is CaseHug that reads the bus: the same id twice is one event.
func (o *office) hear(_ context.Context, t syncing.OutboxMessage) error {
	o.hearing.Lock()
	defer o.hearing.Unlock()
	for _, old := range o.told {
		if old.ID == t.ID {
			return nil
		}
	}
	o.told = append(o.told, t)
	return nil
}

// mailbox is the address that Smokeball's webhooks go to.
type mailbox struct{ *office }

// RoundTrip takes a webhook in, as the bridge and the bus do. A sender that finds the
// engine stopped, or gets an error, tries again later.
func (m mailbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if m.post.holds(r, body) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
	}
	e := m.open.Load()
	if e == nil {
		return nil, errStopped
	}
	w, err := smokeball.ParseWebhook(body)
	if err != nil {
		return nil, err
	}
	if err := e.webhooks.Receive(r.Context(), oak, domain.WebhookDelivery{Webhook: w, Request: domain.RequestID(r.Header.Get("RequestId")),
		Origin: domain.EventRef{Source: "/smokeball", ID: digest(r.Header.Get("RequestId") + r.Header.Get("Timestamp") + string(body))[:32]}}.Received()); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
}
