package syncing

import (
	"context"
	"errors"
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

// awaited is something that Smokeball accepted and has to show.
type awaited struct {
	what  string
	id    domain.SmokeballID
	since time.Time // when Smokeball accepted it
	// told reports that the facts have it: a webhook showed it, or it is no longer awaited.
	told func() bool
	// hinted: a webhook about it is no fact yet, but a reason to look at once.
	hinted bool
	// look reads it, and records it where it is there.
	look func(context.Context) (bool, error)
}

// await looks with growing pauses until a is there, by a webhook's fact or by its own
// read, and fails after the time that Smokeball is given.
func (t *turn) await(ctx context.Context, a awaited) error {
	pause, err := t.firstPause(ctx)
	if err != nil {
		return err
	}
	for ; ; pause = min(2*pause, longRead) {
		if told, err := t.listen(ctx, a, t.Now().Add(pause)); told || err != nil {
			return err
		}
		there, err := a.look(ctx)
		if there || (err != nil && !domain.IsNotThere(err)) {
			return err
		}
		if t.Now().Sub(a.since) > t.Waits.Confirm {
			return notConfirmed(a.what, a.id, t.Waits.Confirm)
		}
	}
}

// listen waits until the facts have a, or until it is time to look. What is told of
// other things meanwhile costs no call.
func (t *turn) listen(ctx context.Context, a awaited, until time.Time) (told bool, err error) {
	for {
		if err := t.pause(ctx, until.Sub(t.Now())); err != nil || a.told() {
			return err == nil, err
		}
		if a.hinted || !t.Now().Before(until) {
			return false, nil
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
	start, sb := t.Now(), t.m.Smokeball
	told := func() bool { return t.m.Smokeball.Confirmed }
	err := t.await(ctx, awaited{what: "matter", id: sb.ID, since: sb.Since, told: told, look: func(ctx context.Context) (bool, error) {
		m, err := t.Smokeball.Matter(ctx, t.firm, t.m.Smokeball.ID)
		if domain.IsNotThere(err) && t.m.Smokeball.Before != nil {
			return false, t.gone()
		}
		if err != nil || !changeShown(t.m.Smokeball, m) {
			return false, err
		}
		return true, t.record(ctx, domain.MatterConfirmed{Sync: t.Sync, Matter: m.ID, By: domain.ByRead,
			Request: t.m.Smokeball.Request, DurationMS: t.since(start)})
	}})
	if !missing(err) {
		return err
	}
	var open domain.Event = domain.MatterMissed{Sync: t.Sync, Matter: sb.ID, Request: sb.Request}
	if sb.Before != nil { // writing the same again does no harm
		open = domain.MatterChangeRefused{Sync: t.Sync, Request: sb.Request}
	}
	return errors.Join(err, t.record(ctx, open))
}

// changeShown reports whether the matter as read has the change that waits for its
// confirmation, if one does.
func changeShown(sb domain.Linked, m domain.SmokeballMatter) bool {
	return sb.Before == nil || domain.Diff(*sb.Before, sb.Sent).ShownBy(m)
}

// missing reports whether err says that something accepted was not shown.
func missing(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && ce.Failure.Code == domain.CodeNotConfirmed
}

// confirmContact waits until a contact that this sync made is there.
func (t *turn) confirmContact(ctx context.Context, p domain.PendingContact) error {
	start := t.Now()
	told := func() bool { return !t.pending(p) }
	err := t.await(ctx, awaited{what: "contact", id: p.Contact, since: p.Since, told: told, look: func(ctx context.Context) (bool, error) {
		c, err := t.Smokeball.Contact(ctx, t.firm, p.Contact)
		if err != nil {
			return false, err
		}
		known, _, err := eventstore.Load[domain.Contact](ctx, t.Ledger, domain.ContactStream(t.firm, p.Key))
		if err != nil || (known.Change != nil && !c.Shows(known.Change.Change)) {
			return false, err
		}
		return true, t.record(ctx, domain.ContactSeen{Sync: t.Sync, Contact: p.Contact, By: domain.ByRead, DurationMS: t.since(start)})
	}})
	if err != nil && !missing(err) {
		return err
	}
	_, _, e := eventstore.Execute(ctx, t.Ledger, t.Now, domain.ContactStream(t.firm, p.Key),
		func(c domain.Contact) ([]domain.Event, error) {
			if err != nil {
				return c.Refuse(p.Contact), nil // the next sync looks for it anew
			}
			return c.Confirm(p.Contact, domain.ByRead), nil
		})
	return errors.Join(err, e)
}

func (t *turn) pending(p domain.PendingContact) bool {
	for _, q := range t.m.Current.Contacts {
		if q.Contact == p.Contact {
			return true
		}
	}
	return false
}

// confirmFile waits until Smokeball shows the document's file as uploaded.
func (t *turn) confirmFile(ctx context.Context, id domain.DocumentID) error {
	start := t.Now()
	d, _ := t.m.Document(id)
	told := func() bool { // or it was approved anew, or refused
		now, _ := t.m.Document(id)
		return now.Confirmed || !now.Uploaded || now.Failure != nil
	}
	err := t.await(ctx, awaited{what: "file", id: d.File, since: d.Since, told: told, hinted: true, look: func(ctx context.Context) (bool, error) {
		f, err := t.Smokeball.File(ctx, t.firm, t.m.Smokeball.ID, d.File)
		if err != nil || !f.Uploaded || (f.SizeBytes != 0 && f.SizeBytes != d.Size) {
			return false, err // not there, or still the version before
		}
		shown := domain.DocumentConfirmed{Sync: t.Sync, Document: id, File: d.File, By: domain.ByRead, DurationMS: t.since(start)}
		return true, t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.ShowFile(t.Turn, shown) })
	}})
	if missing(err) {
		return errors.Join(err, t.record(ctx, domain.FileMissed{Sync: t.Sync, Document: id, File: d.File, Request: d.Request}))
	}
	return err
}
