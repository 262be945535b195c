package syncing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// TestAClickReadsTheContacts tells that a person who asks for a sync is never told that Smokeball has
// all of it while a contact there is otherwise, whether or not a webhook came.
func TestAClickReadsTheContacts(t *testing.T) {
	t.Parallel()
	tell := func(o *office) {
		o.sends(accident())
		says := func() string {
			o.click("m_accident")
			e := o.ends("m_accident", domain.Skipped)
			return e.Steps[len(e.Steps)-1].Detail
		}
		if got := says(); got != "Smokeball already has this" {
			o.Errorf("unchanged, the sync says %q", got)
		}
		o.must(o.sim.EditContact(o.kept().Contacts[0].ID, []byte(`{"person":{"phone":{"number":"555-0000"},"lastName":"Rivera-Lopez"}}`)))
		if got := says(); !strings.Contains(got, "people have changed the matter or its client") {
			o.Errorf("the sync says %q", got)
		}
		e := o.newest("m_accident")
		if !slices.ContainsFunc(e.Warnings, func(w projections.Warning) bool { return w.Code == domain.WarnContactDiffers }) {
			o.Errorf("the sync warns of %+v", e.Warnings)
		}
	}
	story(t, tell)
	readingStory(t, smokeballsim.Delay{}, tell)
}

// TestWhatPeopleChangeOfTheClientIsOnTheTimeline tells that a change of the client's contact, and its
// removal as what it is, stand on the timelines of the client's matters.
func TestWhatPeopleChangeOfTheClientIsOnTheTimeline(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		id := o.kept().Contacts[0].ID
		says := func(want string, times int) {
			o.Helper()
			o.readAll()
			n := 0
			for _, m := range o.row().Timeline {
				if strings.Contains(m.Text, want) {
					n++
				}
			}
			if n != times {
				o.Errorf("the timeline says %q %d times, want %d: %+v", want, n, times, o.row().Timeline)
			}
		}
		says("contact was", 0)
		o.must(o.sim.EditContact(id, []byte(`{"person":{"email":"other@example.com"}}`)))
		o.awaitsChanges(1)
		says("The client’s contact was changed in Smokeball: e-mail address", 1)
	})
}

// TestTheResponsiblePersonIsNamed tells that who is responsible in Smokeball is shown by name, and told
// to CaseHug by the e-mail address.
func TestTheResponsiblePersonIsNamed(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident(func(m *domain.MatterData) { m.ResponsibleEmail = lawyer }))
		o.readAll()
		ana, err := o.client.StaffByEmail(o.Context(), oak, "ana@firm.example")
		o.must(err)
		o.edit(`{"personResponsibleStaffId":"` + ana + `"}`)
		o.awaitsChanges(1)
		o.readAll()
		if f := o.field(domain.FieldResponsible); f.Smokeball == nil || *f.Smokeball != "Ana Brown" || f.State != projections.FieldDiffers {
			o.Errorf("the field is %+v", f)
		}
		if v := o.row().Matter.Smokeball.There.Values; v.ResponsibleEmail != "ana@firm.example" {
			o.Errorf("what is known is %+v", v)
		}
		if last := o.row().Timeline[len(o.row().Timeline)-1]; !strings.Contains(last.Text, "responsible person “Ana Brown”") {
			o.Errorf("the timeline says %q", last.Text)
		}
	})
}
