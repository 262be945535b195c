package syncing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// warned reports whether an entry has a warning of the code.
func warned(e projections.Entry, code domain.WarningCode) bool {
	return slices.ContainsFunc(e.Warnings, func(w projections.Warning) bool { return w.Code == code })
}

func TestAnInvisibleCharacterIsNoReasonToRefuseAMatter(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident(func(m *domain.MatterData) {
			m.Title, m.CaseNumber = "Rivera\r\nv. \u202eApex\x00 Freight", "CH-2026\u200b-0142 "
			m.Client.LastName = "Rive\u2066ra"
		})))
		o.click("m_accident")
		e := o.ends("m_accident", domain.Succeeded)
		m := o.one()
		if m.Description != "Rivera v. Apex Freight" || m.Number != "CH-2026-0142" || !strings.Contains(o.kept().Contacts[0].Name, "Rivera") {
			t.Errorf("Smokeball has %+v of %+v", m, o.kept().Contacts[0])
		}
		if !warned(e, "text_cleaned") {
			t.Errorf("the sync warns of %+v", e.Warnings)
		}
	})
}

func TestTextsAreSentComposedAndTrimmed(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident(func(m *domain.MatterData) {
			m.Title, m.Client.FirstName, m.Client.Email = " Jose\u0301 v. Apex ", "Jose\u0301", "maria@example.com "
		})))
		o.click("m_accident")
		e := o.ends("m_accident", domain.Succeeded)
		who := o.kept().Contacts[0]
		if m := o.one(); m.Description != "Jos\u00e9 v. Apex" || !strings.Contains(who.Name, "Jos\u00e9") || who.Email != "maria@example.com" {
			t.Errorf("Smokeball has %q of %+v", m.Description, who)
		}
		if warned(e, "text_cleaned") {
			t.Errorf("the sync warns of %+v", e.Warnings)
		}
	})
}

func TestNumbersCompareTrimmedAndFolded(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"CH-1 ", " ch-1", "CH\u00ad-1"} {
		story(t, func(o *office) {
			theirs := o.theirs("CH-1")
			o.tell(created(accident(func(m *domain.MatterData) { m.CaseNumber = number })))
			o.click("m_accident")
			o.ends("m_accident", domain.Succeeded)
			if o.one().ID != theirs {
				t.Errorf("%q made a second matter", number)
			}
		})
	}
}

func TestANumberOfBlanksIsNoNumber(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.theirs("CH-2")
		o.tell(created(accident(func(m *domain.MatterData) { m.CaseNumber = "   " })))
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		if n := len(o.kept().Matters); n != 2 {
			t.Errorf("Smokeball has %d matters", n)
		}
	})
}

func TestAStateIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"Illinois", " il ", "US-IL", "State of Illinois"} {
		story(t, func(o *office) {
			o.tell(created(accident(func(m *domain.MatterData) { m.Jurisdiction = state })))
			o.click("m_accident")
			o.ends("m_accident", domain.Succeeded)
		})
	}
}

func TestADateIsTheFirmsDay(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		opened, err := domain.ParseMoment("2026-11-02T23:30:00-05:00")
		o.must(err)
		o.tell(created(accident(func(m *domain.MatterData) { m.OpenedAt = &opened })))
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		if m := o.one(); m.OpenedDate != time.Date(2026, 11, 2, 23, 30, 0, 0, time.UTC).Format(time.RFC3339) {
			t.Errorf("it was opened on %s", m.OpenedDate)
		}
	})
}

func TestAFileHasANameThatWindowsAndSmokeballTake(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		d := o.papers.write("m_accident", "d_retainer", "the signed retainer")
		d.FileName = "Signed retainer: final\u202e "
		o.tell(created(accident()), approved(d))
		e := o.ends("m_accident", domain.Succeeded)
		if got := o.kept().Files[0].Name; got != "Signed retainer_ final.pdf" || !warned(e, "file_name_changed") {
			t.Errorf("the file is %q, the warnings are %+v", got, e.Warnings)
		}
	})
}

func TestAnApprovalWaitsForItsObject(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.papers.missing("d_retainer", 4)
		o.tell(created(accident()), o.retainer())
		o.until("the sync waits", func() bool { return o.newest("m_accident").Status == domain.Waiting })
		o.ends("m_accident", domain.Succeeded)
		if files := o.kept().Files; len(files) != 1 || files[0].SHA256 != digest("the signed retainer") {
			t.Errorf("the files are %+v", files)
		}
	})
}

func TestAnObjectThatIsPutIsFoundWithinTwentySeconds(t *testing.T) {
	for waited, most := range map[time.Duration]time.Duration{0: time.Second, 10 * time.Second: 2 * time.Second, 59 * time.Minute: 20 * time.Second} {
		if pause := syncing.BetweenLooks(waited); pause <= 0 || pause > most {
			t.Errorf("after %s the next look is in %s, want %s at most", waited, pause, most)
		}
	}
}

func TestAnApprovalWaitsAnHourForItsObject(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		began := time.Now()
		o.papers.missing("d_retainer", 1<<20)
		o.tell(created(accident()), o.retainer())
		e := o.ends("m_accident", domain.Failed)
		if waited := time.Since(began); e.Error.Code != domain.CodeDocumentUnavailable || waited < time.Hour || waited > 70*time.Minute {
			t.Errorf("after %s it failed with %+v", waited, e.Error)
		}
	})
}
