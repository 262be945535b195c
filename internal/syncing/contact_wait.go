package syncing

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// contact waits until a contact that this sync made, or changed, is there. Another matter's
// sync may wait for the same one: each learns what the other has found out.
func (s *confirmStep) contact(ctx context.Context, p domain.PendingContact) result {
	c, err := s.people.contact(ctx, p.Key)
	if err != nil {
		return fails(err)
	}
	w := s.waitFor(p, c)
	r := s.watch.await(ctx, awaited{what: "contact", id: p.Contact, request: w.request, since: p.Since, also: []domain.Stream{w.stream()},
		told: w.told, refused: w.refused,
		shown: func(ctx context.Context) error { return w.settle(ctx, domain.ByWebhook) },
		look: func(ctx context.Context) (bool, result) {
			there, err := w.look(ctx)
			return there, fails(err)
		}})
	if !missing(r.err) {
		return r
	}
	if err := w.absent(ctx); err != nil {
		return fails(err)
	}
	return fails(w.missed(ctx, r.err))
}

// absent lets the sync wait once more where the contact itself never appeared: an attempt that
// begins after that looks again, and creates it again where it is still not there. Where the
// one before it never appeared either, since this sync was asked for, the sync fails.
func (w *contactWait) absent(ctx context.Context) error {
	c, err := w.people.contact(ctx, w.p.Key)
	if err != nil || c.ID != w.p.Contact || c.Confirmed || c.Unseen.After(w.attempt.m.Current.QueuedAt) {
		return err
	}
	return &domain.CallError{Op: "confirm contact", Class: domain.Retryable, After: w.attempt.waits.Confirm, Failure: domain.Failure{
		Code:    domain.CodeNotConfirmed,
		Message: fmt.Sprintf("Smokeball accepted the contact and did not show it within %s (%s)", w.attempt.waits.Confirm, c.ID),
		Remedy:  "We look for it once more by ourselves. If it is still not there, we create it again.",
	}}
}

// missed records that the contact was not shown, which err says: the next sync looks for it
// again. One that another sync was shown at the last moment is not missed.
func (w *contactWait) missed(ctx context.Context, err error) error {
	var shown bool
	c, _, e := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) {
			shown = c.ID == w.p.Contact && c.Settled()
			return c.Miss(w.p.Contact), nil
		})
	if e == nil && shown {
		return w.seen(ctx, c.By)
	}
	return errors.Join(err, e)
}

// contactWait is a sync that waits for a contact.
type contactWait struct {
	attempt   *attempt
	people    *people
	notifier  *Notifier
	smokeball Contacts
	p         domain.PendingContact
	request   domain.RequestID
	start     int64 // Unix milliseconds
}

// waitFor is the wait for a contact, which c is in the ledger.
func (s *confirmStep) waitFor(p domain.PendingContact, c domain.Contact) *contactWait {
	return &contactWait{attempt: s.attempt, people: s.people, notifier: s.notifier, smokeball: s.smokeball, p: p, request: c.Awaits(), start: s.attempt.now().UnixMilli()}
}

func (w *contactWait) stream() domain.Stream { return domain.ContactStream(w.attempt.firm, w.p.Key) }

// told reports whether the contact is no longer awaited. One that is known to be there by
// another's sync is recorded here too; one that was refused there must be looked for again.
func (w *contactWait) told(ctx context.Context) (bool, error) {
	if !w.attempt.pending(w.p) {
		return true, nil
	}
	c, err := w.people.contact(ctx, w.p.Key)
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
	shown, err := w.smokeball.Contact(ctx, w.attempt.firm, w.p.Contact)
	if err != nil {
		return false, err
	}
	if shown.Deleted {
		return false, cmp.Or(w.lose(ctx), contactGone(w.p.Contact))
	}
	c, err := w.people.contact(ctx, w.p.Key)
	if err != nil || (c.Change != nil && !shown.Shows(c.Change.Change)) {
		return false, err
	}
	return true, w.settle(ctx, domain.ByRead)
}

// settle records for all who wait for it that the contact is there.
func (w *contactWait) settle(ctx context.Context, by domain.Proof) error {
	_, _, err := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Confirm(w.p.Contact, by), nil })
	if err != nil {
		return err
	}
	w.notifier.Notify(w.stream())
	return w.seen(ctx, by)
}

func (w *contactWait) lose(ctx context.Context) error {
	_, _, err := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.p.Contact), nil })
	return err
}

func (w *contactWait) seen(ctx context.Context, by domain.Proof) error {
	return w.attempt.record(ctx, domain.ContactSeen{Sync: w.attempt.current.Sync, Contact: w.p.Contact, By: by, Request: w.request, DurationMS: w.attempt.now().UnixMilli() - w.start})
}

// refused ends the sync with Smokeball's words; the next one looks for the contact again.
func (w *contactWait) refused(ctx context.Context, message string) error {
	_, _, err := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Refuse(w.p.Contact), nil })
	if err != nil {
		return err
	}
	return w.attempt.refused(ctx, w.request, message, w.p.Contact)
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
