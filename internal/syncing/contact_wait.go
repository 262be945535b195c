package syncing

import (
	"cmp"
	"context"
	"errors"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// contact waits until Smokeball shows a contact that this sync made or changed. Syncs of other
// matters may wait for the same contact: they share what one of them finds.
func (s *confirmStep) contact(ctx context.Context, p domain.PendingContact) result {
	c, err := s.people.contact(ctx, p.Key)
	if err != nil {
		return fails(err)
	}
	w := s.waitFor(p, c)
	r := s.watch.await(ctx, awaited{what: domain.ThingContact, id: p.Contact, request: w.request, since: p.Since, also: []domain.Stream{w.stream()},
		recorded: w.told, refused: w.refused,
		shown: func(context.Context) error { return w.settle(domain.ByWebhook) },
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

// absent makes the sync wait once if the contact never appeared: the next attempt looks for it,
// and creates it again if it is still missing. If the previous contact of this sync never
// appeared either, the sync fails.
func (w *contactWait) absent(ctx context.Context) error {
	c, err := w.people.contact(ctx, w.p.Key)
	if err != nil || c.ID != w.p.Contact || c.Confirmed || c.Unseen.After(w.attempt.m.Current.QueuedAt) {
		return err
	}
	return &domain.CallError{Op: "confirm contact", Class: domain.Retryable, After: w.attempt.waits.Confirm, Failure: domain.Failure{Code: domain.CodeNotConfirmed, Fault: domain.FaultContactNotConfirmed,
		About: &domain.About{Thing: domain.ThingContact, Resource: c.ID, Seconds: int64(w.attempt.waits.Confirm.Seconds())}}}
}

// missed records that the contact was not shown, if err says so: the next sync looks for it
// again. It records nothing if another sync saw the contact at the last moment.
func (w *contactWait) missed(ctx context.Context, err error) error {
	var shown bool
	c, _, e := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) {
			shown = c.ID == w.p.Contact && c.Settled()
			return c.Miss(w.p.Contact), nil
		})
	if e == nil && shown {
		return w.seen(c.By)
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
		return true, w.seen(c.By)
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
	return true, w.settle(domain.ByRead)
}

// settle notes for all who wait for it that the contact is there. They are told when it is recorded.
func (w *contactWait) settle(by domain.Proof) error {
	confirmed := commitTo(w.attempt.ledger, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Confirm(w.p.Contact, by), nil })
	return w.attempt.noteAfter(confirmed, func() { w.notifier.Notify(w.stream()) }, w.fact(by))
}

func (w *contactWait) lose(ctx context.Context) error {
	_, _, err := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.p.Contact), nil })
	return err
}

// seen notes that another's sync has recorded that the contact is there.
func (w *contactWait) seen(by domain.Proof) error { return w.attempt.noteFacts(w.fact(by)) }

func (w *contactWait) fact(by domain.Proof) domain.ContactSeen {
	return domain.ContactSeen{Sync: w.attempt.current.Sync, Contact: w.p.Contact, By: by, Request: w.request, DurationMS: w.attempt.now().UnixMilli() - w.start}
}

// refused ends the sync with Smokeball's message; the next sync looks for the contact again.
func (w *contactWait) refused(ctx context.Context, message string) error {
	_, _, err := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, w.stream(),
		func(c domain.Contact) ([]domain.Event, error) { return c.Refuse(w.p.Contact), nil })
	if err != nil {
		return err
	}
	return w.attempt.refused(ctx, w.request, message, w.p.Contact)
}

// contactGone is the passing fault that a contact on which the sync relied is missing: the next
// attempt looks for it again.
func contactGone(id domain.SmokeballID) error {
	return &domain.CallError{Op: "read contact", Class: domain.Retryable, Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable, Fault: domain.FaultContactMissing,
		About: &domain.About{Resource: id}}}
}
