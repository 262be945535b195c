package syncing

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// LinkCalls are the calls that are made to link a matter by hand.
type LinkCalls interface {
	Staff
	Matter(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballMatter, error)
	// SearchMatters finds up to limit matters with one call, and reports whether there are more.
	SearchMatters(ctx context.Context, f domain.FirmID, text string, limit int) (found []domain.SmokeballMatter, more bool, err error)
	// ContactsByID leaves out those that Smokeball does not show.
	ContactsByID(ctx context.Context, f domain.FirmID, ids []domain.SmokeballID) ([]domain.SmokeballContact, error)
}

// Links performs linking by hand: a person searches Smokeball's matters, links one to CaseHug's,
// and unlinks it.
type Links struct {
	Ledger    eventstore.Store
	Smokeball LinkCalls
	Views     interface {
		MatterOf(f domain.FirmID, id domain.SmokeballID) (domain.MatterID, error)
	}
	Keys     ContactKeys
	Now      func() time.Time
	Priority func(ctx context.Context, f domain.FirmID) context.Context // marks calls that a person waits for; nil: they are like others

	found matterSearches
}

// LinkRequest is the matter that a person chose, and what they decided of its client.
type LinkRequest struct {
	Matter  domain.SmokeballID
	Client  domain.ClientChoice // "": nothing, as long as there is nothing to decide
	Contact domain.SmokeballID  // that is CaseHug's client; "": the only one that can be
}

// account is the Smokeball account that the firm is connected to, and a context for calls to it.
func (l *Links) account(ctx context.Context, f domain.FirmID) (context.Context, string, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, l.Ledger, domain.ConnectionStream(f))
	if err == nil && !c.Usable(l.Now()) {
		failure := c.Status(l.Now()).Unusable()
		failure.Remedy = "A firm admin connects to Smokeball under Settings → Integrations, then try again."
		err = &domain.Rejection{Reason: domain.Conflict, Failure: failure}
	}
	if l.Priority != nil {
		ctx = l.Priority(ctx, f)
	}
	return ctx, c.Account.ID, err
}

// Plan reads Smokeball's matter, and says what linking it to the CaseHug matter would join.
func (l *Links) Plan(ctx context.Context, f domain.FirmID, id domain.MatterID, matter domain.SmokeballID) (domain.LinkPlan, error) {
	p, err := l.plan(ctx, f, id, matter)
	return p.LinkPlan, err
}

// linkPlan is a plan with what it was made from.
type linkPlan struct {
	domain.LinkPlan
	m       domain.Matter
	account string
	staff   string // Smokeball's id of the responsible person
	on      map[domain.ClientID]domain.SmokeballID
}

// Link links the CaseHug matter to the one of Smokeball's that the person chose, and returns the
// ledger position that includes it. Nothing is written to Smokeball: what both sides have otherwise
// stays, and what CaseHug changes from now on is sent.
func (l *Links) Link(ctx context.Context, by domain.User, id domain.MatterID, r LinkRequest) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, domain.ReservedFor/2) // so that the reservation still counts when the link is recorded
	defer cancel()
	for {
		p, err := l.plan(ctx, by.Firm, id, r.Matter)
		if err != nil {
			return 0, err
		}
		fact, err := p.decide(r)
		if err != nil {
			return 0, err
		}
		fact.By, fact.ByName = by.Subject, by.Name
		if _, err := p.m.LinkByHand(fact); err != nil { // before anything is reserved
			return 0, err
		}
		holder, err := l.reservations().Reserve(ctx, by.Firm, r.Matter, id)
		if err != nil {
			return 0, err
		}
		if holder != "" {
			return 0, linkedElsewhere(r.Matter, holder)
		}
		_, head, err := eventstore.Execute(ctx, l.Ledger, l.Now, domain.MatterStream(by.Firm, id), func(now domain.Matter) ([]domain.Event, error) {
			if !reflect.DeepEqual(now.Data, p.m.Data) {
				return nil, domain.ErrOutdated
			}
			return now.LinkByHand(fact)
		})
		if !errors.Is(err, domain.ErrOutdated) {
			return uint64(head.Seq), err
		}
	}
}

// Linked reports whether the matter is linked to the one of Smokeball's, and the ledger position that
// includes it.
func (l *Links) Linked(ctx context.Context, f domain.FirmID, id domain.MatterID, to domain.SmokeballID) (position uint64, same bool, err error) {
	m, head, err := eventstore.Load[domain.Matter](ctx, l.Ledger, domain.MatterStream(f, id))
	return uint64(head.Seq), m.Smokeball.ID == to, err
}

// Unlink removes the link of a matter, and returns the ledger position that includes it. The data
// in Smokeball stays, and no sync makes another matter until a person requests one.
func (l *Links) Unlink(ctx context.Context, by domain.User, id domain.MatterID) (uint64, error) {
	var was domain.SmokeballID
	_, head, err := eventstore.Execute(ctx, l.Ledger, l.Now, domain.MatterStream(by.Firm, id), func(m domain.Matter) ([]domain.Event, error) {
		if !m.Known {
			return nil, unknownMatter(id)
		}
		was = m.Smokeball.ID
		facts, err := m.UnlinkByHand(by.Subject)
		return domain.SignedBy(facts, by), err
	})
	if err != nil {
		return 0, err
	}
	freed, err := l.reservations().Free(ctx, by.Firm, was, id)
	return max(uint64(head.Seq), freed), err
}

func (l *Links) reservations() Reservations { return Reservations{l.Ledger, l.Now} }

