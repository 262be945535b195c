package syncing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// settles switches on that differences are settled by owner.
func (o *office) settles() {
	o.Helper()
	o.choose(func(s *domain.Settings) { s.ByOwner = true })
}

// decisions are what was decided about differences, and by whom.
func (o *office) decisions() (list []string) {
	o.Helper()
	for _, e := range o.events() {
		switch e := e.(type) {
		case domain.DifferenceAccepted:
			list = append(list, "accepted "+e.Field+" by "+e.By)
		case domain.ClientDifferenceAccepted:
			list = append(list, "accepted "+e.Field+" by "+e.By)
		case domain.RepairAsked:
			list = append(list, "repaired "+e.Field+" by "+e.By)
		}
	}
	return list
}

// events are all facts of the ledger.
func (o *office) events() (list []domain.Event) {
	o.Helper()
	for env, err := range o.ledger.Tail(o.Context(), 0) {
		o.must(err)
		list = append(list, env.Event)
		if uint64(env.Seq) == o.last() {
			break
		}
	}
	return list
}

func TestTheOwnerSettlesDifferencesWhereTheFirmSwitchedItOn(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		m := accident()
		o.sends(m)
		o.readAll()
		o.edit(`{"status":"Closed","description":"Their name"}`)
		o.wantsDrift("status=Closed", "title=Their name")
		time.Sleep(time.Hour)
		if got := o.decisions(); len(got) != 0 {
			t.Errorf("with the switch off was decided %q", got)
		}
		o.settles()
		o.until("it is settled", func() bool { return len(o.decisions()) == 2 })
		o.readAll()
		o.wantsDrift()
		want := []string{"accepted status by " + domain.BySetting, "repaired title by " + domain.BySetting}
		if got := o.decisions(); !slices.Equal(got, want) && !slices.Equal(got, []string{want[1], want[0]}) {
			t.Errorf("decided is %q", got)
		}
		if is := o.one(); is.Description != m.Title || is.Status != "Closed" {
			t.Errorf("Smokeball has %q, %s", is.Description, is.Status)
		}
		if told := o.acceptancesTold(); !slices.Equal(told, []string{"status=Closed"}) {
			t.Errorf("CaseHug was told %q", told)
		}
		texts := ""
		for _, moment := range o.row().Timeline {
			texts += moment.Text + "\n"
		}
		if strings.Count(texts, "because the firm has differences settled by the owner of the field") != 2 {
			t.Errorf("the timeline tells\n%s", texts)
		}
		// Somebody sets the same name again: people decide.
		o.edit(`{"description":"Their name"}`)
		o.readAll()
		time.Sleep(time.Hour)
		o.wantsDrift("title=Their name")
		// Of another name CaseHug's is written again.
		o.edit(`{"description":"Another name"}`)
		o.until("it is written", func() bool { return o.one().Description == m.Title })
		o.wantsDrift()
		// Who a client is somebody decides, by the default.
		o.must(o.sim.EditContact(o.one().ClientIDs[0], []byte(`{"person":{"lastName":"Riviera"}}`)))
		o.wantsDrift("client.name=Maria Riviera")
		time.Sleep(time.Hour)
		o.wantsDrift("client.name=Maria Riviera")
	})
}

// TestADayOfEchoesEndsQuiet has CaseHug send back all that it is told, while people change every
// field, with the setting on.
func TestADayOfEchoesEndsQuiet(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{Max: time.Second}, func(o *office) {
		o.settles()
		m := accident()
		o.sends(m)
		o.readAll()
		chance := rand.New(rand.NewPCG(3, 9))
		echoed := 0
		echo := func() {
			o.hearing.Lock()
			told := o.told[echoed:]
			echoed = len(o.told)
			o.hearing.Unlock()
			for _, t := range told {
				if e, ok := t.Envelope.Event.(domain.DifferenceAccepted); ok && e.Field == domain.FieldStatus {
					m.Version++
					m.Status = domain.CaseHugStatus(e.Value)
					o.tell(updated(m))
				} else if e, ok := t.Envelope.Event.(domain.MatterSeen); ok && len(e.Changed) > 0 { // as it is, with a new version
					m.Version++
					o.tell(updated(m))
				}
			}
		}
		for i := range 24 {
			switch chance.IntN(3) {
			case 0:
				o.edit(fmt.Sprintf(`{"status":%q}`, []string{"Open", "Pending", "Closed"}[chance.IntN(3)]))
			case 1:
				o.edit(fmt.Sprintf(`{"description":"Their name %d"}`, i%4))
			case 2:
				o.edit(fmt.Sprintf(`{"number":"T-%d"}`, i%3))
			}
			for range 6 {
				time.Sleep(10 * time.Minute)
				echo()
			}
		}
		o.readAll()
		echo()
		o.readAll()
		writes, events := o.writes(), o.last()
		for range 24 {
			time.Sleep(time.Hour)
			echo()
		}
		if n := o.writes() - writes; n != 0 || o.last() != events {
			t.Errorf("the day after has %d writes and %d facts\n%s", n, o.last()-events, o.dump())
		}
	})
}

// TestNothingIsRepairedUnaskedWhileTheSwitchIsOff lets people change everything, with every owner
// in the table and the switch off: nothing is decided and nothing is written.
func TestNothingIsRepairedUnaskedWhileTheSwitchIsOff(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		readingStory(t, smokeballsim.Delay{}, func(o *office) {
			chance := rand.New(rand.NewPCG(seed, 1))
			o.choose(func(s *domain.Settings) {
				for _, field := range domain.ComparedFieldNames() {
					if field != domain.FieldCaseType {
						s.Owners = s.Owners.With(field, []domain.FieldOwner{domain.OwnerCaseHug, domain.OwnerSmokeball}[chance.IntN(2)])
					}
				}
			})
			o.sends(accident())
			o.readAll()
			writes := o.writes() - o.calls("POST /contacts/batch")
			for i := range 15 {
				switch chance.IntN(4) {
				case 0:
					o.edit(fmt.Sprintf(`{"status":%q}`, []string{"Open", "Pending", "Closed"}[chance.IntN(3)]))
				case 1:
					o.edit(fmt.Sprintf(`{"description":"Their name %d","number":"T-%d"}`, i, i))
				case 2:
					o.must(o.sim.EditContact(o.one().ClientIDs[0], fmt.Appendf(nil, `{"person":{"lastName":"Name%d","email":"a%d@x.example"}}`, i, i)))
				case 3:
					o.restart()
				}
				time.Sleep(time.Duration(chance.IntN(3600)) * time.Second)
			}
			o.readAll()
			time.Sleep(24 * time.Hour)
			if n := o.writes() - o.calls("POST /contacts/batch") - writes; n != 0 || len(o.decisions()) != 0 {
				t.Errorf("seed %d: %d writes, decided %q", seed, n, o.decisions())
			}
			if len(o.drift()) == 0 {
				t.Errorf("seed %d: nothing differs", seed)
			}
		})
	}
}
