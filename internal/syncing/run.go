package syncing

import (
	"context"
	"errors"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// run takes an attempt through its steps.
type run struct {
	handler   *Handler
	attempt   *attempt
	grant     *grant
	link      *link
	types     *typeStep
	contacts  *contactStep
	matter    *matterStep
	documents *documentStep
	tags      *tagStep
	confirm   *confirmStep
}

// withPriority marks the calls of the attempt. A sync that was released before its time is as
// urgent as a click.
func (r *run) withPriority(ctx context.Context) context.Context {
	if r.handler.Priority == nil {
		return ctx
	}
	trigger := r.attempt.m.Current.Trigger
	if r.attempt.releasedEarly || (trigger == domain.TriggerReconcile && r.attempt.m.Current.Wanted) {
		trigger = domain.TriggerManual
	}
	return r.handler.Priority(ctx, r.attempt.firm, trigger, r.attempt.m.Current.ID)
}

// work does the steps until the sync ends or waits. They start over if the state on which
// they relied has changed.
func (r *run) work(ctx context.Context) error {
	for {
		var end result
		if err := contained(func() error { end = r.steps(r.withPriority(ctx)); return nil }); err != nil {
			end = fails(err)
		}
		if end = r.settle(ctx, end); end.next != restart {
			return end.err
		}
	}
}

// steps does the steps in order. Each looks at the facts and does what is missing.
func (r *run) steps(ctx context.Context) result {
	r.attempt.seen = r.attempt.m
	for _, s := range []struct {
		name domain.Step
		do   func(context.Context) result
	}{
		{domain.StepMatter, r.grant.check},
		{domain.StepMatter, r.prepare},
		{domain.StepMatter, r.link.check},
		{domain.StepMatterType, r.types.do},
		{domain.StepContact, r.contacts.do},
		{domain.StepContact, r.recordNoted},
		{domain.StepMatter, r.textCleaned},
		{domain.StepMatter, r.matter.do},
		{domain.StepDocument, r.documents.do},
		{domain.StepMatter, r.tags.do},
		{domain.StepConfirm, r.confirm.all},
	} {
		if r.attempt.ends() {
			return fails(errStopping)
		}
		if end := s.do(ctx); end.ends() {
			return end.in(s.name)
		}
	}
	return r.conclude(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Finish(r.attempt.current, r.attempt.seen) })
}

// recordNoted records that the attempt has begun, of a matter without a client.
func (r *run) recordNoted(ctx context.Context) result { return fails(r.attempt.recordNoted(ctx)) }

// prepare reads the firm's settings and mappings.
func (r *run) prepare(ctx context.Context) result {
	p, _, err := eventstore.Load[domain.Preferences](ctx, r.attempt.ledger, domain.SettingsStream(r.attempt.firm))
	r.attempt.settings, r.attempt.mappings = p.Settings(), p.Mappings
	return fails(err)
}

// conclude records how the attempt ends. If the state has changed since the steps, they start
// over.
func (r *run) conclude(ctx context.Context, f func(domain.Matter) ([]domain.Event, error)) result {
	err := r.attempt.decide(ctx, f)
	if errors.Is(err, domain.ErrOutdated) {
		return startOver
	}
	return fails(err)
}

func (r *run) deferred(ctx context.Context, e domain.SyncDeferred) result {
	return r.conclude(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Defer(r.attempt.current, r.attempt.seen, e) })
}

func (r *run) fail(ctx context.Context, e domain.SyncFailed) result {
	return r.conclude(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Fail(r.attempt.current, r.attempt.seen, e) })
}

// settle turns the end of the steps into a fact: the sync waits, is retried at a time, or has
// failed. What cannot be recorded, because the ledger takes nothing, is returned.
func (r *run) settle(ctx context.Context, end result) result {
	err, ce := end.err, domain.AsCallError(end.err)
	switch {
	case end.next == waits:
		return r.deferSync(ctx, end.step, end.wait)
	case end.next != failed || errors.Is(err, domain.ErrNotCurrent) || errors.Is(err, errStopping):
		return end
	case ctx.Err() != nil, r.attempt.ends() && ce != nil && ce.Class == domain.Retryable:
		return fails(errStopping) // the engine stops; the call's end is not Smokeball's fault
	case ce == nil:
		return r.retryOwnFault(ctx, end.step, err)
	case ce.Class == domain.SignIn:
		return r.signIn(ctx, end.step, ce)
	case ce.Class == domain.Retryable || ce.Class == domain.Allowance:
		return r.retryLater(ctx, end.step, ce)
	}
	switch same := r.grant.ensureSame(ctx); {
	case same.next == waits: // what was refused was about a connection that is no more
		return r.deferSync(ctx, end.step, same.wait)
	case same.ends():
		return same
	}
	return r.fail(ctx, domain.SyncFailed{Sync: r.attempt.current.Sync, Step: end.step, Failure: ce.Failure})
}

// deferSync lets the sync wait, unless what it lacks exists by now. If that appears in another
// stream while the wait is recorded, the scheduler starts the sync again: it compares what
// the wait lacked with what exists, not which event came first.
func (r *run) deferSync(ctx context.Context, step domain.Step, w waiting) result {
	there, err := r.there(ctx, w)
	switch {
	case err != nil:
		return fails(err)
	case there:
		return startOver
	}
	return r.deferred(ctx, domain.SyncDeferred{Sync: r.attempt.current.Sync, Step: step, Failure: w.failure, Until: w.until,
		MappingRevision: w.mappings, TypesSeen: w.types})
}

// there reports whether what the sync would wait for in another stream exists already.
func (r *run) there(ctx context.Context, w waiting) (bool, error) {
	switch w.failure.Code {
	case domain.CodeNotConnected, domain.CodeReauthorizationRequired:
		c, _, err := eventstore.Load[domain.Connection](ctx, r.attempt.ledger, domain.ConnectionStream(r.attempt.firm))
		return c.Usable(r.attempt.now()), err
	case domain.CodeMatterTypeUnmapped:
		p, _, err := eventstore.Load[domain.Preferences](ctx, r.attempt.ledger, domain.SettingsStream(r.attempt.firm))
		return p.Mappings.Revision != w.mappings, err
	}
	return false, nil
}

// signIn records that Smokeball no longer knows the firm, and lets the sync wait. If the
// firm has been authorized again since, the refusal was of the old grant.
func (r *run) signIn(ctx context.Context, step domain.Step, ce *domain.CallError) result {
	_, _, err := eventstore.Execute(ctx, r.attempt.ledger, r.attempt.now, domain.ConnectionStream(r.attempt.firm),
		func(c domain.Connection) ([]domain.Event, error) {
			if !c.At.Equal(r.grant.at) {
				return nil, nil
			}
			return c.Lose(ce.Failure, r.attempt.now()), nil
		})
	if err != nil {
		return fails(err)
	}
	return r.deferSync(ctx, step, waiting{failure: ce.Failure})
}

// textCleaned warns of characters that were taken out of what CaseHug sent.
func (r *run) textCleaned(ctx context.Context) result {
	if w := r.attempt.m.Data.TextCleaned(); w != nil {
		return fails(r.attempt.warn(ctx, *w))
	}
	return done
}
