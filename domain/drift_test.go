package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

var (
	admin   = domain.User{Subject: "u_admin"}
	another = domain.User{Subject: "u_other"}
)

const repairSync domain.SyncID = "s_repair"

// typed says which matter type the matter has.
func typed() domain.Event {
	return domain.MatterTypeResolved{Sync: syncFor(2), CaseType: "Auto Accident", PracticeArea: "Personal Injury", Jurisdiction: "IL", TypeID: "t_IL", TypeName: "Accident"}
}

// synced is a linked matter that Smokeball shows as it was sent, but for what people changed since.
func synced(people func(*domain.MatterValues), more ...domain.Event) []domain.Event {
	shown := shownMatter(asSent)
	return and(running(typed(), accepted(2), confirmed(2), shown, domain.SyncSucceeded{Sync: syncFor(2)}), and(list(asChanged(shownMatter(people), "status")), more...)...)
}

// code is the stable word of a rejection.
func code(err error) domain.Code {
	if r := domain.AsRejection(err); r != nil {
		return r.Failure.Code
	}
	return ""
}

func acceptedStatus(value string) domain.DifferenceAccepted {
	return domain.DifferenceAccepted{Field: "status", Matter: sbM, Value: value, CaseHug: "active", KnownBy: domain.ByWebhook, By: "u_admin"}
}

func TestDifferences(t *testing.T) {
	newer := rivera(2)
	newer.Title = "Rivera v. Apex Freight, Inc."
	for _, c := range []struct {
		name  string
		given []domain.Event
		want  []domain.Difference
	}{
		{"nothing is linked", queued(), nil},
		{"Smokeball has what it was sent", synced(asSent), nil},
		{"people changed the status", synced(withStatus("Closed")), []domain.Difference{{Field: "status", CaseHug: "active", Smokeball: "Closed"}}},
		{"CaseHug has a name that was not sent", synced(asSent, domain.MatterUpdated{Origin: ref(3), Matter: newer}),
			[]domain.Difference{{Field: "title", CaseHug: newer.Title, Smokeball: "Rivera v. Apex Freight", Unsent: true}}},
		{"people changed the status, and a change of the name waits to be seen", synced(withStatus("Closed"), domain.MatterUpdated{Origin: ref(3), Matter: newer},
			domain.MatterChangeAccepted{Sync: syncFor(3), Matter: sbM, Change: domain.MatterChange{Description: &newer.Title}, Sent: renamedDraft(newer.Title)}),
			[]domain.Difference{{Field: "status", CaseHug: "active", Smokeball: "Closed"}}},
		{"it was accepted", synced(withStatus("Closed"), acceptedStatus("Closed")), nil},
		{"people emptied the number", synced(func(v *domain.MatterValues) { v.Number = "" }), []domain.Difference{{Field: "case_number", CaseHug: "CH-2026-0142"}}},
		{"another type is chosen there", synced(otherType), []domain.Difference{{Field: "case_type", CaseHug: "Auto Accident", Smokeball: "t_other", Name: "Probate"}}},
		{"CaseHug has another case type", synced(asSent, retyped()), []domain.Difference{{Field: "case_type", CaseHug: "Probate", Smokeball: "t_IL", Name: "Accident"}}},
		{"people gave it the type that CaseHug changed to", synced(otherType, retyped()), nil},
		{"people changed whom we named as responsible, and CaseHug names nobody", running(typed(), domain.MatterLinked{Sync: syncFor(2), Matter: sbM, Known: ofLee()},
			shownMatter(func(v *domain.MatterValues) { v.Responsible = "kim" })), nil},
		{"not read yet, and CaseHug has a name that was not sent", running(typed(), accepted(2), confirmed(2), domain.MatterUpdated{Origin: ref(3), Matter: newer}),
			[]domain.Difference{{Field: "title", CaseHug: newer.Title, Smokeball: "Rivera v. Apex Freight", Unsent: true}}},
		{"not read yet, and sent without the number that CaseHug has by now", running(typed(), domain.MatterAccepted{Sync: syncFor(2), Matter: sbM, Sent: unnumbered()}, confirmed(2)), nil},
		{"CaseHug followed", synced(withStatus("Closed"), domain.MatterUpdated{Origin: ref(3), Matter: closedRivera(2)}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := given[domain.Matter](c.given...).Differences()
			if len(got) != len(c.want) {
				t.Fatalf("there are %+v, want %+v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("there is %+v, want %+v", got[i], c.want[i])
				}
			}
		})
	}
}

