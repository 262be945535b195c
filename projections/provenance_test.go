package projections_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// traced is where the values of Maria's matter come from, by field.
func traced(t *testing.T, l *ledger) map[string]projections.Trace {
	t.Helper()
	p, err := projections.Past{Ledger: l}.Provenance(t.Context(), oak, matterOfMaria, l.last())
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]projections.Trace{}
	for _, f := range p.Fields {
		fields[f.Field] = f
	}
	return fields
}

// TestProvenanceNamesEachStep follows a name from CaseHug's event to the read that showed it, and what
// people did about it then.
func TestProvenanceNamesEachStep(t *testing.T) {
	l := newLedger()
	matter := domain.MatterStream(oak, matterOfMaria)
	custom := domain.MatterTypeResolved{Sync: "s_1", CaseType: "Auto Accident", TypeID: "t_IL", TypeName: "Motor Vehicle Accident", How: domain.HowCustom, Mapping: "map_1", MappingRevision: 3}
	l.tell(t, matter, created(), requested("s_1", domain.TriggerManual), begun("s_1", 1), custom, domain.MatterCreationStarted{Sync: "s_1", Request: "r-1", Sent: sent()},
		domain.MatterAccepted{Sync: "s_1", Matter: sbMatter, Request: "r-1", Sent: sent()}, domain.MatterConfirmed{Sync: "s_1", Matter: sbMatter, By: domain.ByWebhook, Request: "r-1"})
	title := func() projections.Trace { return traced(t, l)["title"] }
	f := title()
	if f.From.Ref != ref("e-1") || f.Sent.Path != "/matters" || f.Sent.Request != "r-1" || f.Confirmed.By != domain.ByWebhook || f.Confirmed.Position != 7 || f.Changed != nil {
		t.Errorf("after it was made: %+v", f)
	}
	if m := traced(t, l)["case_type"].Mapping; m == nil || m.ID != "map_1" || m.Revision != 3 || m.Position != 4 {
		t.Errorf("the mapping is %+v", m)
	}
	values := sent().Values()
	values.Description = "Another name"
	l.tell(t, matter, domain.MatterSeen{Matter: sbMatter, Values: values, By: domain.BySweep, ChangedAt: start, Changed: []string{"title"}},
		requested("s_2", domain.TriggerReconcile), domain.RepairAsked{Sync: "s_2", Field: "title", Seen: "Another name", By: "u_1"})
	if f = title(); f.Changed == nil || f.Changed.Value != "Another name" || !f.Changed.There.Equal(start) || f.Decided == nil || f.Decided.By != "u_1" || f.Sent.Request != "r-1" {
		t.Errorf("after people changed it: %+v", f)
	}
	name := rivera(1).Title
	change := domain.MatterChangeAccepted{Sync: "s_2", Matter: sbMatter, Request: "r-2", Change: domain.MatterChange{Description: &name}, Sent: sent()}
	l.tell(t, matter, begun("s_2", 1), change)
	if f = title(); f.Sent.Request != "r-2" || f.Sent.Method != "PATCH" || f.Confirmed.Value != "Another name" {
		t.Errorf("while the repair waits to be seen: %+v", f)
	}
	l.tell(t, matter, domain.MatterChangeRefused{Sync: "s_2", Request: "r-2"})
	if f = title(); f.Sent.Request != "r-1" {
		t.Errorf("after Smokeball refused it: %+v", f)
	}
	l.tell(t, matter, change, domain.MatterConfirmed{Sync: "s_2", Matter: sbMatter, By: domain.ByRead, Request: "r-2"})
	if f = title(); f.Confirmed.By != domain.ByRead || f.Confirmed.Value != name || f.Changed != nil || f.Decided == nil {
		t.Errorf("after the repair was seen: %+v", f)
	}
}

