package readback

import (
	"cmp"
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// contact is a contact that may have changed, and the clients that it is.
type contact struct {
	glimpse
	clients []client
}

// client is a client with what was told of it.
type client struct {
	id    domain.ClientID
	is    domain.Client
	known domain.Contact
}

// ReadContacts reads contacts that may have changed, with one call, and returns the position
// of what it recorded. skipped are those of which nothing can be said now: another account has
// them, or Smokeball does not show them yet.
func (s Sights) ReadContacts(ctx context.Context, f domain.FirmID, account string, list []domain.UnreadResource) (position uint64, skipped []domain.SmokeballID, err error) {
	var all []contact
	var ids []domain.SmokeballID
	for _, u := range list {
		c, there, err := s.contact(ctx, f, account, u)
		switch {
		case err != nil:
			return position, skipped, err
		case !there:
			skipped = append(skipped, u.Resource)
		case len(c.clients) == 0: // it is nobody's any more
			if position, err = s.answered(ctx, c.glimpse); err != nil {
				return position, skipped, err
			}
		default:
			all, ids = append(all, c), append(ids, u.Resource)
		}
	}
	if len(ids) == 0 {
		return position, skipped, nil
	}
	found, err := s.Smokeball.ContactsByID(ctx, f, ids)
	if err != nil {
		return position, skipped, err
	}
	shown := map[domain.SmokeballID]domain.SmokeballContact{}
	for _, c := range found {
		shown[c.ID] = c
	}
	for _, c := range all {
		is, there := shown[c.resource]
		if !there && c.unseen() {
			skipped = append(skipped, c.resource)
			continue
		}
		if position, err = s.recordContact(ctx, c, is, there); err != nil {
			return position, skipped, err
		}
	}
	return position, skipped, nil
}

// Contact reads a contact for a sync, and records what that showed of the clients who are it.
func (s Sights) Contact(ctx context.Context, f domain.FirmID, clients []domain.ClientID, id domain.SmokeballID) (domain.SmokeballContact, error) {
	c, _, err := s.contact(ctx, f, "", domain.UnreadResource{Resource: id, Clients: clients})
	if err != nil {
		return domain.SmokeballContact{}, err
	}
	shown, read := s.Smokeball.Contact(ctx, f, id)
	if len(c.clients) == 0 || (read != nil && (!domain.IsNotThere(read) || c.unseen())) {
		return shown, read
	}
	if err := s.recordSeen(ctx, c, shown, read == nil); err != nil {
		return shown, err
	}
	if c.hints.Pending() {
		_, err = s.answered(ctx, c.glimpse)
	}
	return shown, cmp.Or(read, err)
}

// contact gathers what is on record of a contact before it is read. It reports false where
// the contact is in another account than the one that is named.
func (s Sights) contact(ctx context.Context, f domain.FirmID, account string, u domain.UnreadResource) (c contact, here bool, err error) {
	if c.glimpse, err = s.begin(ctx, f, u.Resource, proof(u)); err != nil {
		return c, false, err
	}
	for _, id := range u.Clients {
		is, _, err := eventstore.Load[domain.Client](ctx, s.Ledger, domain.ClientStream(f, id))
		if err != nil {
			return c, false, err
		}
		if is.Contact != u.Resource {
			continue
		}
		known, _, err := eventstore.Load[domain.Contact](ctx, s.Ledger, domain.ContactStream(f, is.Key))
		if err != nil {
			return c, false, err
		}
		if known.Account != "" && account != "" && known.Account != account {
			return c, false, nil
		}
		c.clients = append(c.clients, client{id, is, known})
	}
	return c, true, nil
}

// unseen reports whether no client's contact was ever read: it may not be there yet.
func (c contact) unseen() bool {
	for _, one := range c.clients {
		if one.is.Sight.Values != nil {
			return false
		}
	}
	return true
}

// recordContact records for each client what the read showed, and that the webhooks are answered.
func (s Sights) recordContact(ctx context.Context, c contact, shown domain.SmokeballContact, there bool) (uint64, error) {
	if err := s.recordSeen(ctx, c, shown, there); err != nil {
		return 0, err
	}
	return s.answered(ctx, c.glimpse)
}

func (s Sights) recordSeen(ctx context.Context, c contact, shown domain.SmokeballContact, there bool) error {
	for _, one := range c.clients {
		// What was told is read after the call: a write of ours that the read shows is on record
		// by then, or CaseHug's own value says the same.
		known, _, err := eventstore.Load[domain.Contact](ctx, s.Ledger, domain.ContactStream(c.firm, one.is.Key))
		if err != nil {
			return err
		}
		e := domain.ClientSeen{Client: one.id, Contact: c.resource, Values: shown.Values(), Waits: known.Awaits() != "" || known.Repairing, Version: shown.VersionID,
			Ticks: shown.LastUpdated, By: c.by, Hint: c.hints.Newest, ChangedAt: domain.TimeOfTicks(shown.LastUpdated), ReadAt: c.at}
		if !there {
			e.Values, e.Ticks, e.ChangedAt = one.gone(), one.is.Sight.Ticks, c.changedAt()
		}
		made := known.ID == c.resource && !known.Accepted.IsZero() && known.Owner == one.id
		_, _, err = eventstore.Execute(ctx, s.Ledger, s.Now, domain.ClientStream(c.firm, one.id),
			func(now domain.Client) ([]domain.Event, error) { return now.See(made, known.Writes(one.id), e), nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// gone are the values of a contact that Smokeball no longer shows: those that it had.
func (c client) gone() domain.ContactValues {
	v := domain.ContactValues{}
	if c.is.Sight.Values != nil {
		v = *c.is.Sight.Values
	}
	v.Deleted = true
	return v
}
