package syncing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

const renameFile = "PATCH /matters/{matterId}/documents/files/{fileId}"

// plainly approves a document of the accident without its digest and size.
func (o *office) plainly(n int, text string) domain.CaseHugEvent {
	d := o.papers.write("m_accident", "d_retainer", text)
	d.SHA256, d.SizeBytes = "", nil
	e := approved(d)
	e.Origin.ID += fmt.Sprint(n)
	e.Vouched = true
	return e
}

// has is what the accident's one file has, and how many uploads it took.
func (o *office) has(text string, uploads int) {
	o.Helper()
	if f := o.kept().Files; len(f) != 1 || f[0].SHA256 != digest(text) || f[0].Uploads != uploads {
		o.Errorf("the files are %+v, want %q after %d uploads", f, text, uploads)
	}
}

func TestApprovedWithoutADigestTheBytesDecide(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.plainly(1, "the first content"))
		o.ends("m_accident", domain.Succeeded)
		o.has("the first content", 1)

		o.tell(o.plainly(2, "the first content"))
		if e := o.ends("m_accident", domain.Skipped); !slices.Contains(steps(e), "document unchanged") {
			t.Errorf("the steps are %q", steps(e))
		}
		o.has("the first content", 1)

		o.tell(o.plainly(3, "another content!!"))
		o.ends("m_accident", domain.Succeeded)
		settle()
		o.has("another content!!", 2)

		other := o.plainly(4, "a third one").Documents
		_, _, err := o.requests.Request(o.Context(), domain.User{Subject: "u_1", Firm: oak}, "m_accident", nil, other)
		o.must(err)
		o.ends("m_accident", domain.Succeeded)
		settle()
		o.has("a third one", 3)
	})
}

func TestADigestThatComesLaterNamesTheSameBytes(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.plainly(1, "the signed retainer"))
		o.ends("m_accident", domain.Succeeded)
		asked := o.papers.asked("d_retainer")
		o.tell(o.retainer())
		o.rest()
		o.has("the signed retainer", 1)
		if n := o.papers.asked("d_retainer"); n != asked || len(o.entries("m_accident")) != 1 {
			t.Errorf("it was read %d times more, and there are %d syncs", n-asked, len(o.entries("m_accident")))
		}
	})
}

func TestApprovedAgainWhileItIsSentTheSameBytesAreSentOnce(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: putBytes, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(5 * time.Second), Count: 1})
		o.tell(created(accident()), o.plainly(1, "the signed retainer"))
		o.until("it is fetched", func() bool { return o.papers.asked("d_retainer") == 1 })
		time.Sleep(2 * time.Second)
		o.tell(o.plainly(2, "the signed retainer"))
		o.rest()
		settle()
		o.has("the signed retainer", 1)
	})
}

func TestABrokenOffReplacementEndsInTheApprovedBytes(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.plainly(1, "the first content"))
		o.ends("m_accident", domain.Succeeded)
		o.fault(smokeballsim.Fault{Route: putBytes, Kind: smokeballsim.LoseReply, Count: 1})
		o.tell(o.plainly(2, "another content!!"))
		o.until("it waits", func() bool { return o.newest("m_accident").Status == domain.Waiting })
		o.tell(o.plainly(3, "the first content"))
		o.rest()
		settle()
		o.has("the first content", 3)
	})
}

func TestApprovedAgainWithoutADigestWhenTheObjectIsGone(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.plainly(1, "the first content"))
		o.ends("m_accident", domain.Succeeded)
		again := o.plainly(2, "the first content")
		o.papers.missing("d_retainer", 1<<20)
		began := time.Now()
		_, _, err := o.requests.Request(o.Context(), domain.User{Subject: "u_1", Firm: oak}, "m_accident", nil, again.Documents)
		o.must(err)
		if e := o.ends("m_accident", domain.Skipped); !warned(e, "document_not_compared") || time.Since(began) > time.Minute {
			t.Errorf("after %s the warnings are %+v", time.Since(began), e.Warnings)
		}
		o.tell(again) // it may be late
		if e := o.ends("m_accident", domain.Skipped); !warned(e, "document_not_compared") || time.Since(began) < time.Hour {
			t.Errorf("after %s the warnings are %+v", time.Since(began), e.Warnings)
		}
		o.has("the first content", 1)
	})
}

// called approves the retainer's same bytes under another name.
func (o *office) called(name string) domain.CaseHugEvent {
	e := o.retainer()
	e.Documents[0].FileName = name
	e.Origin.ID += name
	return e
}

// details are what the history says of a sync's steps with documents.
func details(e projections.Entry) (list []string) {
	for _, s := range e.Steps {
		if s.Name == domain.StepDocument {
			list = append(list, string(s.Outcome)+": "+s.Detail)
		}
	}
	return list
}

