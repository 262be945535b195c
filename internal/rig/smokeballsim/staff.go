package smokeballsim

import "slices"

type staffOut struct {
	hyper
	ID        string `json:"id"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Initials  string `json:"initials"`
	Email     string `json:"email,omitempty"`
	Role      string `json:"role"`
	Former    bool   `json:"former"`
	Enabled   bool   `json:"enabled"`
	UserID    string `json:"userId,omitempty"`
}

func (s *views) viewStaff(m Staff) staffOut {
	return staffOut{
		hyper: s.self("/staff", m.ID), ID: m.ID, FirstName: m.FirstName, LastName: m.LastName,
		Initials: initial(m.FirstName) + initial(m.LastName), Email: m.Email, Role: "Attorney",
		Former: m.Former, Enabled: !m.Former && !m.Disabled, UserID: m.ID,
	}
}

func initial(name string) string {
	for _, r := range name {
		return string(r)
	}
	return ""
}

func listStaff(c *call) (reply, *problem) {
	terms, p := parseSearch(c.query["search"], "email", "name")
	if p != nil {
		return reply{}, p
	}
	var found []Staff
	for _, m := range c.account.Staff {
		if !slices.ContainsFunc(terms, func(t term) bool { return !t.names(m) }) {
			found = append(found, m)
		}
	}
	return listed(c, found, c.viewStaff)
}

// names reports whether a staff member satisfies one search term.
func (t term) names(m Staff) bool {
	if t.field == "email" {
		return t.holds(m.Email)
	}
	return t.holds(joined(m.FirstName, m.LastName), m.FirstName, m.LastName)
}

func getStaff(c *call) (reply, *problem) {
	m, found := c.account.staffMember(c.id("id"))
	if !found {
		return reply{}, missing("staff member", c.id("id"))
	}
	return ok(c.viewStaff(m)), nil
}
