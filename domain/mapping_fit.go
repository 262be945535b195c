package domain

import (
	"slices"
	"strings"
)

// Check tells which of the account's matter types the mapping is to, and what is wrong
// with its fields, by their names in the API.
func (w Mapping) Check(types []MatterType) (MatterType, []FieldFault) {
	var faults []FieldFault
	wrong := func(field, reason string) { faults = append(faults, FieldFault{Field: field, Reason: reason}) }
	w = w.trimmed()
	if !ValidID(string(w.ID)) {
		wrong("/id", "must be 1 to 64 of the characters A-Z a-z 0-9 _ -")
	}
	if w.CaseType == "" {
		wrong("/case_type", "is missing")
	}
	t, why := w.typeIn(types)
	if why != "" {
		wrong("/matter_type_id", why)
		return t, faults
	}
	if w.ClientRole != "" && !slices.Contains(t.Roles, w.ClientRole) {
		wrong("/client_role", rolesOf(t))
	}
	return t, faults
}

// typeIn is the matter type that the mapping is to, and why matters can't be of it; ""
// where they can.
func (w Mapping) typeIn(types []MatterType) (MatterType, string) {
	if w.MatterTypeID == "" {
		return MatterType{}, "is missing"
	}
	i := slices.IndexFunc(types, func(t MatterType) bool { return t.ID == w.MatterTypeID })
	switch {
	case i < 0:
		return MatterType{}, "is not a matter type of the Smokeball account"
	case types[i].Deleted:
		return types[i], "is deleted in Smokeball"
	case types[i].Lead:
		return types[i], "is a type of leads, not of matters"
	}
	return types[i], ""
}

func rolesOf(t MatterType) string {
	if len(t.Roles) == 0 {
		return "must be empty: the matter type has no roles to choose from"
	}
	return "must be empty or one of the matter type's roles: " + strings.Join(t.Roles, ", ")
}

// Flag is what has become wrong with a mapping since it was made.
type Flag struct {
	Words  string // a few, such as deleted in Smokeball
	Remedy string // what to do, and what happens until then
}

// Flag tells what a firm admin has to look at; nil: the mapping fits the account.
func (w Mapping) Flag(types []MatterType) *Flag {
	const choose = "Matters of this case type wait until a firm admin chooses another matter type here."
	t, why := w.typeIn(types)
	switch {
	case t.Deleted:
		return &Flag{"deleted in Smokeball", choose}
	case t.Lead:
		return &Flag{"a type of leads", choose}
	case why != "":
		return &Flag{"not in the Smokeball account", choose}
	case w.ClientRole != "" && !slices.Contains(t.Roles, w.ClientRole):
		return &Flag{"the type has no role " + w.ClientRole, "Smokeball may refuse new matters until a firm admin chooses the client’s role again here."}
	}
	return nil
}