// TestAClientsValueComesFromTheEventThatToldIt: another matter, an event about the client, or this
// matter's own event.
func TestAClientsValueComesFromTheEventThatToldIt(t *testing.T) {
	l := newLedger()
	client := domain.ClientStream(oak, "c_77")
	l.tell(t, client, domain.ClientUpdated{Client: rivera(1).Client, Matter: matterOfMaria})
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created())
	if f := traced(t, l)["client.phone"]; f.From.Ref != ref("e-1") || f.From.Value != "+1 312 555 0142" {
		t.Errorf("at first it comes from %+v", f.From)
	}
	other := rivera(1)
	other.ID, other.Client.Version, other.Client.Phone = "m_2", 2, "+1 312 555 0199"
	l.tell(t, domain.MatterStream(oak, "m_2"), domain.MatterCreated{Origin: ref("e-2"), Matter: other})
	l.tell(t, client, domain.ClientUpdated{Client: other.Client, Matter: "m_2"})
	if f := traced(t, l)["client.phone"]; f.CaseHug != "+1 312 555 0199" || f.From.Ref != ref("e-2") || f.From.Stream.ID != "m_2" {
		t.Errorf("another matter told it: it comes from %+v", f.From)
	}
	if f := traced(t, l)["client.email"]; f.From.Value != "maria@example.com" {
		t.Errorf("the address comes from %+v", f.From)
	}
	newest := other.Client
	newest.Version, newest.Email = 3, "maria@new.example"
	l.tell(t, client, domain.ClientUpdated{Origin: ref("e-3"), Client: newest})
	if f := traced(t, l)["client.email"]; f.From.Ref != ref("e-3") || f.CaseHug != "maria@new.example" {
		t.Errorf("an event about the client told it: it comes from %+v", f.From)
	}
}

// TestAContactsValuesNameTheCallsThatWroteThem follows a phone number through the contact's stream.
func TestAContactsValuesNameTheCallsThatWroteThem(t *testing.T) {
	l := newLedger()
	draft := rivera(1).Client.ContactDraft()
	contact := domain.ContactStream(oak, "k_1")
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created())
	l.tell(t, domain.ClientStream(oak, "c_77"), domain.ClientUpdated{Client: rivera(1).Client, Matter: matterOfMaria}, domain.ClientLinked{Matter: matterOfMaria, Contact: sbContact, Key: "k_1"})
	l.tell(t, contact, domain.ContactAccepted{Contact: sbContact, Client: "c_77", Request: "r-c1", Sent: draft}, domain.ContactConfirmed{By: domain.ByRead})
	f := traced(t, l)["client.phone"]
	if f.Sent.Request != "r-c1" || f.Sent.Path != "/contacts" || f.Confirmed.By != domain.ByRead || f.Client != "c_77" {
		t.Errorf("after it was made: %+v", f)
	}
	was := draft
	draft.Phone = "+1 312 555 0199"
	l.tell(t, contact, domain.ContactChangeAccepted{Client: "c_77", Request: "r-c2", Sent: draft, Was: was, Change: domain.ContactChange{ContactDraft: domain.ContactDraft{Phone: draft.Phone}}})
	if f = traced(t, l)["client.phone"]; f.Sent.Request != "r-c2" || f.Sent.Path != "/contacts/"+string(sbContact) || f.Confirmed.Value != was.Phone {
		t.Errorf("after a change: %+v", f)
	}
	if f = traced(t, l)["client.email"]; f.Sent.Request != "r-c1" {
		t.Errorf("the address was written by %+v", f.Sent)
	}
	l.tell(t, contact, domain.ContactChangeRefused{Client: "c_77", Was: was})
	if f = traced(t, l)["client.phone"]; f.Sent.Request != "r-c1" {
		t.Errorf("after Smokeball refused the change: %+v", f.Sent)
	}
}

