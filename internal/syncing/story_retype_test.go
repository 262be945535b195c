package syncing_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestALinkedMatterGetsAnotherType where that is switched on: with the role that its client has
// there, together with what else changed, once. Where Smokeball refuses it the rest is written,
// and the warning says where the type is changed; a click tries it again.
func TestALinkedMatterGetsAnotherType(t *testing.T) {
	t.Parallel()
	for name, taken := range map[string]bool{"taken": true, "refused": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, smokeballsim.Config{Seed: 1, TypesChange: taken})
				o.retypes = true
				o.start()
				o.connect()
				o.sends(accident())
				was := o.sim.State().Accounts[0].Matters[0]
				patches := func() int { return o.sim.Counts().ByRoute["PATCH /matters/{matterId}"] }
				o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.CaseType, m.Title = 2, "Slip and Fall", "New name" })))
				o.rest()
				e, is := o.newest("m_accident"), o.sim.State().Accounts[0].Matters[0]
				if e.Status != domain.Succeeded || is.Description != "New name" {
					t.Fatalf("the sync is %s: %+v; Smokeball has %+v", e.Status, e.Error, is)
				}
				if !taken {
					if is.MatterType != was.MatterType || len(e.Warnings) != 1 || e.Warnings[0].Code != "matter_type_refused" || !strings.Contains(e.Warnings[0].Message, "Set it in Smokeball") {
						t.Errorf("Smokeball has %s; the warnings are %+v", is.MatterType, e.Warnings)
					}
					before := patches()
					o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.CaseType, m.Title = 3, "Slip and Fall", "Newer name" })))
					o.rest()
					if e := o.newest("m_accident"); patches() != before+1 || len(e.Warnings) != 1 || e.Warnings[0].Code != "matter_type_refused" {
						t.Errorf("%d more changes; the warnings are %+v", patches()-before, e.Warnings)
					}
					return
				}
				if is.MatterType != "Slip and Fall" || is.ClientRole == "" || len(e.Warnings) != 0 || patches() != 1 {
					t.Errorf("Smokeball has %s with the role %q after %d changes; the warnings are %+v", is.MatterType, is.ClientRole, patches(), e.Warnings)
				}
				o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.CaseType, m.Title = 3, "slip and fall", "New name" })))
				o.rest()
				o.tell(updated(accident(func(m *domain.MatterData) {
					m.Version, m.CaseType, m.Title = 4, "Nothing that Smokeball has", "New name"
				})))
				o.rest()
				if e := o.newest("m_accident"); patches() != 1 || len(e.Warnings) != 1 || e.Warnings[0].Code != "matter_type_kept" {
					t.Errorf("%d changes; a case type without a type is warned of with %+v", patches(), e.Warnings)
				}
			})
		})
	}
}
