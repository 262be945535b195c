package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestBulkSyncFromTheCommandLine syncs everything at once; what waits and what is the same
// stays so.
func TestBulkSyncFromTheCommandLine(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	p.say(t, "matter.created", "e2", matter("m_2", 1, "Pedestrian Mishap"))
	r.knows(t, "m_2")
	p.say(t, "matter.created", "e3", matter("m_3", 1, "Auto Accident"))
	r.knows(t, "m_3")
	var b struct {
		ID                                    string `json:"bulk_sync_id"`
		Status                                string
		Total, Done, Skipped, Failed, Waiting int
	}
	read := func(args ...string) {
		t.Helper()
		b.ID = ""
		if out := r.operator(t, args...).out; json.Unmarshal([]byte(out), &b) != nil || b.ID == "" {
			t.Fatalf("%q prints %s", args, out)
		}
	}
	read("sync", string(testFirm), "--all", "--estimate", "--json")
	if b.Status != "done" || b.Total != 3 || b.Done != 0 {
		t.Errorf("the estimate is %+v", b)
	}
	read("sync", string(testFirm), "--all", "--json")
	if b.Status != "done" || b.Total != 3 || b.Done != 1 || b.Skipped != 1 || b.Waiting != 1 {
		t.Errorf("the bulk sync ended as %+v", b)
	}
	if list := r.operator(t, "bulk", "list", string(testFirm)).out; strings.Count(list, "b_") != 2 {
		t.Errorf("the list of bulk syncs:\n%s", list)
	}
	if report := r.operator(t, "bulk", "report", string(testFirm), b.ID).out; !strings.Contains(report, "m_3 ") || !strings.Contains(report, "matter_type_unmapped") {
		t.Errorf("the report:\n%s", report)
	}
	if o := execute(t, map[string]string{"ENGINE_DATA_DIR": r.settings["ENGINE_DATA_DIR"]}, "sync", string(testFirm), "m_nope"); o.code != Failed || !strings.Contains(o.out, "m_nope failed (matter_unknown): CaseHug has not announced this matter. Check its id.") {
		t.Errorf("a matter that nobody knows: exit %d\n%s%s", o.code, o.out, o.err)
	}
	if csv := r.operator(t, "bulk", "report", string(testFirm), b.ID, "--csv").out; strings.Count(csv, "m_") < 3 {
		t.Errorf("the report for spreadsheets:\n%s", csv)
	}
}
