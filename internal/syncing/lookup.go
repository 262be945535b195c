package syncing

import (
	"context"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// lookup looks in Smokeball for the contact that a client may already be.
type lookup struct {
	firm   domain.FirmID
	people *people
	look   firstLook
	data   domain.ClientData
	known  domain.Client
	draft  domain.ContactDraft
}

// whoIs looks for the client in Smokeball, and decides who it is.
func (l *lookup) whoIs(ctx context.Context) (v domain.Verdict, shown domain.SmokeballContact, err error) {
	list, err := l.look.contacts(ctx, l.firm, queryFor(l.draft))
	if err != nil {
		return v, shown, err
	}
	all, err := l.candidates(ctx, list)
	if err != nil {
		return v, shown, err
	}
	v = domain.Identify(l.claimant(), all)
	if v.Doubt.Code == "" {
		v.Doubt = l.known.Turned()
	}
	if i := slices.IndexFunc(list, func(c domain.SmokeballContact) bool { return c.ID == v.Contact }); i >= 0 {
		shown = list[i]
	}
	return v, shown, nil
}

// claimant is the client as who is looked for.
func (l *lookup) claimant() domain.Claimant {
	name := l.data.Called()
	return domain.Claimant{Client: l.data.ID, Name: name, Email: l.draft.Email, Phone: l.draft.Phone,
		Before: slices.DeleteFunc(slices.Clone(l.known.Names), name.Same)}
}

// candidates are the contacts that Smokeball shows, with the clients whose they are, and those
// of the same e-mail address that it does not show yet.
func (l *lookup) candidates(ctx context.Context, shown []domain.SmokeballContact) ([]domain.Candidate, error) {
	all := make([]domain.Candidate, 0, len(shown))
	for _, c := range shown {
		k := domain.Candidate{SmokeballContact: c}
		if err := l.addMaker(ctx, &k); err != nil {
			return nil, err
		}
		others, err := l.people.entered(ctx, contactText(c.ID))
		if err != nil {
			return nil, err
		}
		for _, o := range others {
			if err := l.addOwner(ctx, &k, o); err != nil {
				return nil, err
			}
		}
		all = append(all, k)
	}
	if l.draft.Email == "" {
		return all, nil
	}
	return l.neighbours(ctx, all)
}

// addMaker notes the client for whom the engine made the contact. An id that it does not know is
// another system's.
func (l *lookup) addMaker(ctx context.Context, k *domain.Candidate) error {
	id := domain.ClientID(k.ExternalID)
	if id == l.data.ID || !domain.ValidID(k.ExternalID) {
		return nil
	}
	c, err := l.people.client(ctx, id)
	if err == nil && c.Key != "" && (c.Contact == "" || c.Contact == k.ID) {
		k.Owners = append(k.Owners, domain.Owner{Client: id, Name: c.Data.Called()})
	}
	return err
}

// addOwner notes that the contact is a registered client's, if it still is.
func (l *lookup) addOwner(ctx context.Context, k *domain.Candidate, o domain.ClientRegistered) error {
	c, err := l.people.contact(ctx, o.Key)
	if err != nil || c.ID != k.ID || slices.ContainsFunc(k.Owners, func(other domain.Owner) bool { return other.Client == o.Client }) {
		return err
	}
	k.Owners = append(k.Owners, domain.Owner{Client: o.Client, Name: c.Name(o.Client)})
	return nil
}

// neighbours adds the other clients with the e-mail address: their contacts, and the contacts
// that Smokeball has accepted and not yet shown.
func (l *lookup) neighbours(ctx context.Context, all []domain.Candidate) ([]domain.Candidate, error) {
	others, err := l.people.sharers(ctx, l.draft.Email, l.data.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		c, err := l.people.contact(ctx, o.Key)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(k domain.Candidate) bool { return k.ID == c.ID && c.ID != "" })
		name := c.Name(o.Client)
		switch {
		case i >= 0:
			if err := l.addOwner(ctx, &all[i], o); err != nil {
				return nil, err
			}
		case c.Owner != "" && !c.Confirmed && name.String() != "":
			all = append(all, domain.Candidate{Unseen: true, Owners: []domain.Owner{{Client: o.Client, Name: name}},
				SmokeballContact: domain.SmokeballContact{ID: c.ID, FirstName: name.First, LastName: name.Last, CompanyName: name.Company, Email: l.draft.Email}})
		}
	}
	return all, nil
}
