package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// MappingID names one of a firm's own case type mappings; whoever makes it chooses it.
type MappingID string

// Mapping is a firm's own choice of the Smokeball matter type that a case type becomes.
type Mapping struct {
	ID           MappingID `json:"id"`
	CaseType     string    `json:"case_type"`
	PracticeArea string    `json:"practice_area,omitempty"` // empty: any
	Jurisdiction string    `json:"jurisdiction,omitempty"`  // empty: any
	MatterTypeID string    `json:"matter_type_id"`
	ClientRole   string    `json:"client_role,omitempty"` // empty: the type's default
}

// MappingRevised says that a firm admin made a mapping, or changed one.
type MappingRevised struct {
	Mapping  Mapping `json:"mapping"`
	TypeName string  `json:"type_name,omitempty"` // of the matter type, at that time
	By       string  `json:"by"`
	ByName   string  `json:"by_name,omitempty"`
}

// MappingRemoved says that a firm admin took a mapping back.
type MappingRemoved struct {
	ID     MappingID `json:"id"`
	By     string    `json:"by"`
	ByName string    `json:"by_name,omitempty"`
}

func (MappingRevised) EventName() string { return "mapping.revised.v1" }
func (MappingRemoved) EventName() string { return "mapping.removed.v1" }

// KeptMapping is a mapping with its last change.
type KeptMapping struct {
	Mapping
	TypeName string    `json:"type_name,omitempty"` // of the matter type, when it was chosen
	Revision int       `json:"revision"`            // of the firm's mappings, that the change made
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// Mappings are a firm's own mappings. Each change of any of them is a revision, counted
// from 1.
type Mappings struct {
	Revision int           `json:"revision"`
	At       time.Time     `json:"at,omitzero"` // of the last revision
	Kept     []KeptMapping `json:"kept,omitempty"`
}

// IsZero reports whether the firm has never had a mapping of its own.
func (m Mappings) IsZero() bool { return m.Revision == 0 }

// MostMappings is how many mappings a firm may have.
const MostMappings = 500

// Apply returns the mappings after e.
func (m Mappings) Apply(e Event, at time.Time) Mappings {
	switch e := e.(type) {
	case MappingRevised:
		m.Revision, m.At = m.Revision+1, at
		kept := KeptMapping{Mapping: e.Mapping, TypeName: e.TypeName, Revision: m.Revision, By: e.By, At: at}
		m.Kept = append(m.without(e.Mapping.ID), kept)
	case MappingRemoved:
		m.Revision, m.At = m.Revision+1, at
		m.Kept = m.without(e.ID)
	}
	return m
}

// without is a copy of the mappings that lacks one, because older values share the list.
func (m Mappings) without(id MappingID) []KeptMapping {
	return slices.DeleteFunc(slices.Clone(m.Kept), func(k KeptMapping) bool { return k.ID == id })
}

// Find is the mapping of that id.
func (m Mappings) Find(id MappingID) (KeptMapping, bool) {
	i := slices.IndexFunc(m.Kept, func(k KeptMapping) bool { return k.ID == id })
	if i < 0 {
		return KeptMapping{}, false
	}
	return m.Kept[i], true
}

// Revise decides to keep w, which says what a case type becomes; typeName is what its
// matter type is called. The same again is nothing new. A second mapping for the same
// case type, practice area and jurisdiction is refused (Conflict).
func (m Mappings) Revise(w Mapping, typeName, by string) ([]Event, error) {
	w = w.trimmed()
	known, ok := m.Find(w.ID)
	if ok && known.Mapping == w {
		return nil, nil
	}
	for _, k := range m.Kept {
		if k.ID != w.ID && k.Key() == w.Key() {
			return nil, takenMapping(k.Mapping)
		}
	}
	if !ok && len(m.Kept) >= MostMappings {
		return nil, tooManyMappings()
	}
	return []Event{MappingRevised{Mapping: w, TypeName: typeName, By: by}}, nil
}

// Named is w under an id: its own, else that of the mapping for the same matters, else a
// new one that the same matters always get.
func (m Mappings) Named(w Mapping) Mapping {
	if w.ID != "" {
		return w
	}
	key := w.trimmed().Key()
	w.ID = MappingID("map_" + shortHash(key))
	for _, k := range m.Kept {
		if k.Key() == key {
			w.ID = k.ID
		}
	}
	return w
}

// Remove decides to take a mapping back; one that is not there is gone already.
func (m Mappings) Remove(id MappingID, by string) []Event {
	if _, ok := m.Find(id); !ok {
		return nil
	}
	return []Event{MappingRemoved{ID: id, By: by}}
}

// For is the mapping for a matter: of those that fit, the most specific one. A practice
// area says more than a jurisdiction.
func (m Mappings) For(d MatterData) (best KeptMapping, ok bool) {
	for _, k := range m.Kept {
		if k.fits(d) && (!ok || k.weight() > best.weight()) {
			best, ok = k, true
		}
	}
	return best, ok
}

// fits reports whether the mapping is about a matter of this kind.
func (w Mapping) fits(d MatterData) bool {
	return equalNames(w.CaseType, d.CaseType) &&
		(w.PracticeArea == "" || equalNames(w.PracticeArea, d.PracticeArea)) &&
		(w.Jurisdiction == "" || samePlace(w.Jurisdiction, d.Jurisdiction))
}

// weight is greater the more a mapping narrows.
func (w Mapping) weight() int {
	n := 0
	if w.PracticeArea != "" {
		n += 2
	}
	if w.Jurisdiction != "" {
		n++
	}
	return n
}

// Key tells which matters a mapping is about: two mappings with the same key are about
// the same ones, however they are spelt.
func (w Mapping) Key() string {
	return strings.Join([]string{nameKey(w.CaseType), nameKey(w.PracticeArea), nameKey(StateCode(w.Jurisdiction))}, "\n")
}

// equalNames compares names as people type them: without regard to case, punctuation and
// blanks.
func equalNames(a, b string) bool { return nameKey(a) == nameKey(b) }

// samePlace compares jurisdictions: IL is Illinois.
func samePlace(a, b string) bool { return equalNames(StateCode(a), StateCode(b)) }

// nameKey is a name without case, punctuation and needless blanks. A name of nothing but
// signs is kept as it is.
func nameKey(name string) string {
	if list := lowerWords(name); len(list) > 0 {
		return strings.Join(list, " ")
	}
	return Fold(name)
}

func (w Mapping) trimmed() Mapping {
	for _, s := range []*string{&w.CaseType, &w.PracticeArea, &w.Jurisdiction, &w.MatterTypeID, &w.ClientRole} {
		*s = Text(*s)
	}
	return w
}

// Subject names what a mapping is about, such as “Divorce” (Family Law, IL).
func (w Mapping) Subject() string { return CaseName(w.CaseType, w.PracticeArea, w.Jurisdiction) }

// CaseName is how people call a case type, such as “Divorce” (Family Law, IL).
func CaseName(caseType, area, jurisdiction string) string {
	name := "“" + caseType + "”"
	where := slices.DeleteFunc([]string{area, jurisdiction}, func(s string) bool { return s == "" })
	if len(where) == 0 {
		return name
	}
	return name + " (" + strings.Join(where, ", ") + ")"
}

func takenMapping(k Mapping) *Rejection {
	return &Rejection{Reason: Conflict, Failure: Failure{Code: CodeMappingTaken,
		Message: fmt.Sprintf("Mapping %s is for %s already", k.ID, k.Subject()),
		Remedy:  "Change that mapping, or remove it first.",
	}}
}

func tooManyMappings() *Rejection {
	return &Rejection{Reason: Conflict, Failure: Failure{Code: CodeTooManyMappings,
		Message: fmt.Sprintf("The firm has %d mappings, which is the most", MostMappings),
		Remedy:  "Remove mappings that no matter needs any more.",
	}}
}
