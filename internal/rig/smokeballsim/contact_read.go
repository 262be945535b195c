package smokeballsim

import (
	"cmp"
	"slices"
	"strings"
)

func (in contactIn) email() string {
	switch {
	case in.Person != nil:
		return in.Person.Email
	case in.Company != nil:
		return in.Company.Email
	}
	return ""
}

// name is the contact's display name.
func (in contactIn) name() string {
	switch {
	case in.Person != nil:
		return joined(in.Person.FirstName, in.Person.MiddleName, in.Person.LastName)
	case in.Company != nil:
		return in.Company.Name
	case in.Trust != nil:
		return in.Trust.Name
	}
	return ""
}

// shortName is the contact's name in a matter's title.
func (in contactIn) shortName() string {
	if in.Person != nil {
		return cmp.Or(in.Person.LastName, in.Person.FirstName)
	}
	return in.name()
}

func joined(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// names are the spellings by which a search finds a contact.
func (in contactIn) names() []string {
	if in.Person == nil {
		return []string{in.name()}
	}
	p := in.Person
	return []string{in.name(), joined(p.FirstName, p.LastName), p.FirstName, p.LastName, p.LastName + ", " + p.FirstName}
}

// phones are the numbers by which a search finds a contact, in digits: with and without the
// area code.
func (in contactIn) phones() []string {
	var all []*phone
	switch {
	case in.Person != nil:
		all = []*phone{in.Person.Phone, in.Person.Cell, in.Person.Fax}
		if in.Person.Phone2 != nil {
			all = append(all, &in.Person.Phone2.phone)
		}
	case in.Company != nil:
		all = []*phone{in.Company.Phone, in.Company.Fax}
	case in.Trust != nil:
		all = []*phone{in.Trust.Phone, in.Trust.Fax}
	}
	var out []string
	for _, p := range all {
		if p != nil {
			out = append(out, digits(p.AreaCode+p.Number), digits(p.Number))
		}
	}
	return out
}

// digits keeps digits and wildcards.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' {
			return r
		}
		return -1
	}, text)
}

// kind is the contact's type as the Type filter names it.
func (in contactIn) kind() string {
	switch {
	case in.Company != nil:
		return "Organisation"
	case in.Trust != nil:
		return "Trust"
	case in.GroupOfPeople != nil:
		return "GroupOfPeople"
	}
	return "Person"
}

func (s *views) viewContact(k *contact) contactOut {
	in := k.In
	out := contactOut{
		hyper: s.self("/contacts", k.ID), ID: k.ID, ExternalSystemID: in.ExternalSystemID, VersionID: k.Version,
		Trust: in.Trust, IsDeleted: in.IsDeleted, LastUpdated: ticks(k.Updated), Tags: slices.Clone(k.Tags),
	}
	switch {
	case in.Person != nil:
		p := in.Person.person
		out.Person = &p
	case in.Company != nil:
		out.Company = s.viewCompany(*in.Company)
	case in.GroupOfPeople != nil:
		out.GroupOfPeople = &groupOut{group: in.GroupOfPeople.group, People: s.links("/contacts", in.GroupOfPeople.PeopleIDs)}
	}
	return out
}

func (s *views) viewCompany(in companyIn) *companyOut {
	out := companyOut{
		company: in.company, Staff: s.links("/contacts", in.StaffIDs),
		Directors: s.links("/contacts", in.DirectorIDs), StaffIDs: append([]string{}, in.StaffIDs...),
	}
	if in.CompanyManagedBy != nil {
		out.CompanyManagedBy = []string{"Members", "Managers"}[min(max(*in.CompanyManagedBy, 0), 1)]
	}
	return &out
}

func getContact(c *call) (reply, *problem) {
	k, p := c.findContact()
	if p != nil {
		return reply{}, p
	}
	return ok(c.viewContact(k)), nil
}

// contactBatch is a list of contacts without pages.
type contactBatch struct {
	hyper
	Value []contactOut `json:"value"`
}

func batchContacts(c *call) (reply, *problem) {
	var in struct {
		IDs []string `json:"ids"`
	}
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	if len(in.IDs) == 0 || len(in.IDs) > maxPage {
		return reply{}, invalid("ids", "%d ids are given; send 1 to %d.", len(in.IDs), maxPage)
	}
	out := contactBatch{hyper{Href: c.base + c.path, Method: "POST"}, []contactOut{}}
	for _, id := range in.IDs {
		if k, found := c.account.Contacts.get(id); found {
			out.Value = append(out.Value, c.viewContact(k))
		}
	}
	return ok(out), nil
}
