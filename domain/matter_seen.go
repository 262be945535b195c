package domain

import (
	"slices"
	"strings"
	"time"
)

// MatterValues are the values of a Smokeball matter that CaseHug has, too.
type MatterValues struct {
	Status      string        `json:"status,omitempty"` // in Smokeball's words
	Description string        `json:"description,omitempty"`
	Number      string        `json:"number,omitempty"`
	TypeID      string        `json:"matter_type_id,omitempty"`
	TypeName    string        `json:"matter_type,omitempty"`
	Responsible string        `json:"responsible_staff_id,omitempty"`
	ClientIDs   []SmokeballID `json:"client_ids,omitempty"`
	Opened      string        `json:"opened,omitempty"` // a day
	Closed      string        `json:"closed,omitempty"` // a day

	ResponsibleName  string `json:"responsible_name,omitempty"`  // of the responsible person
	ResponsibleEmail string `json:"responsible_email,omitempty"` // the same
}

// StaffMember is somebody who works, or worked, at the firm.
type StaffMember struct{ Name, Email string }

// MatterSeen says what a read of a linked matter showed, where that was new.
type MatterSeen struct {
	Matter    SmokeballID  `json:"matter"`
	Values    MatterValues `json:"values"`
	Version   string       `json:"version,omitempty"` // Smokeball's versionId
	By        Proof        `json:"by"`                // what the read was made for
	Hint      EventRef     `json:"hint,omitzero"`     // the newest webhook before the read
	ChangedAt time.Time    `json:"changed_at,omitzero"`
	ReadAt    time.Time    `json:"read_at,omitzero"` // when Smokeball was asked; zero: right before it was recorded
	// Changed are the fields that others changed since CaseHug knew them last, by CaseHug's
	// names: CaseHug is told of these.
	Changed []string `json:"changed,omitempty"`
}

// EventName is stored for ever.
func (MatterSeen) EventName() string { return "smokeball.matter_seen.v1" }

// The statuses of a matter that is gone, in Smokeball's words.
const (
	statusDeleted   = "Deleted"
	statusCancelled = "Cancelled"
)

// Gone reports whether people have deleted or cancelled the matter.
func (v MatterValues) Gone() bool { return v.Status == statusDeleted || v.Status == statusCancelled }

// DeletedMatter is what is known of a matter that Smokeball no longer shows: the values that
// it had.
func DeletedMatter(was *MatterValues) MatterValues {
	v := MatterValues{}
	if was != nil {
		v = *was
	}
	v.Status = statusDeleted
	return v
}

// Values are the values of the matter that CaseHug has, too.
func (m SmokeballMatter) Values() MatterValues {
	return MatterValues{Status: m.Status, Description: m.Description, Number: m.Number, TypeID: m.MatterTypeID, Responsible: m.ResponsibleStaffID,
		ClientIDs: m.ClientIDs, Opened: dateText(m.OpenedDate), Closed: dateText(m.ClosedDate)}
}

// Values are the draft's values as a read would show them. What is empty is Smokeball's to fill.
func (d MatterDraft) Values() MatterValues {
	return MatterValues{Status: d.Status, Description: d.Description, Number: d.Number, TypeID: d.MatterTypeID, Responsible: d.ResponsibleStaffID,
		ClientIDs: d.ClientIDs, Opened: dateText(d.OpenedDate), Closed: dateText(d.ClosedDate)}
}

// The fields of matters, by CaseHug's names. Those that Smokeball may refuse have theirs
// already.
const (
	FieldStatus   = "status"
	FieldTitle    = "title"
	FieldNumber   = "case_number"
	FieldCaseType = "case_type"
	FieldClients  = "clients"
)

// matterField is one value of a matter and its name in CaseHug.
type matterField struct {
	name string
	text func(MatterValues) string
	put  func(*MatterValues, MatterValues) // takes the value over
}