// retyped is CaseHug's change of the case type of a matter that is there.
func retyped() domain.Event {
	m := rivera(2)
	m.CaseType = "Probate"
	return domain.MatterUpdated{Origin: ref(3), Matter: m}
}

// otherType is a matter whose type people changed.
func otherType(v *domain.MatterValues) { v.TypeID, v.TypeName = "t_other", "Probate" }

func ofLee() domain.MatterDraft {
	d := sent()
	d.ResponsibleStaffID = "lee"
	return d
}

func unnumbered() domain.MatterDraft {
	d := sent()
	d.Number = ""
	return d
}

// renamedDraft is the matter as Smokeball was told it, with another name.
func renamedDraft(name string) domain.MatterDraft {
	d := sent()
	d.Description = name
	return d
}

func closedRivera(version int) domain.MatterData {
	m := rivera(version)
	m.Status = "closed"
	return m
}

func TestAccept(t *testing.T) {
	closed := synced(withStatus("Closed"))
	typeAccepted := domain.DifferenceAccepted{Field: "case_type", Matter: sbM, Value: "t_other", Name: "Probate", CaseHug: "Auto Accident", KnownBy: domain.ByWebhook, By: "u_admin"}
	for _, c := range []struct {
		name  string
		given []domain.Event
		field string
		seen  *string
		then  []domain.Event
		code  domain.Code
	}{
		{"Smokeball's value is right", closed, "status", nil, list(acceptedStatus("Closed")), ""},
		{"the value that was seen", closed, "status", ptr("Closed"), list(acceptedStatus("Closed")), ""},
		{"another value was seen", closed, "status", ptr("Pending"), nil, domain.CodeChangedMeanwhile},
		{"people have set it back since", synced(asSent), "status", ptr("Closed"), nil, domain.CodeChangedMeanwhile},
		{"nothing differs", synced(asSent), "status", nil, nil, domain.CodeNoDifference},
		{"accepted already", and(closed, acceptedStatus("Closed")), "status", nil, nil, ""},
		{"accepted already, and another value was seen", and(closed, acceptedStatus("Closed")), "status", ptr("Pending"), nil, domain.CodeChangedMeanwhile},
		{"a type, by its name", synced(otherType), "case_type", ptr("Probate"), list(typeAccepted), ""},
		{"a type, by its id", synced(otherType), "case_type", ptr("t_other"), list(typeAccepted), ""},
		{"the name of the type that it had", synced(otherType), "case_type", ptr("Accident"), nil, domain.CodeChangedMeanwhile},
		{"a type that was accepted, by its name", synced(otherType, typeAccepted), "case_type", ptr("Probate"), nil, ""},
		{"it is being written", and(closed, domain.SyncRequested{Sync: repairSync, Trigger: domain.TriggerReconcile},
			domain.RepairAsked{Sync: repairSync, Field: "status", Seen: "Closed", CaseHug: "active", By: "u_other"}), "status", nil, nil, domain.CodeRepairUnderWay},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := given[domain.Matter](c.given...).Accept(c.field, c.seen, admin)
			if code(err) != c.code {
				t.Fatalf("it is refused with %q, want %q (%v)", code(err), c.code, err)
			}
			then(t, facts, c.then...)
		})
	}
}

