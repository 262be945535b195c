package syncing

import (
	"context"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// link keeps the link between CaseHug's matter and Smokeball's: whether that is one of the
// account that is connected, and still there.
type link struct {
	attempt   *attempt
	grant     *grant
	smokeball Matters
}

// check makes sure that the matter which the facts name is one of the account that is
// connected, and still there.
func (l *link) check(ctx context.Context) result {
	err := l.attempt.note(func(m domain.Matter) ([]domain.Event, error) { return m.Leave(l.attempt.current, l.grant.account) })
	if err != nil {
		return fails(err)
	}
	if l.attempt.m.Held() {
		return waitsFor(heldFailure())
	}
	must, err := l.mustLook(ctx)
	if err != nil || !must {
		return fails(err)
	}
	if err := l.attempt.recordNoted(ctx); err != nil { // people see that the sync runs
		return fails(err)
	}
	return l.look(ctx)
}

// heldFailure says why a matter that a person unlinked is not made again by itself.
func heldFailure() domain.Failure {
	return domain.Failure{Code: domain.CodeMatterUnlinked, Fault: domain.FaultMatterUnlinked}
}

// recent is how long a matter that Smokeball showed counts as there if no webhook would
// report its deletion.
const recent = time.Hour

// mustLook reports whether the matter must be read, because it may be gone: a person requested the
// sync, something other than our calls changed it since it was last shown, or it has long been
// unseen and no webhook would report its deletion.
func (l *link) mustLook(ctx context.Context) (bool, error) {
	sb := l.attempt.m.Smokeball
	if sb.ID == "" || (!sb.Confirmed && sb.Before == nil) { // or it is awaited
		return false, nil
	}
	trigger := l.attempt.m.Current.Trigger
	if sb.Gone || trigger == domain.TriggerManual || trigger == domain.TriggerRetry {
		return true, nil
	}
	if !l.grant.webhooks {
		return l.addsToMatter() && l.attempt.now().Sub(sb.Seen) > recent, nil
	}
	n, err := l.attempt.webhooksAbout(ctx, sb.ID)
	return n.Gone || n.Foreign.After(sb.Seen), err
}

// addsToMatter reports whether the sync has something for the matter that its confirmation does not
// show to be in a matter which is there. A change of the matter itself is confirmed by
// reading the matter.
func (l *link) addsToMatter() bool {
	return (l.attempt.settings.SyncTags && len(without(domain.Tags(l.attempt.m.Data.Tags), l.attempt.m.Tags)) > 0) ||
		slices.ContainsFunc(l.attempt.m.Unsent(), func(d domain.Document) bool { return !l.attempt.m.Current.LeavesOut(d) })
}

// look reads the matter. One that is there again after it was gone is used again.
func (l *link) look(ctx context.Context) result {
	sb := l.attempt.m.Smokeball
	start := l.attempt.now()
	m, err := l.smokeball.Matter(ctx, l.attempt.firm, sb.ID)
	switch {
	case domain.IsNotThere(err) || (err == nil && m.Gone()):
		return l.gone(ctx)
	case err != nil || !sb.Gone:
		return fails(err)
	}
	return fails(l.attempt.record(ctx, domain.MatterLinked{Sync: l.attempt.current.Sync, Matter: sb.ID, How: domain.LinkedRestored, Known: sb.Settled(), Account: l.grant.account, DurationMS: l.attempt.since(start)}))
}

// gone records that the matter is gone, and ends or restarts the attempt.
func (l *link) gone(ctx context.Context) result {
	if same := l.grant.ensureSame(ctx); same.ends() {
		return same
	}
	gone := l.attempt.m.Smokeball.ID
	if err := l.attempt.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Lose(l.attempt.current, gone) }); err != nil {
		return fails(err)
	}
	if l.attempt.m.Smokeball.ID == "" {
		return startOver
	}
	return fails(&domain.CallError{Op: "read matter", Class: domain.Permanent, Failure: domain.Failure{Code: domain.CodeMatterGone, Fault: domain.FaultMatterGone,
		About: &domain.About{Resource: gone}}}).in(domain.StepMatter)
}

// classify finds out why Smokeball refuses, or does not have, what was asked for in the linked
// matter: the matter is gone, or what is missing is not there yet, which is a passing fault.
func (l *link) classify(ctx context.Context, err error) result {
	ce := domain.AsCallError(err)
	if ce == nil || ce.Unsettled || (ce.Class != domain.NotThere && ce.Class != domain.Permanent) {
		return fails(err)
	}
	return l.look(ctx).or(fails(notYet(err)))
}

// former is the matter that was linked in this account before the firm left it, if it is
// still there.
func (l *link) former(ctx context.Context) (m domain.SmokeballMatter, ok bool, err error) {
	f := l.attempt.m.Former[l.grant.account]
	if f.ID == "" || f.Gone || slices.Contains(l.attempt.m.Apart, f.ID) {
		return m, false, nil
	}
	m, err = l.smokeball.Matter(ctx, l.attempt.firm, f.ID)
	if ce := domain.AsCallError(err); ce != nil && (ce.Class == domain.NotThere || ce.Class == domain.NotPermitted) {
		return m, false, nil // of another account, or gone for good
	}
	return m, err == nil && !m.Gone(), err
}
