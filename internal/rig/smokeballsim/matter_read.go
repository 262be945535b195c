package smokeballsim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *views) viewMatter(a *account, m *matter) matterOut {
	in := m.In
	return matterOut{
		hyper: s.self("/matters", m.ID), ID: m.ID, ExternalSystemID: in.ExternalSystemID,
		VersionID: strconv.FormatInt(ticks(m.Updated), 10), Number: in.Number, Title: a.title(in),
		MatterType: s.optional("/mattertypes", in.MatterTypeID), Description: in.Description, Status: in.Status,
		Clients: s.links("/contacts", in.ClientIDs), OtherSides: s.links("/contacts", in.OtherSideIDs),
		PersonResponsible: s.optional("/staff", in.PersonResponsible), PersonAssisting: s.optional("/staff", in.PersonAssisting),
		PersonsAssisting: s.links("/staff", in.PersonsAssisting), Originating: s.optional("/staff", in.Originating),
		OriginatingMore: s.links("/staff", in.OriginatingMore), Split: in.SplitOriginatingSetting,
		Supervisor: s.optional("/staff", in.Supervisor), ClientCode: in.ClientCode,
		OpenedDate: in.OpenedDate, ClosedDate: in.ClosedDate, LeadOpenedDate: in.LeadOpenedDate,
		LeadClosedDate: in.LeadClosedDate, LeadClosedReason: in.LeadClosedReason, IsLead: in.IsLead,
		Branch: s.optional("/branches", in.BranchID), BranchProviderID: in.BranchProviderID,
		ReferralType: in.ReferralType, Referrer: s.optional("/contacts", in.ReferrerID),
		ReferralFeeType: in.ReferralFeeType, ReferralFee: in.ReferralFee, ReferralFeeComment: in.ReferralFeeComment,
		Tags: slices.Clone(m.Tags),
	}
}

// title is the title that Smokeball derives for a matter, from number, clients, description
// and other sides.
func (a *account) title(in matterIn) string {
	parts := []string{in.Number, a.shortNames(in.ClientIDs), in.Description, a.shortNames(in.OtherSideIDs)}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " - ")
}

func (a *account) shortNames(ids []string) string {
	var names []string
	for _, id := range ids {
		if k, found := a.Contacts.get(id); found {
			names = append(names, k.In.shortName())
		}
	}
	return strings.Join(names, ", ")
}

func getMatter(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	return ok(c.viewMatter(c.account, m)), nil
}

// matterFilter selects the matters of a list.
type matterFilter struct {
	search, typeID, contactID string
	statuses                  []string
	leads, matters            bool
	since                     time.Time
}

func readMatterFilter(q query) (matterFilter, *problem) {
	f := matterFilter{
		search: strings.ToLower(strings.TrimSpace(q.one("Search"))),
		typeID: q.one("MatterTypeId"), contactID: q.one("ContactId"), statuses: q.many("Status"),
	}
	var bad flaws
	for _, status := range f.statuses {
		checkStatus(&bad, status)
	}
	if len(bad) > 0 {
		return f, invalidAll(bad...)
	}
	var p *problem
	if f.since, p = q.since(); p != nil {
		return f, p
	}
	return f, f.readLeads(q)
}

// readLeads reads whether to list leads, matters or both; matters by default.
func (f *matterFilter) readLeads(q query) *problem {
	lead, p := q.flag("IsLead")
	if p != nil {
		return p
	}
	f.leads = lead != nil && *lead
	f.matters = !f.leads
	for i, kind := range q.many("Type") {
		if i == 0 {
			f.leads, f.matters = false, false
		}
		switch strings.ToLower(kind) {
		case "leads":
			f.leads = true
		case "matters":
			f.matters = true
		default:
			return invalid("Type", "%q is neither Matters nor Leads.", kind)
		}
	}
	return nil
}

func (f matterFilter) keeps(a *account, m *matter) bool {
	in := m.In
	parties := slices.Concat(in.ClientIDs, in.OtherSideIDs)
	return (in.IsLead && f.leads || !in.IsLead && f.matters) &&
		!m.Updated.Before(f.since) &&
		(f.typeID == "" || f.typeID == in.MatterTypeID) &&
		(f.contactID == "" || slices.Contains(parties, f.contactID)) &&
		(len(f.statuses) == 0 || slices.Contains(f.statuses, in.Status)) &&
		(f.search == "" || a.mentions(in, parties, f.search))
}

// mentions reports whether number, description or a party's name contains text, which is in
// lower case.
func (a *account) mentions(in matterIn, parties []string, text string) bool {
	within := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	return within(in.Number) || within(in.Description) || slices.ContainsFunc(parties, func(id string) bool {
		k, found := a.Contacts.get(id)
		return found && slices.ContainsFunc(k.In.names(), within)
	})
}

func listMatters(c *call) (reply, *problem) {
	f, p := readMatterFilter(c.query)
	if p != nil {
		return reply{}, p
	}
	by, p := parseSort(c.query.one("Sort"), "lastupdated", "status")
	if p != nil {
		return reply{}, p
	}
	found := c.account.Matters.where(func(m *matter) bool { return f.keeps(c.account, m) })
	sortBy(found, by, map[string]func(a, b *matter) int{
		"lastupdated": func(a, b *matter) int { return a.Updated.Compare(b.Updated) },
		"status":      func(a, b *matter) int { return strings.Compare(a.In.Status, b.In.Status) },
	})
	tags := slices.ContainsFunc(c.query.many("Fields"), func(f string) bool { return strings.EqualFold(f, "tags") })
	return listed(c, found, func(m *matter) matterOut {
		out := c.viewMatter(c.account, m)
		if !tags {
			out.Tags = nil
		}
		return out
	})
}
