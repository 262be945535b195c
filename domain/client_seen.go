package domain

import (
	"slices"
	"strings"
	"time"
)

// ContactValues are the values of a Smokeball contact that CaseHug has of a client, too.
type ContactValues struct {
	FirstName   string `json:"first_name,omitempty"`
	LastName    string `json:"last_name,omitempty"`
	CompanyName string `json:"company_name,omitempty"`
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty"`
	Deleted     bool   `json:"deleted,omitempty"` // or merged into another contact
}

// ClientSeen says what a read of a client's contact showed, where that was new.
type ClientSeen struct {
	Client  ClientID      `json:"client"`
	Contact SmokeballID   `json:"contact"`
	Values  ContactValues `json:"values"`
	Writes  int           `json:"writes,omitempty"` // that we had made of it until then
	Waits   bool          `json:"waits,omitempty"`  // the last of them was not shown yet
	Version string        `json:"version,omitempty"`
	Ticks   int64         `json:"last_updated,omitempty"` // by Smokeball's clock
	By      Proof         `json:"by"`                     // what the read was made for
	Hint    EventRef      `json:"hint,omitzero"`          // the newest webhook before the read
	// ChangedAt is when others changed it, by Smokeball's clock; zero: nobody did.
	ChangedAt time.Time `json:"changed_at,omitzero"`
	ReadAt    time.Time `json:"read_at,omitzero"` // when Smokeball was asked; zero: right before it was recorded
	// Changed are the fields that others changed since CaseHug knew them last, by CaseHug's
	// names: CaseHug is told of these.
	Changed []string `json:"changed,omitempty"`
	// Matters are the client's, where others changed something: it is told of on each.
	Matters []MatterID `json:"matters,omitempty"`
}

// EventName is stored for ever.
func (ClientSeen) EventName() string { return "client.seen.v1" }

// Values are the values of the contact that CaseHug has, too. CaseHug keeps a middle name in
// the first name and a suffix in the last one.
func (c SmokeballContact) Values() ContactValues {
	return ContactValues{FirstName: oneText(c.FirstName, c.MiddleName), LastName: oneText(c.LastName, c.NameSuffix), CompanyName: c.CompanyName,
		Email: c.Email, Phone: c.Phone, Deleted: c.Deleted}
}

func oneText(list ...string) string {
	return strings.Join(strings.Fields(strings.Join(list, " ")), " ")
}

// Name is what the contact is called.
func (v ContactValues) Name() string {
	return Name{First: v.FirstName, Last: v.LastName, Company: v.CompanyName}.String()
}

func (d ContactDraft) values() ContactValues {
	return ContactValues{FirstName: d.FirstName, LastName: d.LastName, CompanyName: d.CompanyName, Email: d.Email, Phone: d.Phone}
}

// The fields of clients, by CaseHug's names, and what of a contact is none.
const (
	FieldFirstName   = "first_name"
	FieldLastName    = "last_name"
	FieldCompanyName = "company_name"
	FieldEmail       = "email"
	FieldPhone       = "phone"
	FieldDeleted     = "deleted"
	FieldRestored    = "restored"
)

// clientField is one value of a contact, its name in CaseHug, and when two of its values are
// the same.
type clientField struct {
	name string
	text func(ContactValues) string
	same func(a, b string) bool
}

func clientFields() []clientField {
	return []clientField{
		{FieldFirstName, func(v ContactValues) string { return v.FirstName }, exactly},
		{FieldLastName, func(v ContactValues) string { return v.LastName }, exactly},
		{FieldCompanyName, func(v ContactValues) string { return v.CompanyName }, exactly},
		{FieldEmail, func(v ContactValues) string { return v.Email }, SameText},
		{FieldPhone, func(v ContactValues) string { return v.Phone }, SamePhone},
	}
}

// Field is the value of a field, by CaseHug's name for it.
func (v ContactValues) Field(name string) string {
	for _, f := range clientFields() {
		if f.name == name {
			return f.text(v)
		}
	}
	return ""
}

// Same reports whether Smokeball's value of a field is the same as one of CaseHug's.
func (v ContactValues) Same(name, value string) bool {
	for _, f := range clientFields() {
		if f.name == name {
			return f.same(f.text(v), value)
		}
	}
	return false
}

// Sight is what the last read of a client's contact showed.
type Sight struct {
	Values  *ContactValues // nil: it was not read
	By      Proof
	At      time.Time // when Smokeball was asked for it
	Changed time.Time // when others changed it there, by Smokeball's clock; zero: nobody did
	Ticks   int64     // by Smokeball's clock
	Writes  int       // of ours that may show in it
}

func (s Sight) after(e ClientSeen, at time.Time) Sight {
	next := Sight{Values: &e.Values, By: e.By, At: readFrom(e.ReadAt, at), Changed: e.ChangedAt, Ticks: e.Ticks, Writes: e.Writes}
	if e.Waits {
		next.Writes-- // it may show later, and is no news then
	}
	return next
}

// See decides what a read of the client's contact shows that was not known. writes are the
// values that we told Smokeball, the newest last; made says that the contact is one that we
// made of this client: until it was read it is known to be as told. What is older by
// Smokeball's clock than what is known yields nothing.
func (c Client) See(made bool, writes []ContactDraft, e ClientSeen) []Event {
	known := c.Sight
	switch {
	case c.Contact != e.Contact, known.Values != nil && e.Ticks < known.Ticks && e.Ticks != 0:
		return nil
	case known.Values != nil && *known.Values == e.Values:
		return nil
	case known.Values == nil && made && len(writes) > 0:
		told := writes[0].values()
		known.Values = &told
	}
	e.Writes = len(writes)
	if known.Values != nil {
		e.Changed = c.changedByOthers(known, writes, e.Values)
	}
	if len(e.Changed) == 0 {
		e.ChangedAt = time.Time{}
	} else {
		e.Matters = c.Matters
	}
	return []Event{e}
}

// changedByOthers are the fields that neither are as they were known nor have a value that
// CaseHug gave them since: of those CaseHug has to be told.
func (c Client) changedByOthers(known Sight, writes []ContactDraft, now ContactValues) (list []string) {
	asked, told := c.Data.ContactDraft().values(), ContactValues{}
	if len(writes) > 0 {
		told = writes[len(writes)-1].values()
	}
	since := writes[min(max(known.Writes, 0), len(writes)):]
	for _, f := range clientFields() {
		was, is := f.text(*known.Values), f.text(now)
		written := slices.ContainsFunc(since, func(d ContactDraft) bool { return f.same(is, f.text(d.values())) })
		unsent := f.text(asked) != f.text(told) && f.same(is, f.text(asked))
		if !f.same(was, is) && !written && !unsent {
			list = append(list, f.name)
		}
	}
	return endings(list, known.Values.Deleted, now.Deleted)
}

// IsChanged reports whether a list that was asked for at a time shows that others changed the
// client's contact, and no read has shown it. writes are the values that we told Smokeball.
func (c Client) IsChanged(listed time.Time, writes []ContactDraft, now ContactValues) bool {
	s := c.Sight
	return s.Values != nil && s.At.Before(listed) && *s.Values != now && len(c.changedByOthers(s, writes, now)) > 0
}
