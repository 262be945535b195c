package syncing

import (
	"context"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// matterStep makes Smokeball's matter equal to CaseHug's.
type matterStep struct {
	attempt   *attempt
	grant     *grant
	link      *link
	types     *typeStep
	contacts  *contactStep
	confirm   *confirmStep
	optional  *optionalFields
	look      firstLook
	views     Views
	staff     string // Smokeball's id of the responsible person
	smokeball interface {
		Matters
		Staff
		Contacts
	}
}

// do makes Smokeball's matter equal to CaseHug's.
func (s *matterStep) do(ctx context.Context) result {
	var err error
	if s.staff, err = s.responsible(ctx); err != nil {
		return fails(err)
	}
	return repeat(func() result {
		switch sb := s.attempt.m.Smokeball; {
		case sb.ID != "":
			return s.update(ctx)
		case sb.Intent != nil:
			return s.lookAgain(ctx)
		}
		return s.lookThenCreate(ctx)
	})
}

// draft is the matter that Smokeball should have, with its clients' contacts.
func (s *matterStep) draft() domain.MatterDraft {
	var ids []domain.SmokeballID
	for _, c := range s.attempt.m.Data.Clients() {
		left := slices.Contains(s.attempt.m.Smokeball.Left, c.ID) // a person keeps the client off the matter
		if id := s.attempt.m.Contacts[c.ID]; id != "" && !left && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	d := s.attempt.m.Draft(ids)
	d.ResponsibleStaffID = s.staff
	return d
}

// trimmed is the draft without the values that Smokeball refused.
func (s *matterStep) trimmed(ctx context.Context) (domain.MatterDraft, error) {
	d := s.draft()
	fields := s.optional.leftOut(d.OptionalFields())
	return d.Without(fields, domain.MatterDraft{}), s.optional.warn(ctx, fields)
}

// update writes what CaseHug changed since the last write.
func (s *matterStep) update(ctx context.Context) result {
	start := s.attempt.now()
	seen, r := s.toRepair(ctx)
	if r.ends() {
		return r
	}
	change, next, err := s.change(ctx, seen)
	if err != nil {
		return fails(err)
	}
	if change.Empty() {
		return fails(s.unchanged(ctx))
	}
	if r := s.confirm.matter(ctx); r.ends() { // Smokeball answers a change of a matter that it does not show yet with 404
		return r
	}
	if change.ClientIDs != nil {
		there, r := s.read(ctx)
		if r.ends() {
			return r
		}
		change.ClientIDs = domain.MergeClients(there.ClientIDs, s.attempt.m.Smokeball.Sent.ClientIDs, next.ClientIDs)
	}
	rid, r := s.patch(ctx, &change, next)
	switch {
	case r.next == failed && s.optional.dropRefused(r.err, change.OptionalFields(), false):
		return again // without the refused values
	case r.next == failed:
		return s.link.classify(ctx, r.err)
	case r.ends():
		return r
	}
	facts := s.optional.refusals()
	if change.MatterTypeID != "" {
		facts = append(facts, *s.types.retyping)
	}
	return fails(s.attempt.record(context.WithoutCancel(ctx), append(facts, domain.MatterChangeAccepted{Sync: s.attempt.current.Sync, Matter: s.attempt.m.Smokeball.ID, Request: rid, Change: change, Sent: next, DurationMS: s.attempt.since(start)})...))
}

// change is what has to be written, and what Smokeball is to have afterwards: what it keeps
// and what it refuses is warned of. Where Smokeball's value was accepted, it stays; where it is
// to be repaired, seen has it.
func (s *matterStep) change(ctx context.Context, seen map[string]string) (domain.MatterChange, domain.MatterDraft, error) {
	sent := s.attempt.m.Smokeball.Sent
	next, kept := domain.Kept(sent, s.attempt.m.WithAccepted(s.draft(), sent))
	for _, w := range kept {
		if err := s.attempt.warn(ctx, w); err != nil {
			return domain.MatterChange{}, next, err
		}
	}
	was := sent
	for field, value := range seen {
		was = was.Having(field, value)
	}
	change := domain.Diff(was, next)
	if to := s.types.retyping; to != nil {
		change, next = change.Retype(next, to.TypeID, to.ClientRole)
	}
	fields := s.optional.leftOut(change.OptionalFields())
	return change.Without(fields), next.Without(fields, sent), s.optional.warn(ctx, fields)
}

// unchanged records that nothing had to be written, unless this sync itself created the
// matter.
func (s *matterStep) unchanged(ctx context.Context) error {
	facts := s.optional.refusals()
	if !s.attempt.m.Current.Changed {
		facts = append(facts, domain.MatterUnchanged{Sync: s.attempt.current.Sync, Matter: s.attempt.m.Smokeball.ID})
	}
	if len(facts) == 0 {
		return nil
	}
	return s.attempt.record(ctx, facts...)
}

// patch writes a change. If Smokeball refuses it because a contact is missing, patch restores the
// contact first, or removes it from the matter.
func (s *matterStep) patch(ctx context.Context, change *domain.MatterChange, next domain.MatterDraft) (domain.RequestID, result) {
	if change.ClientIDs != nil {
		if err := s.contacts.stand(ctx); err != nil {
			return "", fails(err)
		}
	}
	rid := s.attempt.request("matter", "change")
	err := s.smokeball.PatchMatter(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, *change, rid)
	if ce := domain.AsCallError(err); ce == nil || ce.Class != domain.Permanent || ce.Unsettled || names(ce, change.OptionalFields()) {
		return rid, fails(err)
	}
	there, r := s.clientsStillThere(ctx, next)
	if r.ends() || there == nil {
		return rid, r.or(fails(err))
	}
	change.ClientIDs = there
	rid = s.attempt.request("matter", "change")
	return rid, fails(s.smokeball.PatchMatter(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, *change, rid))
}

// names reports whether Smokeball's answer refuses one of the fields by name.
func names(ce *domain.CallError, offered map[string]string) bool {
	for field := range offered {
		if ce.Failure.Smokeball.Names(field) {
			return true
		}
	}
	return false
}

// read reads the linked matter, which must exist.
func (s *matterStep) read(ctx context.Context) (domain.SmokeballMatter, result) {
	m, err := s.smokeball.Matter(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID)
	if err == nil && m.Gone() {
		return m, s.link.gone(ctx)
	}
	return m, s.link.classify(ctx, err)
}

// lookThenCreate links a matter that Smokeball has already, or creates it.
func (s *matterStep) lookThenCreate(ctx context.Context) result {
	start := s.attempt.now()
	if slices.ContainsFunc(s.attempt.m.Data.Clients(), func(c domain.ClientData) bool { return s.attempt.m.Contacts[c.ID] == "" }) {
		if r := s.contacts.do(ctx); r.ends() { // CaseHug named another client meanwhile
			return r
		}
	}
	draft, err := s.trimmed(ctx)
	if err != nil {
		return fails(err)
	}
	found, how, err := s.findAny(ctx, draft)
	if err != nil {
		return fails(err)
	}
	if how != "" {
		return s.linkTo(ctx, found, how, start)
	}
	return s.create(ctx, draft, start)
}

// create asks Smokeball to create the matter.
func (s *matterStep) create(ctx context.Context, draft domain.MatterDraft, start time.Time) result {
	rid := s.attempt.request("matter", "create")
	intend := s.attempt.intend(func(m domain.Matter) ([]domain.Event, error) {
		return m.StartCreation(s.attempt.current, rid, s.grant.account, draft)
	})
	return creation[domain.SmokeballID]{
		intend: func(ctx context.Context) error {
			if err := s.grant.stands(ctx); err != nil {
				return err
			}
			if err := s.contacts.stand(ctx); err != nil {
				return err
			}
			return intend(ctx)
		},
		call: func(ctx context.Context, intend Intend) (domain.SmokeballID, error) {
			return s.smokeball.CreateMatter(ctx, s.attempt.firm, draft, rid, intend)
		},
		made: func(ctx context.Context, id domain.SmokeballID) error {
			accepted := domain.MatterAccepted{Sync: s.attempt.current.Sync, Matter: id, Request: rid, Sent: draft, Account: s.grant.account, DurationMS: s.attempt.since(start)}
			return s.attempt.record(ctx, append(append(s.optional.refusals(), accepted), s.confirming()...)...)
		},
		undo:   s.attempt.undo(rid),
		failed: func(ctx context.Context, err error) result { return s.notCreated(ctx, err, draft) },
	}.ask(ctx)
}

// confirming is the fact that the sync only waits until Smokeball shows its new matter, if that is
// all that is left to do.
func (s *matterStep) confirming() []domain.Event {
	if m := s.attempt.m; len(m.Documents) > 0 || len(m.Data.Tags) > 0 || m.Current.Status == domain.Confirming {
		return nil
	}
	return []domain.Event{domain.SyncConfirming{Sync: s.attempt.current.Sync}}
}

// linkTo records a matter that Smokeball has. Of one that was linked before, or that a call made
// whose answer was lost, we know what it was told: what differs now people changed. Of another
// one that carries our id what differs is written; one found by its number counts as it is.
func (s *matterStep) linkTo(ctx context.Context, found domain.SmokeballMatter, how domain.Linking, start time.Time) result {
	known := s.draft()
	switch f := s.attempt.m.Former[s.grant.account]; {
	case f.ID == found.ID:
		known = f.Sent
	case how == domain.LinkedByID && s.attempt.m.Smokeball.Intent != nil && s.attempt.m.Smokeball.Sent.ExternalID != "":
		known = s.attempt.m.Smokeball.Sent
	case how == domain.LinkedByID:
		known.Description, known.Number, known.Status = found.Description, found.Number, found.Status
		known.OpenedDate, known.ClosedDate = sameDayOr(found.OpenedDate, known.OpenedDate), sameDayOr(found.ClosedDate, known.ClosedDate)
		if known.ResponsibleStaffID != "" {
			known.ResponsibleStaffID = found.ResponsibleStaffID
		}
		known.ClientIDs = ours(found.ClientIDs, known.ClientIDs, s.attempt.m.Smokeball.Sent.ClientIDs)
	}
	if err := s.grant.stands(ctx); err != nil {
		return decided(err)
	}
	if err := s.attempt.record(ctx, domain.MatterLinked{Sync: s.attempt.current.Sync, Matter: found.ID, How: how, Known: known, Account: s.grant.account, DurationMS: s.attempt.since(start)}); err != nil {
		return fails(err)
	}
	if how == domain.LinkedByNumber {
		if err := s.warnOfOthers(ctx, found, known); err != nil {
			return fails(err)
		}
	}
	if change := domain.Diff(s.attempt.m.Smokeball.Sent, s.draft()); !change.Empty() {
		return s.update(ctx)
	}
	return done
}

// warnOfOthers warns of values that differ in a matter that Smokeball had already.
func (s *matterStep) warnOfOthers(ctx context.Context, found domain.SmokeballMatter, d domain.MatterDraft) error {
	list := found.Differing(d)
	if len(list) == 0 {
		return nil
	}
	return s.attempt.warn(ctx, domain.Warning{Code: domain.WarnMatterDiffers, About: &domain.About{Name: found.Number, Values: list}})
}

// sameDayOr is the date as we write it, where Smokeball shows the same day in its own form,
// else the one that it shows.
func sameDayOr(found, ours *time.Time) *time.Time {
	if found != nil && ours != nil && found.Format(time.DateOnly) == ours.Format(time.DateOnly) {
		return ours
	}
	return found
}

// ours are the clients of a matter whom CaseHug named, now or when the matter was requested:
// people added the others.
func ours(found, now, asked []domain.SmokeballID) []domain.SmokeballID {
	return slices.DeleteFunc(slices.Clone(found), func(id domain.SmokeballID) bool {
		return !slices.Contains(now, id) && !slices.Contains(asked, id)
	})
}

// notCreated goes on after Smokeball did not make the matter. Where it refuses the matter
// because of a contact that is not there, the contact is seen to first. What it may refuse of a
// matter without which it takes the rest is left out of the next try.
func (s *matterStep) notCreated(ctx context.Context, err error, draft domain.MatterDraft) result {
	if s.optional.dropRefused(err, draft.OptionalFields(), true) {
		return again
	}
	if ce := domain.AsCallError(err); ce.Class != domain.Permanent && ce.Class != domain.NotThere {
		return fails(err)
	}
	if r := s.contacts.there(ctx); r.ends() {
		return r
	}
	if r := s.types.changed(ctx); r.ends() {
		return r
	}
	if s.optional.dropRefused(err, draft.OptionalFields(), false) {
		return again
	}
	return fails(err)
}

// clientsStillThere are the clients to write where Smokeball refuses a change, nil where each client
// is there. CaseHug's own are seen to first. Another one whom Smokeball no longer has came
// with a change whose answer was lost, and was refused afterwards; or was deleted by people.
func (s *matterStep) clientsStillThere(ctx context.Context, next domain.MatterDraft) ([]domain.SmokeballID, result) {
	if r := s.contacts.there(ctx); r.ends() {
		return nil, r
	}
	there, r := s.read(ctx)
	if r.ends() {
		return nil, r
	}
	all := domain.MergeClients(there.ClientIDs, s.attempt.m.Smokeball.Sent.ClientIDs, next.ClientIDs)
	var list []domain.SmokeballID
	for _, id := range all {
		gone, err := s.contactGone(ctx, id, next)
		if err != nil {
			return nil, fails(err)
		}
		if !gone {
			list = append(list, id)
		}
	}
	if len(list) == len(all) {
		return nil, done
	}
	return list, done
}

// contactGone reports whether Smokeball no longer has a contact that is none of CaseHug's clients.
func (s *matterStep) contactGone(ctx context.Context, id domain.SmokeballID, next domain.MatterDraft) (bool, error) {
	if slices.Contains(next.ClientIDs, id) {
		return false, nil
	}
	shown, err := s.smokeball.Contact(ctx, s.attempt.firm, id)
	if isGone(shown, err) {
		return true, nil
	}
	return false, err
}

// findAny looks for the matter that was linked in this account earlier, else for the one
// that d describes.
func (s *matterStep) findAny(ctx context.Context, d domain.MatterDraft) (m domain.SmokeballMatter, how domain.Linking, err error) {
	m, ok, err := s.link.former(ctx)
	if err == nil && ok {
		ok, err = s.reserve(ctx, m.ID)
	}
	if err != nil || ok {
		return m, domain.LinkedEarlier, err
	}
	m, how, err = s.find(ctx, d, func(q domain.MatterQuery) ([]domain.SmokeballMatter, error) {
		return s.look.matters(ctx, s.attempt.firm, q, s.attempt.id)
	})
	if err != nil || how == domain.LinkedByID {
		return m, how, err
	}
	if lost, byID, err := s.findLost(ctx, d); err != nil || byID != "" {
		return lost, byID, err
	}
	return m, how, nil
}

// find looks in Smokeball for the matter that d describes: by our id, else (where the
// firm requires it) by number and client. how is "" where it is not there.
func (s *matterStep) find(ctx context.Context, d domain.MatterDraft, search func(domain.MatterQuery) ([]domain.SmokeballMatter, error)) (m domain.SmokeballMatter, how domain.Linking, err error) {
	q := domain.MatterQuery{Text: d.Number}
	if q.Text == "" {
		q.Contact = d.ClientIDs[0]
	}
	list, err := search(q)
	if err != nil {
		return m, "", err
	}
	list = slices.DeleteFunc(list, func(m domain.SmokeballMatter) bool {
		return m.Gone() || slices.Contains(s.attempt.m.Apart, m.ID) // people unlinked it from that one
	})
	for _, m := range list {
		if m.ExternalID != string(s.attempt.id) {
			continue
		}
		if free, err := s.reserve(ctx, m.ID); err != nil || free {
			return m, domain.LinkedByID, err
		}
	}
	if !s.attempt.settings.LinkExisting || d.Number == "" {
		return m, "", nil
	}
	for _, m := range list {
		if !domain.SameText(m.Number, d.Number) || !slices.Contains(m.ClientIDs, d.ClientIDs[0]) {
			continue
		}
		other, err := s.views.MatterOf(s.attempt.firm, m.ID)
		if err != nil {
			return m, "", err
		}
		if other != "" && other != s.attempt.id { // it belongs to another CaseHug matter
			continue
		}
		if free, err := s.reserve(ctx, m.ID); err != nil || free {
			return m, domain.LinkedByNumber, err
		}
	}
	return m, "", nil
}

// reserve reports whether no other CaseHug matter has, or is about to have, Smokeball's matter, and
// reserves it.
func (s *matterStep) reserve(ctx context.Context, id domain.SmokeballID) (bool, error) {
	holder, err := Reservations{s.attempt.ledger, s.attempt.now}.Reserve(ctx, s.attempt.firm, id, s.attempt.id)
	return holder == "", err
}

// foundMatter is a matter found in Smokeball, and how it was found.
type foundMatter struct {
	domain.SmokeballMatter
	how domain.Linking
}

// lookAgain settles a creation whose answer was lost. It looks for what was asked for then,
// which CaseHug may have changed since.
func (s *matterStep) lookAgain(ctx context.Context) result {
	intent, asked := *s.attempt.m.Smokeball.Intent, s.attempt.m.Smokeball.Sent
	var start time.Time
	return search[foundMatter]{
		attempt: s.attempt,
		look: func(ctx context.Context) (foundMatter, bool, error) {
			start = s.attempt.now()
			m, how, err := s.find(ctx, asked, func(q domain.MatterQuery) ([]domain.SmokeballMatter, error) {
				return s.smokeball.FindMatters(ctx, s.attempt.firm, q)
			})
			return foundMatter{m, how}, how == domain.LinkedByID, err
		},
		open: func(context.Context) (bool, error) {
			i := s.attempt.m.Smokeball.Intent
			return i != nil && i.Request == intent.Request, nil
		},
		found:   func(ctx context.Context, m foundMatter) result { return s.linkTo(ctx, m.SmokeballMatter, m.how, start) },
		abandon: s.attempt.abandon(intent.Request),
	}.run(ctx)
}

// responsible is the Smokeball staff member whom CaseHug names as responsible, "" for
// nobody. Where Smokeball has no such person who works there, whoever it was told before
// stays, with a warning.
func (s *matterStep) responsible(ctx context.Context) (string, error) {
	email := domain.Text(s.attempt.m.Data.ResponsibleEmail)
	if email == "" {
		return "", nil
	}
	id, err := s.smokeball.StaffByEmail(ctx, s.attempt.firm, email)
	about := domain.About{Value: email, Why: domain.WhyUnknown}
	if refused(err) {
		about, err = domain.About{Value: email, Cause: causeOf(err)}, nil
	}
	if err != nil || id != "" {
		return id, err
	}
	return s.attempt.m.Smokeball.Sent.ResponsibleStaffID, s.attempt.warn(ctx, domain.Warning{Code: domain.WarnResponsibleNotFound, About: &about})
}
