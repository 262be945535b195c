package syncing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/readback"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// readingStory tells a story in an office whose engine reads what changes in Smokeball, and
// hears of it by webhook.
func readingStory(t *testing.T, visible smokeballsim.Delay, tell func(*office)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: max(*oneSeed, 1), VisibleAfter: visible})
		o.reads = true
		o.start()
		o.connect()
		o.hooks()
		tell(o)
	})
}

// watching is Smokeball for syncs: what they read of matters is recorded.
type watching struct {
	*smokeball.Client
	sights readback.Sights
	rows   views
}

func (w watching) Matter(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballMatter, error) {
	m, err := w.rows.MatterOf(f, id)
	if err != nil || m == "" {
		return w.Client.Matter(ctx, f, id)
	}
	return w.sights.Matter(ctx, f, m, id)
}

func (w watching) Contact(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballContact, error) {
	r, err := storedIn(w.rows).Resources.Resource(f, id)
	if err != nil || len(r.Clients) == 0 {
		return w.Client.Contact(ctx, f, id)
	}
	return w.sights.Contact(ctx, f, r.Clients, id)
}

// forNobody marks calls that nobody waits for.
func forNobody(ctx context.Context, f domain.FirmID) context.Context {
	return smokeball.WithPriority(ctx, f, smokeball.Bulk)
}

// changeIn is what people changed, as the ledger has it.
func changeIn(env eventstore.Envelope) (json.RawMessage, error) { return json.Marshal(env.Event) }

// row is the accident as the views have it.
func (o *office) row() projections.MatterRow {
	o.Helper()
	r, _, err := storedIn(o.rows).Matters.Matter(oak, accident().ID)
	o.must(err)
	return r
}

// readAll waits until nothing is left to read, and no sync to run.
func (o *office) readAll() {
	o.Helper()
	settle()
	o.until("everything is read", func() bool { return len(storedIn(o.rows).Resources.UnreadResources()) == 0 })
	o.rest()
}

// edit is a person who changes the accident in Smokeball.
func (o *office) edit(body string) {
	o.Helper()
	o.must(o.sim.EditMatter(string(o.one().ID), []byte(body)))
}

// changesTold are the changes in Smokeball that CaseHug was told of, such as "status=Closed".
func (o *office) changesTold() []string {
	o.hearing.Lock()
	defer o.hearing.Unlock()
	list := []string{}
	for _, t := range o.told {
		switch e := t.Envelope.Event.(type) {
		case domain.MatterSeen:
			for _, f := range e.Changed {
				list = append(list, f+"="+e.Values.Field(f))
			}
		case domain.ClientSeen:
			for _, f := range e.Changed {
				list = append(list, string(e.Client)+" "+f+"="+e.Values.Field(f))
			}
		}
	}
	return list
}

// awaitsChanges waits until CaseHug was told of so many changes: the outbox tells after the rows
// have moved, or before.
func (o *office) awaitsChanges(n int) {
	o.Helper()
	for range 1200 {
		if len(o.changesTold()) >= n {
			return
		}
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
	}
	o.Errorf("after a minute CaseHug was told %q, want %d changes", o.changesTold(), n)
}

func (o *office) wantsChanges(want ...string) {
	o.Helper()
	o.readAll()
	o.awaitsChanges(len(want))
	if got := o.changesTold(); !slices.Equal(got, want) && len(got)+len(want) > 0 {
		o.Errorf("CaseHug was told %q, want %q\n%s", got, want, o.dump())
	}
}

func TestWhatPeopleChangeInSmokeballIsToldOnce(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.wantsChanges()
		began := time.Now()
		o.edit(`{"status":"Closed"}`)
		o.awaitsChanges(1)
		if d := time.Since(began); d > 2*time.Second {
			o.Errorf("it took %v to tell of a closed matter", d)
		}
		o.wantsChanges("status=Closed")
		o.edit(`{"status":"Open","description":"Another name"}`)
		o.wantsChanges("status=Closed", "status=Open", "title=Another name")
		o.edit(`{"status":"Deleted"}`)
		o.wantsChanges("status=Closed", "status=Open", "title=Another name", "deleted=")
		o.restart()
		o.wantsChanges("status=Closed", "status=Open", "title=Another name", "deleted=")
	})
}

