package domain

import (
	"slices"
	"time"
)

// ClientChoice is what a person decided of the client of a matter that they link by hand, where
// Smokeball's matter does not have the contact that the client is known to be.
type ClientChoice string

// The choices.
const (
	ClientKept  ClientChoice = "keep" // Smokeball's matter keeps its clients; CaseHug's client is not put on it
	ClientAdded ClientChoice = "add"  // CaseHug's client is put on it beside them
	ClientSame  ClientChoice = "same" // a contact of Smokeball's matter is CaseHug's client
)

// Parted is what a person decided when they unlinked the matter: until they say otherwise no
// sync links it by itself, or makes another one.
type Parted struct {
	From  SmokeballID // that it was linked to; "": it was not unlinked, or was linked since
	By    string
	At    time.Time
	Again bool // a person asked for a sync since: it may make another matter
}

// part notes the unlinking by a person.
func (m Link) part(e MatterUnlinked, at time.Time) Link {
	if e.Reason != UnlinkedByPerson {
		return m
	}
	m.Parted = Parted{From: e.Matter, By: e.By, At: at}
	if !contains(m.Apart, e.Matter) {
		m.Apart = append(m.Apart[:len(m.Apart):len(m.Apart)], e.Matter)
	}
	return m
}

// joinedWith notes that the matter is linked to a matter of Smokeball's again.
func (m Link) joinedWith(id SmokeballID) Link {
	m.Parted = Parted{}
	m.Apart = slices.DeleteFunc(slices.Clone(m.Apart), func(old SmokeballID) bool { return old == id })
	return m
}

// askedAgain notes that a person asked for a sync of a matter that was unlinked by hand.
func (m Link) askedAgain(t Trigger) Link {
	if t == TriggerManual && m.Parted.From != "" {
		m.Parted.Again = true
	}
	return m
}

// Held reports whether the matter was unlinked by hand and nobody has said since what it is to
// become: no sync may link it, or make another one, by itself.
func (m Link) Held() bool {
	return m.Parted.From != "" && !m.Parted.Again && m.Smokeball.ID == "" && m.Smokeball.Intent == nil
}

// LinkByHand decides that a person links the matter to one that Smokeball has.
func (m Matter) LinkByHand(e MatterLinked) ([]Event, error) {
	switch {
	case !m.Known:
		return nil, &Rejection{Reason: Unknown, Failure: Failure{Code: CodeMatterUnknown, Message: "CaseHug has not announced this matter",
			Remedy: "Check the id, or wait until CaseHug announces the matter."}}
	case m.Erased:
		return nil, ErasedMatter()
	case m.Smokeball.ID != "":
		return nil, notLinkable(CodeAlreadyLinked, "The matter is linked to matter "+string(m.Smokeball.ID)+" in Smokeball already",
			"Unlink it first, if it belongs to another one. A firm admin can do it.")
	}
	if err := m.checkSettled(); err != nil {
		return nil, err
	}
	e.How = LinkedByHand
	facts := []Event{e}
	if s := m.Current; s != nil && s.Failure != nil && s.Failure.Code == CodeMatterUnlinked {
		facts = append(facts, m.release(ReleasedByLink)...)
	}
	return facts, nil
}

// UnlinkByHand decides that a person unlinks the matter from the one that it is in Smokeball.
func (m Sending) UnlinkByHand(by string) ([]Event, error) {
	sb := m.Smokeball
	if err := m.checkSettled(); err != nil {
		return nil, err
	}
	if sb.ID == "" {
		return nil, notLinkable(CodeNotLinked, "The matter is not linked to a matter in Smokeball", "There is nothing to unlink. Reload the page to see where it stands.")
	}
	return []Event{MatterUnlinked{Matter: sb.ID, Account: sb.Account, Reason: UnlinkedByPerson, By: by}}, nil
}

// checkSettled refuses a change of the link while a sync is at work, or while it is not known whether
// Smokeball made a matter, which would be a second one beside the one that a person chooses.
func (m Sending) checkSettled() error {
	sb := m.Smokeball
	switch _, running := m.CurrentAttempt(); {
	case running:
		return notLinkable(CodeSyncRunning, "A sync of the matter is at work", "Wait until sync "+string(m.Current.ID)+" ends or waits, then try again.")
	case sb.Intent != nil, sb.ID != "" && !sb.Confirmed && sb.Before == nil:
		return notLinkable(CodeCreationOpen, "Smokeball was asked to make a matter for it, and has not shown yet whether it did",
			"Wait until the matter's sync has settled that, then try again. The sync history shows when.")
	}
	return nil
}

func notLinkable(c Code, message, remedy string) error {
	return &Rejection{Reason: Conflict, Failure: Failure{Code: c, Message: message, Remedy: remedy}}
}

// MatterReserved says that a matter of Smokeball's is about to be linked to a CaseHug matter:
// nobody links another one to it meanwhile.
type MatterReserved struct {
	Matter SmokeballID `json:"matter"`
	For    MatterID    `json:"for"`
}

// MatterFreed says that the CaseHug matter is no longer linked to Smokeball's.
type MatterFreed struct {
	Matter SmokeballID `json:"matter"`
	For    MatterID    `json:"for"`
}

func (MatterReserved) EventName() string { return "link.reserved.v1" }
func (MatterFreed) EventName() string    { return "link.freed.v1" }

// Reservation says which CaseHug matter a matter of Smokeball's is, or is about to be, linked to.
type Reservation struct {
	Holder MatterID // "": none is
	At     time.Time
}

// Apply returns the reservation after e.
func (r Reservation) Apply(e Event, at time.Time) Reservation {
	switch e := e.(type) {
	case MatterReserved:
		return Reservation{e.For, at}
	case MatterFreed:
		if r.Holder == e.For {
			return Reservation{}
		}
	}
	return r
}

// ReservedFor is how long a reservation counts that no link has followed: whoever made it records
// the link well before.
const ReservedFor = time.Minute

// Reserve decides that Smokeball's matter is to be linked to a CaseHug matter. linked reports
// whether the holder is linked to it; it fails with ErrTaken where another matter has it.
func (r Reservation) Reserve(e MatterReserved, linked bool, now time.Time) ([]Event, error) {
	if r.Holder != "" && r.Holder != e.For && (linked || now.Sub(r.At) < ReservedFor) {
		return nil, ErrTaken
	}
	return []Event{e}, nil
}

// Free decides that the CaseHug matter no longer holds Smokeball's.
func (r Reservation) Free(e MatterFreed) []Event {
	if r.Holder != e.For {
		return nil
	}
	return []Event{e}
}

// FoundMatter is a matter that Smokeball has, with who its clients are and what it is in CaseHug.
type FoundMatter struct {
	SmokeballMatter
	People   []FoundContact // its clients, the main one first
	LinkedTo MatterID       // of CaseHug's that is linked to it; "": none is
}

// FoundContact is a client of a matter that Smokeball has.
type FoundContact struct {
	ID    SmokeballID
	Name  string // "": Smokeball does not show the contact
	Email string
}

// LinkPlan is what a link by hand would join, and what the person has to decide before.
type LinkPlan struct {
	Found   FoundMatter
	Client  ClientData     // CaseHug's, the main one
	Known   SmokeballID    // the contact that the client is; "": none is known
	Is      SmokeballID    // the matter's client who is CaseHug's, where that is known
	Choices []ClientChoice // of which one has to be made; none: who is who is clear
	Same    []SmokeballID  // the matter's clients of whom a person may say that they are CaseHug's
}