// TestAnAcceptanceEnds tells what ends an acceptance, and that what does not leaves Smokeball's
// value alone.
func TestAnAcceptanceEnds(t *testing.T) {
	renamed := rivera(2)
	renamed.Title = "Another name"
	stands := and(synced(withStatus("Closed")), acceptedStatus("Closed"))
	for _, c := range []struct {
		name   string
		then   domain.Event
		stands bool
	}{
		{"CaseHug changes another field", domain.MatterUpdated{Origin: ref(3), Matter: renamed}, true},
		{"CaseHug says the same again", domain.MatterUpdated{Origin: ref(3), Matter: rivera(2)}, true},
		{"people change another field", shownMatter(func(v *domain.MatterValues) { v.Status, v.Description = "Closed", "Another name" }), true},
		{"CaseHug has the accepted value", domain.MatterUpdated{Origin: ref(3), Matter: closedRivera(2)}, false},
		{"people change it again", shownMatter(withStatus("Pending")), false},
		{"it is another matter in Smokeball", domain.MatterUnlinked{Matter: sbM}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := given[domain.Matter](and(stands, c.then)...)
			if _, ok := m.Accepted["status"]; ok != c.stands {
				t.Fatalf("the acceptance stands: %v, want %v", ok, c.stands)
			}
			if !c.stands {
				return
			}
			if change := domain.Diff(m.Smokeball.Sent, m.WithAccepted(m.Draft([]domain.SmokeballID{sbC}), m.Smokeball.Sent)); change.Status != nil {
				t.Errorf("the status %s would be written over the accepted one", *change.Status)
			}
		})
	}
}

// TestAnAcceptedValueThatWasNeverSentIsNotWritten: CaseHug's own value waits, and Smokeball's is
// accepted.
func TestAnAcceptedValueThatWasNeverSentIsNotWritten(t *testing.T) {
	pending := rivera(2)
	pending.Status = "pending"
	e := acceptedStatus("Closed")
	e.CaseHug = "pending"
	m := given[domain.Matter](and(synced(withStatus("Closed")), domain.MatterUpdated{Origin: ref(3), Matter: pending}, e)...)
	if change := domain.Diff(m.Smokeball.Sent, m.WithAccepted(m.Draft([]domain.SmokeballID{sbC}), m.Smokeball.Sent)); !change.Empty() {
		t.Errorf("it writes %+v", change)
	}
}

func TestRepair(t *testing.T) {
	m := given[domain.Matter](synced(withStatus("Closed"))...)
	d, err := m.Difference("status", ptr("Closed"))
	if err != nil {
		t.Fatal(err)
	}
	id, facts, err := m.Repair(d, repairSync, admin)
	then(t, must(t, facts, err),
		domain.SyncRequested{Sync: repairSync, Trigger: domain.TriggerReconcile, By: "u_admin", Title: "Rivera v. Apex Freight", CaseNumber: "CH-2026-0142", Client: "Maria Rivera"},
		domain.RepairAsked{Sync: repairSync, Field: "status", Seen: "Closed", CaseHug: "active", By: "u_admin"})
	for _, f := range facts {
		m = m.Apply(f, start)
	}
	if now, ok := m.Repairing("status"); !ok || now != id {
		t.Errorf("the field is written by %q, want %q", now, id)
	}
	if !m.Current.Wanted {
		t.Error("the sync that a person asked for is not wanted")
	}
	if ended := m.Apply(domain.SyncCancelled{Sync: id, By: "u_other"}, start); len(ended.Repairs) > 0 {
		t.Error("a sync that was called off leaves the repair to the next one")
	}
}

// TestNothingDiffersOfAnErasedMatter: nothing of it is synced, so there is nothing to decide.
func TestNothingDiffersOfAnErasedMatter(t *testing.T) {
	m := given[domain.Matter](synced(withStatus("Closed"), domain.MatterErased{Erase: "er_1"})...)
	if list := m.Differences(); len(list) > 0 {
		t.Errorf("listed are %v", list)
	}
	_, err := m.Accept("status", nil, admin)
	if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeErased {
		t.Errorf("an acceptance is answered %v", err)
	}
}

func TestAnErasedMatterIsNotLinked(t *testing.T) {
	_, err := given[domain.Matter](domain.MatterCreated{Matter: domain.MatterData{ID: "m_1"}}, domain.MatterErased{Erase: "er_1"}).LinkByHand(domain.MatterLinked{Matter: "sb_1"})
	if code(err) != domain.CodeErased {
		t.Errorf("a link is answered %v", err)
	}
}

func TestRepairRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		given []domain.Event
		field string
		code  domain.Code
	}{
		{"the matter is gone", synced(withStatus("Deleted")), "status", domain.CodeMatterGone},
		{"a matter type stays", synced(func(v *domain.MatterValues) { v.TypeID = "t_other" }), "case_type", domain.CodeNotRepairable},
		{"nothing differs", synced(asSent), "title", domain.CodeNoDifference},
		{"it was accepted", and(synced(withStatus("Closed")), acceptedStatus("Closed")), "status", domain.CodeNoDifference},
	} {
		m := given[domain.Matter](c.given...)
		d, err := m.Difference(c.field, nil)
		if err == nil {
			_, _, err = m.Repair(d, repairSync, admin)
		}
		if code(err) != c.code {
			t.Errorf("%s: it is refused with %q, want %q (%v)", c.name, code(err), c.code, err)
		}
	}
}

