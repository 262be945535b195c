package domain

import (
	"slices"
	"time"
)

// DifferenceAccepted says that Smokeball's value of a field of the matter was taken for right.
type DifferenceAccepted struct {
	Field   string      `json:"field"`
	Matter  SmokeballID `json:"matter"`
	Value   string      `json:"value"`          // as Smokeball has it
	Name    string      `json:"name,omitempty"` // of a matter type
	CaseHug string      `json:"casehug"`        // CaseHug's own value then
	KnownBy Proof       `json:"known_by"`       // what showed the value
	By      string      `json:"by,omitempty"`
	ByName  string      `json:"by_name,omitempty"`
}

// ClientDifferenceAccepted says that Smokeball's value of a field of the client was taken for right.
type ClientDifferenceAccepted struct {
	Field   string        `json:"field"`
	Matter  MatterID      `json:"matter"` // on whose page it was decided
	Contact SmokeballID   `json:"contact"`
	Value   string        `json:"value"`
	Values  ContactValues `json:"values"`   // all that the contact has
	CaseHug string        `json:"casehug"`  // CaseHug's own value then
	KnownBy Proof         `json:"known_by"` // what showed the value
	By      string        `json:"by,omitempty"`
	ByName  string        `json:"by_name,omitempty"`
}

// RepairAsked is the intent to write CaseHug's value of a field to Smokeball, which has another.
// The sync does it, provided that Smokeball then still has the value that was decided on.
type RepairAsked struct {
	Sync    SyncID `json:"sync"`
	Field   string `json:"field"`
	Seen    string `json:"seen"` // Smokeball's value that was decided on
	CaseHug string `json:"casehug"`
	By      string `json:"by,omitempty"`
	ByName  string `json:"by_name,omitempty"`
}

// RepairDropped says that the sync does not write the field, and why.
type RepairDropped struct {
	Sync   SyncID       `json:"sync"`
	Field  string       `json:"field"`
	Reason RepairRefuse `json:"reason"`
	Value  string       `json:"value,omitempty"` // that Smokeball has
}

// RepairRefuse says why a field is not written.
type RepairRefuse string

// The reasons.
const (
	RepairChanged  RepairRefuse = "changed_meanwhile" // people changed it after it was decided on
	RepairAccepted RepairRefuse = "accepted"          // somebody took Smokeball's value for right meanwhile
	RepairShared   RepairRefuse = "contact_shared"    // the contact is other clients', too
	RepairKept     RepairRefuse = "kept"              // the contact is another person, or of another kind, by now
)

// ContactRepairStarted is the intent to write a client's values to a contact that has others.
type ContactRepairStarted struct {
	Client  ClientID     `json:"client"`
	Request RequestID    `json:"request"`
	Sent    ContactDraft `json:"sent"`
}

func (DifferenceAccepted) EventName() string       { return "matter.difference_accepted.v1" }
func (ClientDifferenceAccepted) EventName() string { return "client.difference_accepted.v1" }
func (RepairAsked) EventName() string              { return "matter.repair_asked.v1" }
func (RepairDropped) EventName() string            { return "matter.repair_dropped.v1" }
func (ContactRepairStarted) EventName() string     { return "contact.repair_started.v1" }

// Accept decides that Smokeball's value of a field of the matter is right. The same again is
// nothing new.
func (m Matter) Accept(field string, seen *string, by User) ([]Event, error) {
	if a, ok := m.Accepted[field]; ok && (seen == nil || exactly(*seen, a.Value) || field == FieldCaseType) {
		return nil, nil
	}
	d, err := m.Difference(field, seen)
	if err != nil {
		return nil, err
	}
	if _, ok := m.Repairs[field]; ok {
		return nil, RepairUnderWay()
	}
	return []Event{DifferenceAccepted{Field: field, Matter: m.Smokeball.ID, Value: d.Smokeball, Name: d.Name, CaseHug: d.CaseHug, KnownBy: m.Smokeball.There.Of(field).By, By: by.Subject, ByName: by.Name}}, nil
}

// Accept decides that the contact's value of a field is right for the client; d is what CaseHug
// has of it.
func (c Client) Accept(m MatterID, d ClientData, field string, seen *string, by User) ([]Event, error) {
	if a, ok := c.Accepted[field]; ok && (seen == nil || SameClientValue(field, *seen, a.Value)) {
		return nil, nil
	}
	found, err := c.Difference(d, field, seen)
	if err != nil {
		return nil, err
	}
	return []Event{ClientDifferenceAccepted{Field: field, Matter: m, Contact: c.Contact, Value: found.Smokeball, Values: *c.Sight.Values,
		CaseHug: found.CaseHug, KnownBy: c.Sight.By, By: by.Subject, ByName: by.Name}}, nil
}

// RepairUnderWay refuses to decide about a field that is being written.
func RepairUnderWay() error {
	return conflict(CodeRepairUnderWay, "CaseHug's value is being written to Smokeball", "Wait until the sync ends. If the values differ then, decide again.")
}

