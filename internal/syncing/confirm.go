package syncing

import (
	"context"
	"errors"
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
		Files
		FileNames
	}
}

// all waits until Smokeball shows everything that it accepted in this sync.
func (s *confirmStep) all(ctx context.Context) result {
	if s.allSeen() {
		return done
	}
	if s.attempt.m.Current.Status != domain.Confirming {
		if err := s.attempt.noteFacts(domain.SyncConfirming{Sync: s.attempt.current.Sync}); err != nil {
			return fails(err)
		}
	}
	if r := s.matterShown(ctx); r.ends() {
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

func notConfirmed(what domain.Thing, id domain.SmokeballID, waited time.Duration) error {
	return &domain.CallError{Op: "confirm " + string(what), Class: domain.Permanent, Failure: domain.Failure{Code: domain.CodeNotConfirmed, Fault: domain.FaultNotConfirmed,
		About: &domain.About{Thing: what, Resource: id, Seconds: int64(waited.Seconds())}}}
}

// matter waits until the matter, with its last change, is there, and records that it is.
func (s *confirmStep) matter(ctx context.Context) result {
	return s.matterShown(ctx).or(fails(s.attempt.recordNoted(ctx)))
}

// matterShown waits until the matter, with its last change, is there, and notes that it is.
func (s *confirmStep) matterShown(ctx context.Context) result {
	if s.attempt.m.Smokeball.Confirmed {
		return done
	}
	start, sb := s.attempt.now(), s.attempt.m.Smokeball
	seen := func(by domain.Proof) error {
		return s.attempt.noteFacts(domain.MatterConfirmed{Sync: s.attempt.current.Sync, Matter: sb.ID, By: by, Request: sb.Request, DurationMS: s.attempt.since(start)})
	}
	r := s.watch.await(ctx, awaited{what: domain.ThingMatter, id: sb.ID, request: sb.Request, since: sb.Since,
		recorded: func(context.Context) (bool, error) { return s.attempt.m.Smokeball.Confirmed, nil },
		refused: func(ctx context.Context, message string) error {
			return s.attempt.refused(ctx, sb.Request, message, sb.ID)
		},
		shown: func(context.Context) error { return seen(domain.ByWebhook) },
		look: func(ctx context.Context) (bool, result) {
			m, err := s.smokeball.Matter(ctx, s.attempt.firm, sb.ID)
			if (domain.IsNotThere(err) && sb.Before != nil) || (err == nil && m.Gone()) {
				return false, s.link.gone(ctx)
			}
			if err != nil || !s.attempt.m.Smokeball.Shown(m) {
				return false, fails(err)
			}
			return true, fails(seen(domain.ByRead))
		}})
	if !missing(r.err) {
		return r
	}
	return s.missed(ctx, r.err, func(m domain.Matter) ([]domain.Event, error) { return m.Miss(s.attempt.current, sb.Request) })
}

// missed records that something accepted was not shown, if err says so, unless it was shown or
// settled at the last moment.
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
