package smokeballsim

import (
	"fmt"
)

// person is the origin of changes that a person at the firm makes in Smokeball.
func (s *Server) person(a *account) origin {
	return origin{Account: a.ID, RequestID: s.chance.id(), User: a.Staff[0].ID, Source: "Smokeball"}
}

// EditMatter changes a matter as a person in Smokeball does; body has the format of PATCH. It
// takes effect at once, with a webhook of source "Smokeball". It fails if there is no such
// matter or the change is invalid.
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

// EditContact changes a contact as a person in Smokeball does: body holds the changed fields, at
// any depth; null clears. It takes effect at once, with a webhook of source "Smokeball". It
// fails if there is no such contact or the change is invalid.
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

// AddContact makes a contact as a person in Smokeball does, visible at once, and returns its
// id; body has the format of POST /contacts.
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

// AddMatter makes a matter as a person in Smokeball does, visible at once, and returns its id;
// body has the format of POST /matters.
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

// EditMatterType renames a matter type (name not empty) or withdraws it (deleted), as the
// vendor does. Every firm of the region gets mattertype.updated. It fails if there is no such
// type.
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
