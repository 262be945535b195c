package syncing_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// sluggish is a Smokeball that takes 400 ms for a call about matters and 2 s for an upload.
func (o *office) sluggish() {
	o.Helper()
	o.fault(smokeballsim.Fault{Route: "* /matters*", Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(400 * time.Millisecond)})
	o.fault(smokeballsim.Fault{Route: putBytes, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(2 * time.Second)})
}

// exhibits are so many approved documents of a matter, all with the same name and folder.
func (o *office) exhibits(m domain.MatterID, n int) (list []domain.CaseHugEvent) {
	for i := range n {
		d := o.papers.write(m, domain.DocumentID(fmt.Sprint("d_", i)), fmt.Sprint("page ", i))
		d.FileName, d.Folder = "Exhibit.pdf", "Evidence/Photos"
		list = append(list, approved(d))
	}
	return list
}

// wantsEachOnce requires each of n documents to be one file, with its bytes, in one folder.
func (o *office) wantsEachOnce(n int) {
	o.Helper()
	bytes, ids, folders := map[string]bool{}, map[any]bool{}, map[string]bool{}
	for _, f := range o.kept().Files {
		bytes[f.SHA256], ids[f.AdditionalData[domain.FileDocumentKey]], folders[f.Folder] = true, true, true
	}
	if files := len(o.kept().Files); files != n || len(bytes) != n || len(ids) != n || len(folders) != 1 {
		o.Errorf("%d documents are %d files of %d documents with %d contents in %d folders", n, files, len(ids), len(bytes), len(folders))
	}
	if made := o.calls(makeFolder); made != 2 {
		o.Errorf("%d folders were made", made)
	}
}

// TestDocumentsOfOneMatterAreSentSideBySide: they take as long as the allowance makes them, not
// as the uploads do one after the other. They are begun in the order of their approvals; those that
// are on their way at once may overtake each other.
func TestDocumentsOfOneMatterAreSentSideBySide(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		const n, onTheWay = 60, 32
		o.hooks()
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		o.sluggish()
		began := time.Now()
		o.tell(o.exhibits("m_accident", n)...)
		o.rest()
		took, least := time.Since(began), n/5*time.Second
		if took > least+15*time.Second {
			t.Errorf("%d documents took %s; the allowance lets them be announced in %s", n, took, least)
		}
		if e := o.newest("m_accident"); e.Status != domain.Succeeded && e.Status != domain.Skipped {
			t.Errorf("the last sync is %s: %s", e.Status, told(e.Error))
		}
		files := o.kept().Files
		for place, f := range files[1:] { // the retainer was there
			if at, err := strconv.Atoi(strings.TrimPrefix(fmt.Sprint(f.AdditionalData[domain.FileDocumentKey]), "d_")); err != nil || at >= place+onTheWay {
				t.Errorf("file %d is document %d: %v", place, at, err)
			}
		}
		if len(files) != n+1 {
			t.Errorf("Smokeball has %d files", len(files))
		}
	})
}

// TestAnEngineThatStopsAmongManyDocumentsSendsEachOnce: whatever was announced, sent or neither
// when the engine stopped, each document is one file afterwards, in one folder.
func TestAnEngineThatStopsAmongManyDocumentsSendsEachOnce(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{900 * time.Millisecond, 2600 * time.Millisecond, 5 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			story(t, func(o *office) {
				o.sluggish()
				o.tell(created(accident()))
				o.tell(o.exhibits("m_accident", 20)...)
				o.until("the matter is there", func() bool { return o.calls(makeMatter) == 1 })
				time.Sleep(after)
				o.restart()
				o.rest()
				o.wantsEachOnce(20)
			})
		})
	}
}

// TestOneOfManyDocumentsFailsAlone: a refusal of one holds back none of those beside it.
func TestOneOfManyDocumentsFailsAlone(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sluggish()
		o.papers.lose("d_3", 2)
		o.fault(smokeballsim.Fault{Route: addFile, Kind: smokeballsim.Status, Status: 503, Count: 3})
		o.fault(smokeballsim.Fault{Route: putBytes, Kind: smokeballsim.LoseReply, Count: 2})
		o.tell(created(accident()))
		o.tell(o.exhibits("m_accident", 20)...)
		o.rest()
		o.wantsEachOnce(20)
	})
}