// TestOurOwnChangesAreNotTold writes through the engine, with every delay: what comes back of
// it is no news, and costs no read of the matter.
func TestOurOwnChangesAreNotTold(t *testing.T) {
	t.Parallel()
	for _, visible := range []smokeballsim.Delay{{}, {Min: time.Second, Max: 5 * time.Second}} {
		readingStory(t, visible, func(o *office) {
			o.sends(accident())
			o.readAll()
			for v := 2; v <= 6; v++ {
				m := accident()
				m.Version, m.Title = v, fmt.Sprint("Rivera v. Apex, revision ", v)
				m.Status = []string{"active", "pending", "closed"}[v%3]
				m.Client.Version, m.Client.Phone = v, fmt.Sprint("+1 312 555 010", v)
				o.tell(updated(m))
				o.rest()
			}
			o.wantsChanges()
			if n := o.calls("GET /matters/{matterId}"); n > 5 { // to confirm a change, where its webhook is late
				o.Errorf("the matter was read %d times after five changes of ours", n)
			}
			o.edit(`{"description":"A person's own name"}`)
			o.wantsChanges("title=A person's own name")
		})
	}
}

// TestADayWithEchoesEndsQuiet lets CaseHug send every change that it is told of back as a
// change of its own, for a day on which people work in Smokeball.
func TestADayWithEchoesEndsQuiet(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{Min: 100 * time.Millisecond, Max: 2 * time.Second}, func(o *office) {
		m := accident()
		o.sends(m)
		o.readAll()
		answered := 0
		echo := func() {
			o.hearing.Lock()
			told := slices.Clone(o.told)
			o.hearing.Unlock()
			for ; answered < len(told); answered++ {
				e, ok := told[answered].Envelope.Event.(domain.MatterSeen)
				if !ok {
					continue
				}
				m.Version++
				m.Title = e.Values.Description
				if s := domain.CaseHugStatus(e.Values.Status); s != "" {
					m.Status = s
				}
				o.tell(updated(m))
			}
		}
		for hour := range 24 {
			switch hour % 3 {
			case 0:
				o.edit(fmt.Sprintf(`{"description":"Name of hour %d"}`, hour))
			case 1:
				o.edit(fmt.Sprintf(`{"status":%q}`, []string{"Open", "Pending", "Closed"}[hour/3%3]))
			}
			for range 12 {
				time.Sleep(5 * time.Minute)
				echo()
			}
		}
		o.readAll()
		echo()
		o.readAll()
		told, calls := len(o.changesTold()), len(o.sim.Requests())
		for range 12 {
			time.Sleep(5 * time.Minute)
			echo()
		}
		if now := len(o.changesTold()); now != told {
			o.Errorf("CaseHug was told %d more changes after the day: %q", now-told, o.changesTold()[told:])
		}
		if now := len(o.sim.Requests()); now != calls {
			o.Errorf("%d calls were made after the day", now-calls)
		}
		if told > 16 {
			o.Errorf("16 changes of people were told as %d: %q", told, o.changesTold())
		}
		is := o.one()
		if is.Description != m.Title || domain.CaseHugStatus(is.Status) != m.Status {
			o.Errorf("Smokeball has %q, %s; CaseHug %q, %s", is.Description, is.Status, m.Title, m.Status)
		}
	})
}

// TestAPersonsChangeOfAContactIsTold changes a client's contact.
func TestAPersonsChangeOfAContactIsTold(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		contact := string(o.one().ClientIDs[0])
		o.must(o.sim.EditContact(contact, []byte(`{"person":{"lastName":"Rivera-Ortiz"}}`)))
		c := string(accident().Client.ID)
		o.wantsChanges(c + " last_name=Rivera-Ortiz")
		o.must(o.sim.EditContact(contact, []byte(`{"isDeleted":true}`)))
		o.wantsChanges(c+" last_name=Rivera-Ortiz", c+" deleted=")
	})
}

