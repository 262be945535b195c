package syncing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// matter sees to it that Smokeball has the matter as CaseHug has it.
func (t *attempt) matter(ctx context.Context) error {
	var err error
	if t.staff, err = t.responsible(ctx); err != nil {
		return err
	}
	for {
		var err error
		switch {
		case t.m.Smokeball.ID != "":
			err = t.updateMatter(ctx)
		case t.m.Smokeball.Intent != nil:
			err = t.lookAgain(ctx)
		default:
			err = t.lookThenCreate(ctx)
		}
		if !errors.Is(err, domain.ErrTaken) {
			return err
		}
	}
}

// draft is the matter as Smokeball is to have it, with its clients' contacts.
func (t *attempt) draft() domain.MatterDraft {
	var ids []domain.SmokeballID
	for _, c := range t.m.Data.Clients() {
		if id := t.m.Contacts[c.ID]; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	d := t.m.Draft(ids)
	d.ResponsibleStaffID = t.staff
	return d
}

// trimmed is the draft without what Smokeball refused of it.
func (t *attempt) trimmed(ctx context.Context) (domain.MatterDraft, error) {
	d := t.draft()
	fields := t.leftOut(d.Trimmings())
	return d.Without(fields, domain.MatterDraft{}), t.warnOfRefused(ctx, fields)
}

// updateMatter writes what CaseHug changed since Smokeball was told.
func (t *attempt) updateMatter(ctx context.Context) error {
	start := t.Now()
	change, next, err := t.change(ctx)
	if err != nil {
		return err
	}
	if change.Empty() {
		return t.unchanged(ctx)
	}
	if err := t.confirmMatter(ctx); err != nil { // a change of what is not there yet is a 404
		return err
	}
	if change.ClientIDs != nil {
		there, err := t.readMatter(ctx)
		if err != nil {
			return err
		}
		change.ClientIDs = domain.MergeClients(there.ClientIDs, t.m.Smokeball.Sent.ClientIDs, next.ClientIDs)
	}
	rid, err := t.patchMatter(ctx, &change, next)
	if err != nil && t.trim(err, change.Trimmings(), false) {
		return domain.ErrTaken // without what Smokeball refuses
	}
	if err != nil {
		return t.classifyMissing(ctx, err)
	}
	facts := t.refusals()
	if change.MatterTypeID != "" {
		facts = append(facts, *t.retyping)
	}
	return t.record(context.WithoutCancel(ctx), append(facts, domain.MatterChangeAccepted{Sync: t.Sync, Matter: t.m.Smokeball.ID, Request: rid, Change: change, Sent: next, DurationMS: t.since(start)})...)
}

// change is what has to be written, and what Smokeball is to have afterwards: what it keeps
// and what it refuses is warned of.
func (t *attempt) change(ctx context.Context) (domain.MatterChange, domain.MatterDraft, error) {
	sent := t.m.Smokeball.Sent
	next, kept := domain.Kept(sent, t.draft())
	for _, w := range kept {
		if err := t.warn(ctx, w); err != nil {
			return domain.MatterChange{}, next, err
		}
	}
	change := domain.Diff(sent, next)
	if to := t.retyping; to != nil {
		change, next = change.Retype(next, to.TypeID, to.ClientRole)
	}
	fields := t.leftOut(change.Trimmings())
	return change.Without(fields), next.Without(fields, sent), t.warnOfRefused(ctx, fields)
}

// unchanged records that nothing had to be written, unless this sync itself brought the
// matter there.
func (t *attempt) unchanged(ctx context.Context) error {
	facts := t.refusals()
	if !t.m.Current.Changed {
		facts = append(facts, domain.MatterUnchanged{Sync: t.Sync, Matter: t.m.Smokeball.ID})
	}
	if len(facts) == 0 {
		return nil
	}
	return t.record(ctx, facts...)
}

// patchMatter writes a change. Where Smokeball refuses it for a contact that is not there,
// that is seen to first, or the contact is taken off the matter.
func (t *attempt) patchMatter(ctx context.Context, change *domain.MatterChange, next domain.MatterDraft) (domain.RequestID, error) {
	if change.ClientIDs != nil {
		if err := t.clientsStand(ctx); err != nil {
			return "", err
		}
	}
	rid := t.request("matter", "change")
	err := t.Smokeball.PatchMatter(ctx, t.firm, t.m.Smokeball.ID, *change, rid)
	if ce := domain.AsCallError(err); ce == nil || ce.Class != domain.Permanent || ce.Unsettled || t.names(ce, change.Trimmings()) {
		return rid, err
	}
	living, e := t.clientsStillThere(ctx, next)
	if e != nil || living == nil {
		return rid, cmp.Or(e, err)
	}
	change.ClientIDs = living
	rid = t.request("matter", "change")
	return rid, t.Smokeball.PatchMatter(ctx, t.firm, t.m.Smokeball.ID, *change, rid)
}

// names reports whether Smokeball's answer names one of the fields as what it refuses.
func (t *attempt) names(ce *domain.CallError, offered map[string]string) bool {
	for field := range offered {
		if ce.Failure.Smokeball.Names(field) {
			return true
		}
	}
	return false
}

// readMatter reads the linked matter, which has to be there.
func (t *attempt) readMatter(ctx context.Context) (domain.SmokeballMatter, error) {
	m, err := t.Smokeball.Matter(ctx, t.firm, t.m.Smokeball.ID)
	if err == nil && m.Gone() {
		return m, t.recordMatterGone(ctx)
	}
	return m, t.classifyMissing(ctx, err)
}

// lookThenCreate links a matter that Smokeball has already, or creates it.
func (t *attempt) lookThenCreate(ctx context.Context) error {
	start := t.Now()
	if slices.ContainsFunc(t.m.Data.Clients(), func(c domain.ClientData) bool { return t.m.Contacts[c.ID] == "" }) {
		if err := t.clients(ctx); err != nil { // CaseHug named another client meanwhile
			return err
		}
	}
	draft, err := t.trimmed(ctx)
	if err != nil {
		return err
	}
	found, how, err := t.findAny(ctx, draft)
	if err != nil {
		return err
	}
	if how != "" {
		return t.link(ctx, found, how, start)
	}
	rid := t.request("matter", "create")
	intend := t.intend(func(m domain.Matter) ([]domain.Event, error) {
		return m.StartCreation(t.Attempt, rid, t.account, draft)
	})
	id, err := t.Smokeball.CreateMatter(ctx, t.firm, draft, rid, func(ctx context.Context) error {
		if err := t.clientsStand(ctx); err != nil {
			return err
		}
		return intend(ctx)
	})
	if err != nil {
		return t.notCreated(ctx, err, rid, draft)
	}
	return t.record(context.WithoutCancel(ctx), append(t.refusals(), domain.MatterAccepted{Sync: t.Sync, Matter: id, Request: rid, Sent: draft, Account: t.account, DurationMS: t.since(start)})...)
}

// link records a matter that Smokeball has. Of one that was linked before we know what it
// was told. One that carries our id was made by us, so what differs is written; one found
// by its number counts as it is.
func (t *attempt) link(ctx context.Context, found domain.SmokeballMatter, how string, start time.Time) error {
	known := t.draft()
	switch f := t.m.Former[t.account]; {
	case f.ID == found.ID:
		known = f.Sent
	case how == byExternalID:
		known.Description, known.Number, known.Status = found.Description, found.Number, found.Status
		known.OpenedDate, known.ClosedDate = sameDayOr(found.OpenedDate, known.OpenedDate), sameDayOr(found.ClosedDate, known.ClosedDate)
		if known.ResponsibleStaffID != "" {
			known.ResponsibleStaffID = found.ResponsibleStaffID
		}
		known.ClientIDs = ours(found.ClientIDs, known.ClientIDs, t.m.Smokeball.Sent.ClientIDs)
	}
	if err := t.record(ctx, domain.MatterLinked{Sync: t.Sync, Matter: found.ID, How: how, Known: known, Account: t.account, DurationMS: t.since(start)}); err != nil {
		return err
	}
	if how == byNumber {
		if err := t.warnOfOthers(ctx, found, known); err != nil {
			return err
		}
	}
	if change := domain.Diff(t.m.Smokeball.Sent, t.draft()); !change.Empty() {
		return t.updateMatter(ctx)
	}
	return nil
}

// warnOfOthers tells what a matter that Smokeball had already has otherwise.
func (t *attempt) warnOfOthers(ctx context.Context, found domain.SmokeballMatter, d domain.MatterDraft) error {
	list := found.Differing(d)
	if len(list) == 0 {
		return nil
	}
	return t.warn(ctx, domain.Warning{Code: "matter_differs", Message: fmt.Sprintf(
		"Smokeball had matter %s already, and it was linked as it is. It has another %s than CaseHug. Correct it where it is wrong; what changes in CaseHug from now on is written",
		found.Number, strings.Join(list, ", another "))})
}

// sameDayOr is the date as we write it, where Smokeball shows the same day in its own form,
// else the one that it shows.
func sameDayOr(found, ours *time.Time) *time.Time {
	if found != nil && ours != nil && found.Format(time.DateOnly) == ours.Format(time.DateOnly) {
		return ours
	}
	return found
}

// ours are those of a matter's clients whom CaseHug named, now or when it was asked for:
// the others were added by people.
func ours(found, now, asked []domain.SmokeballID) []domain.SmokeballID {
	return slices.DeleteFunc(slices.Clone(found), func(id domain.SmokeballID) bool {
		return !slices.Contains(now, id) && !slices.Contains(asked, id)
	})
}

// notCreated settles the intent where the answer is certain. Where Smokeball refuses
// the matter because of a contact that is not there, the contact is seen to first. What it
// may refuse of a matter without which it takes the rest is left out (ErrTaken).
func (t *attempt) notCreated(ctx context.Context, err error, rid domain.RequestID, draft domain.MatterDraft) error {
	ce := domain.AsCallError(err)
	if ce == nil || ce.Unsettled {
		return err
	}
	if e := t.undo(ctx, rid, ce); e != nil {
		return errors.Join(err, e)
	}
	if t.trim(err, draft.Trimmings(), true) {
		return domain.ErrTaken
	}
	if ce.Class != domain.Permanent && ce.Class != domain.NotThere {
		return err
	}
	if e := t.clientsThere(ctx); e != nil {
		return e
	}
	if e := t.warnTypeChanged(ctx); e != nil {
		return e
	}
	if t.trim(err, draft.Trimmings(), false) {
		return domain.ErrTaken
	}
	return err
}

// warnTypeChanged starts the steps over if the account no longer offers the matter type that the
// matter was to get.
func (t *attempt) warnTypeChanged(ctx context.Context) error {
	t.Smokeball.ForgetMatterTypes(t.firm)
	types, err := t.Smokeball.MatterTypes(ctx, t.firm)
	if err != nil {
		return err
	}
	if now := domain.ResolveMatterType(types, t.mappings, t.m.Data); now.Found && now.Type.ID == t.m.TypeID {
		return nil
	}
	return errRestartSteps
}

// clientsStillThere are the clients to write where Smokeball refuses a change, nil where each client
// is there. CaseHug's own are seen to first. Another one whom Smokeball no longer has came
// with a change whose answer was lost, and was refused afterwards; or was deleted by people.
func (t *attempt) clientsStillThere(ctx context.Context, next domain.MatterDraft) ([]domain.SmokeballID, error) {
	if err := t.clientsThere(ctx); err != nil {
		return nil, err
	}
	there, err := t.readMatter(ctx)
	if err != nil {
		return nil, err
	}
	all := domain.MergeClients(there.ClientIDs, t.m.Smokeball.Sent.ClientIDs, next.ClientIDs)
	var list []domain.SmokeballID
	for _, id := range all {
		gone, err := t.gone(ctx, id, next)
		if err != nil {
			return nil, err
		}
		if !gone {
			list = append(list, id)
		}
	}
	if len(list) == len(all) {
		return nil, nil
	}
	return list, nil
}

// gone reports whether Smokeball no longer has a contact that is none of CaseHug's clients.
func (t *attempt) gone(ctx context.Context, id domain.SmokeballID, next domain.MatterDraft) (bool, error) {
	if slices.Contains(next.ClientIDs, id) {
		return false, nil
	}
	shown, err := t.Smokeball.Contact(ctx, t.firm, id)
	if isGone(shown, err) {
		return true, nil
	}
	return false, err
}

// clientsThere reports the first client's contact that Smokeball does not show, as a
// temporary fault: the sync waits for one that was accepted, and creates again one that is gone.
func (t *attempt) clientsThere(ctx context.Context) error {
	for _, c := range t.m.Data.Clients() {
		id := t.m.Contacts[c.ID]
		if id == "" {
			continue // CaseHug named the client meanwhile
		}
		shown, err := t.Smokeball.Contact(ctx, t.firm, id)
		switch {
		case passing(err):
			return err // the read says neither that it is there nor that it is not
		case !isGone(shown, err):
		case err != nil && t.pending(domain.PendingContact{Contact: id}):
			return cmp.Or(t.refusedContacts(ctx), notYet(err))
		default:
			return cmp.Or(t.loseContact(ctx, c, id), contactGone(id))
		}
	}
	return nil
}

const (
	byExternalID = "external_id"
	byNumber     = "number"
	restored     = "restored" // it was gone and is there again
	earlier      = "earlier"  // it was linked before the firm left the account
)

// findAny looks for the matter that was linked in this account earlier, else for the one
// that d describes.
func (t *attempt) findAny(ctx context.Context, d domain.MatterDraft) (m domain.SmokeballMatter, how string, err error) {
	m, ok, err := t.findFormerMatter(ctx)
	if err != nil || ok {
		return m, earlier, err
	}
	return t.find(ctx, d)
}

// find looks in Smokeball for the matter that d describes: by our id, else (where the
// firm requires it) by number and client. how is "" where it is not there.
func (t *attempt) find(ctx context.Context, d domain.MatterDraft) (m domain.SmokeballMatter, how string, err error) {
	q := domain.MatterQuery{Text: d.Number}
	if q.Text == "" {
		q.Contact = d.ClientIDs[0]
	}
	list, err := t.Smokeball.FindMatters(ctx, t.firm, q)
	if err != nil {
		return m, "", err
	}
	list = slices.DeleteFunc(list, domain.SmokeballMatter.Gone)
	for _, m := range list {
		if m.ExternalID == string(t.id) {
			return m, byExternalID, nil
		}
	}
	if !t.settings.LinkExisting || d.Number == "" {
		return m, "", nil
	}
	for _, m := range list {
		if !domain.SameText(m.Number, d.Number) || !slices.Contains(m.ClientIDs, d.ClientIDs[0]) {
			continue
		}
		other, err := t.Views.MatterOf(t.firm, m.ID)
		if err != nil {
			return m, "", err
		}
		if other == "" || other == t.id { // else it belongs to another CaseHug matter
			return m, byNumber, nil
		}
	}
	return m, "", nil
}

// lookAgain settles a creation whose answer was lost: it looks until the matter shows
// up or can no longer. It looks for what was asked for then, which CaseHug may have
// changed since.
func (t *attempt) lookAgain(ctx context.Context) error {
	intent, asked := *t.m.Smokeball.Intent, t.m.Smokeball.Sent
	until := t.lookUntil()
	for pause := looks.First; ; pause = looks.Next(pause) {
		start := t.Now()
		found, how, err := t.find(ctx, asked)
		switch {
		case err != nil && !t.passesBy(err, until):
			return err
		case err == nil && how == byExternalID:
			return t.link(ctx, found, how, start)
		}
		if err == nil && !t.Now().Before(until) {
			break
		}
		if err := t.pause(ctx, t.nextLook(pause, until)); err != nil {
			return err
		}
		if i := t.m.Smokeball.Intent; i == nil || i.Request != intent.Request {
			return domain.ErrTaken // a webhook or the engine that made the call settled it
		}
	}
	return orTaken(t.abandon(ctx, intent.Request)) // start over
}
