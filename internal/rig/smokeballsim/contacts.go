package smokeballsim

import (
	"strings"
	"time"
)

// contact is a person or organisation in a firm's address book.
type contact struct {
	ID      string
	In      contactIn
	Version string
	Updated time.Time
	Tags    []tag
}

func (c *call) findContact() (*contact, *problem) {
	return find(c, "contact", c.id("id"), func(a *account) *shelf[*contact] { return a.Contacts })
}

// find finds a visible resource of the caller's firm. Another firm's resource is refused; an
// unknown one, or one that is not visible yet, is a 404.
func find[T any](c *call, kind, id string, of func(*account) *shelf[T]) (T, *problem) {
	if v, found := of(c.account).get(id); found {
		return v, nil
	}
	var none T
	for _, a := range c.accounts {
		if a != c.account && of(a).known(id) {
			return none, foreign(kind, id)
		}
	}
	return none, missing(kind, id)
}

func createContact(c *call) (reply, *problem) {
	var in contactIn
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	if p := c.account.checkContact(in); p != nil {
		return reply{}, p
	}
	id := c.chance.id()
	c.account.Contacts.reserve(id, &contact{ID: id, In: in})
	return c.accept(c.write("Contact", "make", id, nil)), nil
}

func (l *landing) showContact(k *contact) error {
	l.touchContact(k)
	l.firm.Contacts.show(k.ID)
	l.tell("contact.created", l.viewContact(k))
	return nil
}

func (s *views) touchContact(k *contact) { k.Version, k.Updated = s.chance.id(), time.Now() }

func updateContact(c *call) (reply, *problem) {
	k, p := c.findContact()
	if p != nil {
		return reply{}, p
	}
	var in contactIn
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	if p := c.account.checkContact(in); p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Contact", "replace", k.ID, in)), nil
}

func (l *landing) replaceContact(k *contact) error {
	var in contactIn
	if err := l.read(&in); err != nil {
		return err
	}
	l.changeContact(k, in)
	return nil
}

func (l *landing) deleteContact(k *contact) error {
	in := k.In
	in.IsDeleted = true
	l.changeContact(k, in)
	return nil
}

func (l *landing) changeContact(k *contact, in contactIn) {
	event := contactEvent(k.In.IsDeleted, in.IsDeleted)
	k.In = in
	l.touchContact(k)
	l.tell(event, l.viewContact(k))
}

func contactEvent(wasDeleted, isDeleted bool) string {
	switch {
	case isDeleted && !wasDeleted:
		return "contact.deleted"
	case wasDeleted && !isDeleted:
		return "contact.restored"
	}
	return "contact.updated"
}

func deleteContact(c *call) (reply, *problem) {
	k, p := c.findContact()
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Contact", "delete", k.ID, nil)), nil
}

// checkContact requires exactly one kind of contact, with a name.
func (a *account) checkContact(in contactIn) *problem {
	kinds := 0
	for _, given := range []bool{in.Person != nil, in.Company != nil, in.Trust != nil, in.GroupOfPeople != nil} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		return invalid("person", "A contact is exactly one of person, company, trust or groupOfPeople.")
	}
	switch {
	case in.Person != nil && in.Person.FirstName == "" && in.Person.LastName == "":
		return invalid("person.lastName", "A person needs a first or a last name.")
	case in.Company != nil && in.Company.Name == "":
		return invalid("company.name", "A company needs a name.")
	case in.Trust != nil && in.Trust.Name == "":
		return invalid("trust.name", "A trust needs a name.")
	}
	return a.checkEmailAndPeople(in)
}

func (a *account) checkEmailAndPeople(in contactIn) *problem {
	if e := in.email(); e != "" && strings.Count(e, "@") != 1 {
		return invalid("email", "The e-mail address must hold one @.")
	}
	if in.GroupOfPeople == nil {
		return nil
	}
	for _, id := range in.GroupOfPeople.PeopleIDs {
		if !a.Contacts.known(id) {
			return invalid("groupOfPeople.peopleIds", "No contact has the id %q.", id)
		}
	}
	return nil
}
