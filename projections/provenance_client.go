package projections

import (
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// clientTracing folds the facts about a client of the matter and about the contact that it is.
type clientTracing struct {
	id       domain.ClientID
	client   domain.Client
	contact  domain.SmokeballID
	fields   map[string]*Trace
	inMatter causes // of what the matter says of the client
	itself   causes // of what is known of the client, whoever told it
}

// causes are those of a client's values, by field.
type causes map[string]*Cause

// follow notes the cause of the values that changed.
func (all causes) follow(d domain.ClientData, c Cause) {
	for _, name := range domain.ClientFieldNames() {
		if was := all[name]; was == nil || was.Value != d.Value(name) {
			next := c
			next.Value = d.Value(name)
			all[name] = &next
		}
	}
}

func newClientTracing(id domain.ClientID) *clientTracing {
	c := &clientTracing{id: id, fields: map[string]*Trace{}, inMatter: causes{}, itself: causes{}}
	for _, name := range domain.ClientFieldNames() {
		c.fields[name] = &Trace{Field: name, Client: id}
	}
	return c
}

// traces are those of the client's fields; d is what the matter says of it, which counts unless
// something newer is known.
func (c *clientTracing) traces(d domain.ClientData) (list []Trace) {
	from := c.inMatter
	if c.client.Newest(d) != d {
		from = c.itself
	}
	for _, name := range domain.ClientFieldNames() {
		tr := *c.fields[name]
		tr.From = from[name]
		tr.CaseHug = c.client.Newest(d).Value(name)
		list = append(list, tr.current())
	}
	return list
}

// fold follows a fact of the client's stream.
func (c *clientTracing) fold(f Fact) {
	was := c.client
	c.client = was.Apply(f.Event, f.At)
	switch e := f.Event.(type) {
	case domain.ClientUpdated:
		c.itself.follow(e.Client, Cause{Fact: f, Ref: e.Origin, Counted: e.Client.Version, matterTold: e.Matter})
	case domain.ClientLinked:
		if e.Contact != was.Contact {
			c.unseen()
		}
	case domain.ClientSeen:
		c.seen(f, e)
	case domain.ClientDifferenceAccepted:
		if tr := c.fields[e.Field]; tr != nil {
			tr.Decided = &Decision{Fact: f, What: DecidedAccept, By: e.By, Value: e.Value}
		}
	}
}

// unseen drops what was seen of another contact.
func (c *clientTracing) unseen() {
	for _, tr := range c.fields {
		tr.Changed = nil
		if tr.Confirmed != nil && tr.Confirmed.Stream.Kind == domain.KindClient {
			tr.Confirmed = nil
		}
	}
}

// seen notes what a read of the contact showed.
func (c *clientTracing) seen(f Fact, e domain.ClientSeen) {
	for name, tr := range c.fields {
		shown := Shown{Fact: f, By: e.By, Hint: e.Hint, Value: e.Values.Value(name)}
		tr.Confirmed = &shown
		if slices.ContainsFunc(e.Changed, func(part string) bool { return partOf(part) == name }) {
			changed := shown
			changed.There = e.ChangedAt
			tr.Changed = &changed
		}
	}
}

// partOf is the field of a client that a value of its contact belongs to.
func partOf(value string) string {
	switch value {
	case domain.FieldFirstName, domain.FieldLastName, domain.FieldCompanyName:
		return domain.FieldClientName
	case domain.FieldEmail:
		return domain.FieldClientEmail
	case domain.FieldPhone:
		return domain.FieldClientPhone
	}
	return ""
}

// foldContact follows a fact of the contact's stream, which may be about another client of it.
func (c *clientTracing) foldContact(f Fact) {
	if of, _ := domain.ToldOf(f.Event); of != "" && of != c.id {
		return
	}
	switch e := f.Event.(type) {
	case domain.ContactMatched:
		if e.Contact != c.contact {
			c.forget()
			c.contact = e.Contact
		}
	case domain.ContactAccepted:
		c.forget()
		c.contact = e.Contact
		for name, tr := range c.fields {
			if value := e.Sent.Value(name); value != "" {
				tr.write(Sent{Fact: f, Method: "POST", Path: "/contacts", Request: e.Request, Value: value})
			}
		}
	case domain.ContactChangeAccepted:
		c.changed(f, e)
	case domain.ContactChangeRefused, domain.ContactChangeMissed:
		for _, tr := range c.fields {
			if tr.before != nil {
				tr.Sent, tr.before = tr.before, nil
			}
		}
	case domain.ContactConfirmed:
		c.confirmed(f, e.By)
	case domain.ContactLost, domain.ContactMissed:
		c.forget()
	}
}

// changed notes the fields that a call wrote.
func (c *clientTracing) changed(f Fact, e domain.ContactChangeAccepted) {
	for name, tr := range c.fields {
		if e.Change.Value(name) != "" || e.Change.Removed.Value(name) != "" {
			tr.write(Sent{Fact: f, Method: "PUT", Path: "/contacts/" + string(c.contact), Request: e.Request, Value: e.Sent.Value(name)})
		}
	}
}

// confirmed notes that what was written was seen.
func (c *clientTracing) confirmed(f Fact, by domain.Proof) {
	for _, tr := range c.fields {
		if tr.Sent != nil && (tr.Confirmed == nil || tr.Confirmed.Position < tr.Sent.Position) {
			tr.Confirmed, tr.Changed, tr.before = &Shown{Fact: f, By: by, Value: tr.Sent.Value}, nil, nil
		}
	}
}

// forget drops what is known of a contact that is not, or no longer, the client's.
func (c *clientTracing) forget() {
	c.contact = ""
	for _, tr := range c.fields {
		tr.Sent, tr.before, tr.Confirmed, tr.Changed = nil, nil, nil, nil
	}
}
