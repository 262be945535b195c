package smokeball

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// phone is a telephone number. What CaseHug knows goes into number as it is.
type phone struct {
	AreaCode string `json:"areaCode,omitempty"`
	Number   string `json:"number,omitempty"`
}

func (p phone) String() string { return strings.TrimSpace(p.AreaCode + " " + p.Number) }

// person and company are what CaseHug knows of a contact, in both directions.
type person struct {
	FirstName  string `json:"firstName,omitempty"`
	MiddleName string `json:"middleName,omitempty"` // read only: CaseHug keeps it in the first name
	LastName   string `json:"lastName,omitempty"`
	NameSuffix string `json:"nameSuffix,omitempty"` // read only: CaseHug keeps it in the last name
	Email      string `json:"email,omitempty"`
	Phone      *phone `json:"phone,omitempty"`
}

type company struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone *phone `json:"phone,omitempty"`
}

// newContact is the body that creates a contact.
type newContact struct {
	ExternalSystemID string   `json:"externalSystemId,omitempty"`
	Person           *person  `json:"person,omitempty"`
	Company          *company `json:"company,omitempty"`
}

// contact is a contact as Smokeball shows it.
type contact struct {
	ID        string `json:"id"`
	Href      string `json:"href"`
	VersionID string `json:"versionId"`
	newContact
	IsDeleted   bool     `json:"isDeleted"`
	LastUpdated looseInt `json:"lastUpdated"`
}

func (c *contact) check() error {
	if c.ID == "" {
		return errUnnamed
	}
	return nil
}

func (c contact) domain() domain.SmokeballContact {
	d := domain.SmokeballContact{
		ID:          domain.SmokeballID(c.ID),
		Link:        c.Href,
		ExternalID:  c.ExternalSystemID,
		VersionID:   c.VersionID,
		Deleted:     c.IsDeleted,
		LastUpdated: int64(c.LastUpdated),
	}
	switch {
	case c.Person != nil:
		d.Kind = domain.KindPerson
		d.FirstName, d.MiddleName, d.LastName, d.NameSuffix = c.Person.FirstName, c.Person.MiddleName, c.Person.LastName, c.Person.NameSuffix
		d.Email, d.Phone = c.Person.Email, shownPhone(c.Person.Phone)
	case c.Company != nil:
		d.Kind = domain.KindCompany
		d.CompanyName = c.Company.Name
		d.Email, d.Phone = c.Company.Email, shownPhone(c.Company.Phone)
	}
	return d
}

func shownPhone(p *phone) string {
	if p == nil {
		return ""
	}
	return p.String()
}

func draftPhone(number string) *phone {
	if number == "" {
		return nil
	}
	return &phone{Number: number}
}

func bodyOf(d domain.ContactDraft) newContact {
	if d.CompanyName != "" {
		return newContact{
			ExternalSystemID: d.ExternalID,
			Company:          &company{d.CompanyName, d.Email, draftPhone(d.Phone)},
		}
	}
	return newContact{
		ExternalSystemID: d.ExternalID,
		Person:           &person{FirstName: d.FirstName, LastName: d.LastName, Email: d.Email, Phone: draftPhone(d.Phone)},
	}
}

// FindContacts are all contacts that q leaves, the oldest first, deleted ones left out.
// An e-mail address is compared whole, without regard to case.
func (c *Client) FindContacts(ctx context.Context, firm domain.FirmID, q domain.ContactQuery) ([]domain.SmokeballContact, error) {
	q.Email = strings.TrimSpace(q.Email)
	all, err := list(ctx, c.caller, firm, get("find contacts", contactSearch(q), "contacts"), func(c contact) string { return c.ID })
	if err != nil {
		return nil, err
	}
	var found []domain.SmokeballContact
	for _, one := range all {
		d := one.domain()
		if !d.Deleted && (q.Email == "" || strings.EqualFold(strings.TrimSpace(d.Email), q.Email)) {
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(a, b domain.SmokeballContact) int {
		return cmp.Or(cmp.Compare(a.LastUpdated, b.LastUpdated), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

func contactSearch(q domain.ContactQuery) url.Values {
	query := url.Values{"ExcludeDeletedContacts": {"true"}}
	for _, t := range []struct{ field, value string }{{"email", q.Email}, {"name", q.Name}, {"phone", q.Phone}} {
		if t.value != "" {
			query.Add("Search", term(t.field, t.value))
		}
	}
	return query
}

// Contact reads one contact, which may be a deleted one.
func (c *Client) Contact(ctx context.Context, firm domain.FirmID, id domain.SmokeballID) (domain.SmokeballContact, error) {
	var one contact
	if err := c.do(ctx, firm, get("read contact", nil, "contacts", string(id)), &one); err != nil {
		return domain.SmokeballContact{}, err
	}
	return one.domain(), nil
}

// CreateContact asks for a new contact and returns the id that Smokeball reserved: it
// is accepted, and may take seconds to be there.
func (c *Client) CreateContact(ctx context.Context, firm domain.FirmID, d domain.ContactDraft, rid domain.RequestID, intend func(context.Context) error) (domain.SmokeballID, error) {
	var accepted link
	err := c.do(ctx, firm, call{
		op: "create contact", method: http.MethodPost, path: []string{"contacts"},
		body: bodyOf(d), request: rid, creates: true, intend: intend,
	}, &accepted)
	if err != nil {
		return "", err
	}
	return accepted.target(), nil
}

// UpdateContact applies a change to a contact whose last known state is was, leaves all else as it is,
// and returns what it wrote and the names of the values that it could not. Smokeball replaces the whole contact, so
// everything that the read showed and a write can carry is sent back. An external id of another
// system stays.
func (c *Client) UpdateContact(ctx context.Context, firm domain.FirmID, id domain.SmokeballID, was domain.ContactDraft, change domain.ContactChange, rid domain.RequestID) (written domain.ContactChange, kept []string, err error) {
	const op = "update contact"
	read := get(op, nil, "contacts", string(id))
	var shown shownContact
	if err := c.do(ctx, firm, read, &shown); err != nil {
		return written, nil, err
	}
	as, err := shown.contact()
	if err != nil {
		return written, nil, err
	}
	if as.Deleted {
		return written, nil, read.notThere() // a write would bring back what people have deleted
	}
	written, kept = as.Write(was, change)
	if written == (domain.ContactChange{}) {
		return written, kept, nil
	}
	body := shown.writable()
	bring(body, written)
	err = c.do(ctx, firm, call{
		op: op, method: http.MethodPut, path: []string{"contacts", string(id)},
		body: body, request: rid,
	}, nil)
	return written, kept, err
}
