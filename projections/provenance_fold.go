package projections

import (
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// tracing folds the facts about a matter, its clients and their contacts, in the order of the
// ledger.
type tracing struct {
	firm     domain.FirmID
	id       domain.MatterID
	matter   domain.Matter
	fields   map[string]*Trace // of the matter
	intent   *Fact             // a creation whose answer is not on record
	sharing  map[domain.ContactKey][]domain.ClientID
	clients  map[domain.ClientID]*clientTracing
	document map[domain.DocumentID]*DocumentTrace
}

func newTracing(firm domain.FirmID, id domain.MatterID) *tracing {
	t := &tracing{firm: firm, id: id, fields: map[string]*Trace{}, sharing: map[domain.ContactKey][]domain.ClientID{},
		clients: map[domain.ClientID]*clientTracing{}, document: map[domain.DocumentID]*DocumentTrace{}}
	for _, name := range domain.MatterFieldNames() {
		t.fields[name] = &Trace{Field: name}
	}
	return t
}

// shares notes that a client was looked for under the contact's key.
func (t *tracing) shares(key domain.ContactKey, id domain.ClientID) {
	t.sharing[key] = append(t.sharing[key], id)
}

func (t *tracing) client(id domain.ClientID) *clientTracing {
	c := t.clients[id]
	if c == nil {
		c = newClientTracing(id)
		t.clients[id] = c
	}
	return c
}

func (t *tracing) fold(f Fact) {
	switch f.Stream.Kind {
	case domain.KindMatter:
		t.foldMatter(f)
	case domain.KindClient:
		t.client(domain.ClientID(f.Stream.ID)).fold(f)
	case domain.KindContact:
		for _, id := range t.sharing[domain.ContactKey(f.Stream.ID)] {
			t.client(id).foldContact(f)
		}
	}
}

func (t *tracing) foldMatter(f Fact) {
	was := t.matter
	t.matter = was.Apply(f.Event, f.At)
	switch e := f.Event.(type) {
	case domain.MatterCreated, domain.MatterUpdated:
		t.announced(was, f)
	case domain.MatterTypeResolved:
		t.fields[domain.FieldCaseType].Mapping = &Mapped{Fact: f, How: e.How, ID: e.Mapping, Revision: e.MappingRevision, TypeID: e.TypeID, TypeName: e.TypeName}
	case domain.DifferenceAccepted:
		t.decided(e.Field, Decision{Fact: f, What: DecidedAccept, By: e.By, Value: e.Value})
	case domain.RepairAsked:
		t.decided(e.Field, Decision{Fact: f, What: DecidedRepair, By: e.By, Sync: e.Sync, Value: e.Seen})
	case domain.RepairDropped:
		t.decided(e.Field, Decision{Fact: f, What: DecidedDrop, Sync: e.Sync, Value: e.Value})
	default:
		t.foldThere(f, was)
		t.foldDocument(f)
	}
}

// announced follows what CaseHug says of the matter.
func (t *tracing) announced(was domain.Matter, f Fact) {
	ref, d, _ := announced(f.Event)
	for name, tr := range t.fields {
		if value := d.Value(name); !was.Known || value != tr.CaseHug {
			tr.CaseHug, tr.From = value, &Cause{Fact: f, Ref: ref, Counted: d.Version, Value: value}
		}
	}
	for _, c := range d.Clients() {
		t.client(c.ID).inMatter.follow(c, Cause{Fact: f, Ref: ref, Counted: d.Version})
	}
}

// decided notes a decision about a field of the matter or of its first client.
func (t *tracing) decided(field string, d Decision) {
	if tr := t.fields[field]; tr != nil {
		tr.Decided = &d
	} else if domain.IsClientField(field) {
		t.client(t.matter.Data.Client.ID).fields[field].Decided = &d
	}
}

// foldThere follows what becomes of the matter in Smokeball.
func (t *tracing) foldThere(f Fact, was domain.Matter) {
	l := t.matter.Smokeball
	switch e := f.Event.(type) {
	case domain.MatterCreationStarted:
		t.forget()
		t.intent = &f
	case domain.MatterAccepted:
		t.forget()
		t.created(f, e.Sync, e.Request, e.Sent.Values())
	case domain.MatterLinked:
		t.linked(f, e, was)
	case domain.MatterChangeAccepted:
		for _, name := range e.Change.Fields() {
			if tr := t.fields[name]; tr != nil {
				tr.write(Sent{Fact: f, Method: "PATCH", Path: "/matters/" + string(l.ID), Request: e.Request, Sync: e.Sync, Value: e.Sent.Values().Field(name)})
			}
		}
	case domain.MatterChangeRefused, domain.MatterChangeMissed:
		for _, name := range was.Smokeball.Change.Fields() {
			if tr := t.fields[name]; tr != nil {
				tr.Sent, tr.before = tr.before, nil
			}
		}
	case domain.MatterConfirmed:
		t.confirmed(f, e.By, was)
	case domain.MatterSeen:
		t.seen(f, e, was)
	case domain.MatterCreationRefused, domain.MatterCreationAbandoned, domain.MatterMissed:
		t.forget()
	case domain.MatterUnlinked:
		t.forget()
		t.fields[domain.FieldCaseType].Mapping = nil
	}
}

// forget drops what is known of a matter in Smokeball that is not, or no longer, this one.
func (t *tracing) forget() {
	t.intent = nil
	for _, tr := range t.fields {
		tr.Sent, tr.before, tr.Confirmed, tr.Changed, tr.Decided = nil, nil, nil, nil, nil
	}
}

// created notes the call that made the matter.
func (t *tracing) created(f Fact, sync domain.SyncID, request domain.RequestID, v domain.MatterValues) {
	for name, tr := range t.fields {
		if value := v.Field(name); value != "" {
			tr.write(Sent{Fact: f, Method: "POST", Path: "/matters", Request: request, Sync: sync, Value: value})
		}
	}
}

// linked notes that Smokeball had the matter: by a call of ours whose answer was lost, or by itself.
func (t *tracing) linked(f Fact, e domain.MatterLinked, was domain.Matter) {
	intent := t.intent
	if e.How != domain.LinkedRestored || was.Smokeball.ID != e.Matter {
		t.forget()
	}
	if !t.matter.Smokeball.Made || intent == nil {
		return
	}
	started, _ := intent.Event.(domain.MatterCreationStarted)
	t.created(*intent, started.Sync, started.Request, started.Sent.Values())
	known := e.Known.Values()
	for name, tr := range t.fields {
		if value := known.Field(name); value != "" {
			tr.Confirmed = &Shown{Fact: f, By: domain.ByRead, Value: value}
		}
	}
}

// confirmed notes that what the last call wrote was seen. A field that a read has shown otherwise
// meanwhile keeps what that showed.
func (t *tracing) confirmed(f Fact, by domain.Proof, was domain.Matter) {
	now := t.matter.Smokeball.There.Values // nil: nothing of it was read
	written := t.matter.Smokeball.Change.Fields()
	made := was.Smokeball.There.Values == nil && was.Smokeball.Made
	for name, tr := range t.fields {
		if tr.Sent != nil && (made || slices.Contains(written, name)) && (now == nil || now.Field(name) == tr.Sent.Value) {
			tr.Confirmed, tr.Changed, tr.before = &Shown{Fact: f, By: by, Value: tr.Sent.Value}, nil, nil
		}
	}
}

// seen notes what a read showed.
func (t *tracing) seen(f Fact, e domain.MatterSeen, was domain.Matter) {
	for name, tr := range t.fields {
		value := e.Values.Field(name)
		if value == "" && (was.Smokeball.There.Values == nil || was.Smokeball.There.Values.Field(name) == "") {
			continue
		}
		shown := Shown{Fact: f, By: e.By, Hint: e.Hint, Value: value}
		tr.Confirmed = &shown
		if slices.Contains(e.Changed, name) {
			changed := shown
			changed.There = e.ChangedAt
			tr.Changed = &changed
		}
	}
}

// write notes a call.
func (t *Trace) write(s Sent) { t.before, t.Sent = t.Sent, &s }

// foldDocument follows what becomes of the matter's documents.
func (t *tracing) foldDocument(f Fact) {
	switch e := f.Event.(type) {
	case domain.DocumentApproved:
		d := e.Document
		t.documentOf(d.ID).approved(f, e)
	case domain.DocumentUploaded:
		d := t.documentOf(e.Document)
		d.Sent, d.Confirmed = &Sent{Fact: f, Method: "POST", Path: "/matters/" + string(t.matter.Smokeball.ID) + "/documents/files", Request: e.Request, Sync: e.Sync, Value: e.SHA256}, nil
	case domain.DocumentConfirmed:
		d := t.documentOf(e.Document)
		if d.Sent != nil {
			d.Confirmed = &Shown{Fact: f, By: e.By, Value: d.Sent.Value}
		}
	case domain.FileMissed:
		t.documentOf(e.Document).forget()
	case domain.FileCreationRefused:
		t.documentOf(e.Document).forget()
	case domain.FileCreationAbandoned:
		t.documentOf(e.Document).forget()
	case domain.MatterUnlinked:
		for _, d := range t.document {
			d.forget()
		}
	}
}

func (t *tracing) documentOf(id domain.DocumentID) *DocumentTrace {
	d := t.document[id]
	if d == nil {
		d = &DocumentTrace{ID: id}
		t.document[id] = d
	}
	return d
}

func (d *DocumentTrace) approved(f Fact, e domain.DocumentApproved) {
	d.FileName, d.Approved = e.Document.FileName, e.Document.ApprovedBy
	d.From = &Cause{Fact: f, Ref: e.Origin, Value: e.Document.SHA256}
}

func (d *DocumentTrace) forget() { d.Sent, d.Confirmed = nil, nil }

// provenance is what was folded, in the order of the page.
func (t *tracing) provenance() Provenance {
	p := Provenance{Firm: t.firm, Matter: t.id}
	for _, name := range domain.MatterFieldNames() {
		p.Fields = append(p.Fields, t.fields[name].current())
	}
	if t.matter.Known {
		for _, d := range t.matter.Data.Clients() {
			p.Fields = append(p.Fields, t.client(d.ID).traces(d)...)
		}
	}
	for _, d := range t.matter.Documents {
		p.Documents = append(p.Documents, *t.documentOf(d.Data.ID))
	}
	return p
}

// current is the trace without a decision that no longer holds: CaseHug sent another value since, or
// people changed Smokeball's.
func (t Trace) current() Trace {
	d := t.Decided
	if d != nil && (t.From != nil && t.From.Position > d.Position || t.Changed != nil && t.Changed.Position > d.Position) {
		t.Decided = nil
	}
	return t
}