// repairing is a matter whose status a person has had repaired; the sync is at work.
func repairing(more ...domain.Event) []domain.Event {
	return and(synced(withStatus("Closed"), domain.SyncRequested{Sync: repairSync, Trigger: domain.TriggerReconcile, By: "u_admin"},
		domain.RepairAsked{Sync: repairSync, Field: "status", Seen: "Closed", CaseHug: "active", By: "u_admin"}, domain.SyncStarted{Sync: repairSync, Attempt: 1}), more...)
}

// TestToRepair tells what a sync writes after it has read what Smokeball has.
func TestToRepair(t *testing.T) {
	for _, c := range []struct {
		name    string
		given   []domain.Event
		shown   string
		seen    bool
		dropped domain.RepairRefuse
	}{
		{"Smokeball has what was decided on", repairing(), "Closed", true, ""},
		{"people changed it since", repairing(), "Pending", false, domain.RepairChanged},
		{"it was written by a call whose answer was lost", repairing(), "Open", false, ""},
		{"it was accepted meanwhile", repairing(acceptedStatus("Closed")), "Closed", false, domain.RepairAccepted},
	} {
		v := sent().Values()
		v.Status = c.shown
		seen, dropped := given[domain.Matter](c.given...).ToRepair(repairSync, v)
		if _, ok := seen["status"]; ok != c.seen {
			t.Errorf("%s: it is written: %v, want %v", c.name, ok, c.seen)
		}
		if len(dropped) > 0 != (c.dropped != "") || (len(dropped) > 0 && dropped[0].Reason != c.dropped) {
			t.Errorf("%s: dropped are %+v, want %q", c.name, dropped, c.dropped)
		}
	}
}

// TestARepairIsNoChangeOfOthers: a read that shows it before its answer is on record tells CaseHug
// nothing.
func TestARepairIsNoChangeOfOthers(t *testing.T) {
	m := given[domain.Matter](repairing()...)
	facts, err := m.See(m.Smokeball.There.Moves, shownMatter(asSent))
	then(t, must(t, facts, err), shownMatter(asSent))
	facts, err = m.See(m.Smokeball.There.Moves, shownMatter(withStatus("Pending")))
	then(t, must(t, facts, err), asChanged(shownMatter(withStatus("Pending")), "status"))
}