// matterFields is a variable because a matter is compared after each event.
var matterFields = []matterField{
	{FieldStatus, func(v MatterValues) string { return v.Status }, func(v *MatterValues, w MatterValues) { v.Status = w.Status }},
	{FieldTitle, func(v MatterValues) string { return v.Description }, func(v *MatterValues, w MatterValues) { v.Description = w.Description }},
	{FieldNumber, func(v MatterValues) string { return v.Number }, func(v *MatterValues, w MatterValues) { v.Number = w.Number }},
	{FieldCaseType, func(v MatterValues) string { return v.TypeID }, func(v *MatterValues, w MatterValues) { v.TypeID, v.TypeName = w.TypeID, w.TypeName }},
	{FieldResponsible, func(v MatterValues) string { return v.Responsible }, func(v *MatterValues, w MatterValues) {
		v.Responsible, v.ResponsibleName, v.ResponsibleEmail = w.Responsible, w.ResponsibleName, w.ResponsibleEmail
	}},
	{FieldOpened, func(v MatterValues) string { return v.Opened }, func(v *MatterValues, w MatterValues) { v.Opened = w.Opened }},
	{FieldClosed, func(v MatterValues) string { return v.Closed }, func(v *MatterValues, w MatterValues) { v.Closed = w.Closed }},
	{FieldClients, func(v MatterValues) string { return joinedIDs(v.ClientIDs) }, func(v *MatterValues, w MatterValues) { v.ClientIDs = w.ClientIDs }},
}

// joinedIDs names the clients, the first one first: it is the main one.
func joinedIDs(ids []SmokeballID) string {
	var text strings.Builder
	for _, id := range ids {
		text.WriteString(string(id) + " ")
	}
	return text.String()
}

// Field is the value of a field, by CaseHug's name for it.
func (v MatterValues) Field(name string) string {
	for _, f := range matterFields {
		if f.name == name {
			return f.text(v)
		}
	}
	return ""
}

// There is what Smokeball is known to have of a matter.
type There struct {
	Values  *MatterValues // nil: nothing is known
	Seen    bool          // by a read; else only what we wrote is known
	By      Proof
	At      time.Time     // when Smokeball was asked for it, or took it in
	Changed time.Time     // when others changed it there, by Smokeball's clock; zero: not told
	Then    *MatterValues // while a change of ours waits to be seen: what was known before it
	Moves   int           // counts what was recorded of it: a read that began before the newest is too old

	Wrote map[string]Shown `json:",omitempty"` // fields that were written since the last read, and shown to be
}

// Shown is what showed a value, and when.
type Shown struct {
	By Proof     `json:"by"`
	At time.Time `json:"at"`
}

// Of is what showed the value of a field, and when: a read, or what confirmed that it was written
// since.
func (t There) Of(field string) Shown {
	if w, ok := t.Wrote[field]; ok {
		return w
	}
	return Shown{t.By, t.At}
}

// newest is when anything of it was shown last.
func (t There) newest() time.Time {
	last := t.At
	for _, w := range t.Wrote {
		if w.At.After(last) {
			last = w.At
		}
	}
	return last
}

// readFrom is when a read began that was recorded at a time. What changed since then it does not show.
func readFrom(read, recorded time.Time) time.Time {
	if read.IsZero() {
		return recorded
	}
	return read
}

// follow notes what the event says of the values that Smokeball has.
func (l Linked) follow(e Event, at time.Time) Linked {
	t := l.There
	switch e := e.(type) {
	case MatterSeen:
		t.Values, t.Seen, t.By, t.At, t.Changed = &e.Values, true, e.By, readFrom(e.ReadAt, at), e.ChangedAt
		t.Wrote = nil
		if !e.Values.Gone() {
			l.Seen = at
		}
	case MatterChangeAccepted:
		t.Then = t.Values
	case MatterConfirmed:
		t = t.confirmed(l, e.By, at)
	case MatterChangeRefused:
		t.Then = nil
	case MatterLinked:
		if l.Made { // a read has found it, and did not say how it is
			ours := l.Sent.Values()
			t.Values, t.By, t.At = &ours, ByRead, at
		}
	case MatterAccepted:
	default:
		return l
	}
	t.Moves++
	l.There = t
	return l
}

// confirmed takes over what we wrote. What a matter has that we did not make, and that was
// not read, stays unknown. A field that a read has shown otherwise since the call
// was accepted keeps what was read: others changed it after us.
func (t There) confirmed(l Linked, by Proof, at time.Time) There {
	ours := l.Sent.Values()
	switch {
	case t.Values == nil && l.Made:
		t.Values, t.By, t.At = &ours, by, at
	case t.Then != nil:
		ours.ClientIDs = l.Change.ClientIDs
		next, written := *t.Values, l.Change.Fields()
		for _, f := range matterFields {
			if slices.Contains(written, f.name) && f.text(*t.Values) == f.text(*t.Then) {
				f.put(&next, ours)
				t.Wrote = with(t.Wrote, f.name, Shown{by, at})
			}
		}
		t.Values, t.Then = &next, nil
	}
	return t
}

