package domain

import (
	"maps"
	"slices"
	"time"
)

// The fields of a matter's first client, by the names under which a matter shows them.
const (
	FieldClientName  = "client.name"
	FieldClientEmail = "client.email"
	FieldClientPhone = "client.phone"
)

// MatterFieldNames are the fields of a matter that both sides have, in the order of the page.
func MatterFieldNames() []string {
	return []string{FieldStatus, FieldTitle, FieldNumber, FieldCaseType, FieldResponsible, FieldOpened, FieldClosed}
}

// ClientFieldNames are the fields of a matter's first client that both sides have.
func ClientFieldNames() []string {
	return []string{FieldClientName, FieldClientEmail, FieldClientPhone}
}

// IsClientField reports whether the field is one of the matter's first client.
func IsClientField(name string) bool { return slices.Contains(ClientFieldNames(), name) }

// IsComparedField reports whether both sides have a field of that name.
func IsComparedField(name string) bool {
	return IsClientField(name) || slices.Contains(MatterFieldNames(), name)
}

// FieldRef is a field of a matter, and Smokeball's value that somebody decides on; nil: whatever it
// has.
type FieldRef struct {
	Firm   FirmID
	Matter MatterID
	Name   string
	Seen   *string
}

// Difference is a field of which Smokeball is known to have another value than CaseHug.
type Difference struct {
	Field     string
	CaseHug   string // CaseHug's own value
	Smokeball string // Smokeball's value, as Smokeball has it
	Name      string // of a matter type
	Unsent    bool   // Smokeball was not told CaseHug's value
}

// Value is CaseHug's value of a field, "" where it has none.
func (m MatterData) Value(field string) string {
	switch field {
	case FieldStatus:
		return m.Status
	case FieldTitle:
		return m.Title
	case FieldNumber:
		return m.CaseNumber
	case FieldCaseType:
		return m.CaseType
	case FieldResponsible:
		return m.ResponsibleEmail
	case FieldOpened:
		return dateText(FirmsDay(m.OpenedAt))
	case FieldClosed:
		return dateText(FirmsDay(m.ClosedAt))
	}
	return m.Client.Value(field)
}

// Value is CaseHug's value of a field, "" where it has none.
func (c ClientData) Value(field string) string {
	switch field {
	case FieldClientName:
		return c.Name()
	case FieldClientEmail:
		return c.Email
	case FieldClientPhone:
		return c.Phone
	}
	return ""
}

// Value is the contact's value of a field of its client.
func (v ContactValues) Value(field string) string {
	switch field {
	case FieldClientName:
		return v.Name()
	case FieldClientEmail:
		return v.Email
	case FieldClientPhone:
		return v.Phone
	}
	return ""
}

// Value is the draft's value of a field of its client.
func (d ContactDraft) Value(field string) string { return d.values().Value(field) }

// SameClientValue reports whether two values of a client's field mean the same.
func SameClientValue(field, a, b string) bool {
	switch field {
	case FieldClientEmail:
		return SameText(a, b)
	case FieldClientPhone:
		return SamePhone(a, b)
	}
	return exactly(a, b)
}

// Wanted are the values that Smokeball would show if it had all of CaseHug's. Whom CaseHug's
// address names as responsible is Smokeball's to say.
func (m Matter) Wanted() MatterValues {
	v := m.Draft(nil).Values()
	v.Responsible = m.Smokeball.Settled().ResponsibleStaffID
	if m.Retyped() {
		v.TypeID = m.Smokeball.typeFor(m.Data.CaseType)
	}
	return v
}

// noType is a matter type that no account has: that of a case type for which none was looked up.
const noType = "-"

// typeName is the name of the type that the matter has in Smokeball; "" where it is not known.
func (m Matter) typeName(v MatterValues) string {
	if v.TypeName == "" && v.TypeID == m.TypeID {
		return m.TypeName
	}
	return v.TypeName
}

// typeFor is the matter type that the matter would have if people gave it the case type to which
// CaseHug changed it: the one that it has, if that has this name by now.
func (l Linked) typeFor(caseType string) string {
	if v := l.There.Values; v != nil && v.TypeID != "" && SameText(v.TypeName, caseType) {
		return v.TypeID
	}
	return noType
}