// Repairing is the sync that is to write the field, if one is.
func (m Decisions) Repairing(field string) (SyncID, bool) {
	r, ok := m.Repairs[field]
	return r.Sync, ok
}

// Repair decides that a sync writes CaseHug's value of a field where Smokeball has the other
// one, and names the sync.
func (m Matter) Repair(d Difference, id SyncID, by User) (SyncID, []Event, error) {
	if m.Smokeball.There.Values != nil && m.Smokeball.There.Values.Gone() {
		return "", nil, conflict(CodeMatterGone, "The matter was deleted or cancelled in Smokeball",
			"Restore it in Smokeball, or click “Sync to Smokeball”, which creates a new one.")
	}
	if d.Field == FieldCaseType {
		return "", nil, conflict(CodeNotRepairable, "The type of a matter that is in Smokeball is not changed from here", "Change the matter type in Smokeball, or accept it.")
	}
	if by.Subject == BySetting && !m.Settled[d.Field].allows(d) {
		return "", nil, conflict(CodeSettledBefore, "CaseHug’s value was written here before, and people in Smokeball set another one again",
			"Look at both values, and accept Smokeball’s or repair the field. A firm admin can do it.")
	}
	sync, facts := m.Request(SyncRequested{Sync: id, Trigger: TriggerReconcile, By: by.Subject, ByName: by.Name})
	return sync, append(facts, RepairAsked{Sync: sync, Field: d.Field, Seen: d.Smokeball, CaseHug: d.CaseHug, By: by.Subject, ByName: by.Name}), nil
}

// DropRepair decides that the attempt does not write the field.
func (m Matter) DropRepair(t Attempt, e RepairDropped) ([]Event, error) {
	if _, ok := m.Repairs[e.Field]; !ok {
		return m.Record(t)
	}
	w := Warning{Code: WarnNotRepaired, About: &About{Fields: []string{e.Field}, Value: e.Value, Why: Why(e.Reason)}}
	return m.Record(t, e, SyncWarned{Sync: t.Sync, Warning: w})
}

// decided follows what was decided about differences, and drops what no longer holds.
func (m Matter) decided(e Event, at time.Time) Matter {
	switch e := e.(type) {
	case DifferenceAccepted:
		m.Accepted = with(m.Accepted, e.Field, Acceptance{Value: e.Value, CaseHug: e.CaseHug, By: e.By, At: at})
	case RepairAsked:
		m = m.repairs(e, at)
	case RepairDropped:
		m.Repairs = keeping(m.Repairs, func(name string, _ Repair) bool { return name != e.Field })
	case MatterChangeAccepted:
		written := e.Change.Fields()
		m.Repairs = keeping(m.Repairs, func(name string, _ Repair) bool { return !slices.Contains(written, name) })
	case ContactResolved:
		if e.Outcome == OutcomeUpdated && e.Client == m.Data.Client.ID {
			m.Repairs = keeping(m.Repairs, func(name string, _ Repair) bool { return !IsClientField(name) })
		}
	case MatterUnlinked:
		m.Accepted, m.Repairs, m.Settled = nil, nil, nil
	}
	if len(m.Repairs) > 0 {
		m.Repairs = keeping(m.Repairs, func(_ string, r Repair) bool { return m.IsCurrent(r.Sync) })
	}
	if len(m.Accepted) > 0 {
		m.Accepted = keeping(m.Accepted, m.stillAccepted)
	}
	return m
}

func (m Matter) repairs(e RepairAsked, at time.Time) Matter {
	m.Repairs = with(m.Repairs, e.Field, Repair{Sync: e.Sync, Seen: e.Seen, By: e.By, At: at})
	if e.By == BySetting {
		m.Settled = with(m.Settled, e.Field, m.Settled[e.Field].after(e))
		return m
	}
	wanted := func(s *Sync) *Sync {
		next := *s
		next.Wanted = true
		return &next
	}
	if m.Current != nil && m.Current.ID == e.Sync {
		m.Current = wanted(m.Current)
	} else if m.Next != nil && m.Next.ID == e.Sync {
		m.Next = wanted(m.Next)
	}
	return m
}

func (m Matter) stillAccepted(field string, a Acceptance) bool {
	there := m.Smokeball.There.Values
	return there != nil && m.Data.Value(field) == a.CaseHug && exactly(there.Field(field), a.Value)
}

// decided follows what was decided about the client's differences, and drops what no longer holds.
func (c Client) decided(e Event, at time.Time) Client {
	if e, ok := e.(ClientDifferenceAccepted); ok {
		c.Accepted = with(c.Accepted, e.Field, Acceptance{Value: e.Value, CaseHug: e.CaseHug, By: e.By, At: at})
	}
	if len(c.Accepted) > 0 {
		c.Accepted = keeping(c.Accepted, func(field string, a Acceptance) bool {
			v := c.Sight.Values
			return v != nil && SameClientValue(field, v.Value(field), a.Value) && (!c.Known || c.Data.Value(field) == a.CaseHug)
		})
	}
	return c
}

