package domain

import (
	"fmt"
)

// MappingChange is a change of a firm's mappings to try out: exactly one of its fields.
type MappingChange struct {
	// Revise is a mapping to make or change. Without an id it stands for the firm's mapping
	// of the same matters, or is new.
	Revise *Mapping
	Remove MappingID  // of the mapping to take back
	Whole  *[]Mapping // the whole list that would take the place of the firm's own
}

// DryRun sets what matters get under a firm's mappings against what they would get under
// others. It has no effect on anything.
type DryRun struct {
	Types []MatterType // of the account
	Now   Mappings
	Then  Mappings
}

// DryRunResult is what a trial says of one matter. What a sync would really do is told by
// Changes, Released, Stops and Keeps; Now and Then are what the mappings say.
type DryRunResult struct {
	Now, Then Resolution
	Concerned bool // the mappings say something else of it, or its sync would go on
	Changes   bool // it would get another matter type, or its client another role
	Released  bool // its sync waits for a matter type and would go on
	Stops     bool // it has a matter type now and would wait for one
	Keeps     bool // it is in Smokeball, where a matter's type can't change
}

// Result tells what would become of a matter.
func (t DryRun) Result(m Matter) DryRunResult {
	o := DryRunResult{Now: ResolveMatterType(t.Types, t.Now, m.Data), Then: ResolveMatterType(t.Types, t.Then, m.Data), Keeps: m.Smokeball.TypeFixed()}
	differs := o.Now.Found != o.Then.Found || o.Now.Type.ID != o.Then.Type.ID || o.Now.Role() != o.Then.Role()
	if !o.Keeps {
		o.Changes = differs
		o.Released = o.Then.Found && waitsForType(m)
		o.Stops = o.Now.Found && !o.Then.Found
	}
	o.Concerned = differs || o.Released || o.Now.How != o.Then.How || o.Now.mapping() != o.Then.mapping()
	return o
}

// mapping is the id of the mapping that decided; "" where none did.
func (r Resolution) mapping() MappingID {
	if r.Mapping == nil {
		return ""
	}
	return r.Mapping.ID
}

// TypeFixed reports whether Smokeball has the matter, or may have it: its matter type
// can't change any more.
func (l Linked) TypeFixed() bool { return l.ID != "" || l.Intent != nil }

// Retype is the draft of a matter that is there, with another matter type and the role that
// its client has in it, and the change that this takes.
func (c MatterChange) Retype(next MatterDraft, typeID, role string) (MatterChange, MatterDraft) {
	if typeID == next.MatterTypeID {
		return c, next
	}
	c.MatterTypeID, c.ClientRole = typeID, role
	next.MatterTypeID, next.ClientRole = typeID, role
	return c, next
}

// Retyped reports whether CaseHug gave the linked matter another case type since its matter
// type was chosen.
func (m Matter) Retyped() bool {
	now := m.Data.CaseType
	return m.Smokeball.ID != "" && m.CaseType != "" && !SameText(m.CaseType, now)
}

// Relocated reports whether the linked matter has another practice area or jurisdiction since
// its matter type was chosen.
func (m Matter) Relocated() bool {
	known := m.Smokeball.ID != "" && m.TypeID != ""
	return known && !(SameText(m.PracticeArea, m.Data.PracticeArea) && samePlace(m.Jurisdiction, m.Data.Jurisdiction))
}

func waitsForType(m Matter) bool {
	s := m.Current
	return s != nil && s.Status == Waiting && s.Failure != nil && s.Failure.Code == CodeMatterTypeUnmapped
}

// unnamed begins the ids of mappings that were given without one. It can't stand in an
// id, so none is taken for another.
const unnamed = "~"

// Named reports whether the mapping has an id of its own.
func (w Mapping) Named() bool { return w.ID != "" && w.ID[:1] != unnamed }

// Try is what the firm's mappings would be after the change. A mapping that is taken or
// not there is a Rejection, as when the change is made.
func (m Mappings) Try(c MappingChange) (Mappings, error) {
	switch {
	case c.Revise != nil:
		return m.tryRevise(*c.Revise)
	case c.Whole != nil:
		return m.tryWhole(*c.Whole)
	}
	facts := m.Remove(c.Remove, "")
	if len(facts) == 0 {
		return m, NoMapping(c.Remove)
	}
	return m.applied(facts), nil
}

func (m Mappings) tryRevise(w Mapping) (Mappings, error) {
	if w.ID == "" {
		w.ID = unnamed
		for _, k := range m.Kept {
			if k.Key() == w.Key() {
				w.ID = k.ID
			}
		}
	}
	facts, err := m.Revise(w, "", "")
	return m.applied(facts), err
}

// tryWhole begins with no mapping at all, so that order does not matter.
func (m Mappings) tryWhole(list []Mapping) (Mappings, error) {
	if len(list) > MostMappings {
		return m, tooManyMappings()
	}
	next, ids, keys := Mappings{Revision: m.Revision, At: m.At}, map[MappingID]int{}, map[string]int{}
	var faults []FieldFault
	for i, w := range list {
		if w.ID == "" {
			w.ID = MappingID(fmt.Sprint(unnamed, i))
		}
		if first, ok := ids[w.ID]; ok {
			faults = append(faults, FieldFault{Field: fmt.Sprintf("/mappings/%d/id", i), Reason: fmt.Sprintf("is the id of /mappings/%d already", first)})
		} else if first, ok := keys[w.Key()]; ok {
			faults = append(faults, FieldFault{Field: fmt.Sprintf("/mappings/%d/case_type", i), Reason: fmt.Sprintf("is, with practice area and jurisdiction, mapped by /mappings/%d already", first)})
		}
		ids[w.ID], keys[w.Key()] = i, i
		next = next.Apply(MappingRevised{Mapping: w.trimmed()}, m.At)
	}
	if len(faults) > 0 {
		return m, Misfit(faults)
	}
	return next, nil
}

func (m Mappings) applied(facts []Event) Mappings {
	for _, e := range facts {
		m = m.Apply(e, m.At)
	}
	return m
}

// Misfit refuses mappings for what is wrong with their fields.
func Misfit(faults []FieldFault) *Rejection {
	return &Rejection{Reason: Invalid, Faults: faults, Failure: Failure{Code: CodeInvalidRequest,
		Message: "The mapping does not fit the Smokeball account", Remedy: "Correct the fields that are named."}}
}

// NoMapping tells that the firm has no mapping of that id.
func NoMapping(id MappingID) *Rejection {
	return &Rejection{Reason: Unknown, Failure: Failure{Code: CodeNotFound,
		Message: "There is no mapping " + string(id) + " at this firm", Remedy: "Look for it in the list of case type mappings."}}
}
