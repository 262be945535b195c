package api

import "github.com/casehug/smokeball-sync/domain"

// ownersGiven is a table of owners: each field's may be left out.
type ownersGiven struct {
	Status      *domain.FieldOwner `json:"status,omitempty" enum:"casehug,smokeball,ask"`
	Title       *domain.FieldOwner `json:"title,omitempty" enum:"casehug,smokeball,ask"`
	CaseNumber  *domain.FieldOwner `json:"case_number,omitempty" enum:"casehug,smokeball,ask"`
	CaseType    *domain.FieldOwner `json:"case_type,omitempty" enum:"smokeball,ask" doc:"The type of a matter that is in Smokeball is not changed from here."`
	Responsible *domain.FieldOwner `json:"responsible,omitempty" enum:"casehug,smokeball,ask"`
	OpenedAt    *domain.FieldOwner `json:"opened_at,omitempty" enum:"casehug,smokeball,ask"`
	ClosedAt    *domain.FieldOwner `json:"closed_at,omitempty" enum:"casehug,smokeball,ask"`
	ClientName  *domain.FieldOwner `json:"client.name,omitempty" enum:"casehug,smokeball,ask"`
	ClientEmail *domain.FieldOwner `json:"client.email,omitempty" enum:"casehug,smokeball,ask"`
	ClientPhone *domain.FieldOwner `json:"client.phone,omitempty" enum:"casehug,smokeball,ask"`
}

// fields are the places of the table, by field.
func (o *ownersGiven) fields() map[string]**domain.FieldOwner {
	return map[string]**domain.FieldOwner{
		domain.FieldStatus: &o.Status, domain.FieldTitle: &o.Title, domain.FieldNumber: &o.CaseNumber, domain.FieldCaseType: &o.CaseType,
		domain.FieldResponsible: &o.Responsible, domain.FieldOpened: &o.OpenedAt, domain.FieldClosed: &o.ClosedAt,
		domain.FieldClientName: &o.ClientName, domain.FieldClientEmail: &o.ClientEmail, domain.FieldClientPhone: &o.ClientPhone,
	}
}

// over is the table of now with what is given.
func (o *ownersGiven) over(now domain.FieldOwners) domain.FieldOwners {
	if o == nil {
		return now
	}
	for field, owner := range o.fields() {
		if *owner != nil {
			now = now.With(field, **owner)
		}
	}
	return now
}

// whole reports whether nothing is left out.
func (o *ownersGiven) whole() bool {
	if o == nil {
		return false
	}
	for _, owner := range o.fields() {
		if *owner == nil {
			return false
		}
	}
	return true
}

// ownersOf is the whole table.
func ownersOf(o domain.FieldOwners) *ownersGiven {
	g := &ownersGiven{}
	for field, place := range g.fields() {
		owner := o.Of(field)
		*place = &owner
	}
	return g
}
