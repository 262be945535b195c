package syncing

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// Handler works on one sync at a time per matter.
type Handler struct {
	Ledger    eventstore.Store
	Smokeball Smokeball
	Documents Documents
	Views     Views
	Keys      ContactKeys
	Waits     Waits
	Now       func() time.Time
	Log       *slog.Logger
	Spool     string // folder for documents on their way; emptied at start
	Notifier  *Notifier
	Contacts  *keyed.Mutex[domain.Stream] // one worker at a time looks for or makes a contact
	Fetches   *Workers                    // places for documents that are being fetched
	Calls     *Calls                      // remembers when each matter at work called last
	// Priority marks the calls made under ctx with their firm, trigger and sync, so that slots can be
	// shared fairly. Nil: calls are not marked.
	Priority func(ctx context.Context, f domain.FirmID, t domain.Trigger, s domain.SyncID) context.Context
	// Retypes changes the type of a matter in Smokeball when CaseHug changes its case type.
	Retypes bool
	// Inventory answers the first looks of bulk syncs; nil: Smokeball is asked.
	Inventory Inventory
	// Restored is when the ledger was restored from a backup: what the engine created after that backup
	// is looked for before anything is created. Zero: never.
	Restored time.Time

	// Confirming marks the calls made under ctx as those that only look whether what Smokeball
	// accepted is there. Nil: all are alike.
	Confirming func(context.Context) context.Context

	// Waiting reports the calls made under ctx that wait for their slot. Nil: nobody listens.
	Waiting func(ctx context.Context, begin func() (end func())) context.Context

	// Trace begins the trace of an attempt, until end. Nil: attempts are not traced.
	Trace func(ctx context.Context, f domain.FirmID, m domain.MatterID) (traced context.Context, end func())

	types  typesAt
	shares *typesAt                                                      // what another handler knows of types; nil: its own
	timer  func(time.Duration) (over <-chan time.Time, stop func() bool) // nil: a real one

	oneByOne bool // documents are sent one after the other, in the order of their approvals
}

// Run works on the matter's current sync until it ends or has to wait, and returns
// the ledger position of its last fact. It returns early when stopping is closed;
// ctx ends the calls themselves. Its worker is the one of place.
func (h *Handler) Run(ctx context.Context, stopping <-chan struct{}, place *workerHold, f domain.FirmID, id domain.MatterID) (uint64, error) {
	t := &attempt{ledger: h.Ledger, now: h.Now, waits: h.Waits, restored: h.Restored, firm: f, id: id, changed: make(chan struct{}, 1), stopping: stopping, timer: h.timer}
	if t.timer == nil {
		t.timer = realTimer
	}
	defer h.Notifier.subscribe(t.changed, t.stream())()
	ctx, done := h.Calls.watch(ctx, t.stream(), h.Now)
	defer done()
	if h.Waiting != nil {
		ctx = h.Waiting(ctx, h.resting(t))
	}
	if h.Trace != nil {
		traced, end := h.Trace(ctx, f, id)
		defer end()
		ctx = traced
	}
	err := t.begin(ctx)
	if err == nil {
		err = h.newRun(t, place).work(ctx)
	}
	if errors.Is(err, domain.ErrNotCurrent) || errors.Is(err, errStopping) {
		err = nil
	}
	return uint64(t.head.Seq), err
}

// resting records that the attempt waits for others, until what it returns is called.
func (h *Handler) resting(t *attempt) func() (goOn func()) {
	return func() func() { return h.Calls.rest(t.stream(), t.now) }
}

// newRun assembles the parts of an attempt.
func (h *Handler) newRun(t *attempt, place *workerHold) *run {
	g := &grant{attempt: t}
	calls := outsideCalls{h.Smokeball, t}
	l := &link{attempt: t, grant: g, smokeball: calls}
	p := &people{attempt: t, keys: h.Keys}
	w := &watcher{attempt: t, notifier: h.Notifier, asConfirming: h.Confirming}
	confirm := &confirmStep{attempt: t, link: l, people: p, watch: w, notifier: h.Notifier, smokeball: h.Smokeball}
	types := &typeStep{attempt: t, smokeball: h.Smokeball, views: h.Views, retypes: h.Retypes, known: cmp.Or(h.shares, &h.types)}
	look := h.firstLook(t)
	contacts := &contactStep{attempt: t, look: look, grant: g, people: p, confirm: confirm, smokeball: h.Smokeball, locks: h.Contacts, rest: h.resting(t)}
	return &run{handler: h, attempt: t, grant: g, link: l, types: types, contacts: contacts, confirm: confirm,
		matter: &matterStep{attempt: t, look: look, grant: g, link: l, types: types, contacts: contacts, confirm: confirm, optional: &optionalFields{attempt: t}, smokeball: h.Smokeball, views: h.Views},
		tags:   &tagStep{attempt: t, link: l, confirm: confirm, smokeball: h.Smokeball},
		documents: &documentStep{attempt: t, grant: g, link: l, confirm: confirm, smokeball: calls, oneByOne: h.oneByOne,
			folders: &folderStep{attempt: t, link: l, smokeball: calls, one: newMonitor()},
			fetcher: &fetcher{attempt: t, documents: h.Documents, fetches: h.Fetches, calls: h.Calls, spool: h.Spool, hold: place},
			names:   &renameStep{attempt: t, link: l, confirm: confirm, watch: w, smokeball: h.Smokeball},
		},
	}
}
