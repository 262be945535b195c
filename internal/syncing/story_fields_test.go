package syncing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// changes sends version 2, 3, … of the accident and waits for the end of its sync.
func (o *office) changes(version int, change func(*domain.MatterData), want domain.Status) (warnings []string) {
	o.Helper()
	o.tell(updated(accident(func(m *domain.MatterData) { m.Version = version; change(m) })))
	for _, w := range o.ends("m_accident", want).Warnings {
		warnings = append(warnings, string(w.Code))
	}
	settle()
	return warnings
}

func day(text string) *time.Time {
	t, err := domain.ParseMoment(text)
	if err != nil {
		panic(err)
	}
	return &t
}

func TestACorrectedOpenedDateIsWritten(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident(func(m *domain.MatterData) { m.OpenedAt = day("2026-11-02T15:04:05Z") }))
		o.changes(2, func(m *domain.MatterData) { m.OpenedAt = day("2026-10-30T09:00:00Z") }, domain.Succeeded)
		if got := o.one().OpenedDate; got != "2026-10-30T09:00:00Z" {
			t.Errorf("it was opened on %s", got)
		}
		if got := o.changes(3, func(*domain.MatterData) {}, domain.Skipped); !slices.Equal(got, []string{"opened_date_kept"}) || o.one().OpenedDate == "" {
			t.Errorf("without an opened date it warns of %q", got)
		}
	})
}

func TestTheClosedDateGoesWithTheReopening(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		o.changes(2, func(m *domain.MatterData) { m.Status, m.ClosedAt = "closed", day("2026-11-20T10:00:00Z") }, domain.Succeeded)
		if got := o.one().ClosedDate; got != "2026-11-20T10:00:00Z" {
			t.Fatalf("it was closed on %q", got)
		}
		o.changes(3, func(*domain.MatterData) {}, domain.Succeeded)
		if m := o.one(); m.Status != "Open" || m.ClosedDate != "" {
			t.Errorf("the reopened matter is %s, closed on %q", m.Status, m.ClosedDate)
		}
		if got := o.changes(4, func(*domain.MatterData) {}, domain.Skipped); got != nil {
			t.Errorf("the next sync warns of %q", got)
		}
	})
}

func TestARefusedClosedDateHoldsNoReopeningBack(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		o.changes(2, func(m *domain.MatterData) { m.Status, m.ClosedAt = "closed", day("2026-11-20T10:00:00Z") }, domain.Succeeded)
		o.fault(smokeballsim.Fault{Route: patchMatter, Kind: smokeballsim.Status, Status: 400, Count: 1})
		got := o.changes(3, func(*domain.MatterData) {}, domain.Succeeded)
		if m := o.one(); m.Status != "Open" || m.ClosedDate == "" || !slices.Contains(got, "closed_at_refused") {
			t.Errorf("the matter is %s, closed on %q, the warnings are %q", m.Status, m.ClosedDate, got)
		}
		before := o.calls(patchMatter)
		got = o.changes(4, func(*domain.MatterData) {}, domain.Skipped)
		if n := o.calls(patchMatter) - before; n != 0 || !slices.Equal(got, []string{"closed_at_refused"}) {
			t.Errorf("the next sync made %d calls and warns of %q", n, got)
		}
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		settle()
		if got := o.one().ClosedDate; got != "" {
			t.Errorf("after a click it is still closed on %q", got)
		}
	})
}

func TestARemovedNumberIsWarnedOf(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		for v := 2; v < 4; v++ {
			got := o.changes(v, func(m *domain.MatterData) { m.CaseNumber = " " }, domain.Skipped)
			if !slices.Equal(got, []string{"case_number_kept"}) || o.one().Number != "CH-2026-0142" {
				t.Errorf("version %d warns of %q", v, got)
			}
		}
	})
}

