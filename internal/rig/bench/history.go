package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// history is a past that a ledger is filled with: matters of firms, each with syncs.
type history struct {
	events  int  // about so many
	firms   int  // that share them
	first   int  // the number of the first of those; 0: the firm that rows ask about
	waiting bool // each matter has one sync, which waits for the firm's connection
	syncs   int  // of each matter; 0: one
}

// perMatter is how many events one matter has.
func (h history) perMatter() int { return len(h.matter(0, time.Time{})) }

// matter is the story of the n-th matter.
func (h history) matter(n int, at time.Time) []domain.Event {
	d := matterNumber(n, n)
	ref := func(what string) domain.EventRef {
		return domain.EventRef{Source: source, ID: fmt.Sprint(what, "-", n)}
	}
	first := domain.SyncID(fmt.Sprint("s_", n, "_1"))
	list := []domain.Event{domain.MatterCreated{Origin: ref("created"), Matter: d}}
	if h.waiting {
		return append(list, domain.SyncRequested{Sync: first, Trigger: domain.TriggerMatterCreated, Origin: ref("created"), Title: d.Title, CaseNumber: d.CaseNumber},
			domain.SyncStarted{Sync: first, Attempt: 1, Title: d.Title, CaseNumber: d.CaseNumber},
			domain.SyncDeferred{Sync: first, Step: domain.StepMatter, Failure: domain.Failure{Code: domain.CodeNotConnected, Message: "The firm is not connected to Smokeball",
				Remedy: "A firm admin connects to Smokeball under Settings → Integrations. The sync then goes on by itself."}})
	}
	draft := domain.Matter{Announced: domain.Announced{Data: d}, TypeID: "type_1_IL"}.Draft([]domain.SmokeballID{domain.SmokeballID(fmt.Sprintf("0a4c-contact-%08d", n))})
	for k := range max(h.syncs, 1) {
		list = append(list, h.sync(n, k+1, d, draft, ref("created"))...)
	}
	return list
}

// sync is the story of one sync that succeeded; the first of a matter makes it.
func (h history) sync(n, k int, d domain.MatterData, draft domain.MatterDraft, origin domain.EventRef) []domain.Event {
	id := domain.SyncID(fmt.Sprint("s_", n, "_", k))
	sb, contact := domain.SmokeballID(fmt.Sprintf("0a4c-matter-%08d", n)), domain.SmokeballID(fmt.Sprintf("0a4c-contact-%08d", n))
	list := []domain.Event{
		domain.SyncRequested{Sync: id, Trigger: triggers[k%len(triggers)], Origin: origin, Title: d.Title, CaseNumber: d.CaseNumber},
		domain.SyncStarted{Sync: id, Attempt: 1, Title: d.Title, CaseNumber: d.CaseNumber}}
	if k > 1 {
		return append(list, domain.SyncSucceeded{Sync: id})
	}
	r := domain.NewRequestID("bench", fmt.Sprint(n))
	return append(list,
		domain.MatterTypeResolved{Sync: id, CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction, TypeID: "type_1_IL", TypeName: "Auto Accident", DurationMS: 1},
		domain.ContactResolved{Sync: id, Client: d.Client.ID, Contact: contact, Key: domain.ContactKey(fmt.Sprint("k", n)), Outcome: domain.OutcomeAccepted, Pending: true, DurationMS: 210},
		domain.MatterCreationStarted{Sync: id, Request: r, Sent: draft, Account: account},
		domain.MatterAccepted{Sync: id, Matter: sb, Request: r, Sent: draft, Account: account, DurationMS: 205},
		domain.SyncConfirming{Sync: id},
		domain.MatterConfirmed{Sync: id, Matter: sb, By: domain.ByWebhook, Request: r, DurationMS: 600},
		domain.ContactSeen{Sync: id, Contact: contact, By: domain.ByWebhook, DurationMS: 610},
		domain.SyncSucceeded{Sync: id})
}

// triggers are what asked for the syncs.
var triggers = []domain.Trigger{domain.TriggerManual, domain.TriggerMatterCreated, domain.TriggerDocumentApproved, domain.TriggerMatterUpdated}

// firmNumber is the n-th firm of a history; the first is the one that rows ask about.
func firmNumber(n int) domain.FirmID {
	if n == 0 {
		return firm
	}
	return domain.FirmID(fmt.Sprint("f_", n))
}

// matters is how many matters it has.
func (h history) matters() int { return max(1, h.events/h.perMatter()) }

// write writes the history into the ledger of an engine that does not run.
func (h history) write(ctx context.Context, dir string) error {
	if h.events == 0 {
		return nil
	}
	ledger, err := openLedger(ctx, dir, h)
	if err != nil {
		return err
	}
	return ledger.Close()
}

// openLedger makes a ledger in a folder and fills it.
func openLedger(ctx context.Context, dir string, h history) (*eventstore.Bolt, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{Log: quiet()})
	if err != nil {
		return nil, err
	}
	if err := h.fill(ctx, ledger); err != nil {
		return nil, err
	}
	return ledger, nil
}

// fill appends the history, many matters at once.
func (h history) fill(ctx context.Context, ledger eventstore.Store) error {
	if h.events == 0 {
		return nil
	}
	return inParallel(ctx, h.matters(), func(n int) error { return h.append(ctx, ledger, n) })
}

// inParallel does n things, 64 at once, until one fails.
func inParallel(ctx context.Context, n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return context.Cause(ctx)
}

// append appends one matter in the commits that an engine makes of it.
func (h history) append(ctx context.Context, ledger eventstore.Store, n int) error {
	at := time.Now().UTC()
	stream := domain.MatterStream(firmNumber(h.first+n%max(h.firms, 1)), matterNumber(n, n).ID)
	list := h.matter(n, at)
	var head eventstore.Head
	for len(list) > 0 {
		part := list[:min(len(list), eventstore.MaxEvents)]
		var err error
		if head, err = ledger.Append(ctx, eventstore.Commit{Stream: stream, Last: head, At: at, Events: part}); err != nil {
			return err
		}
		list = list[len(part):]
	}
	return nil
}
