package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// edit is a person who changes the only matter in Smokeball; it returns when the engine lists so
// many differences.
func (r *running) edit(t *testing.T, body string, differences int) {
	t.Helper()
	if err := r.sim.EditMatter(r.has().Matters[0].ID, []byte(body)); err != nil {
		t.Fatal(err)
	}
	r.differ(t, differences)
}

// differ waits until so many fields are listed to differ.
func (r *running) differ(t *testing.T, want int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d fields differ", want), func() bool {
		var page driftPage
		r.call(t, admin(), http.MethodGet, "/drift", nil).want(http.StatusOK).into(&page)
		return len(page.items) == want
	})
}

// decides runs a command that prints what was decided for programs.
func (r *running) decides(t *testing.T, args ...string) (d fieldDecided) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.operator(t, append(args, "--json")...).out), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDifferencesAreDecidedByCommand lists what people changed in Smokeball, accepts one value and
// repairs the other.
func TestDifferencesAreDecidedByCommand(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	firm := string(testFirm)
	r.refuses(t, "there is no firm f_none", "drift", "f_none")
	r.connect(t)
	r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	r.knows(t, "m_1")
	r.refuses(t, "409", "drift", "check", firm, "--matter", "m_1") // it is not linked
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	if text := r.operator(t, "drift", firm).out; !strings.HasPrefix(text, "Nothing is known to differ.") {
		t.Errorf("it says %s", text)
	}
	if list := r.operator(t, "drift", firm, "--json").out; strings.TrimSpace(list) != "[]" {
		t.Errorf("it lists %s", list)
	}
	name := r.has().Matters[0].Description
	r.edit(t, `{"status":"Closed"}`, 1)
	r.edit(t, `{"description":"A person's own name"}`, 2)
	table := r.operator(t, "drift", firm, "--matter", "m_1").out
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "MATTER  FIELD ") || !strings.Contains(table, "m_1     status  active ") || !strings.Contains(table, "A person's own name") {
		t.Errorf("the table is\n%s", table)
	}
	r.driftIsCutShort(t)
	r.refuses(t, "409", "drift", "accept", firm, "m_1", "status", "--seen", "Pending")
	r.refuses(t, "404", "drift", "accept", firm, "m_1", "colour")
	r.refuses(t, "404", "drift", "repair", firm, "m_none", "status")
	if d := r.decides(t, "drift", "accept", firm, "m_1", "status", "--seen", "Closed"); d.Decision != "accept" || d.Sync != nil || d.Position == 0 {
		t.Errorf("accepting answers %+v", d)
	}
	r.differ(t, 1)
	d := r.decides(t, "drift", "repair", firm, "m_1", "title")
	if d.Decision != "repair" || d.Sync == nil {
		t.Fatalf("repairing answers %+v", d)
	}
	eventually(t, "the repair has ended", func() bool {
		e := r.historyOf(t, "m_1")[0]
		return e.ID == domain.SyncID(*d.Sync) && e.Status == domain.Succeeded
	})
	r.differ(t, 0)
	if m := r.has().Matters[0]; m.Status != "Closed" || m.Description != name {
		t.Errorf("Smokeball has %s, %q; want the accepted status and CaseHug's name", m.Status, m.Description)
	}
	r.isSame(t, "title")
	r.proves(t, *d.Sync)
	r.refuses(t, "409", "drift", "repair", firm, "m_1", "title") // nothing differs any more
	if text := r.operator(t, "drift", "check", firm).out; !strings.Contains(text, "all linked matters") {
		t.Errorf("it says %s", text)
	}
	if text := r.operator(t, "drift", "check", firm, "--matter", "m_1", "--json").out; !strings.Contains(text, `"running"`) {
		t.Errorf("it says %s", text)
	}
	r.isSame(t, "title")
	r.stop()
	if text := r.operator(t, "drift", firm).out; !strings.HasPrefix(text, "Nothing is known to differ.") {
		t.Errorf("a stopped engine's ledger says %s", text)
	}
	r.proves(t, *d.Sync)
	r.refuses(t, "Start the engine", "drift", "check", firm)
	r.refuses(t, "Start the engine", "drift", "accept", firm, "m_1", "status")
	if o := execute(t, nil, "drift", "accept", firm, "m_1"); o.code != wrongUsage {
		t.Errorf("accept without a field: exit %d, %s", o.code, o.err)
	}
}

// isSame waits until a field of the matter is known to be the same: the webhook of what the engine wrote
// asks for a read, and until that is over the value may be changing.
func (r *running) isSame(t *testing.T, field string) {
	t.Helper()
	eventually(t, "the "+field+" is known to be the same", func() bool {
		for _, f := range r.provenanceOf(t).Fields {
			if f.Field == field {
				return f.State == "same"
			}
		}
		return false
	})
}

// provenanceOf asks by command where the fields of the matter come from.
func (r *running) provenanceOf(t *testing.T) (p provenance) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.operator(t, "provenance", string(testFirm), "m_1", "--json").out), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// proves asks by command where the matter's name comes from: from the event, by a repair of the
// sync.
func (r *running) proves(t *testing.T, sync string) {
	t.Helper()
	firm := string(testFirm)
	r.refuses(t, "404", "provenance", firm, "m_none")
	p := r.provenanceOf(t)
	for _, f := range p.Fields {
		if f.Field == "title" && (f.From.ID != "e1" || f.Sent == nil || f.Sent.Method != http.MethodPatch || f.Sent.Sync != sync || f.Sent.Request == "" || f.Confirmed == nil || f.Confirmed.Proof.Position < f.Sent.Proof.Position || f.State != "same") {
			t.Errorf("the title comes from %+v", f)
		}
		if f.Field == "client.name" && (f.Sent == nil || f.Sent.Path != "/contacts") {
			t.Errorf("the client's name comes from %+v", f)
		}
	}
	if len(p.Chains) != 3 || len(p.Chains[0].Hash) != 64 || p.Chains[0].Hash == strings.Repeat("0", 64) {
		t.Errorf("the ends of the streams are %+v", p.Chains)
	}
	table := r.operator(t, "provenance", firm, "m_1").out
	for _, want := range []string{"FIELD ", "title ", "PATCH /matters/", p.Chains[0].Hash, fmt.Sprintf("[%d]", p.Fields[1].Sent.Proof.Position)} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

// driftIsCutShort lists the first of two differences, and the other one from where that list ended.
func (r *running) driftIsCutShort(t *testing.T) {
	t.Helper()
	firm := string(testFirm)
	for _, narrow := range [][]string{nil, {"--matter", "m_1"}} {
		first := execute(t, map[string]string{"ENGINE_DATA_DIR": r.settings["ENGINE_DATA_DIR"]}, append([]string{"drift", firm, "--json", "--limit", "1"}, narrow...)...)
		_, cursor, cut := strings.Cut(strings.TrimSuffix(strings.TrimSpace(first.err), "."), "--cursor ")
		if strings.Count(first.out, `"field"`) != 1 || !strings.Contains(first.out, `"status"`) || !cut {
			t.Fatalf("the first is %s, with the note %s", first.out, first.err)
		}
		rest := r.operator(t, append([]string{"drift", firm, "--json", "--limit", "1", "--cursor", cursor}, narrow...)...)
		if strings.Count(rest.out, `"field"`) != 1 || !strings.Contains(rest.out, `"title"`) || rest.err != "" {
			t.Errorf("the rest is %s, with the note %s", rest.out, rest.err)
		}
	}
}