func TestClientDifferences(t *testing.T) {
	sight := func(change func(*domain.ContactValues)) domain.Event {
		v := maria().ContactDraft()
		is := domain.ContactValues{FirstName: v.FirstName, LastName: v.LastName, Email: v.Email, Phone: v.Phone}
		change(&is)
		return domain.ClientSeen{Client: clientA, Contact: sbC, Values: is, By: domain.ByRead}
	}
	phone := func(v *domain.ContactValues) { v.Phone = "+1 312 555 0199" }
	linked := func(change func(*domain.ContactValues)) domain.Client {
		return given[domain.Client](domain.ClientUpdated{Origin: ref(1), Client: maria()}, domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "k"}, sight(change))
	}
	c := linked(phone)
	facts, err := c.Accept(matterA, maria(), "client.phone", ptr("+1 312 555 0199"), admin)
	want := domain.ClientDifferenceAccepted{Field: "client.phone", Matter: matterA, Contact: sbC, Value: "+1 312 555 0199", Values: *c.Sight.Values,
		CaseHug: maria().Phone, KnownBy: domain.ByRead, By: "u_admin"}
	then(t, must(t, facts, err), want)
	c = c.Apply(want, start)
	for _, again := range []*string{nil, ptr("(312) 555-0199")} {
		facts, err := c.Accept(matterA, maria(), "client.phone", again, another)
		then(t, must(t, facts, err))
	}
	if _, err := c.Accept(matterA, maria(), "client.phone", ptr("+1 312 555 0100"), another); code(err) != domain.CodeChangedMeanwhile {
		t.Errorf("another value than the accepted one is answered %v", err)
	}
	if unread := given[domain.Client](domain.ClientUpdated{Origin: ref(1), Client: maria()}, domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "k"}); len(unread.Differences(maria())) > 0 {
		t.Errorf("of a contact that was not read differs %+v", unread.Differences(maria()))
	}
	if len(c.Differences(maria())) > 0 {
		t.Errorf("what was accepted differs still: %+v", c.Differences(maria()))
	}
	newer := maria()
	newer.Version, newer.Email = 2, "rivera@example.com"
	if c = c.Apply(domain.ClientUpdated{Origin: ref(2), Client: newer}, start.Add(time.Hour)); len(c.Accepted) != 1 {
		t.Error("another e-mail address ends the acceptance of a phone number")
	}
	if d := c.WithAccepted(newer.ContactDraft(), maria().ContactDraft()); d.Phone != maria().Phone || d.Email != newer.Email {
		t.Errorf("the draft is %+v", d)
	}
	newer.Version, newer.Phone = 3, "+1 312 555 0101"
	if c = c.Apply(domain.ClientUpdated{Origin: ref(3), Client: newer}, start.Add(2*time.Hour)); len(c.Accepted) != 0 {
		t.Error("the acceptance outlives another phone number in CaseHug")
	}
	for name, refused := range map[domain.Code]domain.Client{
		domain.CodeNoDifference: linked(func(*domain.ContactValues) {}),
		domain.CodeContactGone:  linked(func(v *domain.ContactValues) { v.Deleted = true }),
	} {
		if _, err := refused.Accept(matterA, maria(), "client.phone", nil, another); code(err) != name {
			t.Errorf("it is refused with %q, want %q", code(err), name)
		}
	}
}

// repairAsked is a person's repair of another field in the same sync.
func repairAsked(field, seen, casehug string) domain.RepairAsked {
	return domain.RepairAsked{Sync: repairSync, Field: field, Seen: seen, CaseHug: casehug, By: "u_admin"}
}

// TestWhatEndsARepair: its field was written, or dropped; the others are still to be written.
func TestWhatEndsARepair(t *testing.T) {
	status := "Open"
	both := repairing(repairAsked("client.phone", "1", maria().Phone))
	resolved := func(id domain.ClientID, how domain.Outcome) domain.Event {
		return domain.ContactResolved{Sync: repairSync, Client: id, Contact: sbC, Key: "k", Outcome: how}
	}
	for name, c := range map[string]struct {
		then          domain.Event
		status, phone bool // are still to be written
	}{
		"the status was written":         {domain.MatterChangeAccepted{Sync: repairSync, Matter: sbM, Sent: sent(), Change: domain.MatterChange{Status: &status}}, false, true},
		"the status was dropped":         {domain.RepairDropped{Sync: repairSync, Field: "status", Reason: domain.RepairChanged}, false, true},
		"the client was updated":         {resolved(clientA, domain.OutcomeUpdated), true, false},
		"the client was found as it was": {resolved(clientA, domain.OutcomeUnchanged), true, true},
		"another client was updated":     {resolved("c_78", domain.OutcomeUpdated), true, true},
	} {
		m := given[domain.Matter](and(both, c.then)...)
		_, status := m.Repairing("status")
		if _, phone := m.Repairing("client.phone"); status != c.status || phone != c.phone {
			t.Errorf("%s: the status is still to be written: %v, the phone number: %v", name, status, phone)
		}
	}
}

// TestADroppedRepairIsToldOf, once.
func TestADroppedRepairIsToldOf(t *testing.T) {
	dropped := domain.RepairDropped{Sync: repairSync, Field: "status", Reason: domain.RepairChanged, Value: "Pending"}
	warned := domain.SyncWarned{Sync: repairSync, Warning: domain.Warning{Code: domain.WarnNotRepaired,
		About: &domain.About{Fields: []string{"status"}, Value: "Pending", Why: domain.Why(domain.RepairChanged)}}}
	m, at := given[domain.Matter](repairing()...), domain.Attempt{Sync: repairSync, Number: 1}
	facts, err := m.DropRepair(at, dropped)
	then(t, must(t, facts, err), dropped, warned)
	facts, err = m.Apply(dropped, start).DropRepair(at, dropped)
	then(t, must(t, facts, err))
}

