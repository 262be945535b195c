package domain

import (
	"slices"
	"time"
)

// ClientFollowed says that people deleted the client's contact in Smokeball, or merged it into
// another one, and that the client is that other one now.
type ClientFollowed struct {
	Client ClientID    `json:"client"`
	From   SmokeballID `json:"from"`
	To     SmokeballID `json:"to"`
	Name   string      `json:"name"` // of the contact that the client is now
}

// ClientNotFollowed says that the matter has another contact in the place of the client's, which
// is gone, and that nothing shows them to be the same person: somebody has to say so.
type ClientNotFollowed struct {
	Client ClientID    `json:"client"`
	From   SmokeballID `json:"from"`
	To     SmokeballID `json:"to"`
	Name   string      `json:"name"` // of the contact in its place
}

func (ClientFollowed) EventName() string    { return "matter.client_followed.v1" }
func (ClientNotFollowed) EventName() string { return "matter.client_not_followed.v1" }

// Successor is the contact that Smokeball's matter has in the place of one that is gone, by what
// was read of the matter: the only client whom CaseHug did not put there. "": there is none, or
// no only one.
func (m Matter) Successor(gone SmokeballID) SmokeballID {
	there := m.Smokeball.There.Values
	if there == nil || contains(there.ClientIDs, gone) || !contains(m.Smokeball.Settled().ClientIDs, gone) {
		return ""
	}
	others := missingFrom(m.Smokeball.Settled().ClientIDs, there.ClientIDs)
	if len(others) != 1 {
		return ""
	}
	return others[0]
}

// Follow decides that the client of the matter is another contact now.
func (m Matter) Follow(e ClientFollowed) []Event {
	if m.Contacts[e.Client] != e.From {
		return nil
	}
	return []Event{e}
}

// DontFollow decides that somebody has to say who stands in the client's place, once.
func (m Matter) DontFollow(e ClientNotFollowed) []Event {
	if m.Contacts[e.Client] != e.From || m.Unclear[e.Client] == e.To {
		return nil
	}
	return []Event{e}
}

// followed is the matter after one of its clients became another contact. What Smokeball was told
// of its clients was told of that one.
func (m Matter) followed(e ClientFollowed) Matter {
	m.Contacts = with(m.Contacts, e.Client, e.To)
	m.Unclear = keeping(m.Unclear, func(id ClientID, _ SmokeballID) bool { return id != e.Client })
	m.Smokeball.Sent.ClientIDs = replaced(m.Smokeball.Sent.ClientIDs, e.From, e.To)
	if before := m.Smokeball.Before; before != nil {
		was := *before
		was.ClientIDs = replaced(was.ClientIDs, e.From, e.To)
		m.Smokeball.Before = &was
	}
	if m.Smokeball.Same == e.From {
		m.Smokeball.Same = e.To
	}
	return m
}

// replaced is the list with one id in the place of another, once.
func replaced(list []SmokeballID, from, to SmokeballID) []SmokeballID {
	if contains(list, to) {
		return slices.DeleteFunc(slices.Clone(list), func(id SmokeballID) bool { return id == from })
	}
	next := slices.Clone(list)
	for i, id := range next {
		if id == from {
			next[i] = to
		}
	}
	return next
}

// Succeed decides that the client's contact, which Smokeball no longer has, is another one now. d
// is what CaseHug has of the client. What was told of the one counts as told of the other.
func (c Contact) Succeed(gone SmokeballID, e ContactMatched, d ContactDraft) ([]Event, error) {
	switch {
	case c.Intent != nil:
		return nil, ErrTaken
	case c.ID == e.Contact && c.Met(e.Client):
		return nil, nil
	case c.ID == e.Contact:
		e.Known = d
		return []Event{e}, nil
	case c.ID != gone:
		return nil, ErrTaken
	}
	lost := ContactLost{Contact: gone}
	e.Owner = c.Owner
	if e.Owner == e.Client {
		e.Owner = ""
	}
	e.Known = Contact{before: c.outlasting(lost)}.Known(e.Client, d)
	return []Event{lost, e}, nil
}

// ReplacedBy reports whether the contact that a matter has in the place of the client's is the
// client: the name fits, and it is nobody else's.
func (c Claimant) ReplacedBy(k Candidate) bool {
	return !k.Unseen && !k.Deleted && k.Name().IsCompany() == c.Name.IsCompany() && c.fits(k)
}

// GoneContact is a client whose contact Smokeball no longer has.
type GoneContact struct {
	Firm    FirmID      `json:"firm,omitempty"`
	Client  ClientID    `json:"client,omitempty"`
	Contact SmokeballID `json:"contact,omitempty"`
	Since   time.Time   `json:"since,omitzero"`
}
