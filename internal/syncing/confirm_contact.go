package syncing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// confirmContact waits until a contact that this sync made, or changed, is there. Another
// matter's sync may wait for the same one: what one learns the other takes over.
func (t *attempt) confirmContact(ctx context.Context, p domain.PendingContact) error {
	c, err := t.contact(ctx, p.Key)
	if err != nil {
		return err
	}
	w := &contactWait{attempt: t, p: p, request: c.Awaits(), start: t.Now().UnixMilli()}
	err = t.await(ctx, awaited{what: "contact", id: p.Contact, request: w.request, since: p.Since, also: []domain.Stream{w.stream()},
		told: w.told, refused: w.refused, look: w.look,
		shown: func(ctx context.Context) error { return w.settle(ctx, domain.ByWebhook) }})
	if !missing(err) {
		return err
	}
	if e := w.absent(ctx); e != nil {
		return e
	}
	var shown bool                                                  // to another sync, at the last moment
	c, _, e := eventstore.Execute(ctx, t.Ledger, t.Now, w.stream(), // the next sync looks for it again
		func(c domain.Contact) ([]domain.Event, error) {
			shown = c.ID == p.Contact && c.Settled()
			return c.Miss(p.Contact), nil
		})
	if e == nil && shown {
		return w.seen(ctx, c.By)
	}
	return errors.Join(err, e)
}

// absent lets the sync wait once more where the contact itself never appeared: an attempt that
// begins after that looks again, and creates it again where it is still not there. Where the
// one before it never appeared either, since this sync was asked for, the sync fails.
func (w *contactWait) absent(ctx context.Context) error {
	c, err := w.contact(ctx, w.p.Key)
	if err != nil || c.ID != w.p.Contact || c.Confirmed || c.Unseen.After(w.m.Current.QueuedAt) {
		return err
	}
	return &domain.CallError{Op: "confirm contact", Class: domain.Retryable, After: w.Waits.Confirm, Failure: domain.Failure{
		Code:    domain.CodeNotConfirmed,
		Message: fmt.Sprintf("Smokeball accepted the contact and did not show it within %s (%s)", w.Waits.Confirm, c.ID),
		Remedy:  "We look for it once more by ourselves. If it is still not there, we create it again.",
	}}
}

// contactWait is a sync that waits for a contact.
type contactWait struct {
	*attempt
	p       domain.PendingContact
	request domain.RequestID
	start   int64 // Unix milliseconds
}

func (w *contactWait) stream() domain.Stream { return domain.ContactStream(w.firm, w.p.Key) }

func (t *attempt) contact(ctx context.Context, key domain.ContactKey) (domain.Contact, error) {
	c, _, err := eventstore.Load[domain.Contact](ctx, t.Ledger, domain.ContactStream(t.firm, key))
	return c, err
}

// told reports that the contact is no longer awaited. One that is known to be there by
// another's sync is recorded here too; one that was refused there must be looked for again.
func (w *contactWait) told(ctx context.Context) (bool, error) {
	if !w.pending(w.p) {
		return true, nil
	}
	c, err := w.contact(ctx, w.p.Key)
	switch {
	case err != nil:
		return false, err
	case c.ID != w.p.Contact:
		return false, contactGone(w.p.Contact)
	case c.Settled():
		return true, w.seen(ctx, c.By)
	}
	return false, nil
}

func (w *contactWait) look(ctx context.Context) (bool, error) {
	shown, err := w.Smokeball.Contact(ctx, w.firm, w.p.Contact)
	if err != nil {
		return false, err
	}
	if shown.Deleted {
		return false, cmp.Or(w.lose(ctx), contactGone(w.p.Contact))
	}
	c, err := w.contact(ctx, w.p.Key)
	if err != nil || (c.Change != nil && !shown.Shows(c.Change.Change)) {
		return false, err
	}
	return true, w.settle(ctx, domain.ByRead)
}

// settle records for all who wait for it that the contact is there.
func (w *contactWait) settle(ctx context.Context, by domain.Proof) error {
	_, _, err := eventstore.Execute(ctx, w.Ledger, w.Now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Confirm(w.p.Contact, by), nil })
	if err != nil {
		return err
	}
	w.Notifier.Notify(w.stream())
	return w.seen(ctx, by)
}

func (w *contactWait) lose(ctx context.Context) error {
	_, _, err := eventstore.Execute(ctx, w.Ledger, w.Now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.p.Contact), nil })
	return err
}

func (w *contactWait) seen(ctx context.Context, by domain.Proof) error {
	return w.record(ctx, domain.ContactSeen{Sync: w.Sync, Contact: w.p.Contact, By: by, Request: w.request, DurationMS: w.Now().UnixMilli() - w.start})
}

// refused ends the sync with Smokeball's words; the next one looks for the contact again.
func (w *contactWait) refused(ctx context.Context, message string) error {
	_, _, err := eventstore.Execute(ctx, w.Ledger, w.Now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Refuse(w.p.Contact), nil })
	if err != nil {
		return err
	}
	return w.attempt.refused(ctx, w.request, message, w.p.Contact)
}

func (t *attempt) pending(p domain.PendingContact) bool {
	return slices.ContainsFunc(t.m.Current.Contacts, func(q domain.PendingContact) bool { return q.Contact == p.Contact })
}

// contactGone is the temporary fault that a contact on which the sync relied is not there:
// the next attempt looks for it again.
func contactGone(id domain.SmokeballID) error {
	return &domain.CallError{Op: "read contact", Class: domain.Retryable, Failure: domain.Failure{
		Code:    domain.CodeSmokeballUnavailable,
		Message: fmt.Sprintf("Smokeball does not have the contact %s", id),
		Remedy:  "We look for the client again and try again by ourselves.",
	}}
}