// Fields are the fields that the change writes.
func (c MatterChange) Fields() (list []string) {
	for name, written := range map[string]bool{
		FieldStatus: c.Status != nil, FieldTitle: c.Description != nil, FieldNumber: c.Number != nil, FieldCaseType: c.MatterTypeID != "",
		FieldResponsible: c.ResponsibleStaffID != nil, FieldOpened: c.OpenedDate != nil, FieldClosed: c.ClosedDate != nil || c.Reopened,
		FieldClients: c.ClientIDs != nil,
	} {
		if written {
			list = append(list, name)
		}
	}
	return list
}

// See decides what a read of the linked matter shows that was not known. moves is
// There.Moves as the read began: where more was recorded since, what was read may be from
// before it (ErrOutdated).
func (m Matter) See(moves int, e MatterSeen) ([]Event, error) {
	l := m.Smokeball
	switch {
	case l.ID != e.Matter:
		return nil, nil
	case l.There.Moves != moves:
		return nil, ErrOutdated
	case l.There.Seen && l.There.Values.same(e.Values):
		return nil, nil
	}
	e.Changed = m.changedByOthers(e.Values)
	if len(e.Changed) == 0 && l.There.Values != nil {
		e.ChangedAt = time.Time{}
	}
	return []Event{e}, nil
}

// Differing are the fields of which Smokeball is known to have another value than the one that
// it was sent, and that CaseHug still has: people changed them there.
func (m Link) Differing() (list []string) {
	l := m.Smokeball
	if l.ID == "" || !l.Confirmed || l.There.Values == nil {
		return nil
	}
	sent := l.Sent.Values()
	for _, f := range matterFields {
		if was := f.text(sent); f.name != FieldClients && was != "" && !exactly(was, f.text(*l.There.Values)) {
			list = append(list, f.name)
		}
	}
	return list
}

func (v MatterValues) same(w MatterValues) bool {
	for _, f := range matterFields {
		if !exactly(f.text(v), f.text(w)) {
			return false
		}
	}
	return true
}

// changedByOthers are the fields that neither are as they were known nor have a value that
// CaseHug gave them: of those CaseHug has to be told.
func (m Matter) changedByOthers(now MatterValues) (list []string) {
	t := m.Smokeball.There
	if t.Values == nil {
		if !m.Smokeball.Made {
			return nil // the first look at a matter that Smokeball had: nobody changed it
		}
		ours := m.Smokeball.Sent.Values()
		t.Values = &ours
	}
	sent, asked := m.Smokeball.Sent.Values(), m.Draft(m.Smokeball.Sent.ClientIDs).Values()
	asked.Responsible = sent.Responsible // whom CaseHug's address names is Smokeball's to say
	if now.ResponsibleEmail != "" && SameText(now.ResponsibleEmail, m.Data.ResponsibleEmail) {
		asked.Responsible = now.Responsible
	}
	for _, f := range matterFields {
		was, is := f.text(*t.Values), f.text(now)
		waits := m.Smokeball.unseen(f.name) && is == f.text(sent)             // written, and not seen until now
		unsent := f.text(asked) != f.text(sent) && exactly(is, f.text(asked)) // by a call whose answer is not on record
		filled := was == "" && !t.Seen                                        // by Smokeball, when the matter was made
		_, repairing := m.Repairs[f.name]                                     // by a call whose answer is not on record
		repaired := repairing && exactly(is, f.text(asked))
		if !exactly(was, is) && !waits && !unsent && !filled && !repaired {
			list = append(list, f.name)
		}
	}
	return endings(list, t.Values.Gone(), now.Gone())
}

// unseen reports whether what we wrote of the field waits to be seen: with a change that names it,
// or with the matter itself, which no read has shown yet.
func (l Linked) unseen(field string) bool {
	switch {
	case l.Confirmed:
		return false
	case l.Before == nil:
		return !l.There.Seen
	}
	return slices.Contains(l.Change.Fields(), field)
}

// IsChanged reports whether a list that was asked for at a time shows that others changed the
// matter, and no read has shown it. One that was not read yet is to be read anyway.
func (m Matter) IsChanged(listed time.Time, now MatterValues) bool {
	t := m.Smokeball.There
	return t.Values != nil && t.newest().Before(listed) && len(m.changedByOthers(now)) > 0
}

// endings tells of a matter that is gone that it was deleted, and not its status, and of one
// that is there again that it was restored.
func endings(list []string, was, is bool) []string {
	switch {
	case is && !was:
		return append(slices.DeleteFunc(list, func(name string) bool { return name == FieldStatus }), FieldDeleted)
	case is:
		return slices.DeleteFunc(list, func(name string) bool { return name == FieldStatus }) // deleted or cancelled, it is gone
	case was:
		return append(list, FieldRestored)
	}
	return list
}
