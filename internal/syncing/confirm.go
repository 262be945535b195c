package syncing

import (
	"context"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// confirmAll waits until Smokeball shows everything that it accepted in this sync.
func (t *turn) confirmAll(ctx context.Context) error {
	if t.allSeen() {
		return nil
	}
	if err := t.record(ctx, domain.SyncConfirming{Sync: t.Sync}); err != nil {
		return err
	}
	if err := t.confirmMatter(ctx); err != nil {
		return err
	}
	for _, p := range t.m.Current.Contacts {
		if err := t.confirmContact(ctx, p); err != nil {
			return err
		}
	}
	for _, d := range t.m.Documents {
		if d.Uploaded && !d.Confirmed {
			if err := t.confirmFile(ctx, d.Data.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *turn) allSeen() bool {
	for _, d := range t.m.Documents {
		if d.Uploaded && !d.Confirmed {
			return false
		}
	}
	return t.m.Smokeball.Confirmed && len(t.m.Current.Contacts) == 0
}

const (
	firstRead = 300 * time.Millisecond
	hintRead  = 2 * time.Second // where a webhook is expected to come first
	longRead  = 10 * time.Second
)

// await looks with growing pauses until seen says that it is there, by a webhook's
// fact or by its own read, and fails after the time that Smokeball is given.
func (t *turn) await(ctx context.Context, what string, id domain.SmokeballID, seen func(context.Context) (bool, error)) error {
	start := t.Now()
	pause, err := t.firstPause(ctx)
	if err != nil {
		return err
	}
	for ; ; pause = min(2*pause, longRead) {
		if err := t.pause(ctx, pause); err != nil {
			return err
		}
		ok, err := seen(ctx)
		if ok || (err != nil && !domain.IsNotThere(err)) {
			return err
		}
		if t.Now().Sub(start) > t.Waits.Confirm {
			return notConfirmed(what, id, t.Waits.Confirm)
		}
	}
}

// firstPause is short where nothing but our own read can tell, and longer where
// Smokeball's webhook saves us the read.
func (t *turn) firstPause(ctx context.Context) (time.Duration, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, t.Ledger, domain.ConnectionStream(t.firm))
	if c.Subscription != "" {
		return hintRead, err
	}
	return firstRead, err
}

func notConfirmed(what string, id domain.SmokeballID, waited time.Duration) error {
	return &domain.CallError{Op: "confirm " + what, Class: domain.Permanent, Failure: domain.Failure{
		Code:    domain.CodeNotConfirmed,
		Message: fmt.Sprintf("Smokeball accepted the %s and did not show it within %s (%s)", what, waited, id),
		Remedy:  "Look for it in Smokeball. Then click Retry: we look again before anything is sent.",
	}}
}

// confirmMatter waits until the matter, with its last change, is there.
func (t *turn) confirmMatter(ctx context.Context) error {
	if t.m.Smokeball.Confirmed {
		return nil
	}
	start := t.Now()
	return t.await(ctx, "matter", t.m.Smokeball.ID, func(ctx context.Context) (bool, error) {
		if t.m.Smokeball.Confirmed {
			return true, nil
		}
		m, err := t.Smokeball.Matter(ctx, t.firm, t.m.Smokeball.ID)
		if domain.IsNotThere(err) && t.m.Smokeball.Before != nil {
			return false, t.gone()
		}
		if err != nil || (t.m.Smokeball.Before != nil && !t.m.Smokeball.Sent.Shows(m)) {
			return false, err
		}
		return true, t.record(ctx, domain.MatterConfirmed{Sync: t.Sync, Matter: m.ID, By: domain.ByRead,
			Request: t.m.Smokeball.Request, DurationMS: t.since(start)})
	})
}

// confirmContact waits until a contact that this sync made is there.
func (t *turn) confirmContact(ctx context.Context, p domain.PendingContact) error {
	start := t.Now()
	err := t.await(ctx, "contact", p.Contact, func(ctx context.Context) (bool, error) {
		if !t.pending(p) {
			return true, nil
		}
		if _, err := t.Smokeball.Contact(ctx, t.firm, p.Contact); err != nil {
			return false, err
		}
		return true, t.record(ctx, domain.ContactSeen{Sync: t.Sync, Contact: p.Contact, By: domain.ByRead, DurationMS: t.since(start)})
	})
	if err != nil {
		return err
	}
	_, _, err = eventstore.Execute(ctx, t.Ledger, t.Now, domain.ContactStream(t.firm, p.Key),
		func(c domain.Contact) ([]domain.Event, error) { return c.Confirm(p.Contact), nil })
	return err
}

func (t *turn) pending(p domain.PendingContact) bool {
	for _, q := range t.m.Current.Contacts {
		if q == p {
			return true
		}
	}
	return false
}

// confirmFile waits until Smokeball shows the document's file as uploaded.
func (t *turn) confirmFile(ctx context.Context, id domain.DocumentID) error {
	start := t.Now()
	d, _ := t.m.Document(id)
	return t.await(ctx, "file", d.File, func(ctx context.Context) (bool, error) {
		if now, _ := t.m.Document(id); now.Confirmed || now.Failure != nil {
			return true, nil
		}
		f, err := t.Smokeball.File(ctx, t.firm, t.m.Smokeball.ID, d.File)
		if err != nil || !f.Uploaded || (f.SizeBytes != 0 && f.SizeBytes != d.Size) {
			return false, err // not there, or still the version before
		}
		return true, t.record(ctx, domain.DocumentConfirmed{Sync: t.Sync, Document: id, File: d.File, By: domain.ByRead, DurationMS: t.since(start)})
	})
}
