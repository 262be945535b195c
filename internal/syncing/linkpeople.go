package syncing

import (
	"context"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// contactIn is the client's contact in the account, "" if none is known.
func (p *people) contactIn(ctx context.Context, account string, c domain.Client) (domain.SmokeballID, error) {
	if c.Contact == "" {
		return "", nil
	}
	k, err := p.contact(ctx, c.Key)
	if err != nil || k.ID != c.Contact || (k.Account != "" && k.Account != account) {
		return "", err
	}
	return c.Contact, nil
}

// on are the CaseHug clients whose contacts are clients of Smokeball's matter.
func (p *people) on(ctx context.Context, account string, there []domain.SmokeballID, clients []domain.ClientData) (map[domain.ClientID]domain.SmokeballID, error) {
	list := map[domain.ClientID]domain.SmokeballID{}
	for _, d := range clients {
		known, err := p.client(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		id, err := p.contactIn(ctx, account, known)
		if err != nil {
			return nil, err
		}
		if id != "" && slices.Contains(there, id) {
			list[d.ID] = id
		}
	}
	return list, nil
}

// among looks for the client, who has no contact yet, among the clients of Smokeball's matter: it is
// one of them beyond doubt, or a person has to say so. One who is another client's can't be it.
func (l *lookup) among(ctx context.Context, contacts []domain.SmokeballContact, p *domain.LinkPlan) error {
	all, err := l.candidates(ctx, contacts)
	if err != nil {
		return err
	}
	v := domain.Identify(l.claimant(), all)
	if v.Contact != "" && v.Doubt.Code == "" && (v.Owner == "" || v.Owner == l.data.ID) {
		p.Is, p.Choices = v.Contact, nil
		return nil
	}
	for _, k := range all {
		if !k.Unseen && slices.ContainsFunc(contacts, func(c domain.SmokeballContact) bool { return c.ID == k.ID }) && l.mayBe(k) {
			p.Same = append(p.Same, k.ID)
		}
	}
	if len(p.Same) > 0 {
		p.Choices = append(p.Choices, domain.ClientSame)
	}
	return nil
}

// mayBe reports whether a person may say that the contact is the client: it is of the same kind, and
// nobody else's.
func (l *lookup) mayBe(k domain.Candidate) bool {
	return k.Name().IsCompany() == l.data.Called().IsCompany() &&
		!slices.ContainsFunc(k.Owners, func(o domain.Owner) bool { return o.Client != l.data.ID })
}

// decide combines the plan and the person's decision into the link.
func (p linkPlan) decide(r LinkRequest) (domain.MatterLinked, error) {
	fact := domain.MatterLinked{Matter: r.Matter, How: domain.LinkedByHand, Account: p.account}
	on := map[domain.ClientID]domain.SmokeballID{}
	for client, contact := range p.on {
		on[client] = contact
	}
	if p.Is != "" {
		on[p.Client.ID] = p.Is
		if p.Known == "" {
			fact.Contact = p.Is
		}
	} else {
		if err := p.check(&r); err != nil {
			return fact, err
		}
		fact.Choice = r.Client
		if r.Client == domain.ClientSame {
			fact.Contact, on[p.Client.ID] = r.Contact, r.Contact
		}
	}
	var ids []domain.SmokeballID
	for _, d := range p.m.Data.Clients() {
		switch id := on[d.ID]; {
		case id != "":
			ids = append(ids, id)
		case fact.Choice != domain.ClientAdded:
			fact.Left = append(fact.Left, d.ID)
		}
	}
	fact.Known = p.known(ids)
	return fact, nil
}

// known is what counts as told: what CaseHug has now, so that nothing is overwritten; of a matter
// that it was linked to before, what it was told then.
func (p linkPlan) known(clients []domain.SmokeballID) domain.MatterDraft {
	known := p.m.Draft(clients)
	known.ResponsibleStaffID = p.staff
	if was := p.m.Former[p.account]; was.ID == p.Found.ID {
		known = was.Sent
		known.ClientIDs = clients
	}
	return known
}

// check requires a decision where it is not clear which contact the client is.
func (p linkPlan) check(r *LinkRequest) error {
	switch {
	case r.Client == "":
		return p.choiceRequired()
	case !slices.Contains(p.Choices, r.Client):
		message := "No client of Smokeball's matter can be CaseHug's client: they are other clients', or of another kind"
		if p.Known != "" {
			message = "CaseHug's client is contact " + string(p.Known) + " in Smokeball already, so no other contact can be the same client"
		}
		return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeContactTaken, Message: message,
			Remedy: "If both contacts are one person, merge them in Smokeball. Or choose “keep” or “add”."}}
	case r.Client != domain.ClientSame:
		return nil
	case r.Contact == "" && len(p.Same) == 1:
		r.Contact = p.Same[0]
	case !slices.Contains(p.Same, r.Contact):
		return &domain.Rejection{Reason: domain.Invalid, Faults: []domain.FieldFault{{Field: "/contact_id", Reason: "must be one of " + joined(p.Same)}},
			Failure: domain.Failure{Code: domain.CodeInvalidRequest, Message: "It is not said which client of Smokeball's matter is CaseHug's", Remedy: "Name the contact."}}
	}
	return nil
}

// choiceRequired names the clients of the matter and the decisions that are possible.
func (p linkPlan) choiceRequired() error {
	var there []string
	for _, c := range p.Found.People {
		name := c.Name
		if name == "" {
			name = "a contact that Smokeball does not show"
		}
		there = append(there, name+" ("+string(c.ID)+")")
	}
	message := "Smokeball's matter has no client, and CaseHug's is " + p.Client.Name()
	if len(there) > 0 {
		message = "The client of Smokeball's matter is " + strings.Join(there, ", ") + ", and CaseHug's is " + p.Client.Name()
	}
	remedy := "Check that it is the right matter. Then choose “keep” (Smokeball's matter keeps its clients) or “add” (CaseHug's client is put on it beside them)"
	if len(p.Same) > 0 {
		remedy += ", or “same” (the contact is CaseHug's client)"
	}
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeClientChoiceRequired, Message: message, Remedy: remedy + "."}}
}

func joined(ids []domain.SmokeballID) string {
	var list []string
	for _, id := range ids {
		list = append(list, string(id))
	}
	return strings.Join(list, ", ")
}
