package syncing_test

import (
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAFolderThatIsRefusedHoldsBackNoDocument tells that documents go to the matter's root, with a
// warning, where Smokeball refuses to list or to make their folder, or a file in it.
func TestAFolderThatIsRefusedHoldsBackNoDocument(t *testing.T) {
	t.Parallel()
	const folders = "/matters/{matterId}/documents/folders"
	for name, fault := range map[string]smokeballsim.Fault{
		"folders are not shown":       {Route: "GET " + folders, Kind: smokeballsim.Status, Status: 400},
		"folders may not be seen":     {Route: "GET " + folders, Kind: smokeballsim.Status, Status: 403},
		"the folder is not made":      {Route: "POST " + folders, Kind: smokeballsim.Status, Status: 400},
		"the folder never shows up":   {Route: "POST " + folders, Kind: smokeballsim.FailLate, Message: "no"},
		"the file is not taken there": {Route: addFile, Kind: smokeballsim.Status, Status: 400, Count: 1},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(o *office) {
				o.choose(func(s *domain.Settings) { s.DocumentsFolder = "Intake" })
				o.sends(accident())
				before := o.filed(o.one().ID)
				o.choose(func(s *domain.Settings) { s.DocumentsFolder = "Signed" })
				o.fault(fault)
				o.tell(approved(o.papers.write("m_accident", "d_third", "a third paper")))
				e := o.ends("m_accident", domain.Succeeded)
				if n := o.filed(o.one().ID); n != before+1 {
					t.Errorf("Smokeball has %d files, want %d", n, before+1)
				}
				if len(e.Warnings) != 1 || e.Warnings[0].Code != "folder_refused" || !strings.Contains(e.Warnings[0].Message, "Signed") {
					t.Errorf("the warnings are %+v", e.Warnings)
				}
			})
		})
	}
}