func (l *Links) plan(ctx context.Context, f domain.FirmID, id domain.MatterID, matter domain.SmokeballID) (p linkPlan, err error) {
	if p.m, _, err = eventstore.Load[domain.Matter](ctx, l.Ledger, domain.MatterStream(f, id)); err != nil {
		return p, err
	}
	if !p.m.Known {
		return p, unknownMatter(id)
	}
	if ctx, p.account, err = l.account(ctx, f); err != nil {
		return p, err
	}
	there, err := l.read(ctx, f, matter)
	if err != nil {
		return p, err
	}
	other, err := l.holder(ctx, f, id, there)
	if err != nil {
		return p, err
	}
	if other != "" {
		return p, linkedElsewhere(matter, other)
	}
	if email := domain.Text(p.m.Data.ResponsibleEmail); email != "" {
		if p.staff, err = l.Smokeball.StaffByEmail(ctx, f, email); refused(err) {
			err = nil // nobody is compared then
		}
		if err != nil {
			return p, err
		}
	}
	return p, l.people(ctx, f, there, &p)
}

// read reads Smokeball's matter, which has to be there, in the account that is connected.
func (l *Links) read(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballMatter, error) {
	m, err := l.Smokeball.Matter(ctx, f, id)
	if ce := domain.AsCallError(err); ce != nil && (ce.Class == domain.NotThere || ce.Class == domain.NotPermitted || ce.Class == domain.Permanent) {
		return m, &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeSmokeballMatterUnknown,
			Message: fmt.Sprintf("The Smokeball account that is connected has no matter %s, or does not show it", id), Remedy: "Search for the matter and choose it from what Smokeball has."}}
	}
	if err == nil && m.Gone() {
		return m, &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeMatterGone,
			Message: "Matter " + string(id) + " was deleted or cancelled in Smokeball", Remedy: "Restore it in Smokeball first, or choose another one."}}
	}
	return m, err
}

// holder is another CaseHug matter whose Smokeball's matter is, or may turn out to be.
func (l *Links) holder(ctx context.Context, f domain.FirmID, id domain.MatterID, there domain.SmokeballMatter) (domain.MatterID, error) {
	linked, err := l.Views.MatterOf(f, there.ID)
	if err != nil {
		return "", err
	}
	r, _, err := eventstore.Load[domain.Reservation](ctx, l.Ledger, domain.LinkStream(f, there.ID))
	if err != nil {
		return "", err
	}
	for _, other := range []domain.MatterID{linked, r.Holder, domain.MatterID(there.ExternalID)} {
		if other == id || !domain.ValidID(string(other)) {
			continue
		}
		m, _, err := eventstore.Load[domain.Matter](ctx, l.Ledger, domain.MatterStream(f, other))
		if err != nil {
			return "", err
		}
		lost := m.Smokeball.Intent != nil && string(other) == there.ExternalID // it was made for that one, whose answer was lost
		if m.Smokeball.ID == there.ID || lost {
			return other, nil
		}
	}
	return "", nil
}

func linkedElsewhere(matter domain.SmokeballID, other domain.MatterID) error {
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeLinkedElsewhere,
		Message: fmt.Sprintf("Smokeball's matter %s is linked to matter %s of CaseHug", matter, other),
		Remedy:  fmt.Sprintf("Choose another matter, or unlink matter %s first. A firm admin can do it.", other)}}
}

// people finds out who the clients of Smokeball's matter are, and whether one is CaseHug's.
func (l *Links) people(ctx context.Context, f domain.FirmID, there domain.SmokeballMatter, p *linkPlan) error {
	contacts, err := l.contacts(ctx, f, there.ClientIDs)
	if err != nil {
		return err
	}
	p.Found = withPeople(there, contacts)
	who := &people{attempt: &attempt{ledger: l.Ledger, now: l.Now, firm: f}, keys: l.Keys}
	if p.on, err = who.on(ctx, p.account, there.ClientIDs, p.m.Data.Clients()); err != nil {
		return err
	}
	known, err := who.client(ctx, p.m.Data.Client.ID)
	if err != nil {
		return err
	}
	p.Client = known.Newest(p.m.Data.Client)
	if p.Known, err = who.contactIn(ctx, p.account, known); err != nil {
		return err
	}
	if p.Is = p.on[p.Client.ID]; p.Is != "" {
		return nil
	}
	p.Choices = []domain.ClientChoice{domain.ClientKept, domain.ClientAdded}
	if p.Known != "" {
		return nil
	}
	look := &lookup{firm: f, people: who, data: p.Client, known: known, draft: p.Client.ContactDraft()}
	return look.among(ctx, contacts, &p.LinkPlan)
}

func (l *Links) contacts(ctx context.Context, f domain.FirmID, ids []domain.SmokeballID) ([]domain.SmokeballContact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := l.Smokeball.ContactsByID(ctx, f, ids)
	return slices.DeleteFunc(list, func(c domain.SmokeballContact) bool { return c.Deleted }), err
}

// withPeople is a matter with who its clients are.
func withPeople(m domain.SmokeballMatter, contacts []domain.SmokeballContact) domain.FoundMatter {
	found := domain.FoundMatter{SmokeballMatter: m}
	for _, id := range m.ClientIDs {
		one := domain.FoundContact{ID: id}
		if i := slices.IndexFunc(contacts, func(c domain.SmokeballContact) bool { return c.ID == id }); i >= 0 {
			one.Name, one.Email = contacts[i].Name().String(), contacts[i].Email
		}
		found.People = append(found.People, one)
	}
	return found
}
