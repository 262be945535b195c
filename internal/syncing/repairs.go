package syncing

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// toRepair are the fields of the matter that the sync writes although CaseHug did not change
// them, with Smokeball's values that were decided on. It reads first: what people changed since
// is left alone.
func (s *matterStep) toRepair(ctx context.Context) (map[string]string, result) {
	of := func(field string) bool { return !domain.IsClientField(field) }
	if !s.attempt.m.RepairsAny(s.attempt.current.Sync, of) {
		return nil, done
	}
	if r := s.confirm.matter(ctx); r.ends() { // an unconfirmed change of ours may hide people's values
		return nil, r
	}
	there, r := s.read(ctx)
	if r.ends() {
		return nil, r
	}
	if err := s.attempt.reload(ctx); err != nil {
		return nil, fails(err)
	}
	seen, dropped := s.attempt.m.ToRepair(s.attempt.current.Sync, there.Values())
	return seen, fails(s.attempt.dropRepairs(ctx, dropped))
}

// dropRepairs records which fields the sync does not write, and warns about each.
func (t *attempt) dropRepairs(ctx context.Context, list []domain.RepairDropped) error {
	for _, e := range list {
		if err := t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.DropRepair(t.current, e) }); err != nil {
			return err
		}
	}
	return nil
}

// toRepair is what counts as told to the contact, and the fields that the sync writes although
// CaseHug did not change them: there the contact's own value counts. It reads first, and leaves
// alone what people changed since, and contacts that are others', too.
func (w *contactWork) toRepair(ctx context.Context) (told domain.ContactDraft, fields []string, r result) {
	told = w.c.Written(w.data.ID)
	if w.data.ID != w.attempt.m.Data.Client.ID || !w.attempt.m.RepairsAny(w.attempt.current.Sync, domain.IsClientField) {
		return told, nil, done
	}
	shown, err := w.smokeball.Contact(ctx, w.attempt.firm, w.c.ID)
	if isGone(shown, err) && w.c.Confirmed {
		return told, nil, w.decide(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.c.ID), nil }).or(again)
	}
	if err != nil {
		return told, nil, fails(notYet(err))
	}
	fields, dropped := w.attempt.m.ToRepairClient(w.attempt.current.Sync, w.known, w.draft, shown.Values())
	if len(fields) > 0 {
		shared, err := w.people.shared(ctx, w.c, w.data.ID)
		if err != nil {
			return told, nil, fails(err)
		}
		if shared {
			dropped, fields = append(dropped, dropAll(w.attempt.current.Sync, fields, domain.RepairShared)...), nil
		}
	}
	if err := w.attempt.dropRepairs(ctx, dropped); err != nil {
		return told, nil, fails(err)
	}
	for _, name := range fields {
		told = told.Having(name, shown.Values())
	}
	return told, fields, done
}

func dropAll(id domain.SyncID, fields []string, why domain.RepairRefuse) (list []domain.RepairDropped) {
	for _, name := range fields {
		list = append(list, domain.RepairDropped{Sync: id, Field: name, Reason: why})
	}
	return list
}

// intendRepair records that values are about to be written which the contact was told before: a
// read that shows them, after a lost answer, shows nothing that people changed.
func (w *contactWork) intendRepair(ctx context.Context, fields []string, request domain.RequestID) error {
	if len(fields) == 0 {
		return nil
	}
	return w.append(ctx, func(domain.Contact) ([]domain.Event, error) {
		return []domain.Event{domain.ContactRepairStarted{Client: w.data.ID, Request: request, Sent: w.draft}}, nil
	})
}

// shared reports whether another client has the same contact.
func (p *people) shared(ctx context.Context, c domain.Contact, id domain.ClientID) (bool, error) {
	if list := c.Clients(); len(list) > 1 || (len(list) == 1 && list[0] != id) {
		return true, nil
	}
	others, err := p.entered(ctx, contactText(c.ID))
	for _, o := range others {
		k, err := p.contact(ctx, o.Key)
		if err != nil || (o.Client != id && k.ID == c.ID) {
			return true, err
		}
	}
	return false, err
}
