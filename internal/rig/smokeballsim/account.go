package smokeballsim

import "slices"

// account is one firm with all its data in Smokeball.
type account struct {
	Account
	Contacts *shelf[*contact]
	Matters  *shelf[*matter]
	Tasks    *shelf[*task]
	Events   *shelf[*event]
	Hooks    *shelf[*subscription]
	Tags     map[string]string // tag name to tag id: names are re-used across the firm
	Numbered int               // matters that Smokeball has numbered so far
}

// newAccount makes a firm with the data that it held before; nil: none.
func (s *store) newAccount(a Account, was *account) *account {
	if was == nil {
		was = &account{
			Contacts: newShelf[*contact](),
			Matters:  newShelf[*matter](),
			Tasks:    newShelf[*task](),
			Events:   newShelf[*event](),
			Hooks:    newShelf[*subscription](),
			Tags:     map[string]string{},
		}
	}
	known := was.Staff
	was.Account = a
	was.Staff = s.identified(a.Staff, known)
	return was
}

// identified gives each person an id: the given one, their previous one, or a new one.
func (s *store) identified(staff, known []Staff) []Staff {
	staff = slices.Clone(staff)
	for i := range staff {
		m := &staff[i]
		for _, k := range known {
			if m.ID == "" && k.Email == m.Email && k.FirstName == m.FirstName && k.LastName == m.LastName {
				m.ID = k.ID
			}
		}
		if m.ID == "" {
			m.ID = s.chance.id()
		}
	}
	return staff
}

// tagID returns the id of a tag: within a firm, the same name is the same tag.
func (s *store) tagID(a *account, name string) string {
	if a.Tags[name] == "" {
		a.Tags[name] = s.chance.id()
	}
	return a.Tags[name]
}

func (a *account) staffMember(id string) (Staff, bool) {
	for _, m := range a.Staff {
		if m.ID == id {
			return m, true
		}
	}
	return Staff{}, false
}

// matterHeld finds a matter, visible or not; nil: there is none.
func (a *account) matterHeld(id string) *matter {
	m, _ := a.Matters.held(id)
	return m
}
