package domain

import (
	"cmp"
	"strings"
	"time"
)

// The fields of a matter that Smokeball may refuse without refusing the matter.
const (
	FieldResponsible = "responsible"
	FieldClientRole  = "client_role"
	FieldMatterType  = "matter_type" // of a matter that is there
	FieldOpened      = "opened_at"
	FieldClosed      = "closed_at"
)

// Diff names what has to be written so that Smokeball has next where it had was.
// A value that CaseHug did not change is left alone, whatever Smokeball has now. A matter
// that is open again loses its closed date.
func Diff(was, next MatterDraft) MatterChange {
	var c MatterChange
	if next.Number != "" && Text(was.Number) != next.Number {
		c.Number = &next.Number
	}
	if Text(was.Description) != next.Description {
		c.Description = &next.Description
	}
	if was.ResponsibleStaffID != next.ResponsibleStaffID {
		c.ResponsibleStaffID = &next.ResponsibleStaffID
	}
	if was.Status != next.Status {
		c.Status = &next.Status
	}
	if isNews(was.OpenedDate, next.OpenedDate) {
		c.OpenedDate = next.OpenedDate
	}
	if isNews(was.ClosedDate, next.ClosedDate) {
		c.ClosedDate = next.ClosedDate
	}
	c.Reopened = next.Status != closed && next.ClosedDate == nil && (was.Status == closed || was.ClosedDate != nil)
	if len(missingFrom(next.ClientIDs, was.ClientIDs))+len(missingFrom(was.ClientIDs, next.ClientIDs)) > 0 {
		c.ClientIDs = next.ClientIDs
	}
	return c
}

// closed is the status of a matter that is closed, in Smokeball's words.
const closed = "Closed"

func isNews(was, next *time.Time) bool {
	return next != nil && (was == nil || !was.Equal(*next))
}

// Kept is next with the values of was that CaseHug no longer has and that Smokeball keeps all
// the same, and a warning for each.
func Kept(was, next MatterDraft) (MatterDraft, []Warning) {
	var list []Warning
	if next.Number == "" && was.Number != "" {
		next.Number = was.Number
		list = append(list, Warning{Code: WarnNumberKept, About: &About{Was: was.Number}})
	}
	if next.OpenedDate == nil && was.OpenedDate != nil {
		next.OpenedDate = was.OpenedDate
		list = append(list, Warning{Code: WarnOpenedKept})
	}
	if next.ClosedDate == nil && was.ClosedDate != nil && next.Status == closed {
		next.ClosedDate = was.ClosedDate
		list = append(list, Warning{Code: WarnClosedKept})
	}
	return next, list
}

// Without is the draft with the values of was in the fields that Smokeball refused.
func (d MatterDraft) Without(fields []string, was MatterDraft) MatterDraft {
	for _, f := range fields {
		switch f {
		case FieldResponsible:
			d.ResponsibleStaffID = was.ResponsibleStaffID
		case FieldClientRole:
			d.ClientRole = was.ClientRole
		case FieldMatterType:
			d.MatterTypeID, d.ClientRole = was.MatterTypeID, was.ClientRole
		case FieldOpened:
			d.OpenedDate = was.OpenedDate
		case FieldClosed:
			d.ClosedDate = was.ClosedDate
		}
	}
	return d
}

// Without is the change without the fields that Smokeball refused.
func (c MatterChange) Without(fields []string) MatterChange {
	for _, f := range fields {
		switch f {
		case FieldResponsible:
			c.ResponsibleStaffID = nil
		case FieldOpened:
			c.OpenedDate = nil
		case FieldClosed:
			c.ClosedDate, c.Reopened = nil, false
		case FieldMatterType:
			c.MatterTypeID, c.ClientRole = "", ""
		}
	}
	return c
}

// OptionalFields are the fields of a new matter that it can do without, by their values.
func (d MatterDraft) OptionalFields() map[string]string {
	return set(map[string]string{FieldResponsible: d.ResponsibleStaffID, FieldClientRole: d.ClientRole, FieldOpened: dateText(d.OpenedDate), FieldClosed: dateText(d.ClosedDate)})
}

// OptionalFields are the fields of a change that the rest can do without, by their values.
func (c MatterChange) OptionalFields() map[string]string {
	all := map[string]string{FieldOpened: dateText(c.OpenedDate), FieldClosed: dateText(c.ClosedDate), FieldMatterType: c.MatterTypeID}
	if c.ResponsibleStaffID != nil {
		all[FieldResponsible] = cmp.Or(*c.ResponsibleStaffID, "none")
	}
	if c.Reopened {
		all[FieldClosed] = "none"
	}
	return set(all)
}

func set(all map[string]string) map[string]string {
	for field, value := range all {
		if value == "" {
			delete(all, field)
		}
	}
	return all
}

func dateText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// optionalFieldWords are the words by which Smokeball names a field in a refusal.
var optionalFieldWords = map[string][]string{
	FieldResponsible: {"responsible", "staff"}, FieldClientRole: {"role"}, FieldMatterType: {"mattertype", "matter type", "clientrole", "client role"}, FieldOpened: {"opened"}, FieldClosed: {"closeddate", "closed date"},
}

// Names reports whether Smokeball's answer names the field as what it refuses.
func (r *Refusal) Names(field string) bool {
	if r == nil {
		return false
	}
	text := strings.ToLower(strings.Join(append([]string{r.Title, r.Detail}, r.Errors...), "\n"))
	for _, word := range optionalFieldWords[field] {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// OptionalFieldRefused warns that Smokeball took the matter without one of its fields; about says why.
func OptionalFieldRefused(field string, about About) Warning {
	return Warning{Code: WarningCode(field + "_refused"), About: &about}
}

// Differing are the values of a matter that was there already and that CaseHug has otherwise.
func (m SmokeballMatter) Differing(d MatterDraft) []FieldValue {
	var list []FieldValue
	add := func(field, there string) { list = append(list, FieldValue{Field: field, Value: there}) }
	if !SameText(m.Description, d.Description) {
		add("name", m.Description)
	}
	if m.Status != d.Status {
		add("status", m.Status)
	}
	if m.MatterTypeID != d.MatterTypeID {
		add("matter type", "")
	}
	if d.OpenedDate != nil && dateText(m.OpenedDate) != dateText(d.OpenedDate) {
		add("opened date", dateText(m.OpenedDate))
	}
	if d.ClosedDate != nil && dateText(m.ClosedDate) != dateText(d.ClosedDate) {
		add("closed date", dateText(m.ClosedDate))
	}
	if d.ResponsibleStaffID != "" && m.ResponsibleStaffID != d.ResponsibleStaffID {
		add("responsible person", "")
	}
	if len(missingFrom(m.ClientIDs, d.ClientIDs)) > 0 {
		add("clients", "")
	}
	return list
}
