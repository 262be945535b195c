package domain

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// ContactMatched says that Smokeball already had the person or company.
type ContactMatched struct {
	Contact SmokeballID  `json:"contact"`
	Client  ClientID     `json:"client"`
	Known   ContactDraft `json:"known"`             // CaseHug's values at that time: later changes are told from these
	Account string       `json:"account,omitempty"` // of Smokeball; empty: whichever is connected
	Owner   ClientID     `json:"owner,omitempty"`   // another client whose contact it was before: only theirs is written
	Doubt   Doubt        `json:"doubt,omitzero"`    // why a person should look at it
	Differs []string     `json:"differs,omitempty"` // values that Smokeball has otherwise, and keeps
}

// ContactCreationStarted is the intent to create the contact.
type ContactCreationStarted struct {
	Client  ClientID     `json:"client"`
	Request RequestID    `json:"request"`
	Sent    ContactDraft `json:"sent,omitzero"`     // what is looked for where the answer is lost
	Account string       `json:"account,omitempty"` // of Smokeball; empty: whichever is connected
	Doubt   Doubt        `json:"doubt,omitzero"`    // why a person should look at it
}

// ContactCreationRefused settles the intent: Smokeball refused the contact. Until
// ContactCreationAbandoned existed it also stood for a contact that was no longer looked for.
type ContactCreationRefused struct {
	Request RequestID `json:"request"`
}

// ContactAccepted says that Smokeball took the new contact in (202) under this id.
type ContactAccepted struct {
	Contact SmokeballID  `json:"contact"`
	Client  ClientID     `json:"client"`
	Request RequestID    `json:"request,omitempty"`
	Sent    ContactDraft `json:"sent"`
	Account string       `json:"account,omitempty"` // of Smokeball; empty: whichever is connected
	Doubt   Doubt        `json:"doubt,omitzero"`    // that came up after the creation was started
}

// ContactChangeAccepted says that Smokeball took changes of the contact in (202).
type ContactChangeAccepted struct {
	Client  ClientID      `json:"client"`
	Request RequestID     `json:"request,omitempty"`
	Sent    ContactDraft  `json:"sent"`            // the whole as CaseHug has it now
	Change  ContactChange `json:"change,omitzero"` // what was written; zero: nothing had to be, or could be
	Was     ContactDraft  `json:"was,omitzero"`    // what counted before it
}

// ContactChangeRefused says that Smokeball took a change in and then refused it: what counted
// before counts again. Until ContactChangeMissed existed it also stood for a change that
// Smokeball did not show in time.
type ContactChangeRefused struct {
	Client ClientID     `json:"client"`
	Was    ContactDraft `json:"was"`
}

// ContactConfirmed says that the contact was seen in Smokeball.
type ContactConfirmed struct {
	By Proof `json:"by"`
}

// ContactLost says that Smokeball no longer has the contact, or refused it after it took it in:
// it is looked for again. Until ContactMissed existed it also stood for a contact that Smokeball
// did not show in time.
type ContactLost struct {
	Contact SmokeballID `json:"contact"`
	Account string      `json:"account,omitempty"` // where it stays, because the firm left that account
}

func (ContactMatched) EventName() string         { return "contact.matched.v1" }
func (ContactCreationStarted) EventName() string { return "contact.started.v1" }
func (ContactCreationRefused) EventName() string { return "contact.refused.v1" }
func (ContactAccepted) EventName() string        { return "contact.accepted.v1" }
func (ContactChangeAccepted) EventName() string  { return "contact.changed.v1" }
func (ContactChangeRefused) EventName() string   { return "contact.change_refused.v1" }
func (ContactConfirmed) EventName() string       { return "contact.confirmed.v1" }
func (ContactLost) EventName() string            { return "contact.lost.v1" }

