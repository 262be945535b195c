package smokeballsim

import (
	"fmt"
	"slices"
)

// flaws collects the faults of a request.
type flaws []flaw

func (f *flaws) add(field, format string, args ...any) {
	*f = append(*f, flaw{field, fmt.Sprintf(format, args...)})
}

// checkMatter returns the faults of a matter as it would be stored.
func (s *views) checkMatter(a *account, in matterIn) flaws {
	var f flaws
	s.checkMatterType(&f, a, in)
	checkStatus(&f, in.Status)
	a.checkParties(&f, in)
	a.checkMatterStaff(&f, in)
	return f
}

func checkStatus(f *flaws, status string) {
	if !slices.Contains([]string{"Open", "Pending", "Closed", "Deleted", "Cancelled"}, status) {
		f.add("status", "%q is no status; use Open, Pending, Closed, Deleted or Cancelled.", status)
	}
}

func (s *views) checkMatterType(f *flaws, a *account, in matterIn) {
	if in.MatterTypeID == "" {
		f.add("matterTypeId", "The matter type is missing.")
		return
	}
	t, found := s.matterType(a, in.MatterTypeID)
	switch {
	case !found:
		f.add("matterTypeId", "No matter type has the id %q.", in.MatterTypeID)
		return
	case t.Deleted:
		f.add("matterTypeId", "The matter type %q is deleted and takes no new matters.", t.Name)
	case in.IsLead != (t.Kind == kindLead):
		f.add("matterTypeId", "%q is of the wrong kind: a lead needs a lead type, a matter a matter type.", t.Name)
	}
	client, other := rolesOf(t, in.ClientRole, in.OtherSideRole)
	for field, role := range map[string]string{"clientRole": client, "otherSideRole": other} {
		if !slices.Contains(t.Roles, role) {
			f.add(field, "%q is no role of %q.", role, t.Name)
		}
	}
	if client == other {
		f.add("otherSideRole", "The client and the other side cannot both be %q.", client)
	}
}

// rolesOf fills in a type's default roles: the first for the client, another one for the other
// side.
func rolesOf(t matterType, client, other string) (string, string) {
	if client == "" {
		client = t.Roles[0]
		if client == other {
			client = t.Roles[1]
		}
	}
	if other == "" {
		other = t.Roles[1]
		if other == client {
			other = t.Roles[0]
		}
	}
	return client, other
}

func (a *account) checkParties(f *flaws, in matterIn) {
	if len(in.ClientIDs) == 0 {
		f.add("clientIds", "A matter needs at least one client.")
	}
	a.checkContacts(f, "clientIds", in.ClientIDs...)
	a.checkContacts(f, "otherSideIds", in.OtherSideIDs...)
	a.checkContacts(f, "referrerId", in.ReferrerID)
}

// checkContacts requires contacts that were accepted, visible or not.
func (a *account) checkContacts(f *flaws, field string, ids ...string) {
	for _, id := range ids {
		if id != "" && !a.Contacts.known(id) || id == "" && field != "referrerId" {
			f.add(field, "No contact has the id %q.", id)
		}
	}
}

func (a *account) checkMatterStaff(f *flaws, in matterIn) {
	a.checkStaff(f, "personResponsibleStaffId", in.PersonResponsible)
	a.checkStaff(f, "personAssistingStaffId", in.PersonAssisting)
	a.checkStaff(f, "personAssistingStaffIds", in.PersonsAssisting...)
	a.checkStaff(f, "originatingStaffId", in.Originating)
	a.checkStaff(f, "originatingStaffIds", in.OriginatingMore...)
	a.checkStaff(f, "supervisorStaffId", in.Supervisor)
	if in.PersonAssisting != "" && slices.Contains(in.PersonsAssisting, in.PersonAssisting) {
		f.add("personAssistingStaffIds", "The list cannot hold personAssistingStaffId.")
	}
	if in.Originating != "" && slices.Contains(in.OriginatingMore, in.Originating) {
		f.add("originatingStaffIds", "The list cannot hold originatingStaffId.")
	}
}

func (a *account) checkStaff(f *flaws, field string, ids ...string) {
	for _, id := range ids {
		if _, found := a.staffMember(id); id != "" && !found {
			f.add(field, "No staff member has the id %q.", id)
		}
	}
}

// checkReplacement checks a full replace: neither the clients nor the type can change,
// and a matter cannot become a lead again.
func (c *call) checkReplacement(m *matter, in matterIn) (matterIn, *problem) {
	var f flaws
	keep(&f, "clientIds", &in.ClientIDs, m.In.ClientIDs)
	keep(&f, "otherSideIds", &in.OtherSideIDs, m.In.OtherSideIDs)
	if in.MatterTypeID == "" {
		in.MatterTypeID = m.In.MatterTypeID
	}
	if in.MatterTypeID != m.In.MatterTypeID {
		f.add("matterTypeId", "The type of a matter cannot be changed.")
	}
	if in.IsLead && !m.In.IsLead {
		f.add("isLead", "A matter cannot become a lead again.")
	}
	if in.Status == "" {
		in.Status = "Open"
	}
	if f = append(f, c.checkStanding(m, in)...); len(f) > 0 {
		return in, invalidAll(f...)
	}
	t, _ := c.matterType(c.account, in.MatterTypeID)
	in.ClientRole, in.OtherSideRole = rolesOf(t, in.ClientRole, in.OtherSideRole)
	return in, nil
}

func keep(f *flaws, field string, given *[]string, held []string) {
	if *given == nil {
		*given = held
	}
	if !slices.Equal(*given, held) {
		f.add(field, "PUT cannot change these; use PATCH.")
	}
}

// checkStanding is checkMatter for an existing matter, whose type may have been deleted since.
func (c *call) checkStanding(m *matter, in matterIn) flaws {
	t, _ := c.matterType(c.account, m.In.MatterTypeID)
	f := c.checkMatter(c.account, in)
	if !t.Deleted || in.MatterTypeID != m.In.MatterTypeID {
		return f
	}
	return slices.DeleteFunc(f, func(x flaw) bool { return x.Field == "matterTypeId" })
}
