package smokeballsim

import (
	"fmt"
)

// person is the origin of what somebody at the firm does in Smokeball itself.
func (s *Server) person(a *account) origin {
	return origin{Account: a.ID, RequestID: s.chance.id(), User: a.Staff[0].ID, Source: "Smokeball"}
}

// EditMatter is a person who changes a matter in Smokeball: body names the fields as PATCH
// does. It takes effect at once and is told with the source "Smokeball". It fails where
// there is no such matter or the change makes no sense.
func (s *Server) EditMatter(id string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if m, found := a.Matters.get(id); found {
			c := &call{Server: s, account: a, body: body}
			named, p := c.checkPatch(m)
			if p != nil {
				return fmt.Errorf("edit matter %s: %w", id, p)
			}
			s.land(write{origin: s.person(a), Kind: "Matter", Verb: "patch", ID: id, Body: encoded(named)})
			return s.commit()
		}
	}
	return fmt.Errorf("edit matter %s: %w", id, missing("matter", id))
}

// EditContact is a person who changes a contact in Smokeball: body names the fields that
// change, at any depth; null clears. It takes effect at once and is told with the source
// "Smokeball". It fails where there is no such contact or the change makes no sense.
func (s *Server) EditContact(id string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if k, found := a.Contacts.get(id); found {
			next, err := a.editedContact(k, body)
			if err != nil {
				return fmt.Errorf("edit contact %s: %w", id, err)
			}
			s.land(write{origin: s.person(a), Kind: "Contact", Verb: "replace", ID: id, Body: encoded(next)})
			return s.commit()
		}
	}
	return fmt.Errorf("edit contact %s: %w", id, missing("contact", id))
}

func (a *account) editedContact(k *contact, body []byte) (contactIn, error) {
	named, p := fields(body)
	if p != nil {
		return contactIn{}, p
	}
	next, err := merge(k.In, named)
	if err != nil {
		return next, err
	}
	if p := a.checkContact(next); p != nil {
		return next, p
	}
	return next, nil
}

// AddContact is a person who makes a contact in Smokeball, visible at once; body is what
// POST /contacts takes. It returns the id.
func (s *Server) AddContact(accountID string, body []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(accountID)
	if a == nil {
		return "", fmt.Errorf("add contact: no account has the id %q", accountID)
	}
	var in contactIn
	if p := strict(body, &in); p != nil {
		return "", fmt.Errorf("add contact: %w", p)
	}
	if p := a.checkContact(in); p != nil {
		return "", fmt.Errorf("add contact: %w", p)
	}
	from, id := s.person(a), s.chance.id()
	a.Contacts.reserve(id, &contact{ID: id, In: in})
	s.land(write{origin: from, Kind: "Contact", Verb: "make", ID: id})
	return id, s.commit()
}

// AddMatter is a person who makes a matter in Smokeball, visible at once; body is what
// POST /matters takes. It returns the id.
func (s *Server) AddMatter(accountID string, body []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(accountID)
	if a == nil {
		return "", fmt.Errorf("add matter: no account has the id %q", accountID)
	}
	var in matterIn
	if p := strict(body, &in); p != nil {
		return "", fmt.Errorf("add matter: %w", p)
	}
	in, p := s.completeMatter(a, in)
	if p != nil {
		return "", fmt.Errorf("add matter: %w", p)
	}
	from, id := s.person(a), s.chance.id()
	a.Matters.reserve(id, newMatter(id, in))
	s.land(write{origin: from, Kind: "Matter", Verb: "make", ID: id})
	return id, s.commit()
}

// EditMatterType is the vendor who renames a matter type (name not empty) or withdraws it
// (deleted). Every firm of the region is told with mattertype.updated. It fails where there
// is no such type.
func (s *Server) EditMatterType(id, name string, deleted bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.types {
		t := &s.types[i]
		if t.ID != id {
			continue
		}
		if name != "" {
			t.Name = name
		}
		t.Deleted, t.Version = deleted, s.chance.id()
		s.revised[id] = *t
		for _, a := range s.accounts {
			if t.offers(a.Location) {
				s.notify(origin{Account: a.ID, RequestID: s.chance.id(), Source: "Smokeball"}, "mattertype.updated", s.viewType(*t))
			}
		}
		return s.commit()
	}
	return fmt.Errorf("edit matter type: %w", missing("matter type", id))
}
