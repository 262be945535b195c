package erasure

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Plan is what an erasure would destroy, as the ledger is now. It records nothing.
func (s Service) Plan(ctx context.Context, f domain.FirmID, subject domain.EraseSubject) (domain.ErasePlan, error) {
	p := domain.ErasePlan{Subject: subject}
	if s.Unavailable != nil {
		return p, s.Unavailable
	}
	if !domain.ValidID(cmp.Or(string(subject.Matter), string(subject.Client))) {
		return p, unknown("it")
	}
	end, err := s.Queue.enter(ctx, f)
	if err != nil {
		return p, err
	}
	defer end()
	r, found, _, err := s.whose(ctx, f, subject)
	if err != nil {
		return p, err
	}
	names := map[domain.ClientID]string{}
	for _, id := range found.Matters {
		m, _, err := eventstore.Load[domain.Matter](ctx, s.Ledger, domain.MatterStream(f, id))
		if err != nil {
			return p, err
		}
		p.Matters = append(p.Matters, m.Planned(id))
		for _, c := range m.Data.Clients() {
			names[c.ID] = c.Name()
		}
	}
	for _, id := range found.Clients {
		p.Clients = append(p.Clients, domain.PlannedClient{ID: id, Name: names[id]})
	}
	p.Staying = r.staying(found, names)
	err = s.called(ctx, f, p.Clients)
	if err == nil {
		err = s.called(ctx, f, p.Staying)
	}
	if err != nil {
		return p, err
	}
	b, _, err := eventstore.Load[domain.Backups](ctx, s.Ledger, domain.LedgerStream())
	return p.In(b, s.Now()), err
}

// staying are the clients of erased matters who stay, because matters that stay name them.
func (r relations) staying(found domain.EraseFound, names map[domain.ClientID]string) (list []domain.PlannedClient) {
	seen := map[domain.ClientID]bool{}
	for _, m := range found.Matters {
		maps.Copy(seen, r.clients[m])
	}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		if slices.Contains(found.Clients, id) {
			continue
		}
		c := domain.PlannedClient{ID: id, Name: names[id]}
		for _, m := range slices.Sorted(maps.Keys(r.matters[id])) {
			if !slices.Contains(found.Matters, m) && !r.erased[m] {
				c.With = append(c.With, m)
			}
		}
		list = append(list, c)
	}
	return list
}

// called names the clients as CaseHug last did.
func (s Service) called(ctx context.Context, f domain.FirmID, list []domain.PlannedClient) error {
	for i, p := range list {
		c, _, err := eventstore.Load[domain.Client](ctx, s.Ledger, domain.ClientStream(f, p.ID))
		if err != nil {
			return err
		}
		list[i].Name = cmp.Or(c.Data.Name(), p.Name)
	}
	return nil
}
