package domain

import (
	"encoding/json"
	"time"
)

// ReplayOutcome says what would have become of a matter under other mappings.
type ReplayOutcome string

// The outcomes.
const (
	ReplayNone  ReplayOutcome = "not_synced"        // no sync of it ever came to choose a matter type
	ReplaySame  ReplayOutcome = "same"              // it would have got the matter type and the role that it got
	ReplayOther ReplayOutcome = "other_matter_type" // it would have got another matter type, or its client another role
	ReplayStops ReplayOutcome = "would_wait"        // it got a matter type, and would have waited for one
	ReplayGoes  ReplayOutcome = "would_go_on"       // its sync waits for a matter type, and would have one
	ReplayWaits ReplayOutcome = "waits"             // its sync waits for a matter type either way
)

// TypeChoice is a matter type, and the client's role in it, that a sync chose.
type TypeChoice struct{ TypeID, TypeName, Role string }

// ReplayedCall is a call that writes, as a sync of the past made it or would have made it.
type ReplayedCall struct {
	At   time.Time // when the history has it
	Sync SyncID
	PlannedCall
	Changed bool // it would have another body
}

// Replay is what would have become of a matter, by its history.
type Replay struct {
	Syncs    int        // that started
	Was      TypeChoice // that a sync chose last; zero: none did
	Then     Resolution // by the mappings that are tried
	Outcome  ReplayOutcome
	Calls    []ReplayedCall // that would have been made
	Withheld int            // calls that were made and would not have been
}

// replay goes through the history of a matter.
type replay struct {
	run     DryRun
	m       Matter
	out     Replay
	chosen  bool // a sync has asked which type the matter gets
	waiting bool // no type was found then
}

// Replay goes through a matter's history once more. A sync that would have had no matter type would
// have made no call until the matter changed so that it had one.
func (t DryRun) Replay(history func(yield func(Event, time.Time) bool)) Replay {
	r := replay{run: t}
	history(func(e Event, at time.Time) bool {
		fixed := r.m.Smokeball.TypeFixed()
		r.m = r.m.Apply(e, at)
		r.see(e, at, fixed)
		return true
	})
	r.out.Outcome = r.outcome()
	return r.out
}

func (r *replay) see(e Event, at time.Time, fixed bool) {
	switch e := e.(type) {
	case SyncStarted:
		r.out.Syncs++
	case MatterTypeResolved:
		r.out.Was = TypeChoice{e.TypeID, e.TypeName, e.ClientRole}
		r.choose(fixed)
	case SyncDeferred:
		if e.Failure.Code == CodeMatterTypeUnmapped {
			r.out.Was = TypeChoice{}
			r.choose(fixed)
		}
	default:
		if c, ok := r.callOf(e); ok {
			r.call(c, at)
		}
	}
}

// choose asks the mappings that are tried. The type of a matter that is in Smokeball stays.
func (r *replay) choose(fixed bool) {
	if fixed && r.chosen {
		return
	}
	r.chosen = true
	r.out.Then = ResolveMatterType(r.run.Types, r.run.Then, r.m.Data)
	r.waiting = !r.out.Then.Found
}

func (r *replay) call(c ReplayedCall, at time.Time) {
	if r.waiting {
		r.out.Withheld++
		return
	}
	c.At = at
	r.out.Calls = append(r.out.Calls, c)
}

func (r *replay) outcome() ReplayOutcome {
	was := r.out.Was.TypeID != ""
	switch {
	case !r.chosen:
		return ReplayNone
	case !was && r.waiting:
		return ReplayWaits
	case !was:
		return ReplayGoes
	case r.waiting:
		return ReplayStops
	case r.out.Then.Type.ID != r.out.Was.TypeID || r.out.Then.Role() != r.out.Was.Role:
		return ReplayOther
	}
	return ReplaySame
}

// callOf is the call behind a fact, if it stands for one that writes.
func (r *replay) callOf(e Event) (ReplayedCall, bool) {
	matter := "/matters/" + string(r.m.Smokeball.ID)
	switch e := e.(type) {
	case ContactResolved:
		return contactCall(e)
	case MatterCreationStarted:
		return r.creation(e), true
	case MatterChangeAccepted:
		return planned(e.Sync, "update matter", "PATCH", matter), true
	case FolderCreationStarted:
		return planned(e.Sync, "create folder", "POST", matter+"/documents/folders"), true
	case FileCreationStarted:
		return planned(e.Sync, "add file", "POST", matter+"/documents/files"), true
	case FileRenamed:
		return planned(e.Sync, "rename file", "PATCH", matter+"/documents/files/"+string(e.File)), e.Request != ""
	case MatterTagged:
		return planned(e.Sync, "add tags", "POST", matter+"/tags"), true
	}
	return ReplayedCall{}, false
}

func contactCall(e ContactResolved) (ReplayedCall, bool) {
	switch e.Outcome {
	case OutcomeAccepted, OutcomeCreated:
		return planned(e.Sync, "create contact", "POST", "/contacts"), true
	case OutcomeUpdated:
		return planned(e.Sync, "update contact", "PUT", "/contacts/"+string(e.Contact)), true
	}
	return ReplayedCall{}, false
}

func planned(s SyncID, op, method, path string) ReplayedCall {
	return ReplayedCall{Sync: s, PlannedCall: PlannedCall{Op: op, Method: method, Path: path}}
}

// creation is the call that creates the matter, with what the mappings decide of its body.
func (r *replay) creation(e MatterCreationStarted) ReplayedCall {
	c := planned(e.Sync, "create matter", "POST", "/matters")
	id, role := e.Sent.MatterTypeID, e.Sent.ClientRole
	if r.chosen && r.out.Then.Found {
		id, role = r.out.Then.Type.ID, r.out.Then.Role()
	}
	c.Changed = id != e.Sent.MatterTypeID || role != e.Sent.ClientRole
	c.Body, _ = json.Marshal(struct { // of two texts
		TypeID string `json:"matterTypeId"`
		Role   string `json:"clientRole,omitempty"`
	}{id, role})
	return c
}

// Become are the changes that make the mappings those of then.
func (m Mappings) Become(then Mappings) (facts []Event) {
	for _, k := range m.Kept {
		facts = append(facts, MappingRemoved{ID: k.ID})
	}
	for _, k := range then.Kept {
		facts = append(facts, MappingRevised{Mapping: k.Mapping, TypeName: k.TypeName})
	}
	return facts
}
