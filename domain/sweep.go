package domain

import "time"

// SweepReason is why a firm's Smokeball account is swept.
type SweepReason string

// The reasons, those that say most first.
const (
	SweepFirst      SweepReason = "first"      // nothing was swept in this account yet
	SweepAuthorized SweepReason = "authorized" // the firm signed in again
	SweepOutage     SweepReason = "outage"     // Smokeball did not serve the firm for a while
	SweepRestart    SweepReason = "restart"    // for a while no engine took webhooks in
	SweepSilence    SweepReason = "silence"    // webhooks were silent, and arrive again
	SweepWebhooks   SweepReason = "webhooks"   // the subscription was made, renewed or lost
	SweepNightly    SweepReason = "nightly"    // once a night everything that is linked is looked at
	SweepInterval   SweepReason = "interval"   // no webhooks tell of changes
)

// SweepPart is a part of a sweep.
type SweepPart string

// The parts of a sweep, in their order.
const (
	SweepMatters  SweepPart = "matters"
	SweepContacts SweepPart = "contacts"
)

// SweepPlace is where a sweep goes on.
type SweepPlace struct {
	Part   SweepPart   `json:"part"`
	Since  time.Time   `json:"since,omitzero"`   // what changed since is listed, by Smokeball's clock; zero: everything
	Offset int         `json:"offset,omitempty"` // so many of that were listed
	After  SmokeballID `json:"after,omitempty"`  // of what is read by its ids: up to this one it was
}

// SweepRequested says that something made a sweep necessary.
type SweepRequested struct {
	Reason SweepReason `json:"reason"`
	Since  time.Time   `json:"since,omitzero"` // when the gap began
}

// SweepBegun says that a sweep has begun.
type SweepBegun struct {
	Reason  SweepReason `json:"reason"`
	Account string      `json:"account"`        // of Smokeball
	Full    bool        `json:"full,omitempty"` // everything that is linked is looked at
	Since   time.Time   `json:"since,omitzero"` // else what changed since, by Smokeball's clock
	At      time.Time   `json:"at"`             // what Smokeball had then, it shows
}

// SweepPageRead says what a page of a sweep showed, and where the sweep goes on.
type SweepPageRead struct {
	Listed int        `json:"listed"` // matters or contacts
	Found  int        `json:"found"`  // of those: linked, and changed since they were seen
	Next   SweepPlace `json:"next"`
}

// SweepEnded says that a sweep has looked at everything. It repeats how the sweep began: one of
// a single page has no other fact.
type SweepEnded struct {
	SweepBegun
	Calls  int `json:"calls"`
	Listed int `json:"listed"`
	Found  int `json:"found"`
}

func (SweepRequested) EventName() string { return "sweep.requested.v1" }
func (SweepBegun) EventName() string     { return "sweep.begun.v1" }
func (SweepPageRead) EventName() string  { return "sweep.page_read.v1" }
func (SweepEnded) EventName() string     { return "sweep.ended.v1" }

// Sweeps are the sweeps of a firm's Smokeball account.
type Sweeps struct {
	Account   string        `json:"account,omitempty"` // that the last one was of
	Last      time.Time     `json:"last,omitzero"`     // when the last one began that has ended
	Full      time.Time     `json:"full,omitzero"`     // when the last full one began that has ended
	Asked     time.Time     `json:"asked,omitzero"`    // when one was requested that has not begun since
	AskedFor  SweepReason   `json:"asked_for,omitempty"`
	AskedFrom time.Time     `json:"asked_from,omitzero"` // when the gap began
	Current   *CurrentSweep `json:"current,omitempty"`
}

// CurrentSweep is a sweep that has not ended.
type CurrentSweep struct {
	SweepBegun
	Place  SweepPlace `json:"place"`
	Calls  int        `json:"calls,omitempty"`
	Listed int        `json:"listed,omitempty"`
	Found  int        `json:"found,omitempty"`
}

// Apply returns the sweeps after e.
func (s Sweeps) Apply(e Event, at time.Time) Sweeps {
	switch e := e.(type) {
	case SweepRequested:
		s.Asked, s.AskedFor, s.AskedFrom = at, e.Reason, e.Since
	case SweepBegun:
		c := newSweep(e)
		s.Current = &c
	case SweepPageRead:
		if s.Current != nil {
			c := s.Current.After(e)
			s.Current = &c
		}
	case SweepEnded:
		s = s.ended(e)
	}
	return s
}

// place is where a sweep begins.
func (e SweepBegun) place() SweepPlace { return SweepPlace{Part: SweepMatters, Since: e.Since} }

func newSweep(e SweepBegun) CurrentSweep { return CurrentSweep{SweepBegun: e, Place: e.place()} }

// After is the sweep after another page.
func (c CurrentSweep) After(e SweepPageRead) CurrentSweep {
	c.Place, c.Calls, c.Listed, c.Found = e.Next, c.Calls+1, c.Listed+e.Listed, c.Found+e.Found
	return c
}

func (s Sweeps) ended(e SweepEnded) Sweeps {
	s.Current, s.Account, s.Last = nil, e.Account, e.At
	if e.Full {
		s.Full = e.At
	}
	if !s.Asked.After(e.At) {
		s.Asked, s.AskedFor, s.AskedFrom = time.Time{}, "", time.Time{}
	}
	return s
}

// Request decides that a sweep is necessary. While one is awaited already nothing is said.
func (s Sweeps) Request(e SweepRequested) []Event {
	if !s.Asked.IsZero() {
		return nil
	}
	return []Event{e}
}

// Start decides that the sweep begins. One at an interval says so with its second page only:
// there are many of those, and most end with the first.
func (s Sweeps) Start(c CurrentSweep) []Event {
	if c.Reason == SweepInterval || (s.Current != nil && s.Current.At.Equal(c.At)) {
		return nil
	}
	return []Event{c.SweepBegun}
}

// Advance decides that the sweep goes on after a page.
func (s Sweeps) Advance(c CurrentSweep, e SweepPageRead) []Event {
	switch {
	case s.Current == nil:
		return []Event{c.SweepBegun, e}
	case !s.Current.At.Equal(c.At):
		return nil // another one has begun since
	}
	return []Event{e}
}

// End decides that the sweep has looked at everything.
func (s Sweeps) End(c CurrentSweep) []Event {
	if !s.Last.Before(c.At) {
		return nil
	}
	return []Event{SweepEnded{SweepBegun: c.SweepBegun, Calls: c.Calls, Listed: c.Listed, Found: c.Found}}
}