// TestTheNextSyncIsWanted where a person has a field repaired while another sync is at work.
func TestTheNextSyncIsWanted(t *testing.T) {
	m := given[domain.Matter](synced(withStatus("Closed"), domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerMatterUpdated}, domain.SyncStarted{Sync: "s_1", Attempt: 1},
		domain.SyncRequested{Sync: repairSync, Trigger: domain.TriggerReconcile}, repairAsked("status", "Closed", "active"))...)
	if m.Next == nil || !m.Next.Wanted || m.Current.Wanted {
		t.Errorf("at work is %+v, next %+v", m.Current, m.Next)
	}
}

// TestWhichSyncRepairs: only the one that a field was left to.
func TestWhichSyncRepairs(t *testing.T) {
	m, closed := given[domain.Matter](repairing()...), sent().Values()
	closed.Status = "Closed"
	if seen, dropped := m.ToRepair("s_other", closed); len(seen) > 0 || len(dropped) > 0 {
		t.Errorf("another sync writes %v and drops %v", seen, dropped)
	}
	isStatus, isPhone := func(f string) bool { return f == "status" }, domain.IsClientField
	if !m.RepairsAny(repairSync, isStatus) || m.RepairsAny(repairSync, isPhone) || m.RepairsAny("s_other", isStatus) {
		t.Error("the wrong sync or the wrong field is repaired")
	}
}

// TestToRepairClient tells what a sync writes of the client after it has read their contact.
func TestToRepairClient(t *testing.T) {
	m := given[domain.Matter](repairing(repairAsked("client.phone", "+1 312 555 0199", maria().Phone))...)
	acceptance := domain.ClientDifferenceAccepted{Field: "client.phone", Value: "+1 312 555 0199", CaseHug: maria().Phone}
	for _, c := range []struct {
		name     string
		sync     domain.SyncID
		accepted bool
		shown    string
		written  bool
		dropped  domain.RepairRefuse
	}{
		{"the contact has what was decided on, in another form", repairSync, false, "(312) 555-0199", true, ""},
		{"people changed it since", repairSync, false, "+1 312 555 0100", false, domain.RepairChanged},
		{"it was written by a call whose answer was lost", repairSync, false, maria().Phone, false, ""},
		{"it was accepted meanwhile", repairSync, true, "+1 312 555 0199", false, domain.RepairAccepted},
		{"another sync's", "s_other", false, "+1 312 555 0199", false, ""},
	} {
		shown := domain.ContactValues{FirstName: "Mary", LastName: "Rivera", Email: "mary@example.com", Phone: c.shown}
		client := given[domain.Client](domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "k"}, domain.ClientSeen{Client: clientA, Contact: sbC, Values: shown})
		if c.accepted {
			client = client.Apply(acceptance, start)
		}
		fields, dropped := m.ToRepairClient(c.sync, client, maria().ContactDraft(), shown)
		if written := len(fields) == 1 && fields[0] == "client.phone"; written != c.written || !written && len(fields) > 0 {
			t.Errorf("%s: written are %v", c.name, fields)
		}
		if len(dropped) > 0 != (c.dropped != "") || len(dropped) > 0 && dropped[0].Reason != c.dropped {
			t.Errorf("%s: dropped are %+v, want %q", c.name, dropped, c.dropped)
		}
	}
}

// TestComparedFields are those of the matter and those of its first client.
func TestComparedFields(t *testing.T) {
	for field, want := range map[string]bool{"status": true, "client.phone": true, "warnings": false, "": false} {
		if got := domain.IsComparedField(field); got != want {
			t.Errorf("%q is compared: %v", field, got)
		}
	}
}

// TestAChangeFromWhatAContactHas names the client, where there is any.
func TestAChangeFromWhatAContactHas(t *testing.T) {
	was := maria().ContactDraft()
	was.Phone = "+1 312 555 0199"
	want := domain.ContactChange{ContactDraft: domain.ContactDraft{ExternalID: string(clientA), Phone: maria().Phone}}
	if got := maria().ContactDraft().ChangeFrom(was); got != want {
		t.Errorf("the change is %+v", got)
	}
	if got := was.ChangeFrom(was); got != (domain.ContactChange{}) {
		t.Errorf("from what it has already the change is %+v", got)
	}
}
