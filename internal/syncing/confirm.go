package syncing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// confirmAll waits until Smokeball shows everything that it accepted in this sync.
func (t *attempt) confirmAll(ctx context.Context) error {
	if t.allSeen() {
		return nil
	}
	if t.m.Current.Status != domain.Confirming {
		if err := t.record(ctx, domain.SyncConfirming{Sync: t.Sync}); err != nil {
			return err
		}
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

func (t *attempt) allSeen() bool {
	for _, d := range t.m.Documents {
		if d.Uploaded && !d.Confirmed {
			return false
		}
	}
	return t.m.Smokeball.Confirmed && len(t.m.Current.Contacts) == 0
}

func notConfirmed(what string, id domain.SmokeballID, waited time.Duration) error {
	return &domain.CallError{Op: "confirm " + what, Class: domain.Permanent, Failure: domain.Failure{
		Code:    domain.CodeNotConfirmed,
		Message: fmt.Sprintf("Smokeball accepted the %s and did not show it within %s (%s)", what, waited, id),
		Remedy:  "Look for it in Smokeball. Then click Retry: we look again before anything is sent.",
	}}
}

// confirmMatter waits until the matter, with its last change, is there.
func (t *attempt) confirmMatter(ctx context.Context) error {
	if t.m.Smokeball.Confirmed {
		return nil
	}
	start, sb := t.Now(), t.m.Smokeball
	seen := func(ctx context.Context, by domain.Proof) error {
		return t.record(ctx, domain.MatterConfirmed{Sync: t.Sync, Matter: sb.ID, By: by, Request: sb.Request, DurationMS: t.since(start)})
	}
	err := t.await(ctx, awaited{what: "matter", id: sb.ID, request: sb.Request, since: sb.Since,
		told:    func(context.Context) (bool, error) { return t.m.Smokeball.Confirmed, nil },
		refused: func(ctx context.Context, message string) error { return t.refused(ctx, sb.Request, message, sb.ID) },
		shown:   func(ctx context.Context) error { return seen(ctx, domain.ByWebhook) },
		look: func(ctx context.Context) (bool, error) {
			m, err := t.Smokeball.Matter(ctx, t.firm, sb.ID)
			if (domain.IsNotThere(err) && sb.Before != nil) || (err == nil && m.Gone()) {
				return false, t.recordMatterGone(ctx)
			}
			if err != nil || !t.m.Smokeball.Shown(m) {
				return false, err
			}
			return true, seen(ctx, domain.ByRead)
		}})
	if !missing(err) {
		return err
	}
	return t.missed(ctx, err, func(m domain.Matter) ([]domain.Event, error) { return m.Miss(t.Attempt, sb.Request) })
}

// missed records that something accepted was not shown, which err says. What was shown, or
// settled otherwise, at the last moment is not missed.
func (t *attempt) missed(ctx context.Context, err error, decide func(domain.Matter) ([]domain.Event, error)) error {
	var facts []domain.Event
	e := t.decide(ctx, func(m domain.Matter) (_ []domain.Event, err error) {
		facts, err = decide(m)
		return facts, err
	})
	if e == nil && len(facts) == 0 {
		return nil
	}
	return errors.Join(err, e)
}

// refused records that Smokeball failed what it had accepted, and ends the attempt where that
// ends the sync.
func (t *attempt) refused(ctx context.Context, r domain.RequestID, message string, id domain.SmokeballID) error {
	err := t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Refuse(r, message, id), nil })
	if err != nil {
		return err
	}
	_, err = t.m.Record(t.Attempt)
	return err
}

// missing reports whether err says that something accepted was not shown.
func missing(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && ce.Failure.Code == domain.CodeNotConfirmed
}

// fileGone is the passing fault that people deleted the file which a newer content was sent
// to: the next attempt sends it to another one.
func (t *attempt) fileGone(ctx context.Context, d domain.Document) error {
	if err := t.abandonFile(ctx, d, domain.AbandonedDeleted); err != nil {
		return err
	}
	return &domain.CallError{Op: "read file", Class: domain.Retryable, Failure: domain.Failure{
		Code:    domain.CodeSmokeballUnavailable,
		Message: fmt.Sprintf("The file of “%s” was deleted in Smokeball", d.Data.FileName),
		Remedy:  "We send the newest version as a new file by ourselves.",
	}}
}

// abandonFile records that the document's file is given up.
func (t *attempt) abandonFile(ctx context.Context, d domain.Document, why domain.Abandonment) error {
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.AbandonFile(t.Attempt, d.Data.ID, d.File, why) })
}

// confirmFile waits until Smokeball shows the document's file as uploaded.
func (t *attempt) confirmFile(ctx context.Context, id domain.DocumentID) error {
	start := t.Now()
	d, _ := t.m.Document(id)
	told := func(context.Context) (bool, error) { // or it was approved again, or refused
		now, _ := t.m.Document(id)
		return now.Confirmed || !now.Uploaded || now.Failure != nil, nil
	}
	refused := func(ctx context.Context, message string) error { return t.refused(ctx, d.Request, message, d.File) }
	err := t.await(ctx, awaited{what: "file", id: d.File, request: d.Request, since: d.Since, told: told, refused: refused, look: func(ctx context.Context) (bool, error) {
		f, err := t.Smokeball.File(ctx, t.firm, t.m.Smokeball.ID, d.File)
		if err == nil && f.Deleted {
			return false, t.fileGone(ctx, d)
		}
		if err != nil || !f.Uploaded || (f.SizeBytes != 0 && f.SizeBytes != d.Size) {
			return false, err // not there, or still the version before
		}
		shown := domain.DocumentConfirmed{Sync: t.Sync, Document: id, File: d.File, By: domain.ByRead, Request: d.Request, DurationMS: t.since(start)}
		return true, t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.ShowFile(t.Attempt, shown) })
	}})
	if missing(err) {
		if e := t.lookAt(ctx); e != nil {
			return e // not only the file is missing
		}
		return t.missed(ctx, err, func(m domain.Matter) ([]domain.Event, error) { return m.MissFile(t.Attempt, id, d.File) })
	}
	return err
}
