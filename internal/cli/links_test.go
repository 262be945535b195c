package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAMatterIsLinkedByCommand searches, links and unlinks by commands and over HTTP: a real engine,
// with a document that goes into the matter which was chosen.
func TestAMatterIsLinkedByCommand(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	firm := string(testFirm)
	eventually(t, "the matter is announced", func() bool {
		return r.call(t, admin(), http.MethodGet, "/matters/m_1", nil).status == http.StatusOK
	})
	r.call(t, clerk(), http.MethodGet, "/smokeball/matters?q=x", nil).want(http.StatusConflict)
	r.connect(t)
	client, err := r.sim.AddContact(testAccount, []byte(`{"person":{"firstName":"Luis","lastName":"Ortega"}}`))
	if err != nil {
		t.Fatal(err)
	}
	there, err := r.sim.AddMatter(testAccount, fmt.Appendf(nil, `{"number":"2026/77","description":"Ortega (old file)","matterTypeId":%q,"clientIds":[%q],"status":"Open"}`, r.typeNamed(t, "Auto Accident"), client))
	if err != nil {
		t.Fatal(err)
	}
	if table := r.operator(t, "search", firm, "old", "file").out; !strings.Contains(table, there) || !strings.Contains(table, "Luis Ortega") || !strings.HasPrefix(table, "SMOKEBALL MATTER ") {
		t.Errorf("the table is\n%s", table)
	}
	if text := r.operator(t, "search", firm, "nobody").out; !strings.Contains(text, "finds nothing") {
		t.Errorf("it says %s", text)
	}
	r.refuses(t, "choose “keep”", "link", firm, "m_1", there)
	r.refuses(t, "404", "link", firm, "m_none", there, "--client", "keep")
	if text := r.operator(t, "link", firm, "m_1", there, "--client", "keep").out; !strings.Contains(text, there) {
		t.Errorf("it says %s", text)
	}
	var found struct{ Items []reading.FoundMatter }
	if err := json.Unmarshal([]byte(r.operator(t, "search", firm, "2026/77", "--json").out), &found); err != nil || len(found.Items) != 1 || orDash(found.Items[0].LinkedTo) != "m_1" {
		t.Errorf("the search says %+v, %v", found, err)
	}
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	if has := r.has(); len(has.Matters) != 1 || len(has.Matters[0].ClientIDs) != 1 || has.Matters[0].Description != "Ortega (old file)" {
		t.Errorf("Smokeball has %+v", has.Matters)
	}
	if text := r.operator(t, "unlink", firm, "m_1").out; !strings.Contains(text, "stays there") {
		t.Errorf("it says %s", text)
	}
	r.call(t, admin(), http.MethodDelete, "/matters/m_1/link", nil).want(http.StatusConflict)
	p.approve(t, "d_7", "m_1")
	eventually(t, "its sync waits for a person", func() bool {
		e := r.historyOf(t, "m_1")[0]
		return e.Status == domain.Waiting && e.Error != nil && e.Error.Code == domain.CodeMatterUnlinked
	})
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/link", object{"smokeball_matter_id": there, "client": "keep"}).want(http.StatusForbidden)
	r.call(t, admin(), http.MethodPost, "/matters/m_1/link", object{"smokeball_matter_id": there, "client": "keep"}).want(http.StatusOK)
	r.latest(t, "m_1", domain.Succeeded)
	if has := r.has(); len(has.Matters) != 1 {
		t.Errorf("Smokeball has %+v", has.Matters)
	}
	done := map[string]int{}
	for _, e := range r.audit(t, admin(), "?limit=100") {
		done[e.Action+" "+e.Outcome]++
	}
	if done["matter.link done"] != 2 || done["matter.unlink done"] != 1 || done["matter.link refused"] == 0 {
		t.Errorf("the audit trail counts %v", done)
	}
	r.stop()
	r.refuses(t, "Start the engine", "search", firm, "x")
	r.refuses(t, "Start the engine", "unlink", firm, "m_1")
	if o := execute(t, nil, "link", firm, "m_1"); o.code != wrongUsage {
		t.Errorf("link without a matter of Smokeball's: exit %d, %s", o.code, o.err)
	}
}
