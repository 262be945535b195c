package syncing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// An e-mail address that one client gave up and another took over must not bring the
// two together.
func TestAnAddressThatMovedOnIsNobodyElses(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.choose(func(s *domain.Settings) { s.OnClientUpdated = true })
		o.sends(accident())
		moved := maria()
		moved.Version, moved.Email = 2, "maria.new@example.com"
		o.tell(clientUpdated(moved))
		o.ends("m_accident", domain.Succeeded)

		bob := domain.ClientData{ID: "c_bob", Version: 1, FirstName: "Bob", LastName: "Baker", Email: maria().Email}
		o.sends(numbered(2, bob))
		names := []string{}
		for _, c := range o.kept().Contacts {
			names = append(names, c.Name)
		}
		if len(names) != 2 || !slices.ContainsFunc(o.kept().Contacts, func(c smokeballsim.ContactState) bool { return c.Email == bob.Email && c.ExternalSystemID == "c_bob" }) {
			t.Errorf("the contacts are %q", names)
		}
		o.sends(numbered(3, domain.ClientData{ID: "c_bob2", Version: 1, FirstName: "Bob", LastName: "Baker", Email: maria().Email}))
		if n := len(o.kept().Contacts); n != 2 {
			t.Errorf("one more client with the address makes %d contacts", n)
		}
	})
}

// A change of a contact counts when Smokeball shows it, and is sent again when
// Smokeball took it in and then refused it.
func TestAChangeOfAContactCountsWhenItIsSeen(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.choose(func(s *domain.Settings) { s.OnClientUpdated = true })
		o.hooks()
		o.sends(accident())
		o.fault(smokeballsim.Fault{Route: "PUT /contacts/{id}", Kind: smokeballsim.FailLate, Message: "the contact is locked", Count: 1})
		changed := maria()
		changed.Version, changed.Phone = 2, "+1 312 555 0199"
		o.tell(clientUpdated(changed))
		e := o.ends("m_accident", domain.Failed)
		if e.Error == nil || e.Error.Code != domain.CodeSmokeballRefused {
			t.Errorf("the refused change ends as %+v", e.Error)
		}
		o.away(time.Minute)
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "Rivera v. Apex" })))
		o.ends("m_accident", domain.Succeeded)
		if got := o.kept().Contacts[0].Phones; !slices.Contains(got, "13125550199") {
			t.Errorf("the contact's phones are %q: the change was not sent again", got)
		}
	})
}