// Contact is one person or company of a firm and its Smokeball contact.
type Contact struct {
	ID        SmokeballID
	Accepted  time.Time              // when Smokeball took the contact in; zero: it had it already
	Request   RequestID              // of the call that made it
	Confirmed bool                   // seen in Smokeball
	By        Proof                  // how it, or its last change, was seen
	Change    *ContactChangeAccepted // a change that was not seen yet
	Intent    *Intent
	Asked     ContactCreationStarted    // what the intent asks for
	Owner     ClientID                  // whose contact it is: only this client's data are written
	Doubt     Doubt                     // why a person should look at it
	Differs   []string                  // values that it had otherwise when it was matched
	Account   string                    // of Smokeball; empty: whichever is connected
	Seen      time.Time                 // when Smokeball last showed it
	Former    map[string]SmokeballID    // what it was in accounts that the firm has left
	written   map[ClientID]ContactDraft // CaseHug's values that Smokeball was told, or matched with
	writes    *trail[contactWrite]      // all of them, each as it was told
	Unseen    time.Time                 // when one that never appeared was last given up
	Repairing bool                      // a repair was begun, and its call's answer is not on record
	before    map[ClientID]ContactDraft // what it was told of the contact that was lost
}

// contactWrite is what Smokeball was told of a client.
type contactWrite struct {
	client ClientID
	ContactDraft
}

// Writes are the values of the client that Smokeball was told, the newest last.
func (c Contact) Writes(id ClientID) (list []ContactDraft) {
	for w := c.writes; w != nil; w = w.before {
		if w.key.client == id {
			list = append(list, w.key.ContactDraft)
		}
	}
	slices.Reverse(list)
	return list
}

// Apply returns the contact after e.
func (c Contact) Apply(e Event, at time.Time) Contact {
	next := c.apply(e, at)
	if d, ok := writeOf(e); ok {
		next.writes = next.writes.with(d)
	}
	return next
}

func writeOf(e Event) (contactWrite, bool) {
	switch e := e.(type) {
	case ContactMatched:
		return contactWrite{e.Client, e.Known}, true
	case ContactAccepted:
		return contactWrite{e.Client, e.Sent}, true
	case ContactChangeAccepted:
		return contactWrite{e.Client, e.Sent}, true
	case ContactRepairStarted:
		return contactWrite{e.Client, e.Sent}, true
	}
	return contactWrite{}, false
}

// ToldOf is the client that the event of a contact is about, and the values of it that Smokeball was
// told, or matched with, after the event; "": it is about none, or does not change them.
func ToldOf(e Event) (ClientID, ContactDraft) {
	switch e := e.(type) {
	case ContactMatched:
		return e.Client, e.Known
	case ContactAccepted:
		return e.Client, e.Sent
	case ContactChangeAccepted:
		return e.Client, e.Sent
	case ContactChangeRefused:
		return e.Client, e.Was
	case ContactChangeMissed:
		return e.Client, e.Was
	}
	return "", ContactDraft{}
}

func (c Contact) apply(e Event, at time.Time) Contact {
	switch e := e.(type) {
	case ContactMatched:
		c = c.matched(e, at)
	case ContactCreationStarted:
		c.Intent, c.Asked, c.Account = &Intent{Request: e.Request, At: at}, e, e.Account
		c.Owner, c.Doubt = e.Client, e.Doubt
	case ContactCreationRefused, ContactCreationAbandoned:
		c.Intent, c.Owner, c.Doubt = nil, "", Doubt{}
	case ContactAccepted:
		c.ID, c.Accepted, c.Request, c.Confirmed, c.Intent = e.Contact, at, e.Request, false, nil
		c.Account, c.Owner, c.Doubt = e.Account, cmp.Or(c.Owner, e.Client), cmp.Or(c.Doubt, e.Doubt)
		c.written = c.note(e.Client, e.Sent)
	case ContactRepairStarted:
		c.Repairing = true
	case ContactChangeAccepted:
		c.written, c.Repairing = c.note(e.Client, e.Sent), false
		if e.Change != (ContactChange{}) {
			c.Change = &e
		}
	case ContactChangeRefused:
		c.written, c.Change = c.note(e.Client, e.Was), nil
	case ContactChangeMissed:
		c.written, c.Change = c.note(e.Client, e.Was), nil
	case ContactConfirmed:
		c.Confirmed, c.By, c.Change, c.Seen = true, e.By, nil, at
	case ContactLost:
		c = Contact{Former: c.formerly(e), Unseen: c.unseen(e, at), before: c.outlasting(e)}
	case ContactMissed:
		lost := ContactLost{Contact: e.Contact}
		c = Contact{Former: c.Former, Unseen: c.unseen(lost, at), before: c.outlasting(lost)}
	}
	return c
}

