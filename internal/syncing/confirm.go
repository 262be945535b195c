package syncing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// confirmStep waits until Smokeball shows everything that it accepted in the sync.
type confirmStep struct {
	attempt   *attempt
	link      *link
	people    *people
	watch     *watcher
	notifier  *Notifier
	smokeball interface {
		Matters
		Contacts
		FileNames
	}
}

// all waits until Smokeball shows everything that it accepted in this sync.
func (s *confirmStep) all(ctx context.Context) result {
	if s.allSeen() {
		return done
	}
	if s.attempt.m.Current.Status != domain.Confirming {
		if err := s.attempt.record(ctx, domain.SyncConfirming{Sync: s.attempt.current.Sync}); err != nil {
			return fails(err)
		}
	}
	if r := s.matter(ctx); r.ends() {
		return r
	}
	for _, p := range s.attempt.m.Current.Contacts {
		if r := s.contact(ctx, p); r.ends() {
			return r
		}
	}
	for _, d := range s.attempt.m.Documents {
		if d.Uploaded && !d.Confirmed {
			if r := s.file(ctx, d.Data.ID); r.ends() {
				return r
			}
		}
	}
	return done
}

func (s *confirmStep) allSeen() bool {
	for _, d := range s.attempt.m.Documents {
		if d.Uploaded && !d.Confirmed {
			return false
		}
	}
	return s.attempt.m.Smokeball.Confirmed && len(s.attempt.m.Current.Contacts) == 0
}

func notConfirmed(what string, id domain.SmokeballID, waited time.Duration) error {
	return &domain.CallError{Op: "confirm " + what, Class: domain.Permanent, Failure: domain.Failure{
		Code:    domain.CodeNotConfirmed,
		Message: fmt.Sprintf("Smokeball accepted the %s and did not show it within %s (%s)", what, waited, id),
		Remedy:  "Look for it in Smokeball. Then click Retry: we look again before anything is sent.",
	}}
}

// matter waits until the matter, with its last change, is there.
func (s *confirmStep) matter(ctx context.Context) result {
	if s.attempt.m.Smokeball.Confirmed {
		return done
	}
	start, sb := s.attempt.now(), s.attempt.m.Smokeball
	seen := func(ctx context.Context, by domain.Proof) error {
		return s.attempt.record(ctx, domain.MatterConfirmed{Sync: s.attempt.current.Sync, Matter: sb.ID, By: by, Request: sb.Request, DurationMS: s.attempt.since(start)})
	}
	r := s.watch.await(ctx, awaited{what: "matter", id: sb.ID, request: sb.Request, since: sb.Since,
		told: func(context.Context) (bool, error) { return s.attempt.m.Smokeball.Confirmed, nil },
		refused: func(ctx context.Context, message string) error {
			return s.attempt.refused(ctx, sb.Request, message, sb.ID)
		},
		shown: func(ctx context.Context) error { return seen(ctx, domain.ByWebhook) },
		look: func(ctx context.Context) (bool, result) {
			m, err := s.smokeball.Matter(ctx, s.attempt.firm, sb.ID)
			if (domain.IsNotThere(err) && sb.Before != nil) || (err == nil && m.Gone()) {
				return false, s.link.gone(ctx)
			}
			if err != nil || !s.attempt.m.Smokeball.Shown(m) {
				return false, fails(err)
			}
			return true, fails(seen(ctx, domain.ByRead))
		}})
	if !missing(r.err) {
		return r
	}
	return s.missed(ctx, r.err, func(m domain.Matter) ([]domain.Event, error) { return m.Miss(s.attempt.current, sb.Request) })
}

// missed records that something accepted was not shown, which err says. What was shown, or
// settled otherwise, at the last moment is not missed.
func (s *confirmStep) missed(ctx context.Context, err error, decide func(domain.Matter) ([]domain.Event, error)) result {
	var facts []domain.Event
	e := s.attempt.decide(ctx, func(m domain.Matter) (_ []domain.Event, err error) {
		facts, err = decide(m)
		return facts, err
	})
	if e == nil && len(facts) == 0 {
		return done
	}
	return fails(errors.Join(err, e))
}

// missing reports whether err says that something accepted was not shown.
func missing(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && ce.Failure.Code == domain.CodeNotConfirmed
}

// fileGone is the passing fault that people deleted the file which a newer content was sent
// to: the next attempt sends it to another one.
func (s *confirmStep) fileGone(ctx context.Context, d domain.Document) error {
	if err := s.attempt.abandonFile(ctx, d, domain.AbandonedDeleted); err != nil {
		return err
	}
	return &domain.CallError{Op: "read file", Class: domain.Retryable, Failure: domain.Failure{
		Code:    domain.CodeSmokeballUnavailable,
		Message: fmt.Sprintf("The file of “%s” was deleted in Smokeball", d.Data.FileName),
		Remedy:  "We send the newest version as a new file by ourselves.",
	}}
}

// file waits until Smokeball shows the document's file as uploaded.
func (s *confirmStep) file(ctx context.Context, id domain.DocumentID) result {
	start := s.attempt.now()
	d, _ := s.attempt.m.Document(id)
	r := s.watch.await(ctx, awaited{what: "file", id: d.File, request: d.Request, since: d.Since,
		told: func(context.Context) (bool, error) { // or it was approved again, or refused
			now, _ := s.attempt.m.Document(id)
			return now.Confirmed || !now.Uploaded || now.Failure != nil, nil
		},
		refused: func(ctx context.Context, message string) error {
			return s.attempt.refused(ctx, d.Request, message, d.File)
		},
		look: func(ctx context.Context) (bool, result) { return s.lookAtFile(ctx, d, start) }})
	if !missing(r.err) {
		return r
	}
	if r := s.link.look(ctx); r.ends() {
		return r // not only the file is missing
	}
	return s.missed(ctx, r.err, func(m domain.Matter) ([]domain.Event, error) { return m.MissFile(s.attempt.current, id, d.File) })
}

// lookAtFile reads the document's file, and records it where it is there.
func (s *confirmStep) lookAtFile(ctx context.Context, d domain.Document, start time.Time) (bool, result) {
	f, err := s.smokeball.File(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, d.File)
	if err == nil && f.Deleted {
		return false, fails(s.fileGone(ctx, d))
	}
	if err != nil || !f.Uploaded || (f.SizeBytes != 0 && f.SizeBytes != d.Size) {
		return false, fails(err) // not there, or still the version before
	}
	shown := domain.DocumentConfirmed{Sync: s.attempt.current.Sync, Document: d.Data.ID, File: d.File, By: domain.ByRead, Request: d.Request, DurationMS: s.attempt.since(start)}
	return true, fails(s.attempt.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.ShowFile(s.attempt.current, shown) }))
}
