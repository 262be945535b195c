package domain

// ContactDraft is a person or a company as it is sent to Smokeball.
type ContactDraft struct {
	ExternalID  string `json:"external_id"` // CaseHug's client id
	FirstName   string `json:"first_name,omitempty"`
	LastName    string `json:"last_name,omitempty"`
	CompanyName string `json:"company_name,omitempty"` // set: a company, else a person
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty"` // as it is, unsplit
}

// Name is what the person or company is called.
func (d ContactDraft) Name() Name {
	return Name{First: d.FirstName, Last: d.LastName, Company: d.CompanyName}
}

// ContactChange names what to write to a contact; blank fields stay.
type ContactChange struct {
	ContactDraft
	Removed ContactDraft `json:"removed,omitzero"` // what CaseHug no longer has: it goes where Smokeball still has it
}

// ContactKind is what a contact in Smokeball is.
type ContactKind string

// The kinds of contacts that can be a client. Smokeball has groups and trusts as well.
const (
	KindPerson  ContactKind = "person"
	KindCompany ContactKind = "company"
)

// contactField is one value of a contact: what people call it, which kind of contact has it
// (empty: both), where it stands, and when two of its values are the same.
type contactField struct {
	name  string
	of    ContactKind
	draft func(*ContactDraft) *string
	shown func(SmokeballContact) string
	same  func(a, b string) bool
}

func contactFields() []contactField {
	return []contactField{
		{"first name", KindPerson, func(d *ContactDraft) *string { return &d.FirstName }, func(c SmokeballContact) string { return c.FirstName }, exactly},
		{"last name", KindPerson, func(d *ContactDraft) *string { return &d.LastName }, func(c SmokeballContact) string { return c.LastName }, exactly},
		{"company name", KindCompany, func(d *ContactDraft) *string { return &d.CompanyName }, func(c SmokeballContact) string { return c.CompanyName }, exactly},
		{"e-mail address", "", func(d *ContactDraft) *string { return &d.Email }, func(c SmokeballContact) string { return c.Email }, SameText},
		{"phone number", "", func(d *ContactDraft) *string { return &d.Phone }, func(c SmokeballContact) string { return c.Phone }, SamePhone},
	}
}

// isOf reports whether contacts of the kind have the field.
func (f contactField) isOf(k ContactKind) bool { return k != "" && (f.of == "" || f.of == k) }

func exactly(a, b string) bool { return Text(a) == Text(b) }

// to is the change from d to next.
func (d ContactDraft) to(next ContactDraft) (c ContactChange) {
	for _, f := range contactFields() {
		switch was, now := *f.draft(&d), *f.draft(&next); {
		case exactly(was, now):
		case Text(now) == "":
			*f.draft(&c.Removed) = was
		default:
			*f.draft(&c.ContactDraft) = now
		}
	}
	return c
}

// Write decides what a change does to the contact: what is written, and what is not, by the
// names that people give it, because it is a contact of another kind, because people have
// put another value where CaseHug's was, or because they have made another person of it since
// it was told was.
func (c SmokeballContact) Write(was ContactDraft, change ContactChange) (write ContactChange, kept []string) {
	if !c.isStill(was) && !c.isStill(was.after(change)) {
		return write, change.Fields()
	}
	if c.ExternalID == "" {
		write.ExternalID = change.ExternalID
	}
	for _, f := range contactFields() {
		next, gone, is := *f.draft(&change.ContactDraft), *f.draft(&change.Removed), f.shown(c)
		switch {
		case next != "" && !f.isOf(c.Kind), next == "" && gone != "" && is != "" && !f.same(is, gone):
			kept = append(kept, f.name)
		case next != "" && !f.same(is, next):
			*f.draft(&write.ContactDraft) = next
		case next == "" && gone != "" && is != "":
			*f.draft(&write.Removed) = is
		}
	}
	return write, kept
}

// isStill reports whether the contact has anything of who it was told to be: the e-mail address,
// the first or the last name, the first word of a company's. People correct names and addresses, seldom all of them at once.
// A contact of the other kind has the address or nothing.
func (c SmokeballContact) isStill(d ContactDraft) bool {
	is, told := c.Name(), d.Name()
	switch {
	case d.Email != "" && SameText(c.Email, d.Email), is.String() == "", told.String() == "":
		return true
	case is.IsCompany() || told.IsCompany():
		return firstWord(is.Company) == firstWord(told.Company) // a person has none
	}
	return is.shares(told)
}

// after is the draft with the change.
func (d ContactDraft) after(change ContactChange) ContactDraft {
	for _, f := range contactFields() {
		if v := *f.draft(&change.ContactDraft); v != "" {
			*f.draft(&d) = v
		}
	}
	return d
}

// Shows reports whether the contact has what the change wrote, and no longer what it removed.
func (c SmokeballContact) Shows(change ContactChange) bool {
	for _, f := range contactFields() {
		next, gone, is := *f.draft(&change.ContactDraft), *f.draft(&change.Removed), f.shown(c)
		if next != "" && !SameText(is, next) && !f.same(is, next) {
			return false
		}
		if next == "" && gone != "" && is != "" && f.same(is, gone) {
			return false
		}
	}
	return true
}

// Differing are the values of the draft, by the names that people give them, that the contact
// does not have. How it is called is another question (Identify).
func (c SmokeballContact) Differing(d ContactDraft) (fields []string) {
	for _, f := range contactFields() {
		if v := *f.draft(&d); f.of == "" && v != "" && !f.same(f.shown(c), v) {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// Unlike are the values of the draft, by the names that people give them, that the contact has
// otherwise. CaseHug keeps a middle name in the first name and a suffix in the last one.
func (c SmokeballContact) Unlike(d ContactDraft) (fields []string) {
	is, values := c.Values(), clientFields()
	for i, f := range contactFields() {
		v := *f.draft(&d)
		if v != "" && f.isOf(c.Kind) && !f.same(f.shown(c), v) && !f.same(values[i].text(is), v) {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// Fields are the names that people give the values which the change touches.
func (c ContactChange) Fields() (fields []string) {
	for _, f := range contactFields() {
		if *f.draft(&c.ContactDraft) != "" || *f.draft(&c.Removed) != "" {
			fields = append(fields, f.name)
		}
	}
	return fields
}