// matched is the contact after another one, or another client of it, was found. A client that
// comes to one which is on its way does not show it to be there.
func (c Contact) matched(e ContactMatched, at time.Time) Contact {
	if c.ID != e.Contact {
		c.ID, c.Request, c.Confirmed, c.By, c.Intent, c.Seen = e.Contact, "", true, ByRead, nil, at
		c.Owner, c.Doubt = cmp.Or(e.Owner, e.Client), e.Doubt
	}
	c.Account, c.Differs = e.Account, e.Differs
	c.written = c.note(e.Client, e.Known)
	return c
}

// outlasting is what Smokeball was told of a contact that it has lost, so that what CaseHug
// changed since is told of from there on. Of one that was never seen, or that stays in an
// account which the firm left, nothing counts.
func (c Contact) outlasting(e ContactLost) map[ClientID]ContactDraft {
	switch {
	case e.Account != "":
		return nil
	case !c.Confirmed:
		return c.before
	case c.Change != nil:
		return c.note(c.Change.Client, c.Change.Was)
	}
	return c.written
}

// unseen notes when a contact that never appeared was given up.
func (c Contact) unseen(e ContactLost, at time.Time) time.Time {
	if e.Account == "" && c.ID != "" && !c.Confirmed {
		return at
	}
	return c.Unseen
}

// formerly notes what the contact was in an account that the firm left.
func (c Contact) formerly(e ContactLost) map[string]SmokeballID {
	if e.Account == "" || e.Contact == "" {
		return c.Former
	}
	next := map[string]SmokeballID{e.Account: e.Contact}
	for account, id := range c.Former {
		if account != e.Account {
			next[account] = id
		}
	}
	return next
}

func (c Contact) note(id ClientID, d ContactDraft) map[ClientID]ContactDraft {
	next := map[ClientID]ContactDraft{id: d}
	for k, v := range c.written {
		if k != id {
			next[k] = v
		}
	}
	return next
}

// Start decides to create the contact in the Smokeball account. It fails where somebody else began or
// finished doing so: then the contact has to be loaded again.
func (c Contact) Start(e ContactCreationStarted) ([]Event, error) {
	if c.ID != "" || c.Intent != nil {
		return nil, ErrTaken
	}
	return []Event{e}, nil
}

// Name is what Smokeball was told that the client is called, or is asked to.
func (c Contact) Name(id ClientID) Name {
	if d, ok := c.written[id]; ok {
		return d.Name()
	}
	if c.Asked.Client == id {
		return c.Asked.Sent.Name()
	}
	return Name{}
}

// Clients are those whose contact it is, the owner first.
func (c Contact) Clients() []ClientID {
	if c.Owner == "" {
		return nil
	}
	list := []ClientID{c.Owner}
	for _, id := range slices.Sorted(maps.Keys(c.written)) {
		if id != c.Owner {
			list = append(list, id)
		}
	}
	return list
}

// Keeps reports whether a client of that name goes on with the contact, whose owner is called
// as given; zero: as Smokeball was told. A company and a person are never one contact, nor is
// one who does not fit the client whose contact it is.
func (c Contact) Keeps(id ClientID, n, owner Name) bool {
	switch {
	case c.Owner == "":
		return true
	case c.Owner == id:
		return c.Name(id).IsCompany() == n.IsCompany()
	}
	return cmp.Or(owner, c.Name(c.Owner), c.Name(id)).Fits(n)
}

// Takes reports whether a client that has no contact yet shares this one, which is the same
// person's in another's name, or is nobody's. One that was seen has to be looked at first.
func (c Contact) Takes(id ClientID, n Name) bool {
	return c.Owner == "" || (c.Owner == id && c.Keeps(id, n, Name{})) || (!c.Confirmed && c.Name(c.Owner).Same(n))
}