// WithAccepted is the draft without CaseHug's values where Smokeball's were accepted: what Smokeball was
// told there stays.
func (m Decisions) WithAccepted(d MatterDraft, told MatterDraft) MatterDraft {
	for name := range m.Accepted {
		d = d.like(name, told)
	}
	return d
}

// like is the draft with another's value in one field.
func (d MatterDraft) like(field string, o MatterDraft) MatterDraft {
	switch field {
	case FieldStatus:
		d.Status = o.Status
	case FieldTitle:
		d.Description = o.Description
	case FieldNumber:
		d.Number = o.Number
	case FieldResponsible:
		d.ResponsibleStaffID = o.ResponsibleStaffID
	case FieldOpened:
		d.OpenedDate = o.OpenedDate
	case FieldClosed:
		d.ClosedDate = o.ClosedDate
	}
	return d
}

// Having is the draft as if Smokeball had been told its own value of the field, so that CaseHug's
// is a change.
func (d MatterDraft) Having(field, value string) MatterDraft {
	switch field {
	case FieldStatus:
		d.Status = value
	case FieldTitle:
		d.Description = value
	case FieldNumber:
		d.Number = value
	case FieldResponsible:
		d.ResponsibleStaffID = value
	case FieldOpened:
		d.OpenedDate = nil
	case FieldClosed:
		d.ClosedDate = nil
	}
	return d
}

// WithAccepted is the draft without CaseHug's values where the contact's were accepted: what Smokeball
// was told there stays.
func (c Client) WithAccepted(d, told ContactDraft) ContactDraft {
	for name := range c.Accepted {
		d = d.like(name, told)
	}
	return d
}

// like is the draft with another's values in one field of the client.
func (d ContactDraft) like(field string, o ContactDraft) ContactDraft {
	switch field {
	case FieldClientName:
		d.FirstName, d.LastName, d.CompanyName = o.FirstName, o.LastName, o.CompanyName
	case FieldClientEmail:
		d.Email = o.Email
	case FieldClientPhone:
		d.Phone = o.Phone
	}
	return d
}

// Having is the draft as if Smokeball had been told the contact's own values of the field.
func (d ContactDraft) Having(field string, shown ContactValues) ContactDraft {
	return d.like(field, ContactDraft{FirstName: shown.FirstName, LastName: shown.LastName, CompanyName: shown.CompanyName, Email: shown.Email, Phone: shown.Phone})
}

// ChangeFrom is what has to be written so that a contact with the values of was has those of d.
func (d ContactDraft) ChangeFrom(was ContactDraft) ContactChange {
	c := was.to(d)
	if c != (ContactChange{}) {
		c.ExternalID = d.ExternalID
	}
	return c
}

// ToRepair names the fields that the sync is to write because somebody decided so, with
// Smokeball's values that were decided on; shown is what a read has just shown. Where that is
// another value, or Smokeball's was accepted meanwhile, the field is left alone.
func (m Matter) ToRepair(id SyncID, shown MatterValues) (seen map[string]string, dropped []RepairDropped) {
	want := m.Wanted()
	for _, name := range MatterFieldNames() {
		r, ok := m.Repairs[name]
		is := shown.Field(name)
		switch _, accepted := m.Accepted[name]; {
		case !ok || r.Sync != id || exactly(is, want.Field(name)): // or it was written by a call whose answer is not on record
		case accepted:
			dropped = append(dropped, RepairDropped{Sync: id, Field: name, Reason: RepairAccepted, Value: is})
		case !exactly(is, r.Seen):
			dropped = append(dropped, RepairDropped{Sync: id, Field: name, Reason: RepairChanged, Value: is})
		default:
			seen = with(seen, name, is)
		}
	}
	return seen, dropped
}

// ToRepairClient is ToRepair for the fields of the matter's first client, whose contact a read has
// just shown; d is what the contact is to have.
func (m Decisions) ToRepairClient(id SyncID, c Client, d ContactDraft, shown ContactValues) (fields []string, dropped []RepairDropped) {
	for _, name := range ClientFieldNames() {
		r, ok := m.Repairs[name]
		is := shown.Value(name)
		switch _, accepted := c.Accepted[name]; {
		case !ok || r.Sync != id || SameClientValue(name, is, d.values().Value(name)):
		case accepted:
			dropped = append(dropped, RepairDropped{Sync: id, Field: name, Reason: RepairAccepted, Value: is})
		case !SameClientValue(name, is, r.Seen):
			dropped = append(dropped, RepairDropped{Sync: id, Field: name, Reason: RepairChanged, Value: is})
		default:
			fields = append(fields, name)
		}
	}
	return fields, dropped
}

// RepairsAny reports whether the sync is to write fields that test accepts.
func (m Decisions) RepairsAny(id SyncID, test func(field string) bool) bool {
	for name, r := range m.Repairs {
		if r.Sync == id && test(name) {
			return true
		}
	}
	return false
}
