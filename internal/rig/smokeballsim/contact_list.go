package smokeballsim

import (
	"slices"
	"strings"
	"time"
)

// contactFilter selects the contacts of a list.
type contactFilter struct {
	terms       []term
	since       time.Time
	skipDeleted bool
	kinds       []string
}

func readContactFilter(q query) (contactFilter, *problem) {
	var f contactFilter
	var p *problem
	if f.terms, p = parseSearch(q["search"], "email", "phone", "name"); p != nil {
		return f, p
	}
	if f.since, p = q.ticks("UpdatedSince"); p != nil {
		return f, p
	}
	skip, p := q.flag("ExcludeDeletedContacts")
	if p != nil {
		return f, p
	}
	f.skipDeleted = skip != nil && *skip
	f.kinds = q.many("Type")
	for _, k := range f.kinds {
		if !slices.Contains([]string{"staff", "person", "organisation", "groupofpeople", "trust"}, strings.ToLower(k)) {
			return f, invalid("Type", "%q is no type of contact.", k)
		}
	}
	return f, nil
}

func (f contactFilter) keeps(k *contact) bool {
	if f.skipDeleted && k.In.IsDeleted || k.Updated.Before(f.since) {
		return false
	}
	ofKind := func(kind string) bool { return strings.EqualFold(kind, k.In.kind()) }
	if len(f.kinds) > 0 && !slices.ContainsFunc(f.kinds, ofKind) {
		return false
	}
	return !slices.ContainsFunc(f.terms, func(t term) bool { return !t.fits(k.In) })
}

// fits reports whether a contact satisfies one search term.
func (t term) fits(in contactIn) bool {
	switch t.field {
	case "email":
		return t.holds(in.email())
	case "phone":
		t.value = digits(t.value)
		return t.holds(in.phones()...)
	}
	return t.holds(in.names()...)
}

func listContacts(c *call) (reply, *problem) {
	f, p := readContactFilter(c.query)
	if p != nil {
		return reply{}, p
	}
	by, p := parseSort(c.query.one("Sort"), "lastupdated")
	if p != nil {
		return reply{}, p
	}
	found := c.account.Contacts.where(f.keeps)
	sortBy(found, by, map[string]func(a, b *contact) int{
		"lastupdated": func(a, b *contact) int { return a.Updated.Compare(b.Updated) },
	})
	return listed(c, found, func(k *contact) contactOut { return c.trimmed(k) })
}

// trimmed is a contact as lists show it: with details only if Fields names them.
func (c *call) trimmed(k *contact) contactOut {
	out := c.viewContact(k)
	asked := func(name string) bool {
		return slices.ContainsFunc(c.query.many("Fields"), func(f string) bool { return strings.EqualFold(f, name) })
	}
	if !asked("tags") {
		out.Tags = nil
	}
	if out.Company != nil && !asked("executionOptions") {
		out.Company.ExecutionOptions = nil
	}
	if out.Person == nil {
		return out
	}
	p := out.Person
	clear := map[string]func(){
		"passportDetails":    func() { p.PassportDetails = nil },
		"deathDetails":       func() { p.DeathDetails = nil },
		"citizenshipDetails": func() { p.CitizenshipDetails = nil },
		"utbmsDetails":       func() { p.UtbmsDetails = nil },
		"executionOptions":   func() { p.ExecutionOptions = nil },
	}
	for name, drop := range clear {
		if !asked(name) {
			drop()
		}
	}
	return out
}