// TestManyHintsCostFewReads changes each of 50 matters 20 times.
func TestManyHintsCostFewReads(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		var ids []string
		for i := range 50 {
			m := accident()
			m.ID, m.CaseNumber = domain.MatterID(fmt.Sprint("m_", i)), fmt.Sprint("CH-", i)
			o.tell(created(m))
			_, _, err := o.requests.Request(o.Context(), domain.User{Subject: "u_1", Firm: oak}, m.ID, nil, nil)
			o.must(err)
		}
		o.rest()
		o.readAll()
		for _, m := range o.sim.State().Accounts[0].Matters {
			ids = append(ids, m.ID)
		}
		before := o.calls("GET /matters/{matterId}")
		for n := range 20 {
			for _, id := range ids {
				o.must(o.sim.EditMatter(id, []byte(fmt.Sprintf(`{"description":"Revision %d"}`, n))))
			}
			time.Sleep(50 * time.Millisecond)
		}
		o.readAll()
		if n := o.calls("GET /matters/{matterId}") - before; len(ids) != 50 || n > 100 {
			o.Errorf("1000 hints about %d matters cost %d reads", len(ids), n)
		}
		for i := range 50 {
			r, _, err := storedIn(o.rows).Matters.Matter(oak, domain.MatterID(fmt.Sprint("m_", i)))
			o.must(err)
			if got := r.Matter.Smokeball.There.Values; got == nil || got.Description != "Revision 19" {
				o.Errorf("matter %d is known to be %+v", i, got)
			}
		}
	})
}

// TestAManualSyncReadsFirst tells that a click on a matter which people changed is not answered
// that Smokeball already has it, even where no webhook told of the change.
func TestAManualSyncReadsFirst(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Drop, Probability: 1})
		o.edit(`{"status":"Closed"}`)
		settle()
		o.wantsChanges()
		_, _, err := o.requests.Request(o.Context(), domain.User{Subject: "u_1", Firm: oak}, accident().ID, nil, nil)
		o.must(err)
		e := o.ends(accident().ID, domain.Skipped)
		const want = "CaseHug has nothing new to send, and people have changed the matter or its client in Smokeball: its fields say what differs"
		if says := e.Steps[len(e.Steps)-1].Detail; says != want {
			o.Errorf("the sync says %q", says)
		}
		o.wantsChanges("status=Closed")
	})
}

// field is one field of the accident as the API shows it.
func (o *office) field(name string) projections.Field {
	o.Helper()
	list, err := storedIn(o.rows).Matters.MatterFields(o.row())
	o.must(err)
	for _, f := range list {
		if f.Name == name {
			return f
		}
	}
	o.Fatalf("there is no field %s", name)
	return projections.Field{}
}

// TestAChangeOfAMatterWhoseCreationWasLostStays changes a matter between the call that made it,
// whose answer was lost, and the look for it.
func TestAChangeOfAMatterWhoseCreationWasLostStays(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.fault(smokeballsim.Fault{Route: "POST /matters", Kind: smokeballsim.LoseReply, Count: 1})
		o.tell(created(accident()))
		_, _, err := o.requests.Request(o.Context(), domain.User{Subject: "u_1", Firm: oak}, accident().ID, nil, nil)
		o.must(err)
		for len(o.sim.State().Accounts[0].Matters) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		o.edit(`{"status":"Closed"}`)
		o.rest()
		o.wantsChanges("status=Closed")
		if is := o.one(); is.Status != "Closed" || o.calls("PATCH /matters/{id}") > 0 {
			o.Errorf("in the end the matter is %s, after %d changes of ours", is.Status, o.calls("PATCH /matters/{id}"))
		}
		if o.row().Matter.Smokeball.Request != "" {
			o.Error("the answer to the creation was not lost")
		}
	})
}
