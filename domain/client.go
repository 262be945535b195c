package domain

import (
	"slices"
	"time"
)

// ContactKey identifies a person or company within a firm, so that the firm has at most one
// Smokeball contact for it: a keyed hash of the e-mail address and the name, or of the client id.
type ContactKey string

// ClientUpdated is CaseHug's word of a newer version of a client, in an event about the
// client or in what it says of a matter.
type ClientUpdated struct {
	Origin EventRef   `json:"origin"` // zero where a matter told it
	Client ClientData `json:"client"`
	Matter MatterID   `json:"matter,omitempty"` // that told it
}

// ClientOutdated records a version that arrived after a newer one: it changes nothing.
type ClientOutdated struct {
	Origin  EventRef `json:"origin"`
	Version int      `json:"version"`
	Current int      `json:"current"`
}

// ClientRebased says that a firm admin has set the version from which CaseHug's changes of
// the client count again.
type ClientRebased struct {
	Version int    `json:"version"`
	Was     int    `json:"was"`
	By      string `json:"by"`
	ByName  string `json:"by_name,omitempty"`
}

// ClientLinked says which Smokeball contact the client is, and that a matter has it.
// With no contact it says only under which key the contact is looked for and kept.
type ClientLinked struct {
	Matter  MatterID    `json:"matter"`
	Contact SmokeballID `json:"contact,omitempty"`
	Key     ContactKey  `json:"key"`
	// Followed is the contact that the client was, which was merged into this one.
	Followed SmokeballID `json:"followed,omitempty"`
}

func (ClientUpdated) EventName() string  { return "client.updated.v1" }
func (ClientOutdated) EventName() string { return "client.outdated.v1" }
func (ClientRebased) EventName() string  { return "client.rebased.v1" }
func (ClientLinked) EventName() string   { return "client.linked.v1" }

// Client is a CaseHug client: its newest data, the contact it is, and its matters.
type Client struct {
	Known   bool
	Data    ClientData
	Contact SmokeballID
	Key     ContactKey
	Matters []MatterID  // linked ones, oldest first
	Names   []Name      // that the client has carried, the newest last
	Left    SmokeballID // the contact that it was until now, where another one is looked for
	Sight   Sight       // what the last read of its contact showed

	Accepted map[string]Acceptance `json:",omitempty"` // the contact's values that were taken for right, by field

	Erased bool `json:"-"` // its data were erased: nothing of it is synced any more

	seen *trail[EventRef]
}

// Apply returns the client after e.
func (c Client) Apply(e Event, at time.Time) Client {
	switch e := e.(type) {
	case ClientUpdated:
		c.Known, c.Data, c.Names = true, e.Client, carrying(c.Names, e.Client.Called())
		if e.Matter == "" {
			c.seen = c.seen.with(e.Origin)
		}
	case ClientOutdated:
		c.seen = c.seen.with(e.Origin)
	case ClientErased:
		c.Known, c.Erased = true, true
	case ClientRebased:
		c.Data.Version = e.Version
	case ClientSeen:
		c.Sight = c.Sight.after(e, at)
	case ClientLinked:
		switch {
		case e.Followed != "" && e.Followed == c.Contact:
			c.Sight.Ticks, c.Sight.Writes = 0, 0 // what was seen of the other one is what CaseHug knows
		case c.Contact != e.Contact:
			c.Sight = Sight{}
		}
		c.Left = ""
		if e.Contact == "" {
			c.Left = c.Contact
		}
		c.Contact, c.Key = e.Contact, e.Key
		if !contains(c.Matters, e.Matter) {
			c.Matters = append(c.Matters[:len(c.Matters):len(c.Matters)], e.Matter)
		}
	}
	return c.decided(e, at)
}

// Observe decides what CaseHug's word about the client means. An event already seen
// yields nothing, an older version changes nothing.
func (c Client) Observe(origin EventRef, d ClientData) []Event {
	switch {
	case c.seen.has(origin):
		return nil
	case c.Known && d.Version == 0 && c.unversioned(d) != c.Data:
		return []Event{ClientUpdated{Origin: origin, Client: c.unversioned(d)}}
	case c.Known && d.Version <= c.Data.Version:
		return []Event{ClientOutdated{Origin: origin, Version: d.Version, Current: c.Data.Version}}
	}
	return []Event{ClientUpdated{Origin: origin, Client: d}}
}

// Learn decides what a matter tells of the client: a newer version than the known one counts
// for all matters of the client, so that an older one never undoes it.
func (c Client) Learn(m MatterID, d ClientData) []Event {
	if (c.Known && d.Version <= c.Data.Version) || c.leaps(d) {
		return nil
	}
	return []Event{ClientUpdated{Client: d, Matter: m}}
}

// unversioned is what a sender that does not count versions says, as the version that
// is known.
func (c Client) unversioned(d ClientData) ClientData {
	d.Version = c.Data.Version
	return d
}

// Newest is the newer of what a matter says about the client and what others said.
func (c Client) Newest(d ClientData) ClientData {
	if c.Known && c.Data.Version > d.Version {
		return c.Data
	}
	return d
}

// Identify decides under which key the client's contact is kept, where it was kept under was
// when that was decided: a later e-mail address does not make another contact of the client.
func (c Client) Identify(m MatterID, was, key ContactKey) []Event {
	if c.Key != was || key == was {
		return nil
	}
	return []Event{ClientLinked{Matter: m, Key: key}}
}

// Turned is the doubt about a client that was a person and is a company by now, or the
// reverse: the contact that it was stays in Smokeball.
func (c Client) Turned() Doubt {
	for _, n := range slices.Backward(c.Names) {
		if c.Left != "" && n.IsCompany() != c.Data.Called().IsCompany() {
			return Doubt{Code: ContactKindChanged, Contact: c.Left, Name: n.String()}
		}
	}
	return Doubt{}
}

// manyNames is how many names of a client are remembered.
const manyNames = 20

// carrying is the list with n as its last, each name once.
func carrying(list []Name, n Name) []Name {
	var next []Name
	for _, old := range list {
		if !old.Same(n) {
			next = append(next, old)
		}
	}
	return append(next[max(0, len(next)-manyNames+1):], n)
}

// Link decides that the client is the contact and belongs to the matter.
func (c Client) Link(l ClientLinked) []Event {
	if c.Contact == l.Contact && c.Key == l.Key && contains(c.Matters, l.Matter) {
		return nil
	}
	return []Event{l}
}

func contains[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// Has reports whether d is what is known of the client now.
func (c Client) Has(d ClientData) bool {
	return c.Known && (c.Data == d || (d.Version == 0 && c.unversioned(d) == c.Data))
}
