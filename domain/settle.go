package domain

import "slices"

// Settlement is what the firm's setting has had written to a field while CaseHug has had a value.
// It keeps two sides that both set a field by themselves from writing without end.
type Settlement struct {
	CaseHug string   `json:"casehug"`
	Over    []string `json:"over"` // Smokeball's values that it was written over
}

// mostSettled is how often one value of CaseHug's is written over others without asking.
const mostSettled = 5

// allows reports whether the setting may have the field written: not where people, or another
// program, set a value again over which CaseHug's was written before.
func (s Settlement) allows(d Difference) bool {
	if s.CaseHug != d.CaseHug {
		return true
	}
	return len(s.Over) < mostSettled && !slices.ContainsFunc(s.Over, func(old string) bool { return exactly(old, d.Smokeball) })
}

func (s Settlement) after(e RepairAsked) Settlement {
	if s.CaseHug != e.CaseHug {
		return Settlement{CaseHug: e.CaseHug, Over: []string{e.Seen}}
	}
	s.Over = append(s.Over[:len(s.Over):len(s.Over)], e.Seen)
	return s
}

// OpenDifference is a difference that nobody has decided about, as its firm's list shows it.
type OpenDifference struct {
	Firm      FirmID
	Matter    MatterID
	Field     string
	CaseHug   string
	Smokeball string
}
