package syncing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestWhatIsMadeIsOfTheAccountThatHasIt tells that a sync which was at work while the firm moved to
// another account records of neither what the other one has: a contact that is recorded of an account
// which does not have it is made once more as soon as the engine is killed.
func TestWhatIsMadeIsOfTheAccountThatHasIt(t *testing.T) {
	t.Parallel()
	for _, route := range []string{findContacts, findMatters} {
		for _, there := range []bool{false, true} { // the other account has everything already
			story(t, func(o *office) {
				if there {
					o.moves(elmAccount)
					o.sends(accident())
					o.moves(oakAccount)
				}
				o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(4 * time.Second), Count: 1})
				before := o.calls(route)
				o.tell(created(accident(func(m *domain.MatterData) { m.Version = 2 })), o.retainer())
				o.during(route, before)
				o.moves(elmAccount)
				o.until("the sync has ended", func() bool { return o.newest("m_accident").Status.Ended() })
				settle()
				for _, wrong := range o.misplaced() {
					t.Errorf("%s, %v: %s", route, there, wrong)
				}
			})
		}
	}
}

// during waits until a slow request of a route is under way. Smokeball counts it when it answers.
func (o *office) during(route string, before int) {
	o.Helper()
	time.Sleep(2 * time.Second)
	if o.calls(route) > before {
		o.Errorf("Smokeball has answered %s already", route)
	}
}

// misplaced are the facts that name an account which does not have what they name.
func (o *office) misplaced() (list []string) {
	o.Helper()
	has := func(account string, id domain.SmokeballID) bool {
		state := o.at(account)
		return slices.ContainsFunc(state.Contacts, func(c smokeballsim.ContactState) bool { return c.ID == string(id) }) ||
			slices.ContainsFunc(state.Matters, func(m smokeballsim.MatterState) bool { return m.ID == string(id) })
	}
	note := func(what domain.Event, account string, id domain.SmokeballID) {
		if !has(account, id) {
			list = append(list, what.EventName()+" is recorded of an account that does not have it")
		}
	}
	for env, err := range o.ledger.Tail(o.Context(), 0) {
		o.must(err)
		switch e := env.Event.(type) {
		case domain.ContactAccepted:
			note(e, e.Account, e.Contact)
		case domain.ContactMatched:
			note(e, e.Account, e.Contact)
		case domain.MatterAccepted:
			note(e, e.Account, e.Matter)
		case domain.MatterLinked:
			note(e, e.Account, e.Matter)
		}
		if uint64(env.Seq) == o.last() {
			return list
		}
	}
	return list
}

// TestNobodyIsMadeOfAnErasedMatter tells that a contact whose call waited, or whose look was under
// way, while its matter was erased is not made any more.
func TestNobodyIsMadeOfAnErasedMatter(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: findContacts, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(4 * time.Second), Count: 1})
		o.tell(created(accident()), o.retainer())
		o.during(findContacts, 0)
		_, _, err := eventstore.Execute(o.Context(), o.ledger, o.now, domain.MatterStream(oak, "m_accident"),
			func(m domain.Matter) ([]domain.Event, error) { return m.Erase("x_1", "u_boss"), nil })
		o.must(err)
		settle()
		if n := o.writes(); n > 0 {
			t.Errorf("Smokeball was asked %d times to make something\n%s", n, o.dump())
		}
	})
}
