package syncing_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// practice is a whole day of one matter: its client, its documents, a change of it.
func (o *office) day() []domain.CaseHugEvent {
	return []domain.CaseHugEvent{
		created(accident()),
		approved(o.papers.write("m_accident", "d_retainer", "the signed retainer")),
		approved(o.papers.write("m_accident", "d_photos", "the photos")),
		updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "Rivera v. Apex Freight LLC" })),
	}
}

func (o *office) wantsOneOfEach() {
	o.Helper()
	s := o.kept()
	if len(s.Matters) != 1 || len(s.Contacts) != 1 || len(s.Files) != 2 {
		o.Errorf("Smokeball has %d matters, %d contacts, %d files; want 1, 1, 2", len(s.Matters), len(s.Contacts), len(s.Files))
	}
	for _, f := range s.Files {
		if f.Uploads != 1 {
			o.Errorf("file %s was uploaded %d times", f.Name, f.Uploads)
		}
	}
}

func TestEventsThatComeTwiceAreOne(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		var twice []domain.CaseHugEvent
		for _, e := range o.day() {
			twice = append(twice, e, e)
		}
		o.tell(twice...)
		o.ends("m_accident", domain.Succeeded)
		o.wantsOneOfEach()
		writes, syncs := o.writes(), len(o.entries("m_accident"))

		o.tell(o.day()...)
		o.rest()
		o.restart()
		o.tell(o.day()...)
		o.rest()
		if n := o.writes(); n != writes {
			t.Errorf("redelivered events made %d calls that write", n-writes)
		}
		if n := len(o.entries("m_accident")); n != syncs {
			t.Errorf("redelivered events asked for %d more syncs", n-syncs)
		}
		if got := o.one().Description; got != "Rivera v. Apex Freight LLC" {
			t.Errorf("Smokeball has %q", got)
		}
	})
}

func TestARestartAtAnyEventChangesNothing(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		for _, e := range o.day() {
			o.tell(e)
			o.restart()
			o.tell(e)
		}
		o.rest()
		for _, e := range o.entries("m_accident") { // one may find that the one before it saw all the news
			if e.Status != domain.Succeeded && e.Status != domain.Skipped {
				t.Errorf("sync %s is %s: %s", e.ID, e.Status, told(e.Error))
			}
		}
		o.wantsOneOfEach()
	})
}

func TestMatterCreatedFollowsItsSwitch(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()))
		o.rest()
		if n := len(o.kept().Matters); n != 0 {
			t.Errorf("with the switch off Smokeball has %d matters", n)
		}
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		second := created(numbered(2, maria()))
		o.tell(second, second)
		if e := o.ends("m_2", domain.Succeeded); e.Trigger != domain.TriggerMatterCreated {
			t.Errorf("the trigger is %s", e.Trigger)
		}
		if m := o.one(); m.ExternalSystemID != "m_2" {
			t.Errorf("Smokeball has %s", m.ExternalSystemID)
		}
	})
}

func TestADocumentThatComesBeforeItsMatterWaits(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(o.retainer())
		o.waitsFor("m_accident", domain.CodeMatterUnknown)
		o.tell(created(accident()))
		o.ends("m_accident", domain.Succeeded)
		if n := len(o.kept().Files); n != 1 {
			t.Errorf("Smokeball has %d files", n)
		}
	})
}

func TestAVersionThatComesLateChangesNothing(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		third := updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 3, "Third" }))
		second := updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "Second" }))
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		o.tell(third, second)
		o.rest()
		if got := o.one().Description; got != "Third" {
			t.Errorf("Smokeball has %q", got)
		}
	})
}

func TestAnUpdateDuringASyncIsOneMoreSync(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.papers.whenOpened(func() {
			for v := 2; v <= 4; v++ {
				o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Title = v, fmt.Sprint("Version ", v) })))
			}
		})
		o.tell(created(accident()), o.retainer())
		o.rest()
		var triggers []domain.Trigger
		for _, e := range o.entries("m_accident") {
			triggers = append(triggers, e.Trigger)
		}
		if !slices.Equal(triggers, []domain.Trigger{domain.TriggerDocumentApproved, domain.TriggerMatterUpdated}) {
			t.Errorf("the syncs are %q", triggers)
		}
		if got := o.one().Description; got != "Version 4" {
			t.Errorf("Smokeball has %q", got)
		}
		if n := o.calls(patchMatter); n != 1 {
			t.Errorf("%d changes were sent for three versions", n)
		}
	})
}

func TestMattersThatSmokeballDoesNotHaveAreNotUpdated(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), updated(accident(func(m *domain.MatterData) { m.Version = 2 })))
		o.rest()
		if n := len(o.entries("m_accident")); n != 0 {
			t.Errorf("the update of a matter that is not linked asked for %d syncs", n)
		}
	})
}
