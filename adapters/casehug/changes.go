package casehug

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// MatterChange is what people changed of a matter in Smokeball.
type MatterChange struct {
	Matter    domain.MatterID    `json:"matter_id"`
	Smokeball domain.SmokeballID `json:"smokeball_id"`
	Changed   map[string]any     `json:"changed"` // by CaseHug's names
	KnownBy   domain.Proof       `json:"known_by"`
	ChangedAt *time.Time         `json:"changed_at"` // nil: not known
	Accepted  *Accepted          `json:"accepted,omitempty"`
}

// Accepted says that the value was known before, and is taken for right now.
type Accepted struct {
	By string    `json:"by,omitempty"` // sub of the firm admin's token, or operator
	At time.Time `json:"at"`
}

// ContactChange is what people changed of a client's contact in Smokeball.
type ContactChange struct {
	Client    domain.ClientID    `json:"client_id"`
	Smokeball domain.SmokeballID `json:"smokeball_id"`
	Changed   map[string]any     `json:"changed"` // by CaseHug's names
	KnownBy   domain.Proof       `json:"known_by"`
	ChangedAt *time.Time         `json:"changed_at"` // nil: not known
	Accepted  *Accepted          `json:"accepted,omitempty"`
}

// ChangedMatter says in CaseHug's words what a read of a matter showed to be changed.
func ChangedMatter(id domain.MatterID, e domain.MatterSeen) MatterChange {
	c := MatterChange{Matter: id, Smokeball: e.Matter, Changed: map[string]any{}, KnownBy: e.By, ChangedAt: moment(e.ChangedAt)}
	v := e.Values
	for _, field := range e.Changed {
		switch field {
		case domain.FieldStatus:
			c.Changed[field] = domain.CaseHugStatus(v.Status)
		case domain.FieldCaseType:
			c.Changed[field] = firstOf(v.TypeName, v.TypeID)
		case domain.FieldResponsible:
			c.Changed["responsible_staff_id"], c.Changed["responsible_email"], c.Changed["responsible_name"] = v.Responsible, v.ResponsibleEmail, v.ResponsibleName
		case domain.FieldClients:
			c.Changed["client_ids"] = append([]domain.SmokeballID{}, v.ClientIDs...)
		case domain.FieldDeleted, domain.FieldRestored:
			c.Changed[field] = true
		default:
			c.Changed[field] = v.Field(field)
		}
	}
	return c
}

// ChangedContact says in CaseHug's words what a read of a client's contact showed to be changed.
func ChangedContact(e domain.ClientSeen) ContactChange {
	c := ContactChange{Client: e.Client, Smokeball: e.Contact, Changed: map[string]any{}, KnownBy: e.By, ChangedAt: moment(e.ChangedAt)}
	for _, field := range e.Changed {
		if field == domain.FieldDeleted || field == domain.FieldRestored {
			c.Changed[field] = true
		} else {
			c.Changed[field] = e.Values.Field(field)
		}
	}
	return c
}

// AcceptedMatter says in CaseHug's words that Smokeball's value of a field was taken for right.
func AcceptedMatter(id domain.MatterID, e domain.DifferenceAccepted, at time.Time) MatterChange {
	c := MatterChange{Matter: id, Smokeball: e.Matter, Changed: map[string]any{}, KnownBy: e.KnownBy, Accepted: &Accepted{By: e.By, At: at}}
	switch gone := (domain.MatterValues{Status: e.Value}).Gone(); {
	case e.Field == domain.FieldStatus && gone:
		c.Changed[domain.FieldDeleted] = true
	case e.Field == domain.FieldStatus:
		c.Changed[e.Field] = domain.CaseHugStatus(e.Value)
	case e.Field == domain.FieldResponsible:
		c.Changed["responsible_staff_id"] = e.Value
	default:
		c.Changed[e.Field] = firstOf(e.Name, e.Value)
	}
	return c
}

// AcceptedContact says in CaseHug's words that the contact's value of a field was taken for right.
func AcceptedContact(id domain.ClientID, e domain.ClientDifferenceAccepted, at time.Time) ContactChange {
	c := ContactChange{Client: id, Smokeball: e.Contact, Changed: map[string]any{}, KnownBy: e.KnownBy, Accepted: &Accepted{By: e.By, At: at}}
	switch e.Field {
	case domain.FieldClientEmail:
		c.Changed[domain.FieldEmail] = e.Value
	case domain.FieldClientPhone:
		c.Changed[domain.FieldPhone] = e.Value
	default:
		for _, name := range []string{domain.FieldFirstName, domain.FieldLastName, domain.FieldCompanyName} {
			c.Changed[name] = e.Values.Field(name)
		}
	}
	return c
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
