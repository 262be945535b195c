package projections

import (
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
)

// FieldState says how a field of a matter stands on both sides.
type FieldState string

// The states of a field. That both sides have the same, or not, is said only of what was
// read, or written and confirmed, after the last webhook about it.
const (
	FieldSame     FieldState = "same"     // Smokeball has CaseHug's value
	FieldDiffers  FieldState = "differs"  // Smokeball has another one
	FieldAccepted FieldState = "accepted" // Smokeball took the value in and has not shown it yet
	FieldNotSent  FieldState = "not_sent" // Smokeball was not told this value
	FieldChanging FieldState = "changing" // it may have changed in Smokeball and is being read
	FieldUnknown  FieldState = "unknown"  // what Smokeball has was not read yet
	FieldEmpty    FieldState = "empty"    // CaseHug has no value
)

// Field is one field of a matter, or of its client, on both sides.
type Field struct {
	Name      string
	CaseHug   string
	Smokeball *string // that it was last seen to have; nil: nothing is known
	State     FieldState
	KnownBy   domain.Proof // "": nothing is known
	KnownAt   time.Time
	ChangedAt time.Time // when others changed it in Smokeball last; zero: not known
	From      *Origin   // of CaseHug's value
}

// MatterFields tells of each synced field of the matter where both sides stand.
func (v *Views) MatterFields(r MatterRow) (list []Field, err error) {
	var s sides
	err = v.db.View(func(tx *bbolt.Tx) error {
		s, err = sidesOf(tx, r)
		return err
	})
	return append(s.matterFields(), s.clientFields()...), err
}

// sides are what is known of a matter on both sides.
type sides struct {
	row             MatterRow
	matter, contact ResourceRow
	client          domain.Client
}

func sidesOf(tx *bbolt.Tx, r MatterRow) (s sides, err error) {
	s.row = r
	id := r.Matter.Data.Client.ID
	if s.client, _, err = get(tx, Clients, rowKey(string(r.Firm), string(id))); err != nil {
		return s, err
	}
	if s.matter, _, err = get(tx, Resources, resourceKey(r.Firm, r.Matter.Smokeball.ID)); err != nil {
		return s, err
	}
	s.contact, _, err = get(tx, Resources, resourceKey(r.Firm, r.Matter.Contacts[id]))
	return s, err
}

func (s sides) matterFields() (list []Field) {
	l := s.row.Matter.Smokeball
	want, sent := s.row.Matter.Draft(nil).Values(), l.Settled().Values()
	want.Responsible = sent.Responsible // whom CaseHug's address names is Smokeball's to say
	for _, name := range []string{domain.FieldStatus, domain.FieldTitle, domain.FieldNumber, domain.FieldCaseType, domain.FieldResponsible, domain.FieldOpened, domain.FieldClosed} {
		f := s.field(name)
		if l.ID != "" {
			f = s.there(f, want.Field(name), l.Sent.Values().Field(name), sent.Field(name))
		}
		list = append(list, f)
	}
	return list
}

// field is a field as CaseHug has it.
func (s sides) field(name string) Field {
	f := Field{Name: name, CaseHug: FieldValues(s.row.Matter.Data)[name], State: FieldNotSent}
	if f.CaseHug == "" {
		f.State = FieldEmpty
	}
	if o, ok := s.row.Fields[name]; ok {
		f.From = &o
	}
	return f
}

// there adds what Smokeball is known to have of a field of the matter. want is CaseHug's value
// as Smokeball would show it, asked what was sent last and sent what was seen to arrive of that.
func (s sides) there(f Field, want, asked, sent string) Field {
	l := s.row.Matter.Smokeball
	is := ""
	if v := l.There.Values; v != nil && (l.There.Seen || v.Field(f.Name) != "") { // what we left empty Smokeball may have filled
		is = v.Field(f.Name)
		shown := s.text(f, is)
		f.Smokeball, f.KnownBy, f.KnownAt, f.ChangedAt = &shown, l.There.By, l.There.At, l.There.Changed
	}
	switch {
	case f.CaseHug == "":
	case s.matter.Unread():
		f.State = FieldChanging
	case l.There.Values != nil && want != "" && domain.Text(is) == domain.Text(want):
		f.State = FieldSame
	case !l.Confirmed && asked == want:
		f.State = FieldAccepted
	case want == "", sent != want:
		f.State = FieldNotSent
	case l.There.Values == nil:
		f.State = FieldUnknown
	default:
		f.State = FieldDiffers
	}
	return f
}

// text is how people read a value of Smokeball's.
func (s sides) text(f Field, is string) string {
	there := s.row.Matter.Smokeball.There.Values
	switch {
	case f.Name == domain.FieldCaseType && there.TypeName != "":
		return there.TypeName
	case f.Name == domain.FieldCaseType && is == s.row.Matter.TypeID:
		return s.row.TypeName
	case f.Name == domain.FieldResponsible && is != "" && is == s.row.Matter.Smokeball.Sent.ResponsibleStaffID:
		return f.CaseHug
	}
	return is
}

// The fields of a matter's client.
const (
	clientName  = "client.name"
	clientEmail = "client.email"
	clientPhone = "client.phone"
)

func (s sides) clientFields() (list []Field) {
	d := s.client.Newest(s.row.Matter.Data.Client)
	for name, value := range map[string]string{clientName: d.Name(), clientEmail: d.Email, clientPhone: d.Phone} {
		f := s.field(name)
		if f.CaseHug = value; value == "" {
			f.State = FieldEmpty
		}
		list = append(list, s.onContact(f, d))
	}
	slices.SortFunc(list, func(a, b Field) int { return clientOrder(a.Name) - clientOrder(b.Name) })
	return list
}

func clientOrder(name string) int {
	return slices.Index([]string{clientName, clientEmail, clientPhone}, name)
}

// onContact adds what the client's contact is known to have of a field.
func (s sides) onContact(f Field, d domain.ClientData) Field {
	id := s.row.Matter.Contacts[d.ID]
	if id == "" {
		return f
	}
	known := s.client.Sight
	if s.client.Contact != id {
		known = domain.Sight{}
	}
	same := false
	if v := known.Values; v != nil {
		text, equal := contactText(f, *v)
		same, f.Smokeball, f.KnownBy, f.KnownAt, f.ChangedAt = equal, &text, known.By, known.At, known.Changed
	}
	current := s.row.Matter.Current
	switch {
	case f.CaseHug == "":
	case s.contact.Unread():
		f.State = FieldChanging
	case same && !known.Values.Deleted:
		f.State = FieldSame
	case current != nil && slices.ContainsFunc(current.Contacts, func(p domain.PendingContact) bool { return p.Contact == id }):
		f.State = FieldAccepted
	case known.Values == nil:
		f.State = FieldUnknown
	case current != nil:
		f.State = FieldNotSent
	default:
		f.State = FieldDiffers
	}
	return f
}

// contactText is what the contact has of a field, and whether that is CaseHug's value.
func contactText(f Field, v domain.ContactValues) (text string, same bool) {
	switch f.Name {
	case clientEmail:
		return v.Email, v.Same(domain.FieldEmail, f.CaseHug)
	case clientPhone:
		return v.Phone, v.Same(domain.FieldPhone, f.CaseHug)
	}
	return v.Name(), domain.Text(v.Name()) == domain.Text(f.CaseHug)
}
