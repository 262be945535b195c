package syncing_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// folasade is a firm admin of oak.
var folasade = domain.User{Subject: "u_folasade"}

func (o *office) differences() syncing.Differences {
	return syncing.Differences{Ledger: o.ledger, Keys: keys{}, Now: time.Now, NewID: o.newID}
}

// theField is a field of the accident, and what somebody saw that Smokeball has in it.
func theField(name string, seen ...string) domain.FieldRef {
	f := domain.FieldRef{Firm: oak, Matter: accident().ID, Name: name}
	if len(seen) > 0 {
		f.Seen = &seen[0]
	}
	return f
}

// accepts is the firm admin who takes Smokeball's value for right.
func (o *office) accepts(f domain.FieldRef) {
	o.Helper()
	_, err := o.differences().Accept(o.Context(), folasade, f)
	o.must(err)
	o.readAll()
}

// repairs is the firm admin who has Smokeball written with CaseHug's value.
func (o *office) repairs(f domain.FieldRef) {
	o.Helper()
	_, _, err := o.differences().Repair(o.Context(), folasade, f)
	o.must(err)
	o.readAll()
}

// drift is what differs, such as "status=Closed".
func (o *office) drift() []string {
	o.Helper()
	all, _, err := storedIn(o.rows).Drift.Drift(oak, projections.DriftQuery{})
	o.must(err)
	list := []string{}
	for _, d := range all {
		list = append(list, d.Name+"="+*d.Smokeball)
	}
	return list
}

func (o *office) wantsDrift(want ...string) {
	o.Helper()
	o.readAll()
	if got := o.drift(); !slices.Equal(got, want) && len(got)+len(want) > 0 {
		o.Errorf("these differ: %q, want %q\n%s", got, want, o.dump())
	}
}

// acceptancesTold are the accepted values that CaseHug was told of.
func (o *office) acceptancesTold() []string {
	o.hearing.Lock()
	defer o.hearing.Unlock()
	list := []string{}
	for _, t := range o.told {
		switch e := t.Envelope.Event.(type) {
		case domain.DifferenceAccepted:
			list = append(list, e.Field+"="+e.Value)
		case domain.ClientDifferenceAccepted:
			list = append(list, e.Field+"="+e.Value)
		}
	}
	return list
}

func (o *office) refuses(err error, want domain.Code) {
	o.Helper()
	if r := domain.AsRejection(err); r == nil || r.Failure.Code != want {
		o.Errorf("the answer is %v, want %s", err, want)
	}
}

func TestAnAcceptedValueIsToldOnceAndStays(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.wantsDrift()
		o.edit(`{"status":"Closed"}`)
		o.wantsDrift("status=Closed")
		o.accepts(theField("status", "Closed"))
		o.accepts(theField("status", "Closed")) // a second click
		o.wantsDrift()
		if f := o.field("status"); f.State != projections.FieldAccepted || f.Accepted == nil || f.Accepted.By != "u_folasade" {
			o.Errorf("the field is %+v", f)
		}
		settle()
		if told := o.acceptancesTold(); !slices.Equal(told, []string{"status=Closed"}) {
			o.Errorf("CaseHug was told %q", told)
		}
		m := accident()
		m.Version, m.Title = 2, "Another name"
		o.tell(updated(m))
		o.readAll()
		if is := o.one(); is.Status != "Closed" || is.Description != "Another name" {
			o.Errorf("after another field changed Smokeball has %s, %q", is.Status, is.Description)
		}
		m.Version, m.Status = 3, "closed" // CaseHug follows
		o.tell(updated(m))
		o.readAll()
		if f := o.field("status"); f.State != projections.FieldSame || o.one().Status != "Closed" {
			o.Errorf("after CaseHug followed the field is %s", f.State)
		}
		m.Version, m.Status = 4, "active" // and CaseHug has news of its own
		o.tell(updated(m))
		o.readAll()
		if is := o.one(); is.Status != "Open" {
			o.Errorf("after CaseHug opened it again Smokeball has %s", is.Status)
		}
		o.wantsDrift()
		o.wantsChanges("status=Closed")
	})
}

