package domain

// BySetting stands where a person would who decided about a difference: the firm's setting that
// settles them by the owner of the field did.
const BySetting = "setting:settle_differences_by_owner"

// FieldOwner says whose value of a field usually counts. A person decides about each
// difference, to whom the owner is shown, unless the firm has them settled by owner.
type FieldOwner string

// The owners.
const (
	OwnerCaseHug   FieldOwner = "casehug"   // CaseHug's
	OwnerSmokeball FieldOwner = "smokeball" // Smokeball's
	OwnerAsk       FieldOwner = "ask"       // neither's in general
)

// FieldOwners is a firm's table of owners; an empty one is the default.
type FieldOwners struct {
	Status      FieldOwner `json:"status,omitempty"`
	Title       FieldOwner `json:"title,omitempty"`
	CaseNumber  FieldOwner `json:"case_number,omitempty"`
	CaseType    FieldOwner `json:"case_type,omitempty"`
	Responsible FieldOwner `json:"responsible,omitempty"`
	OpenedAt    FieldOwner `json:"opened_at,omitempty"`
	ClosedAt    FieldOwner `json:"closed_at,omitempty"`
	ClientName  FieldOwner `json:"client.name,omitempty"`
	ClientEmail FieldOwner `json:"client.email,omitempty"`
	ClientPhone FieldOwner `json:"client.phone,omitempty"`
}

// DefaultFieldOwners hold where a firm chose none. What intake records is CaseHug's; how the firm works on a
// matter is Smokeball's; who a client is, and how to reach them, somebody decides.
var DefaultFieldOwners = FieldOwners{Status: OwnerSmokeball, Title: OwnerCaseHug, CaseNumber: OwnerCaseHug, CaseType: OwnerAsk, Responsible: OwnerSmokeball,
	OpenedAt: OwnerCaseHug, ClosedAt: OwnerSmokeball, ClientName: OwnerAsk, ClientEmail: OwnerAsk, ClientPhone: OwnerAsk}

// at is the place of a field's owner.
func (o *FieldOwners) at(field string) *FieldOwner {
	switch field {
	case FieldStatus:
		return &o.Status
	case FieldTitle:
		return &o.Title
	case FieldNumber:
		return &o.CaseNumber
	case FieldCaseType:
		return &o.CaseType
	case FieldResponsible:
		return &o.Responsible
	case FieldOpened:
		return &o.OpenedAt
	case FieldClosed:
		return &o.ClosedAt
	case FieldClientName:
		return &o.ClientName
	case FieldClientEmail:
		return &o.ClientEmail
	case FieldClientPhone:
		return &o.ClientPhone
	}
	return new(FieldOwner)
}

// Of is the owner of a field.
func (o FieldOwners) Of(field string) FieldOwner {
	if owner := *o.at(field); owner != "" {
		return owner
	}
	return *DefaultFieldOwners.at(field)
}

// With is the table with another owner of a field; "": the default.
func (o FieldOwners) With(field string, owner FieldOwner) FieldOwners {
	*o.at(field) = owner
	return o
}

// Full is the table with the default where none was chosen.
func (o FieldOwners) Full() FieldOwners {
	for _, field := range ComparedFieldNames() {
		o = o.With(field, o.Of(field))
	}
	return o
}

// Chosen is the table without what is the default anyway, so that the same choice is stored alike.
func (o FieldOwners) Chosen() FieldOwners {
	for _, field := range ComparedFieldNames() {
		if o.Of(field) == DefaultFieldOwners.Of(field) {
			o = o.With(field, "")
		}
	}
	return o
}

// ComparedFieldNames are the fields that both sides have.
func ComparedFieldNames() []string { return append(MatterFieldNames(), ClientFieldNames()...) }

// check tells what is wrong with the table.
func (o FieldOwners) check() (faults []FieldFault) {
	for _, field := range ComparedFieldNames() {
		switch o.Of(field) {
		case OwnerCaseHug, OwnerSmokeball, OwnerAsk:
		default:
			faults = append(faults, FieldFault{Field: "/field_owners/" + field, Reason: "must be casehug, smokeball or ask"})
		}
	}
	if o.Of(FieldCaseType) == OwnerCaseHug {
		faults = append(faults, FieldFault{Field: "/field_owners/" + FieldCaseType, Reason: "must be smokeball or ask: the type of a matter that is in Smokeball is not changed from here"})
	}
	return faults
}
