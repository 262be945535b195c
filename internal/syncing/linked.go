package syncing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// errRestartSteps says that the state on which the steps relied has changed, such as the matter's id
// in Smokeball or its data in CaseHug: the steps start over.
var errRestartSteps = errors.New("syncing: the steps start over")

// checkLink sees to it that the matter which the facts name is one of the account that is
// connected, and still there.
func (t *attempt) checkLink(ctx context.Context) error {
	err := t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Leave(t.Attempt, t.account) })
	if err != nil {
		return err
	}
	must, err := t.mustLook(ctx)
	if err != nil || !must {
		return err
	}
	return t.lookAt(ctx)
}

// recent is how long a matter that Smokeball showed counts as there where no webhook would
// tell of its deletion.
const recent = time.Hour

// mustLook reports whether the matter may be gone: a person requires to know, something else
// than our calls changed it since it was last shown, or nobody would have told for long.
func (t *attempt) mustLook(ctx context.Context) (bool, error) {
	sb := t.m.Smokeball
	if sb.ID == "" || (!sb.Confirmed && sb.Before == nil) { // or it is awaited
		return false, nil
	}
	trigger := t.m.Current.Trigger
	if sb.Gone || trigger == domain.TriggerManual || trigger == domain.TriggerRetry {
		return true, nil
	}
	if !t.webhooksActive {
		return t.addsToMatter() && t.Now().Sub(sb.Seen) > recent, nil
	}
	n, err := t.webhooksAbout(ctx, sb.ID)
	return n.Gone || n.Foreign.After(sb.Seen), err
}

// addsToMatter reports whether the sync has something for the matter that its confirmation does not
// show to be in a matter which is there. A change of the matter itself is confirmed by
// reading the matter.
func (t *attempt) addsToMatter() bool {
	return (t.settings.SyncTags && len(without(domain.Tags(t.m.Data.Tags), t.m.Tags)) > 0) ||
		slices.ContainsFunc(t.m.Unsent(), func(d domain.Document) bool { return !t.m.LeavesOut(d) })
}

// lookAt reads the matter. One that is there again after it was gone is used again.
func (t *attempt) lookAt(ctx context.Context) error {
	sb := t.m.Smokeball
	start := t.Now()
	m, err := t.Smokeball.Matter(ctx, t.firm, sb.ID)
	switch {
	case domain.IsNotThere(err) || (err == nil && m.Gone()):
		return t.recordMatterGone(ctx)
	case err != nil || !sb.Gone:
		return err
	}
	return t.record(ctx, domain.MatterLinked{Sync: t.Sync, Matter: sb.ID, How: restored, Known: sb.Settled(), Account: t.account, DurationMS: t.since(start)})
}

// recordMatterGone records that the matter is gone, and ends the attempt or starts it over.
func (t *attempt) recordMatterGone(ctx context.Context) error {
	if err := t.ensureSameConnection(ctx); err != nil {
		return err
	}
	gone := t.m.Smokeball.ID
	if err := t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Lose(t.Attempt, gone) }); err != nil {
		return err
	}
	if t.m.Smokeball.ID == "" {
		t.files = nil
		return errRestartSteps
	}
	return &stepError{domain.StepMatter, &domain.CallError{Op: "read matter", Class: domain.Permanent, Failure: domain.Failure{
		Code:    domain.CodeMatterGone,
		Message: fmt.Sprintf("The matter was deleted or cancelled in Smokeball (%s)", gone),
		Remedy:  "Restore it in Smokeball and click Retry in the sync history. Or click “Sync to Smokeball” on the matter to make a new one with all its documents. Any CaseHug user of the firm can do it.",
	}}}
}

// classifyMissing tells why Smokeball refuses, or does not have, what was asked for in the linked
// matter: the matter is gone, or what is missing is not there yet, which is a passing fault.
func (t *attempt) classifyMissing(ctx context.Context, err error) error {
	ce := domain.AsCallError(err)
	if ce == nil || ce.Unsettled || (ce.Class != domain.NotThere && ce.Class != domain.Permanent) {
		return err
	}
	if e := t.lookAt(ctx); e != nil {
		return e
	}
	return notYet(err)
}

// findFormerMatter is the matter that was linked in this account before the firm left it, if it is
// still there.
func (t *attempt) findFormerMatter(ctx context.Context) (m domain.SmokeballMatter, ok bool, err error) {
	f := t.m.Former[t.account]
	if f.ID == "" || f.Gone {
		return m, false, nil
	}
	m, err = t.Smokeball.Matter(ctx, t.firm, f.ID)
	if ce := domain.AsCallError(err); ce != nil && (ce.Class == domain.NotThere || ce.Class == domain.NotPermitted) {
		return m, false, nil // of another account, or gone for good
	}
	return m, err == nil && !m.Gone(), err
}