// Match decides that Smokeball already had the person or company. Where another contact, or
// the intent to make one, was recorded meanwhile, that one counts (ErrTaken).
func (c Contact) Match(e ContactMatched) ([]Event, error) {
	if c.Intent != nil || (c.ID != "" && c.ID != e.Contact) {
		return nil, ErrTaken
	}
	return []Event{e}, nil
}

// Accept decides that Smokeball took the contact in. Where another one was recorded
// meanwhile, that one counts (ErrTaken). Nothing is recorded twice.
func (c Contact) Accept(e ContactAccepted) ([]Event, error) {
	switch {
	case c.ID != "" && c.ID != e.Contact:
		return nil, ErrTaken
	case c.ID != "" && c.Request == e.Request:
		return nil, nil
	}
	return []Event{e}, nil
}

// Met reports whether the contact was written or matched with this client's values.
func (c Contact) Met(id ClientID) bool {
	_, ok := c.written[id]
	return ok
}

// Changes are the values of d that differ from what Smokeball was told; any is false when
// there are none.
func (c Contact) Changes(id ClientID, d ContactDraft) (changed ContactChange, anyChange bool) {
	was, ok := c.written[id]
	if !ok {
		return ContactChange{}, false
	}
	changed = was.to(d)
	if changed == (ContactChange{}) {
		return changed, false
	}
	changed.ExternalID = d.ExternalID
	return changed, true
}

// Settled reports whether the contact, and its last change, was seen in Smokeball.
func (c Contact) Settled() bool { return c.Confirmed && c.Change == nil }

// crossing is how far apart two contacts are made at most of which neither's look showed the other.
const crossing = 15 * time.Minute

// MadeAround reports whether the contact was asked for with the e-mail address around the time:
// a look that was taken right before it may have missed the contact.
func (c Contact) MadeAround(at time.Time, email string) bool {
	was := c.Asked.Sent
	if told, ok := c.written[c.Asked.Client]; ok {
		was = told
	}
	return c.Asked.Client != "" && SameText(was.Email, email) && (c.Intent != nil || at.Sub(c.Accepted) < crossing)
}

// Awaits is the request of the call whose effect was not seen yet, or "".
func (c Contact) Awaits() RequestID {
	switch {
	case c.Change != nil:
		return c.Change.Request
	case !c.Confirmed:
		return c.Request
	}
	return ""
}

// Known are the values of the client that count as told where the contact turns out to be
// one that Smokeball has already: d, or what was told of the one that was lost.
func (c Contact) Known(id ClientID, d ContactDraft) ContactDraft {
	if was, ok := c.before[id]; ok {
		return was
	}
	return d
}

// Written are the values of the client that Smokeball was told, or matched with.
func (c Contact) Written(id ClientID) ContactDraft { return c.written[id] }

// Refuse decides that Smokeball accepted the contact, or a change of it, and then refused it.
// A contact that was seen there stays.
func (c Contact) Refuse(id SmokeballID) []Event {
	switch {
	case c.ID != id || c.Settled():
		return nil
	case c.Confirmed:
		return []Event{ContactChangeRefused{Client: c.Change.Client, Was: c.Change.Was}}
	}
	return []Event{ContactLost{Contact: id}}
}

// Leave decides that what is known of the contact, or asked for, is about another account
// than the one that is connected: it is looked for again there.
func (c Contact) Leave(account string) []Event {
	if c.Account == "" || c.Account == account {
		return nil
	}
	return []Event{ContactLost{Contact: c.ID, Account: c.Account}}
}

// Lose decides that Smokeball no longer has the contact.
func (c Contact) Lose(id SmokeballID) []Event {
	if c.ID != id {
		return nil
	}
	return []Event{ContactLost{Contact: id}}
}

// Confirm decides that the contact was seen in Smokeball.
func (c Contact) Confirm(id SmokeballID, by Proof) []Event {
	if c.ID != id || c.Settled() {
		return nil
	}
	return []Event{ContactConfirmed{By: by}}
}
