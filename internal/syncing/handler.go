package syncing

import (
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
	// Priority marks the calls made under ctx with whom they are for and what asked for
	// them, so that slots can be shared fairly. Nil: all are alike.
	Priority func(ctx context.Context, f domain.FirmID, t domain.Trigger) context.Context
	// Retypes gives matters that are in Smokeball another type where CaseHug gave them another
	// case type.
	Retypes bool

	// Confirming marks the calls made under ctx as those that only look whether what Smokeball
	// accepted is there. Nil: all are alike.
	Confirming func(context.Context) context.Context

	types typesAt
}

// Run works on the matter's current sync until it ends or has to wait, and returns
// the ledger position of its last fact. It returns early when stopping is closed;
// ctx ends the calls themselves. Its worker is the one of place.
func (h *Handler) Run(ctx context.Context, stopping <-chan struct{}, place *workerHold, f domain.FirmID, id domain.MatterID) (uint64, error) {
	t := &attempt{ledger: h.Ledger, now: h.Now, waits: h.Waits, firm: f, id: id, changed: make(chan struct{}, 1), stopping: stopping}
	defer h.Notifier.subscribe(t.changed, t.stream())()
	ctx, done := h.Calls.watch(ctx, t.stream(), h.Now)
	defer done()
	err := t.begin(ctx)
	if err == nil {
		err = h.newRun(t, place).work(ctx)
	}
	if errors.Is(err, domain.ErrNotCurrent) || errors.Is(err, errStopping) {
		err = nil
	}
	return uint64(t.head.Seq), err
}

// newRun puts the parts of an attempt together.
func (h *Handler) newRun(t *attempt, place *workerHold) *run {
	g := &grant{attempt: t}
	l := &link{attempt: t, grant: g, smokeball: h.Smokeball}
	p := &people{attempt: t, keys: h.Keys}
	w := &watcher{attempt: t, notifier: h.Notifier, asConfirming: h.Confirming}
	confirm := &confirmStep{attempt: t, link: l, people: p, watch: w, notifier: h.Notifier, smokeball: h.Smokeball}
	types := &typeStep{attempt: t, smokeball: h.Smokeball, views: h.Views, retypes: h.Retypes, known: &h.types}
	contacts := &contactStep{attempt: t, grant: g, people: p, confirm: confirm, smokeball: h.Smokeball, locks: h.Contacts}
	return &run{handler: h, attempt: t, grant: g, link: l, types: types, contacts: contacts, confirm: confirm,
		matter: &matterStep{attempt: t, grant: g, link: l, types: types, contacts: contacts, confirm: confirm, optional: &optionalFields{attempt: t}, smokeball: h.Smokeball, views: h.Views},
		tags:   &tagStep{attempt: t, link: l, confirm: confirm, smokeball: h.Smokeball},
		documents: &documentStep{attempt: t, grant: g, link: l, confirm: confirm, smokeball: h.Smokeball,
			folders: &folderStep{attempt: t, link: l, smokeball: h.Smokeball},
			fetcher: &fetcher{attempt: t, documents: h.Documents, fetches: h.Fetches, calls: h.Calls, spool: h.Spool, hold: place},
			names:   &renameStep{attempt: t, link: l, confirm: confirm, watch: w, smokeball: h.Smokeball},
		},
	}
}