func TestApprovedAgainForAnotherFolderItStaysAndIsWarnedOf(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		first := o.retainer()
		first.Documents[0].Folder = "Intake"
		o.tell(created(accident()), first)
		o.ends("m_accident", domain.Succeeded)
		folder := o.folder("", "Intake")
		for round, want := range []int{1, 1} { // the second approval tells nothing new
			again := o.called("d_retainer.pdf")
			again.Origin.ID += fmt.Sprint(round)
			again.Documents[0].Folder = "Pleadings"
			o.tell(again)
			o.rest()
			warnings := 0
			for _, e := range o.entries("m_accident") {
				if warned(e, "document_folder_kept") {
					warnings++
				}
			}
			if warnings != want {
				t.Errorf("after approval %d, %d syncs warn of the folder, want %d", round+2, warnings, want)
			}
		}
		f, err := o.client.File(o.Context(), oak, domain.SmokeballID(o.one().ID), domain.SmokeballID(o.kept().Files[0].ID))
		o.must(err)
		if f.Folder != folder || len(o.kept().Files) != 1 {
			t.Errorf("the file is %+v, the folder %s", f, folder)
		}
	})
}

func TestApprovedAgainWithANewNameItIsRenamed(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.choose(func(s *domain.Settings) { s.DocumentsFolder = "Intake" })
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		matter := domain.SmokeballID(o.one().ID)
		folder := o.folder("", "Intake")

		o.tell(o.called("New name.pdf"))
		e := o.ends("m_accident", domain.Succeeded)
		if got := details(e); !slices.Equal(got, []string{"updated: renamed “d_retainer.pdf” to “New name.pdf”"}) {
			t.Errorf("the history says %q", got)
		}
		f, err := o.client.File(o.Context(), oak, matter, domain.SmokeballID(o.kept().Files[0].ID))
		o.must(err)
		if f.Name != "New name" || f.Extension != ".pdf" || f.Folder != folder || f.Data[domain.FileDocumentKey] != "d_retainer" {
			t.Errorf("the file is %+v, the folder %s", f, folder)
		}
		o.has("the signed retainer", 1)

		before := o.calls(renameFile)
		o.tell(o.called("New name.pdf "))
		o.click("m_accident")
		o.ends("m_accident", domain.Skipped)
		if n := o.calls(renameFile) - before; n != 0 {
			t.Errorf("the same name took %d calls", n)
		}

		_, _, err = o.requests.Request(o.Context(), domain.User{Subject: "u_1", Firm: oak}, "m_accident", nil, o.called("By hand.pdf").Documents)
		o.must(err)
		o.ends("m_accident", domain.Succeeded)
		if got := o.kept().Files[0].Name; got != "By hand.pdf" {
			t.Errorf("after an explicit sync it is %q", got)
		}
	})
}

func TestARefusedNewNameIsWarnedOf(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		o.fault(smokeballsim.Fault{Route: renameFile, Kind: smokeballsim.Status, Status: 400, Count: 1})
		o.tell(o.called("New name.pdf"))
		e := o.ends("m_accident", domain.Skipped)
		if !warned(e, "file_not_renamed") || !strings.Contains(e.Warnings[0].Message, "still called “d_retainer.pdf”") {
			t.Errorf("the warnings are %+v", e.Warnings)
		}
		before := o.calls(renameFile)
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version = 2 })))
		if e := o.ends("m_accident", domain.Skipped); !warned(e, "file_not_renamed") || o.calls(renameFile) != before {
			t.Errorf("%d calls, the warnings are %+v", o.calls(renameFile)-before, e.Warnings)
		}
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		if got := o.kept().Files[0].Name; got != "New name.pdf" {
			t.Errorf("after a click it is %q", got)
		}
	})
}

func TestANewNameOfADeletedFileIsWarnedOf(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		o.throws("files/" + o.kept().Files[0].ID)
		o.tell(o.called("New name.pdf"))
		if e := o.ends("m_accident", domain.Skipped); !warned(e, "file_not_renamed") {
			t.Errorf("the warnings are %+v", e.Warnings)
		}
	})
}

func TestANewNameSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		o.fault(smokeballsim.Fault{Route: renameFile, Kind: smokeballsim.LoseReply, Count: 1})
		o.tell(o.called("New name.pdf"))
		o.ends("m_accident", domain.Succeeded)
		settle()
		if got := o.kept().Files[0].Name; got != "New name.pdf" {
			t.Errorf("it is %q", got)
		}
	})
}

func TestARefusedClientRoleHoldsNoMatterBack(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com"}}`)
		o.maps(domain.Mapping{ID: "map_1", CaseType: "Auto Accident", MatterTypeID: o.typeID("Truck Accident"), ClientRole: "Defendant"})
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Status: 400, Count: 1})
		o.tell(created(accident()), o.retainer())
		e := o.ends("m_accident", domain.Succeeded)
		if m := o.one(); m.ClientRole == "Defendant" || !warned(e, "client_role_refused") || len(o.kept().Files) != 1 {
			t.Errorf("the role is %q, the warnings are %+v", m.ClientRole, e.Warnings)
		}
	})
}
