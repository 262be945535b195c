package readback

import (
	"context"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Lists are Smokeball's lists of what changed, deleted things among them.
type Lists interface {
	// ChangedMatters lists a page of what changed at since or later, what changed last at the
	// end; zero: everything.
	ChangedMatters(ctx context.Context, f domain.FirmID, since time.Time, offset int) (domain.MatterPage, error)
	ChangedContacts(ctx context.Context, f domain.FirmID, since time.Time, offset int) (domain.ContactPage, error)
}

// sweep is one sweep of a firm's account, as this engine makes it.
type sweep struct {
	*Sweeper
	firm    domain.FirmID
	now     domain.CurrentSweep
	linked  map[domain.SmokeballID]domain.LinkedResource
	listed  map[domain.SmokeballID]bool // matters, by a full sweep
	through uint64                      // the position of what was recorded last
}

// page is what one call has shown.
type page struct {
	listed, found int
	next          domain.SweepPlace
	last          bool // of its part
}

// run looks at everything, page after page. Where nothing is linked nobody is asked.
func (s *sweep) run(ctx context.Context) error {
	if len(s.linked) > 0 {
		if err := s.record(ctx, func(now domain.Sweeps) []domain.Event { return now.Start(s.now) }); err != nil {
			return err
		}
		for s.now.Place.Part != "" {
			if err := s.step(ctx); err != nil {
				return err
			}
		}
	}
	return s.record(ctx, func(now domain.Sweeps) []domain.Event { return now.End(s.now) })
}

// step reads a page and records how far the sweep is. One that has looked at a single page
// begins again at no cost, and has nothing recorded.
func (s *sweep) step(ctx context.Context) error {
	if err := s.Pace.wait(ctx); err != nil {
		return err
	}
	read, then := s.matters, domain.SweepContacts
	if s.now.Place.Part == domain.SweepContacts {
		read, then = s.contacts, ""
	}
	p, err := read(ctx)
	if err != nil {
		return err
	}
	if p.last {
		p.next = domain.SweepPlace{Part: then, Since: s.now.Since}
	}
	e := domain.SweepPageRead{Listed: p.listed, Found: p.found, Next: p.next}
	was := s.now
	s.now = s.now.After(e)
	if s.now.Place.Part == "" || (p.last && was.Calls == 0) {
		return nil
	}
	return s.record(ctx, func(now domain.Sweeps) []domain.Event { return now.Advance(was, e) })
}

func (s *sweep) record(ctx context.Context, decide func(domain.Sweeps) []domain.Event) error {
	_, head, err := eventstore.Execute(ctx, s.Ledger, s.Now, domain.SweepStream(s.firm),
		func(now domain.Sweeps) ([]domain.Event, error) { return decide(now), nil })
	s.through = max(s.through, uint64(head.Seq))
	return err
}

// matters looks at a page of the account's matters. A full sweep then looks for those that no
// page had: Smokeball does not list them any more.
func (s *sweep) matters(ctx context.Context) (page, error) {
	place, asked := s.now.Place, s.Now()
	got, err := s.Lists.ChangedMatters(ctx, s.firm, place.Since, place.Offset)
	if err != nil {
		return page{}, err
	}
	p := page{listed: len(got.Matters), last: !got.More}
	ticks := make([]int64, len(got.Matters))
	for i, m := range got.Matters {
		ticks[i] = m.LastUpdated
		s.listed[m.ID] = true
		if err := s.matter(ctx, &p, asked, m); err != nil {
			return page{}, err
		}
	}
	p.next = next(place, ticks)
	if p.last && s.now.Full {
		return p, s.unlisted(ctx, &p, asked)
	}
	return p, nil
}

// matter compares a matter in a list with what is known of it.
func (s *sweep) matter(ctx context.Context, p *page, asked time.Time, shown domain.SmokeballMatter) error {
	l, ok := s.linked[shown.ID]
	if !ok || l.Matter == "" {
		return nil
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, s.Ledger, domain.MatterStream(s.firm, l.Matter))
	if err != nil || m.Smokeball.ID != shown.ID || !s.here(m.Smokeball.Account) || !m.IsChanged(asked, shown.Values()) {
		return err
	}
	return s.find(ctx, p, asked, shown.ID, shown.LastUpdated)
}

// unlisted finds the linked matters that no page had, but those which are known to be gone.
func (s *sweep) unlisted(ctx context.Context, p *page, asked time.Time) error {
	for id, l := range s.linked {
		if l.Matter == "" || s.listed[id] {
			continue
		}
		m, _, err := eventstore.Load[domain.Matter](ctx, s.Ledger, domain.MatterStream(s.firm, l.Matter))
		if err != nil {
			return err
		}
		t := m.Smokeball.There
		if m.Smokeball.ID != id || !s.here(m.Smokeball.Account) || t.Values == nil || t.Values.Gone() || !m.Smokeball.Confirmed {
			continue
		}
		if err := s.find(ctx, p, asked, id, 0); err != nil {
			return err
		}
	}
	return nil
}

// contacts looks at linked contacts: by what the account lists as changed, or in a full sweep
// at all of them, in batches.
func (s *sweep) contacts(ctx context.Context) (page, error) {
	place, asked := s.now.Place, s.Now()
	if s.now.Full {
		return s.batch(ctx, asked)
	}
	got, err := s.Lists.ChangedContacts(ctx, s.firm, place.Since, place.Offset)
	if err != nil {
		return page{}, err
	}
	p := page{listed: len(got.Contacts), last: !got.More}
	ticks := make([]int64, len(got.Contacts))
	for i, c := range got.Contacts {
		ticks[i] = c.LastUpdated
		if err := s.contact(ctx, &p, asked, c.ID, &c); err != nil {
			return page{}, err
		}
	}
	p.next = next(place, ticks)
	return p, nil
}

// batch looks at the next linked contacts, as many as one call reads. Those that it does not
// show are gone.
func (s *sweep) batch(ctx context.Context, asked time.Time) (page, error) {
	ids := s.contactsAfter(s.now.Place.After)
	p := page{last: len(ids) <= contactsAtOnce, next: s.now.Place}
	if ids = ids[:min(len(ids), contactsAtOnce)]; len(ids) == 0 {
		return p, nil
	}
	found, err := s.Smokeball.ContactsByID(ctx, s.firm, ids)
	if err != nil {
		return page{}, err
	}
	p.listed, p.next.After = len(found), ids[len(ids)-1]
	shown := map[domain.SmokeballID]*domain.SmokeballContact{}
	for i := range found {
		shown[found[i].ID] = &found[i]
	}
	for _, id := range ids {
		if err := s.contact(ctx, &p, asked, id, shown[id]); err != nil {
			return page{}, err
		}
	}
	return p, nil
}

// contactsAfter are the ids of the linked contacts after one of them, in order.
func (s *sweep) contactsAfter(after domain.SmokeballID) (ids []domain.SmokeballID) {
	for id, l := range s.linked {
		if len(l.Clients) > 0 && id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// contact compares a contact with what is known of it; shown is nil where Smokeball does not
// show it.
func (s *sweep) contact(ctx context.Context, p *page, asked time.Time, id domain.SmokeballID, shown *domain.SmokeballContact) error {
	for _, client := range s.linked[id].Clients {
		c, _, err := eventstore.Load[domain.Client](ctx, s.Ledger, domain.ClientStream(s.firm, client))
		if err != nil {
			return err
		}
		if c.Contact != id || c.Sight.Values == nil {
			continue
		}
		known, _, err := eventstore.Load[domain.Contact](ctx, s.Ledger, domain.ContactStream(s.firm, c.Key))
		if err != nil {
			return err
		}
		values, ticks := domain.ContactValues{}, int64(0)
		if shown != nil {
			values, ticks = shown.Values(), shown.LastUpdated
		} else {
			values = *c.Sight.Values
			values.Deleted = true
		}
		if s.here(known.Account) && c.IsChanged(asked, known.Writes(client), values) {
			return s.find(ctx, p, asked, id, ticks)
		}
	}
	return nil
}

// here reports whether something that is in an account can be read now.
func (s *sweep) here(account string) bool { return account == "" || account == s.now.Account }

// find records that a resource is to be read.
func (s *sweep) find(ctx context.Context, p *page, asked time.Time, id domain.SmokeballID, ticks int64) error {
	found := false
	_, head, err := eventstore.Execute(ctx, s.Ledger, s.Now, domain.HintStream(s.firm, id), func(h domain.Hints) ([]domain.Event, error) {
		facts := h.Find(domain.ChangeFound{Resource: id, Changed: domain.TimeOfTicks(ticks)}, asked)
		found = len(facts) > 0
		return facts, nil
	})
	if err == nil && found {
		p.found++
		s.through = max(s.through, uint64(head.Seq))
	}
	return err
}

// next is the place after a page. Where the list is in the order of its changes it goes on at
// the last one, so that what changes meanwhile, and moves to the list's end, makes nothing
// slip past.
func next(place domain.SweepPlace, ticks []int64) domain.SweepPlace {
	n := len(ticks)
	if n > 0 && ticks[0] > 0 && slices.IsSorted(ticks) {
		if last := domain.TimeOfTicks(ticks[n-1]).Truncate(time.Second); last.After(place.Since) {
			place.Since, place.Offset = last, 0
			return place
		}
	}
	place.Offset += n
	return place
}