func TestARepairWritesOneFieldAndTellsNothing(t *testing.T) {
	t.Parallel()
	for _, visible := range []smokeballsim.Delay{{}, {Min: time.Second, Max: 5 * time.Second}} {
		readingStory(t, visible, func(o *office) {
			o.sends(accident())
			o.readAll()
			o.edit(`{"status":"Closed","description":"A person's own name"}`)
			o.wantsDrift("status=Closed", "title=A person's own name")
			o.repairs(theField("status", "Closed"))
			if is := o.one(); is.Status != "Open" || is.Description != "A person's own name" {
				o.Errorf("Smokeball has %s, %q", is.Status, is.Description)
			}
			o.wantsDrift("title=A person's own name")
			if e := o.newest(accident().ID); e.Trigger != domain.TriggerReconcile || e.Status != domain.Succeeded || e.RequestedBy != "u_folasade" {
				o.Errorf("the sync is %+v", e)
			}
			o.wantsChanges("status=Closed", "title=A person's own name")
			o.edit(`{"status":"Closed"}`) // the person insists
			o.wantsChanges("status=Closed", "title=A person's own name", "status=Closed")
			o.wantsDrift("status=Closed", "title=A person's own name")
		})
	}
}

func TestAClientsFieldIsAcceptedAndRepaired(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		contact := string(o.one().ClientIDs[0])
		o.must(o.sim.EditContact(contact, []byte(`{"person":{"phone":{"number":"555 0199","areaCode":"312"},"email":"new@example.com"}}`)))
		o.readAll()
		list, _, err := storedIn(o.rows).Drift.Drift(oak, projections.DriftQuery{})
		o.must(err)
		if len(list) != 2 || list[0].Name != "client.email" || list[1].Name != "client.phone" || list[0].Matter != accident().ID || list[0].Client != accident().Client.ID {
			o.Fatalf("these differ: %+v\n%s", list, o.dump())
		}
		if list[0].By != projections.ChangedBySmokeball || list[0].At.IsZero() {
			o.Errorf("the e-mail address was changed by %q at %s", list[0].By, list[0].At)
		}
		o.accepts(theField("client.email", "new@example.com"))
		o.repairs(theField("client.phone"))
		o.wantsDrift()
		if f := o.field("client.phone"); f.State != projections.FieldSame {
			o.Errorf("the phone number is %s, Smokeball has %v", f.State, *f.Smokeball)
		}
		if f := o.field("client.email"); f.State != projections.FieldAccepted || *f.Smokeball != "new@example.com" {
			o.Errorf("the e-mail address is %s", f.State)
		}
		settle()
		if told := o.acceptancesTold(); !slices.Equal(told, []string{"client.email=new@example.com"}) {
			o.Errorf("CaseHug was told %q", told)
		}
	})
}

// TestAContactOfSeveralClientsIsNotRepaired: what one client has may be wrong for the other.
func TestAContactOfSeveralClientsIsNotRepaired(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		twin := accident(func(m *domain.MatterData) { m.ID, m.CaseNumber, m.Client.ID = "m_twin", "CH-2", "c_twin" })
		o.sends(twin)
		o.readAll()
		contacts := o.sim.State().Accounts[0].Contacts
		if len(contacts) != 1 {
			o.Fatalf("there are %d contacts, want one that both share", len(contacts))
		}
		o.must(o.sim.EditContact(contacts[0].ID, []byte(`{"person":{"phone":{"number":"555 0199","areaCode":"312"}}}`)))
		o.readAll()
		_, _, err := o.differences().Repair(o.Context(), folasade, theField("client.phone"))
		o.refuses(err, domain.CodeContactShared)
		o.accepts(theField("client.phone"))
		f := o.field("client.phone")
		if f.State != projections.FieldAccepted {
			o.Errorf("the phone number is %s", f.State)
		}
	})
}

// TestWhatPeopleChangeAfterTheClickStays: the repair concerns the value that was seen.
func TestWhatPeopleChangeAfterTheClickStays(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		o.edit(`{"status":"Closed"}`)
		o.wantsDrift("status=Closed")
		o.edit(`{"status":"Pending"}`)
		o.readAll()
		_, err := o.differences().Accept(o.Context(), folasade, theField("status", "Closed"))
		o.refuses(err, domain.CodeChangedMeanwhile)
		_, _, err = o.differences().Repair(o.Context(), folasade, theField("status", "Closed"))
		o.refuses(err, domain.CodeChangedMeanwhile)

		o.stop() // the click is on record, and nobody has acted on it
		_, _, err = o.differences().Repair(o.Context(), folasade, theField("status", "Pending"))
		o.must(err)
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Drop, Probability: 1})
		o.edit(`{"status":"Closed"}`)
		o.start()
		o.readAll()
		if is := o.one(); is.Status != "Closed" {
			o.Errorf("a person's change after the click was overwritten: Smokeball has %s", is.Status)
		}
		e := o.newest(accident().ID)
		if e.Status != domain.Skipped || len(e.Warnings) != 1 || e.Warnings[0].Code != domain.WarnNotRepaired {
			o.Errorf("the sync is %s with %+v", e.Status, e.Warnings)
		}
		o.wantsDrift("status=Closed")
	})
}