func TestTheResponsiblePersonFollows(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident(func(m *domain.MatterData) { m.ResponsibleEmail = lawyer }))
		if o.one().Responsible == "" {
			t.Fatal("nobody is responsible")
		}
		got := o.changes(2, func(m *domain.MatterData) { m.ResponsibleEmail = "nobody@oak.example" }, domain.Skipped)
		if !slices.Equal(got, []string{"responsible_not_found"}) || o.one().Responsible == "" {
			t.Errorf("a person whom Smokeball does not have: %q, responsible is %q", got, o.one().Responsible)
		}
		o.changes(3, func(*domain.MatterData) {}, domain.Succeeded)
		if who := o.one().Responsible; who != "" {
			t.Errorf("CaseHug has nobody and Smokeball has %s", who)
		}
	})
}

// lawyer is the e-mail address of somebody who works at the firm.
const lawyer = "lee@firm.example"

func TestADisabledStaffMemberIsNotResponsible(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident(func(m *domain.MatterData) { m.ResponsibleEmail = "dana@firm.example" })), o.retainer())
		e := o.ends("m_accident", domain.Succeeded)
		if m := o.one(); m.Responsible != "" || !warned(e, "responsible_not_found") || warned(e, "responsible_refused") || len(o.kept().Files) != 1 {
			t.Errorf("responsible is %q, the warnings are %+v", m.Responsible, e.Warnings)
		}
	})
}

func TestARefusedStaffMemberHoldsNoMatterBack(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com"}}`)
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Status: 400, Count: 1})
		o.tell(created(accident(func(m *domain.MatterData) { m.ResponsibleEmail = lawyer })), o.retainer())
		e := o.ends("m_accident", domain.Succeeded)
		if m := o.one(); m.Responsible != "" || !warned(e, "responsible_refused") || len(o.kept().Files) != 1 {
			t.Errorf("responsible is %q, the warnings are %+v", m.Responsible, e.Warnings)
		}
	})
}

func TestARefusedMatterIsNotTakenForARefusedTrimming(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Status: 400})
		o.tell(created(accident(func(m *domain.MatterData) { m.ResponsibleEmail = lawyer })), o.retainer())
		e := o.ends("m_accident", domain.Failed)
		if e.Error.Code != domain.CodeSmokeballRefused || warned(e, "responsible_refused") {
			t.Errorf("it failed with %+v and warns of %+v", e.Error, e.Warnings)
		}
	})
}

func TestALinkedMatterThatDiffersIsToldOf(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.theirs("CH-2026-0142")
		o.sends(accident())
		if e := o.newest("m_accident"); !warned(e, "matter_differs") {
			t.Errorf("the warnings are %+v", e.Warnings)
		}
	})
}

func TestTagsAreSentOnlyWhereTheFirmWantsThem(t *testing.T) {
	t.Parallel()
	tagged := accident(func(m *domain.MatterData) { m.Tags = []string{"intake", "Intake", "intake ", ""} })
	story(t, func(o *office) {
		o.tell(created(tagged))
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		if m := o.one(); len(m.Tags) != 0 || o.calls("POST /matters/{matterId}/tags") != 0 {
			t.Errorf("the tags are %q", m.Tags)
		}
		o.choose(func(s *domain.Settings) { s.SyncTags = true })
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		if m := o.one(); !slices.Equal(m.Tags, []string{"intake"}) {
			t.Errorf("the tags are %q", m.Tags)
		}
	})
}

func TestRefusedTagsHoldNothingBack(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.choose(func(s *domain.Settings) { s.SyncTags = true })
		o.fault(smokeballsim.Fault{Route: "POST /matters/{matterId}/tags", Kind: smokeballsim.Status, Status: 400})
		o.tell(created(accident(func(m *domain.MatterData) { m.Tags = []string{"intake"} })), o.retainer())
		e := o.ends("m_accident", domain.Succeeded)
		if !warned(e, "tags_refused") || len(o.kept().Files) != 1 || o.kept().Files[0].SHA256 == "" {
			t.Errorf("the warnings are %+v, the files %+v", e.Warnings, o.kept().Files)
		}
	})
}
