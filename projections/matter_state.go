package projections

import (
	"cmp"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// MatterState is how a matter stands, in one word for lists. A matter has exactly one.
type MatterState string

// The states of a matter, those that come first in a matter's decision first.
const (
	MatterAtWork    MatterState = "active"       // its sync is queued, runs or is being confirmed
	MatterWaiting   MatterState = "waiting"      // its sync waits for something
	MatterFailed    MatterState = "failed"       // its last sync failed
	MatterUndecided MatterState = "undecided"    // a person has to say which of Smokeball's matters it is
	MatterOnlyHere  MatterState = "casehug_only" // Smokeball does not have it
	MatterDiffers   MatterState = "differs"      // a field differs
	MatterUnread    MatterState = "unread"       // what Smokeball has of it was not read yet
	MatterInSync    MatterState = "in_sync"

	// MatterChanging takes the place of the last three while the matter may have changed in
	// Smokeball since it was read. No list has it: it passes within moments.
	MatterChanging MatterState = "changing"
)

// MatterStates are all states that lists have.
func MatterStates() []MatterState {
	return []MatterState{MatterAtWork, MatterWaiting, MatterFailed, MatterUndecided, MatterOnlyHere, MatterDiffers, MatterUnread, MatterInSync}
}

// State is how the matter stands.
func (r MatterRow) State() MatterState {
	switch r.Status {
	case domain.Queued, domain.Running, domain.Confirming:
		return MatterAtWork
	case domain.Waiting:
		return MatterWaiting
	case domain.Failed:
		return MatterFailed
	}
	switch l := r.Matter.Smokeball; {
	case l.ID == "" && r.Undecided != "":
		return MatterUndecided
	case l.ID == "":
		return MatterOnlyHere
	case len(r.Differs) > 0:
		return MatterDiffers
	case l.There.Values == nil:
		return MatterUnread
	}
	return MatterInSync
}

// StateNow is how the matter stands, as far as what Smokeball has was read after the last hint of a
// change.
func (r MatterRow) StateNow() MatterState {
	s := r.State()
	if r.Changing && (s == MatterDiffers || s == MatterUnread || s == MatterInSync) {
		return MatterChanging
	}
	return s
}

// What a matter counts as is its state; where it waits or failed, and why; where it waits for
// a mapping, and for whose. Signs at the end say what a matter of any state may be.
const (
	causeSign   = "?"
	signsBegin  = "|"
	linkedSign  = "linked"
	differsSign = "differs"
	typeSign    = "\x00" // begins the list of the case type; no part has it
)

// counted is what the row counts as in the numbers of its firm.
func (r MatterRow) counted() string {
	s := r.cause() + signsBegin
	if r.Matter.Smokeball.ID != "" {
		s += linkedSign
	}
	if len(r.Differs) > 0 {
		s += differsSign
	}
	if r.Matter.Known {
		s += typeSign + r.caseTypeList()
	}
	return s
}

// caseTypeList names the list of the rows for which the same mappings count.
func (r MatterRow) caseTypeList() string {
	d := r.Matter.Data
	return named("type", domain.Mapping{CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction}.Key())
}

// cause is the state, with the reason where it has one.
func (r MatterRow) cause() string {
	s := string(r.State())
	if r.Failure == nil || (r.Status != domain.Waiting && r.Status != domain.Failed) {
		return s
	}
	s += causeSign + string(r.Failure.Code)
	if r.Status == domain.Waiting && r.Failure.Code == domain.CodeMatterTypeUnmapped {
		d := r.Matter.Data
		s += causeSign + named("for", domain.Mapping{CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction}.Key())
	}
	return s
}

// lists are the narrower lists in which the row stands.
func (r MatterRow) lists() []string {
	state, cause := string(r.State()), r.cause()
	list := append([]string{named("status", string(r.Status)), named("state", state)}, differing(r.Differs)...)
	if cause != state {
		list = append(list, causeList(cause))
	}
	if r.Matter.Known {
		list = append(list, r.caseTypeList())
	}
	return list
}

// causeList names the list of the rows of one cause.
func causeList(cause string) string { return "cause=" + cause }

// MatterCounts are the numbers of a firm's matters.
type MatterCounts struct {
	States map[MatterState]int
	Causes []CauseCount // of those that wait or failed
	Linked int          // of any state
	Differ int          // of any state
}

// All is how many matters there are.
func (n MatterCounts) All() (all int) {
	for _, k := range n.States {
		all += k
	}
	return all
}

// Typeless is how many case types matters wait with for a mapping.
func (n MatterCounts) Typeless() (types int) {
	for _, c := range n.Causes {
		if c.State == MatterWaiting && c.Code == domain.CodeMatterTypeUnmapped {
			types++
		}
	}
	return types
}

// CauseCount is how many matters wait, or failed, for one reason. Those that wait for a mapping are
// counted by what the mapping is for.
type CauseCount struct {
	State  MatterState
	Code   domain.Code
	Number int

	cause string
}

// MatterCounts counts a firm's matters, without reading them.
func (v MatterRows) MatterCounts(firm domain.FirmID) (n MatterCounts, err error) {
	err = v.view(func(tx *snapshot) error {
		n = countMatters(countsIn(tx, Matters, string(firm)))
		return nil
	})
	return n, err
}

func countMatters(counts map[string]int) MatterCounts {
	n := MatterCounts{States: map[MatterState]int{}}
	causes := map[string]int{}
	for counted, k := range counts {
		counted, _, _ = strings.Cut(counted, typeSign)
		end := max(strings.LastIndex(counted, signsBegin), 0)
		cause, signs := counted[:end], counted[end:]
		if strings.Contains(signs, differsSign) {
			n.Differ += k
		}
		if strings.Contains(signs, linkedSign) {
			n.Linked += k
		}
		state, _, has := strings.Cut(cause, causeSign)
		if n.States[MatterState(state)] += k; has {
			causes[cause] += k
		}
	}
	n.Causes = causeCounts(causes)
	return n
}

// causeCounts are the causes, those of most matters first.
func causeCounts(numbers map[string]int) (list []CauseCount) {
	for cause, k := range numbers {
		parts := strings.SplitN(cause, causeSign, 3)
		list = append(list, CauseCount{State: MatterState(parts[0]), Code: domain.Code(parts[1]), Number: k, cause: cause})
	}
	slices.SortFunc(list, func(a, b CauseCount) int {
		return cmp.Or(cmp.Compare(b.Number, a.Number), cmp.Compare(a.cause, b.cause))
	})
	return list
}

// MattersOf lists the newest matters of a cause, at most limit of them.
func (v MatterRows) MattersOf(firm domain.FirmID, c CauseCount, limit int) (list []MatterRow, err error) {
	err = v.view(func(tx *snapshot) error {
		f, err := find(tx, Matters, string(firm), choice{lists: [][]string{{causeList(c.cause)}}, limit: limit})
		list = f.rows
		return err
	})
	return list, err
}