// TestTwoAdminsDecideAtOnce lets one accept and the other repair the same field, again and again:
// one of them is refused, and what the other decided is what happens.
func TestTwoAdminsDecideAtOnce(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		for i := range 4 {
			name := fmt.Sprintf("Name %d", i)
			o.edit(fmt.Sprintf(`{"description":%q}`, name))
			o.readAll()
			var accepted, repaired error
			var both sync.WaitGroup
			both.Go(func() { _, accepted = o.differences().Accept(o.Context(), folasade, theField("title", name)) })
			both.Go(func() {
				_, _, repaired = o.differences().Repair(o.Context(), domain.User{Subject: "u_other"}, theField("title", name))
			})
			both.Wait()
			o.readAll()
			if (accepted == nil) == (repaired == nil) {
				o.Fatalf("accepted: %v, repaired: %v", accepted, repaired)
			}
			if is := o.one().Description; (is == name) != (accepted == nil) {
				o.Errorf("accepted: %v, repaired: %v, and Smokeball has %q", accepted, repaired, is)
			}
		}
	})
}

// TestKilledWhileItRepairs kills the engine at every moment of the repair of a matter's field and
// of a client's: each is written, and CaseHug is told of neither.
func TestKilledWhileItRepairs(t *testing.T) {
	t.Parallel()
	for _, ends := range []moment{beforeAppend, afterAppend, beforeCall, afterCall} {
		for n := 1; n < 40; n++ {
			if !killedRepairing(t, ends, n) {
				break
			}
		}
	}
}

func killedRepairing(t *testing.T, ends moment, n int) (killed bool) {
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		o.edit(`{"status":"Closed"}`)
		o.must(o.sim.EditContact(string(o.one().ClientIDs[0]), []byte(`{"person":{"phone":{"number":"555 0199","areaCode":"312"}}}`)))
		o.readAll()
		o.awaitsChanges(2)
		o.stop()
		for _, f := range []string{"status", "client.phone"} {
			_, _, err := o.differences().Repair(o.Context(), folasade, theField(f))
			o.must(err)
		}
		var later sync.WaitGroup
		l := newLife(ends, n)
		o.startMortal(l, &later)
		killed = !o.survives(l, nil)
		later.Wait()
		o.restart()
		o.readAll()
		if is := o.one(); is.Status != "Open" || !domain.SamePhone(o.phone(), accident().Client.Phone) {
			o.Errorf("killed %s %d: Smokeball has %s and %s\n%s", ends, n, is.Status, o.phone(), o.dump())
		}
		o.wantsDrift()
		if told := o.changesTold(); len(told) != 2 {
			o.Errorf("killed %s %d: CaseHug was told %q\n%s", ends, n, told, o.dump())
		}
	})
	return killed
}

// phone is the phone number of the accident's client, as it is known of Smokeball.
func (o *office) phone() string {
	c, _, err := eventstore.Load[domain.Client](o.Context(), o.ledger, domain.ClientStream(oak, accident().Client.ID))
	o.must(err)
	synctest.Wait()
	return c.Sight.Values.Phone
}

// TestACheckReadsWhatNoWebhookTold has one matter read again, then all of them, twice at once.
func TestACheckReadsWhatNoWebhookTold(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.sends(numbered(2, ana()))
		o.readAll()
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Drop, Probability: 1})
		by := domain.User{Subject: "u_folasade", Firm: oak, Role: domain.FirmAdmin}
		check := func(of domain.MatterID, reads int) {
			before := o.calls("GET /matters/{matterId}")
			for range 2 {
				_, err := o.differences().Check(o.Context(), by, of)
				o.must(err)
			}
			if f := o.field("status"); f.State == projections.FieldChanging {
				o.Error("nothing told of a change, and the status is called changing")
			}
			o.readAll()
			if n := o.calls("GET /matters/{matterId}") - before; n != reads {
				o.Errorf("a check of %q read matters %d times, want %d\n%s", of, n, reads, o.dump())
			}
		}
		o.must(o.sim.EditMatter(string(o.row().Matter.Smokeball.ID), []byte(`{"status":"Closed"}`)))
		o.wantsDrift()
		check(accident().ID, 1)
		o.wantsDrift("status=Closed")
		o.must(o.sim.EditMatter(string(o.row().Matter.Smokeball.ID), []byte(`{"status":"Open"}`)))
		check("", 2)
		o.wantsDrift()
		o.wantsChanges("status=Closed", "status=Open")
		_, err := o.differences().Check(o.Context(), by, "m_unheard")
		o.refuses(err, domain.CodeMatterUnknown)
	})
}