// TestProvenanceHasTheValueOfTheEventItNames folds random histories: whatever happened, the value of
// each part of a field is that of the fact which it names, CaseHug's value is the page's, and what was
// shown last is what Smokeball is known to have.
func TestProvenanceHasTheValueOfTheEventItNames(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		l := randomHistory(rt, t)
		n++
		v, err := projections.Open(filepath.Join(dir, fmt.Sprint(n)), &projections.MemoryKeys{})
		if err != nil {
			rt.Fatal(err)
		}
		v.Careless()
		stop := run(t, v, l)
		defer func() { stop(); _ = v.Close() }()
		caughtUp(t, v, l)
		p, err := projections.Past{Ledger: l}.Provenance(t.Context(), oak, matterOfMaria, l.last())
		if err != nil {
			rt.Fatal(err)
		}
		r, _, err := v.Matters.Matter(oak, matterOfMaria)
		if err != nil {
			rt.Fatal(err)
		}
		fields, err := v.Matters.AllFields(r)
		if err != nil || len(fields) != len(p.Fields) {
			rt.Fatalf("the page has %d fields, the provenance %d (%v)", len(fields), len(p.Fields), err)
		}
		for i, f := range p.Fields {
			holds(rt, r, fields[i], f)
		}
	})
}

// holds checks one field.
func holds(t *rapid.T, r projections.MatterRow, f projections.Field, tr projections.Trace) {
	if f.Name != tr.Field || f.Client != tr.Client || f.CaseHug != tr.CaseHug || tr.From == nil || tr.From.Value != tr.CaseHug {
		t.Fatalf("the page has %+v, the provenance %+v, from %+v", f, tr, tr.From)
	}
	if is := saidBy(tr.From.Event, tr); is != tr.From.Value {
		t.Fatalf("%s: the event that it comes from says %q, not %q", tr.Field, is, tr.From.Value)
	}
	if c := tr.Sent; c != nil {
		if is := writtenBy(c.Event, tr.Field); is != c.Value {
			t.Fatalf("%s: the call wrote %q, not %q", tr.Field, is, c.Value)
		}
	}
	if c := tr.Confirmed; c != nil {
		if seen, ok := c.Event.(domain.MatterSeen); ok && seen.Values.Field(tr.Field) != c.Value {
			t.Fatalf("%s: the read showed %q, not %q", tr.Field, seen.Values.Field(tr.Field), c.Value)
		}
		if linked, ok := c.Event.(domain.MatterLinked); ok && linked.Known.Values().Field(tr.Field) != c.Value {
			t.Fatalf("%s: the matter that was found has %q, not %q", tr.Field, linked.Known.Values().Field(tr.Field), c.Value)
		}
		if seen, ok := c.Event.(domain.ClientSeen); ok && seen.Values.Value(tr.Field) != c.Value {
			t.Fatalf("%s: the read showed %q, not %q", tr.Field, seen.Values.Value(tr.Field), c.Value)
		}
	}
	if v := r.Matter.Smokeball.There.Values; v != nil && tr.Client == "" && v.Field(tr.Field) != "" {
		if tr.Confirmed == nil || tr.Confirmed.Value != v.Field(tr.Field) {
			t.Fatalf("%s: Smokeball is known to have %q, and this showed it: %+v", tr.Field, v.Field(tr.Field), tr.Confirmed)
		}
	}
}

// saidBy is CaseHug's value in the event.
func saidBy(e domain.Event, tr projections.Trace) string {
	var d domain.MatterData
	switch e := e.(type) {
	case domain.MatterCreated:
		d = e.Matter
	case domain.MatterUpdated:
		d = e.Matter
	case domain.ClientUpdated:
		return e.Client.Value(tr.Field)
	}
	for _, c := range d.Clients() {
		if c.ID == tr.Client {
			return c.Value(tr.Field)
		}
	}
	return d.Value(tr.Field)
}

// writtenBy is Smokeball's value in the call.
func writtenBy(e domain.Event, field string) string {
	switch e := e.(type) {
	case domain.MatterCreationStarted:
		return e.Sent.Values().Field(field)
	case domain.MatterAccepted:
		return e.Sent.Values().Field(field)
	case domain.MatterChangeAccepted:
		return e.Sent.Values().Field(field)
	case domain.ContactAccepted:
		return e.Sent.Value(field)
	case domain.ContactChangeAccepted:
		return e.Sent.Value(field)
	}
	return "no call"
}
