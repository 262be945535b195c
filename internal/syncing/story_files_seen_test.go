package syncing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// files are what the matter's timeline tells of files, but for what syncs did.
func (o *office) files() []string {
	o.Helper()
	var list []string
	for _, m := range o.row().Timeline {
		if strings.HasPrefix(m.Event, "activity.") || strings.HasPrefix(m.Event, "smokeball.document_re") {
			list = append(list, m.Text)
		}
	}
	return list
}

func (o *office) wantsFiles(want ...string) {
	o.Helper()
	o.until("the timeline tells of the files", func() bool { return len(o.files()) >= len(want) })
	time.Sleep(5 * time.Second)
	o.rest()
	if got := o.files(); !slices.Equal(got, want) {
		o.Errorf("the timeline tells\n%s\nwant\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), o.dump())
	}
}

func TestFilesOfPeopleStandOnTheTimelineOnce(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Duplicate, Probability: 1})
		o.sends(accident())
		o.wantsFiles() // CaseHug's own upload makes no entry
		reads := o.calls("GET /matters/{matterId}/documents/files/{fileId}") + o.calls("GET /matters/{matterId}/documents/files")
		if reads != 0 {
			o.Errorf("our own upload costs %d reads", reads)
		}
		id, err := o.sim.AddFile(string(o.one().ID), "Police report.pdf", []byte("report"))
		o.must(err)
		told := []string{"File “Police report.pdf” was added in Smokeball"}
		o.wantsFiles(told...)
		o.must(o.sim.RenameFile(id, "Report.pdf"))
		told = append(told, "File “Report.pdf” was changed in Smokeball")
		o.wantsFiles(told...)
		o.must(o.sim.RemoveFile(id))
		told = append(told, "File “Report.pdf” was removed in Smokeball")
		o.wantsFiles(told...)
		o.restart()
		o.wantsFiles(told...)
		o.must(o.sim.RestoreFile(id))
		o.wantsFiles(append(told, "File “Report.pdf” was added in Smokeball")...)
	})
}

// TestManyFilesOfPeopleCostOneRead puts files into a matter while Smokeball does not answer.
func TestManyFilesOfPeopleCostFewReads(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		o.fault(smokeballsim.Fault{Route: "GET /matters/{matterId}/documents/files/{fileId}", Kind: smokeballsim.Status, Status: 503, Count: 1})
		for _, name := range []string{"a.pdf", "b.pdf", "c.pdf", "d.pdf", "e.pdf"} {
			_, err := o.sim.AddFile(string(o.one().ID), name, []byte(name))
			o.must(err)
		}
		o.until("the timeline tells of the files", func() bool { return len(o.files()) == 5 })
		if n := o.calls("GET /matters/{matterId}/documents/files/{fileId}") + o.calls("GET /matters/{matterId}/documents/files"); n > 3 {
			o.Errorf("five files cost %d reads", n)
		}
	})
}

func TestADocumentThatPeopleRemovedIsCalledRemoved(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		m := accident()
		paper := o.papers.write(m.ID, "d_1", "the retainer")
		o.tell(created(m), approved(paper))
		o.ends(m.ID, domain.Succeeded)
		name := paper.FileName
		file := o.kept().Files[0].ID
		o.must(o.sim.RemoveFile(file))
		removed := "“" + name + "” was removed in Smokeball. CaseHug does not upload it again by itself"
		o.wantsFiles(removed)
		if d := o.row().Matter.Documents[0]; d.Removed == nil || d.Removed.Seen.Sub(d.Removed.At) > 5*time.Second {
			o.Errorf("the document is %+v", d)
		}
		// A sync says so, and puts nothing back.
		o.click(m.ID)
		o.rest()
		e := o.newest(m.ID)
		if len(e.Warnings) != 1 || e.Warnings[0].Code != domain.WarnDocumentRemoved || len(o.kept().Files) != 1 {
			o.Errorf("the sync ends with %+v and %d files", e.Warnings, len(o.kept().Files))
		}
		o.must(o.sim.RestoreFile(file))
		back := "“" + name + "” is in Smokeball again"
		o.wantsFiles(removed, back)
		if d := o.row().Matter.Documents[0]; d.Removed != nil || !d.Confirmed {
			o.Errorf("the document that is there again is %+v", d)
		}
		// A new approval of a removed document uploads it again.
		o.must(o.sim.RemoveFile(file))
		o.wantsFiles(removed, back, removed)
		again := approved(paper)
		again.Origin.ID = "approved-again"
		o.tell(again)
		o.rest()
		d := o.row().Matter.Documents[0]
		if d.Removed != nil || !d.Confirmed || string(d.File) == file || len(o.kept().Files) != 2 {
			o.Errorf("the document that was approved again is %+v, with %d files", d, len(o.kept().Files))
		}
	})
}

// TestACheckFindsADocumentThatPeopleRemoved loses the webhook: a check looks at the files, too.
func TestACheckFindsADocumentThatPeopleRemoved(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		m := accident()
		o.sends(m)
		o.readAll()
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Drop, Probability: 1})
		o.must(o.sim.RemoveFile(o.kept().Files[0].ID))
		time.Sleep(time.Hour)
		if d := o.row().Matter.Documents[0]; d.Removed != nil {
			t.Errorf("nothing told of it, and the document is %+v", d)
		}
		_, err := o.differences().Check(o.Context(), domain.User{Firm: oak, Subject: "u_admin"}, m.ID)
		o.must(err)
		o.until("it is found", func() bool { return o.row().Matter.Documents[0].Removed != nil })
		o.rest()
		lists := o.calls("GET /matters/{matterId}/documents/files")
		if lists != 1 || len(o.files()) != 1 {
			t.Errorf("the check lists files %d times, the timeline tells %q", lists, o.files())
		}
		_, err = o.differences().Check(o.Context(), domain.User{Firm: oak, Subject: "u_admin"}, m.ID)
		o.must(err)
		time.Sleep(time.Minute)
		o.rest()
		if len(o.files()) != 1 {
			t.Errorf("a second check tells %q", o.files())
		}
	})
}