// Differences are the fields of the linked matter that people of both sides see otherwise. One
// that was accepted is none, nor is one that Smokeball has taken in and not shown yet.
func (m Matter) Differences() (list []Difference) {
	l := m.Smokeball
	if m.Erased || l.ID == "" || l.There.Values == nil {
		return nil
	}
	want, asked, sent := m.Wanted(), l.Sent.Values(), l.Settled().Values()
	for _, f := range matterFields {
		name, wanted, is := f.name, f.text(want), f.text(*l.There.Values)
		if name == FieldClients || exactly(is, wanted) {
			continue
		}
		awaited := f.text(asked) == wanted && l.Awaits(name)
		known := l.There.Seen || is != "" // what we left empty Smokeball may have filled
		_, accepted := m.Accepted[name]
		if m.Data.Value(name) == "" || wanted == "" || !known || awaited || accepted {
			continue
		}
		d := Difference{Field: name, CaseHug: m.Data.Value(name), Smokeball: is, Unsent: f.text(sent) != wanted}
		if name == FieldCaseType { // it is sent once only
			d.Name, d.Unsent = m.typeName(*l.There.Values), false
		}
		list = append(list, d)
	}
	return list
}

// Awaits reports whether Smokeball has taken the field's value in and has not shown it yet: that of
// the change that was written last, or of a new matter all.
func (l Linked) Awaits(field string) bool {
	return !l.Confirmed && (l.Made && l.There.Values == nil || slices.Contains(l.Change.Fields(), field))
}

// Differences are the fields that the client's contact has otherwise than d, which is what
// CaseHug has. Of a contact that people deleted there are none.
func (c Client) Differences(d ClientData) (list []Difference) {
	v := c.Sight.Values
	if c.Contact == "" || v == nil || v.Deleted {
		return nil
	}
	for _, name := range ClientFieldNames() {
		_, accepted := c.Accepted[name]
		if want, is := d.Value(name), v.Value(name); want != "" && !accepted && !SameClientValue(name, want, is) {
			list = append(list, Difference{Field: name, CaseHug: want, Smokeball: is})
		}
	}
	return list
}

// find is the difference in a field. seen is Smokeball's value that a person decides on; nil:
// whatever it has. is is the value that it is known to have now.
func find(list []Difference, field string, seen *string, is ...string) (Difference, error) {
	if seen != nil && !slices.ContainsFunc(is, func(value string) bool { return exactly(value, *seen) }) {
		return Difference{}, conflict(CodeChangedMeanwhile, "Smokeball has another value in this field by now",
			"Reload the page, look at the value that Smokeball has now, and decide on that.")
	}
	for _, d := range list {
		if d.Field == field {
			return d, nil
		}
	}
	return Difference{}, conflict(CodeNoDifference, "Nothing is known to differ in this field",
		"Reload the page. If Smokeball shows another value than the page, check for differences first.")
}

func conflict(code Code, message, remedy string) error {
	return &Rejection{Reason: Conflict, Failure: Failure{Code: code, Message: message, Remedy: remedy}}
}

// Difference is the one in a field of the matter, or why nothing can be decided about it.
func (m Matter) Difference(field string, seen *string) (Difference, error) {
	if m.Erased {
		return Difference{}, ErasedMatter()
	}
	is := MatterValues{}
	if v := m.Smokeball.There.Values; v != nil {
		is = *v
	}
	shown := []string{is.Field(field)}
	if field == FieldCaseType {
		shown = append(shown, is.TypeName)
		if is.TypeID == m.TypeID {
			shown = append(shown, m.TypeName)
		}
	}
	return find(m.Differences(), field, seen, shown...)
}

// Difference is the one in a field of the client, or why nothing can be decided about it; d is
// what CaseHug has.
func (c Client) Difference(d ClientData, field string, seen *string) (Difference, error) {
	is := ContactValues{}
	if v := c.Sight.Values; v != nil {
		is = *v
	}
	if is.Deleted {
		return Difference{}, conflict(CodeContactGone, "The client's contact was deleted in Smokeball",
			"Click “Sync to Smokeball” on the matter: the client gets a contact again.")
	}
	return find(c.Differences(d), field, seen, is.Value(field))
}

// with returns the map with one more entry, leaving the old one as it was.
func with[K comparable, V any](all map[K]V, k K, v V) map[K]V {
	next := map[K]V{}
	maps.Copy(next, all)
	next[k] = v
	return next
}

// keeping returns the map with the entries that a test accepts, leaving the old one as it was; nil
// where there are none.
func keeping[K comparable, V any](all map[K]V, test func(K, V) bool) map[K]V {
	var next map[K]V
	for k, v := range all {
		if test(k, v) {
			next = with(next, k, v)
		}
	}
	return next
}

// Acceptance is Smokeball's value of a field that somebody took for right. It ends when CaseHug
// sends another value of the field, and when Smokeball has another one.
type Acceptance struct {
	Value   string    `json:"value"`
	CaseHug string    `json:"casehug"` // CaseHug's own value then
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at"`
}

// Repair is a field that the sync is to write although CaseHug did not change it.
type Repair struct {
	Sync SyncID    `json:"sync"`
	Seen string    `json:"seen"` // Smokeball's value that was decided on: another one is left alone
	By   string    `json:"by,omitempty"`
	At   time.Time `json:"at"`
}
