package projections

import (
	"cmp"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// FieldState says how a field of a matter stands on both sides.
type FieldState string

// The states of a field. That both sides have the same, or not, is said only of what was
// read, or written and confirmed, after the last webhook about it.
const (
	FieldSame     FieldState = "same"     // Smokeball has CaseHug's value
	FieldDiffers  FieldState = "differs"  // Smokeball has another one
	FieldAccepted FieldState = "accepted" // Smokeball took the value in and has not shown it yet, or its own was taken for right
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
	Client    domain.ClientID // whose it is; "": the matter's

	Accepted  *domain.Acceptance // of Smokeball's value, where somebody took it for right
	Repairing domain.SyncID      // the sync that is to write CaseHug's value over Smokeball's; "": none is
}

// MatterFields tells of each synced field of the matter where both sides stand.
func (v MatterRows) MatterFields(r MatterRow) (list []Field, err error) {
	var s sides
	err = v.view(func(tx *snapshot) error {
		s, err = sidesOf(tx, r)
		return err
	})
	return append(s.matterFields(), s.clientFields()...), err
}

// AllFields tells the same, and also of the fields of the matter's other clients.
func (v MatterRows) AllFields(r MatterRow) ([]Field, error) {
	list, err := v.MatterFields(r)
	if err != nil {
		return nil, err
	}
	err = v.view(func(tx *snapshot) error {
		for _, d := range r.Matter.Data.OtherClients {
			s, err := sidesWith(tx, r, d)
			if err != nil {
				return err
			}
			list = append(list, s.clientFields()...)
		}
		return nil
	})
	return list, err
}

// sides are what is known of a matter on both sides.
type sides struct {
	row             MatterRow
	matter, contact ResourceRow
	client          ClientRow
	said            domain.ClientData // what the matter says of the client
}

func sidesOf(tx *snapshot, r MatterRow) (sides, error) { return sidesWith(tx, r, r.Matter.Data.Client) }

// sidesWith are what is known of a matter and of one of its clients.
func sidesWith(tx *snapshot, r MatterRow, d domain.ClientData) (s sides, err error) {
	s.row, s.said = r, d
	id := d.ID
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
	want, sent := s.row.Matter.Wanted(), l.Settled().Values()
	for _, name := range domain.MatterFieldNames() {
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
	f := Field{Name: name, CaseHug: s.row.Matter.Data.Value(name), State: FieldNotSent}
	if f.CaseHug == "" {
		f.State = FieldEmpty
	}
	f.Repairing, _ = s.row.Matter.Repairing(name)
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
		f.Smokeball, f.KnownBy, f.KnownAt = &shown, l.There.Of(f.Name).By, l.There.Of(f.Name).At
	}
	switch {
	case f.CaseHug == "":
	case s.matter.Doubtful() && (l.There.Values != nil || s.matter.Hints.Pending()): // else it was linked, and nothing tells of a change
		f.State = FieldChanging
	case l.There.Values != nil && want != "" && domain.Text(is) == domain.Text(want):
		f.State = FieldSame
	case s.accepted(&f, s.row.Matter.Accepted):
		f.State = FieldAccepted
	case asked == want && l.Awaits(f.Name):
		f.State = FieldAccepted
	case want == "", sent != want && f.Name != domain.FieldCaseType: // the case type is sent once only
		f.State = FieldNotSent
	case l.There.Values == nil:
		f.State = FieldUnknown
	default:
		f.State = FieldDiffers
	}
	return f
}

// accepted reports whether Smokeball's value of the field was taken for right, and notes by whom.
func (s sides) accepted(f *Field, all map[string]domain.Acceptance) bool {
	a, ok := all[f.Name]
	if ok {
		f.Accepted = &a
	}
	return ok
}

// text is how people read a value of Smokeball's.
func (s sides) text(f Field, is string) string {
	there := s.row.Matter.Smokeball.There.Values
	switch {
	case f.Name == domain.FieldCaseType && there.TypeName != "":
		return there.TypeName
	case f.Name == domain.FieldCaseType && is == s.row.Matter.TypeID:
		return s.row.TypeName
	case f.Name == domain.FieldResponsible && is != "" && there.ResponsibleName+there.ResponsibleEmail != "":
		return cmp.Or(there.ResponsibleName, there.ResponsibleEmail)
	case f.Name == domain.FieldResponsible && is != "" && is == s.row.Matter.Smokeball.Sent.ResponsibleStaffID:
		return f.CaseHug
	}
	return is
}

func (s sides) clientFields() (list []Field) {
	d := s.client.Newest(s.said)
	for _, name := range domain.ClientFieldNames() {
		f := s.field(name)
		f.Client = d.ID
		if d.ID != s.row.Matter.Data.Client.ID {
			f.Repairing = "" // decisions are about the first client
		}
		if f.CaseHug, f.State = d.Value(name), FieldNotSent; f.CaseHug == "" {
			f.State = FieldEmpty
		}
		list = append(list, s.onContact(f, d))
	}
	return list
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
	if v := known.Values; v != nil && v.Deleted {
		f.KnownBy, f.KnownAt = known.By, known.At
	} else if v != nil {
		text := v.Value(f.Name)
		same, f.Smokeball, f.KnownBy, f.KnownAt = domain.SameClientValue(f.Name, text, f.CaseHug), &text, known.By, known.At
	}
	current := s.row.Matter.Current
	switch {
	case f.CaseHug == "":
	case s.contact.Doubtful() && (known.Values != nil || s.contact.Hints.Pending()):
		f.State = FieldChanging
	case same:
		f.State = FieldSame
	case s.accepted(&f, s.client.Accepted):
		f.State = FieldAccepted
	case current != nil && slices.ContainsFunc(current.Contacts, func(p domain.PendingContact) bool { return p.Contact == id }):
		f.State = FieldAccepted
	case known.Values == nil:
		f.State = FieldUnknown
	case known.Values.Deleted, s.unsent(f.Name, d): // a contact that people deleted has nothing; the next sync gives the client another
		f.State = FieldNotSent
	default:
		f.State = FieldDiffers
	}
	return f
}

// unsent reports whether Smokeball was not told CaseHug's value of the client's field.
func (s sides) unsent(name string, d domain.ClientData) bool {
	return s.client.Told != nil && !domain.SameClientValue(name, s.client.Told.Value(name), d.ContactDraft().Value(name))
}
