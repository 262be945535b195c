package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAFirmsHistoryIsReplayedThroughOtherMappings replays a matter that is in Smokeball and one
// that waits for a matter type: nothing is sent, and the ledger stays as it is.
func TestAFirmsHistoryIsReplayedThroughOtherMappings(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	p.say(t, "matter.created", "e2", matter("m_2", 1, "Falling Piano"))
	p.approve(t, "d_2", "m_2")
	r.latest(t, "m_2", domain.Waiting)

	of := func(mappings string, args ...string) map[domain.MatterID]api.ReplayedBody {
		t.Helper()
		file := filepath.Join(t.TempDir(), "mappings.json")
		if err := os.WriteFile(file, []byte(mappings), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"replay", "--firm", string(testFirm), "--json"}, args...)
		if mappings != "" {
			args = append(args, "--mapping", file)
		}
		var b api.ReplayBody
		if o := r.operator(t, args...); json.Unmarshal([]byte(o.out), &b) != nil {
			t.Fatalf("it says %s%s", o.out, o.err)
		}
		items := map[domain.MatterID]api.ReplayedBody{}
		for _, m := range b.Items {
			items[m.ID] = m
		}
		return items
	}
	divorce := r.typeNamed(t, "Divorce")
	there, syncs := r.writes(), r.operator(t, "history", string(testFirm), "--json").out
	if there == 0 {
		t.Fatal("no request that writes was counted")
	}
	both := of(`[{"case_type":"Auto Accident","matter_type_id":"` + divorce + `"},{"case_type":"Falling Piano","matter_type_id":"` + divorce + `"}]`)
	if m := both["m_1"]; m.Outcome != domain.ReplayOther || m.Was.TypeName != "Auto Accident" || *m.Would.TypeID != divorce || len(m.Calls) < 3 {
		t.Errorf("the matter that is there: %+v", m)
	}
	changed := 0
	for _, c := range both["m_1"].Calls {
		if c.Changed {
			changed++
			if c.Method+" "+c.Path != "POST /matters" || !strings.Contains(string(c.Body), divorce) {
				t.Errorf("the call that would be another is %+v with %s", c, c.Body)
			}
		}
	}
	if changed != 1 {
		t.Errorf("%d calls would be others", changed)
	}
	if m := both["m_2"]; m.Outcome != domain.ReplayGoes || m.Was != nil || len(m.Calls) < 3 || m.Calls[0].At != nil {
		t.Errorf("the matter that waits: %+v", m)
	}
	if m := of("")["m_1"]; m.Outcome != domain.ReplaySame || m.Withheld != 0 {
		t.Errorf("under the mappings of now: %+v", m)
	}
	if one := of("", "--matter", "m_2"); len(one) != 1 || one["m_2"].Outcome != domain.ReplayWaits || len(one["m_2"].Calls) != 0 {
		t.Errorf("the one that waits, under the mappings of now: %+v", one)
	}
	if table := r.operator(t, "replay", "--firm", string(testFirm)).out; !strings.Contains(table, "waits either way") || !strings.Contains(table, "Nothing was sent.") {
		t.Errorf("the table is\n%s", table)
	}
	if now := r.operator(t, "history", string(testFirm), "--json").out; r.writes() != there || now != syncs {
		t.Errorf("%d writes, were %d; the history is\n%s\nand was\n%s", r.writes(), there, now, syncs)
	}
	r.call(t, clerk(), http.MethodPost, "/replay", map[string]any{}).want(http.StatusForbidden)
	r.call(t, admin(), http.MethodPost, "/replay", map[string]any{"case_type": "Falling Piano", "matter_type_id": "none"}).want(http.StatusUnprocessableEntity)
	r.call(t, admin(), http.MethodPost, "/replay?matter=m_9", map[string]any{}).want(http.StatusNotFound)
	if o := execute(t, r.settings, "replay", "--firm", string(testFirm), "--mapping", "/no/such/file"); o.code != wrongUsage {
		t.Errorf("a file that is missing: exit %d, %s", o.code, o.err)
	}
}

// writes counts the requests to the simulated Smokeball that change something. A batch of contacts
// is read by a POST, which the engine may do at any time.
func (w *world) writes() (n int) {
	for route, count := range w.sim.Counts().ByRoute {
		if method, path, _ := strings.Cut(route, " "); method != http.MethodGet && !strings.Contains(path, "oauth") && !strings.HasSuffix(path, "/batch") && !strings.Contains(path, "token") {
			n += count
		}
	}
	return n
}
