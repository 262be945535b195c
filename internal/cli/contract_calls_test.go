package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// The shapes of the outside contract.
const (
	connectionShape = `{"firm_id":"text","status":"disconnected|authorizing|connected|reauthorize_soon|reauthorization_required|revoked|error","smokeball_account?":{"id":"text","name":"text"},
"region":"text?","scopes":["text"],"connected_by":"text?","connected_at":"time?","reauthorize_by":"time?","webhooks":{"status":"none|active|lost","subscription_id":"text?","last_received_at":"time?","received":"int","missed":"int?"},
"last_success_at":"time?","last_error?":{"code":"text","message":"text"},"rate_limit":{"per_second":"number","used_last_minute":"int"},"queue":{"waiting":"int","running":"int","eta_seconds":"int?"},"position":"int"}`
	// rateShape has what was added to the contract's rate_limit where one connection is read.
	rateShape      = `{"rate_limit":{"yours_last_minute":"int","last_24_hours":{"counted_since":"time","hours":[{"from":"time","used":"int","yours":"int"}]}}}`
	retentionShape = `{"history":{"keep":"text","time":"text","gone_before":"time?","removed":"int","removed_at":"time?"},"audit":{"keep":"text","time":"text"},"dead_letters":{"keep":"text","time":"text"},"changed_by":"text?","changed_at":"time?"}`
	settingsShape  = `{"auto_sync_on_document_approved":"bool","auto_sync_on_matter_created":"bool","auto_sync_on_matter_updated":"bool","auto_sync_on_client_updated":"bool","link_existing_matters":"bool","documents_folder":"text","sync_tags":"bool"}`
	entryShape     = `{"id":"text","firm_id":"text","matter_id":"text","case_number":"text","title":"text","trigger":"matter_created|matter_updated|document_approved|client_updated|manual|bulk|retry|reconcile",
"requested_by":"text","status":"queued|running|waiting|confirming|succeeded|failed|skipped|cancelled","warnings":[{"code":"text","message":"text"}],"error?":{"code":"text","message":"text","remedy":"text"},
"queued_at":"time","started_at":"time?","finished_at":"time?","attempts":"int","next_attempt_at":"time?","smokeball":{"matter_id":"text","contact_ids":["text"],"files":["any"]},
"steps":[{"name":"matter_type|contact|matter|document|confirm","outcome":"matched|accepted|created|updated|unchanged|uploaded|confirmed|failed","at":"time","duration_ms":"int","smokeball_id":"text","request_id":"text","detail":"text"}]}`
	summaryShape = `{"matter_id":"text","title":"text","case_number":"text","case_type":"text","status":"text","version":"int","client_name":"text","sync":{},"smokeball":{}}`
	matterShape  = `{"matter_id":"text","title":"text","case_number":"text","case_type":"text","status":"text","version":"int","client_name":"text","sync":{},"smokeball":{},"documents":[{}],"timeline":[{}],"position":"int",
"fields":[{"field":"status|title|case_number|case_type|responsible|opened_at|closed_at|client.name|client.email|client.phone","casehug":"text","smokeball":"text?","state":"same|differs|accepted|not_sent|changing|unknown|empty",
"known_by":"webhook|read|sweep?","known_at":"time?","changed_there_at":"time?","from?":{"event":"text","source":"text","id":"text","version":"int","at":"time"},"mapping?":{"id":"text?","revision":"int?"}}]}`
	driftShape   = `[{"matter_id":"text","field":"text","casehug":"text","smokeball":"text","changed_there_at":"time?","since":"time"}]`
	previewShape = `{"calls":[{"method":"text","path":"text","body":"any?","why":"text"}],"documents":[{"document_id":"text","file_name":"text","size_bytes":"int?"}],"warnings":[{"code":"text","message":"text"}],"estimate":{"calls":"int","seconds":"number"}}`
	replayShape  = `{"items":[{"matter_id":"text","case_number":"text","title":"text","case_type":"text","outcome":"not_synced|same|other_matter_type|would_wait|would_go_on|waits","syncs":"int","was?":{"matter_type_id":"text","matter_type_name":"text","client_role":"text"},"calls?":[{"at":"time?","sync_id":"text?","method":"text","path":"text","body":"any?","changed":"bool","why":"text"}],"withheld_calls":"int"}],"estimate":{"calls":"int","seconds":"number"},"estimate_is_rough":"bool","next_cursor":"text?","revision":"int","position":"int"}`
	bulkShape    = `{"bulk_sync_id":"text","status":"estimating|running|paused|done|cancelled","total":"int","done":"int","skipped":"int","failed":"int","calls":{"estimated":"int","made":"int"},"eta_seconds":"int?","started_at":"time?","finished_at":"time?"}`
	eraseShape   = `{"erase_id":"text","status":"running|done","steps":[{"name":"text","done_at":"time?"}]}`
	mappingShape = `{"id":"text?","case_type":"text","practice_area":"text","jurisdiction":"text","matter_type_id":"text?","client_role":"text"}`
	askedShape   = `{"id":"text","status":"text"}`
)

func listOfShape(of string) string { return `{"items":[` + of + `],"next_cursor":"text?"}` }

// The steps between the calls, by their names in the table.
var steps = map[string]func(*testing.T, *contract){
	"connect": func(t *testing.T, c *contract) { c.connect(t) },
	"announce": func(t *testing.T, c *contract) {
		c.things["type"] = c.matterType(t)
		c.announce(t, "e1", "m_1")
		c.publisher(t).approve(t, "d_1", "m_1")
		c.things["sync"] = string(c.latest(t, "m_1", domain.Succeeded).ID)
	},
	"wait": func(t *testing.T, c *contract) {
		m := matter("m_2", 1, "Pedestrian Mishap")
		c.postAs(t, service(), "matter.created", "e-m_2", m)
		c.call(t, clerk(), http.MethodPost, "/matters/m_2/sync", nil).want(202)
		c.things["waiting"] = string(c.latest(t, "m_2", domain.Waiting).ID)
	},
	"bury": func(t *testing.T, c *contract) {
		p := c.publisher(t)
		p.say(t, "matter.created", "x1", archived("m_8"))
		p.say(t, "matter.created", "x2", archived("m_9"))
		eventually(t, "both are kept", func() bool {
			var page struct{ Items []struct{ ID string } }
			c.call(t, admin(), http.MethodGet, "/dead-letters", nil).want(200).into(&page)
			return len(page.Items) == 2
		})
	},
	"edit": func(t *testing.T, c *contract) {
		c.edit(t, `{"status":"Closed"}`, 1)
		c.edit(t, `{"description":"A person's own name"}`, 2)
	},
	"file": func(t *testing.T, c *contract) {
		client, err := c.sim.AddContact(testAccount, []byte(`{"person":{"firstName":"Luis","lastName":"Ortega"}}`))
		if err != nil {
			t.Fatal(err)
		}
		c.things["there"], err = c.sim.AddMatter(testAccount, fmt.Appendf(nil, `{"number":"2026/77","description":"Ortega (old file)","matterTypeId":%q,"clientIds":[%q],"status":"Open"}`, c.things["type"], client))
		if err != nil {
			t.Fatal(err)
		}
		c.announce(t, "e3", "m_3")
	},
	"slow": func(t *testing.T, c *contract) {
		for i := range 6 {
			c.announce(t, fmt.Sprintf("e-s%d", i), fmt.Sprintf("m_s%d", i))
		}
		if err := c.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Slow, Route: "POST *", Delay: smokeballsim.Duration(3 * time.Second), Count: 4}); err != nil {
			t.Fatal(err)
		}
	},
	"settle": func(t *testing.T, c *contract) {
		eventually(t, "the bulk sync is at work", func() bool {
			var b struct{ Status string }
			c.call(t, admin(), http.MethodGet, c.fill("/bulk-syncs/{bulk}"), nil).want(200).into(&b)
			return b.Status != "estimating"
		})
	},
}

func step(name string) contractCall { return contractCall{call: name} }

// contractCalls are the calls of the outside contract in an order in which each finds what it is
// about. A new call gets a row.
func contractCalls() []contractCall {
	bodyOf := func(v any) string { text, _ := json.Marshal(v); return string(text) }
	cloud := "application/cloudevents+json"
	user, boss, svc := clerk(), admin(), service()
	return []contractCall{
		{call: "GET /connection", by: user, want: 200, shape: connectionShape}, {call: "GET /connection", by: user, want: 200, shape: rateShape},
		{call: "POST /connection/authorize", by: boss, want: 200, shape: `{"authorize_url":"text","expires_at":"time"}`},
		step("connect"),
		{call: "POST /webhooks", by: boss, want: 200, shape: `{"status":"none|active|lost"}`},
		{call: "GET /webhooks", by: boss, want: 200, shape: `{"status":"none|active|lost","subscription_id":"text?"}`},
		{call: "POST /webhooks/test", by: boss, want: 200, shape: `{"received":"bool"}`},
		step("announce"),
		{call: "GET /connection?as_of=2099-01-01T00:00:00Z", by: user, want: 422},
		{call: "POST /events", by: svc, body: bodyOf(announced("e5", "m_5")), kind: cloud, want: 202, shape: `{"id":"text","position":"int"}`},
		{call: "GET /settings", by: user, want: 200, shape: settingsShape},
		{call: "PUT /settings", by: boss, body: `{"auto_sync_on_document_approved":true,"auto_sync_on_matter_created":false,"auto_sync_on_matter_updated":true,"auto_sync_on_client_updated":false,"link_existing_matters":true,"documents_folder":""}`, want: 200, shape: settingsShape},
		{call: "PUT /retention", by: boss, body: `{"history":"730d","dead_letters":"30d"}`, want: 200, shape: retentionShape},
		{call: "PUT /retention", by: boss, body: `{"audit":"30d"}`, want: 422},
		{call: "PUT /retention", by: boss, body: `{"history":"a year"}`, want: 422},
		{call: "PUT /retention", by: user, body: `{"history":"730d"}`, want: 403},
		{call: "GET /retention", by: user, want: 200, shape: retentionShape},
		{call: "GET /case-type-mappings", by: user, want: 200, shape: listOfShape(mappingShape)},
		{call: "PUT /case-type-mappings", by: boss, body: `{"case_type":"Fence Row","matter_type_id":"{type}"}`, want: 200, shape: mappingShape},
		{call: "PUT /case-type-mappings/map_1", by: boss, body: `{"case_type":"Goose Row","practice_area":"","jurisdiction":"IL","matter_type_id":"{type}"}`, want: 200, shape: mappingShape},
		{call: "POST /case-type-mappings/dry-run", by: boss, body: `{"case_type":"Auto Accident","matter_type_id":"{type}"}`, want: 200},
		{call: "POST /replay", by: boss, body: `{"case_type":"Auto Accident","matter_type_id":"{type}"}`, want: 200, shape: replayShape},
		{call: "DELETE /case-type-mappings/map_1", by: boss, want: 200},
		{call: "GET /smokeball/matter-types", by: user, want: 200, shape: listOfShape(`{"id":"text","name":"text"}`)},
		{call: "GET /smokeball/matter-types?q=accident", by: user, want: 200, shape: listOfShape(`{"id":"text","name":"text"}`)},
		{call: "GET /matters", by: user, want: 200, shape: listOfShape(summaryShape)},
		{call: "GET /matters/m_1", by: user, want: 200, shape: matterShape},
		{call: "GET /matters/m_1/provenance", by: user, want: 200},
		{call: "POST /matters/m_5/preview", by: user, body: bodyOf(object{"matter": matter("m_5", 1, "Auto Accident")}), want: 200, shape: previewShape},
		{call: "POST /matters/m_1/sync", by: user, body: bodyOf(object{"matter": matter("m_1", 1, "Auto Accident"), "documents": []any{document("d_1", "m_1")}}), want: 202, shape: askedShape},
		{call: "POST /matters/m_1/sync", by: user, want: 202, shape: askedShape},
		{call: "POST /matters/m_1/sync", by: user, body: `{"document":[]}`, want: 422, shape: `{"code":"text","errors":[{"field":"text","message":"text"}]}`},
		step("wait"),
		{call: "GET /sync-history", by: user, want: 200, shape: listOfShape(entryShape)},
		{call: "GET /sync-history?matter_id=m_1&status=succeeded&trigger=document_approved&from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z&q=rivera&limit=1", by: user, want: 200, shape: listOfShape(entryShape)},
		{call: "GET /sync-history/{sync}", by: user, want: 200, shape: entryShape},
		{call: "POST /sync-history/{waiting}/cancel", by: user, want: 200, shape: askedShape},
		{call: "POST /sync-history/{waiting}/retry", by: user, want: 202, shape: askedShape},
		step("edit"),
		{call: "GET /drift", by: boss, want: 200, shape: driftShape},
		{call: "POST /drift/check", by: boss, body: `{"matter_id":"m_1"}`, want: 202},
		{call: "POST /drift/check", by: boss, want: 202},
		{call: "POST /matters/m_1/fields/status/accept", by: boss, body: `{"seen":"Closed"}`, want: 202},
		{call: "POST /matters/m_1/fields/title/repair", by: boss, body: `{"seen":"A person's own name"}`, want: 202},
		step("file"),
		{call: "GET /smokeball/matters?q=old+file", by: user, want: 200, shape: `{"items":[{}],"more":"bool"}`},
		{call: "POST /matters/m_3/link", by: boss, body: `{"smokeball_matter_id":"{there}","client":"keep"}`, want: 200, shape: matterShape},
		{call: "DELETE /matters/m_3/link", by: boss, want: 200, shape: matterShape},
		{call: "POST /matters/m_5/rebase", by: boss, body: `{"version":3}`, want: 200},
		{call: "POST /clients/c_1/rebase", by: boss, body: `{"version":3}`, want: 200},
		{call: "POST /bulk-syncs", by: boss, body: `{"matter_ids":["m_1","m_5"]}`, want: 202, shape: bulkShape},
		step("settle"),
		{call: "GET /bulk-syncs", by: boss, want: 200, shape: listOfShape(bulkShape)},
		{call: "GET /bulk-syncs/{bulk}", by: boss, want: 200, shape: bulkShape},
		{call: "GET /bulk-syncs/{bulk}/report", by: boss, want: 200, shape: `{"bulk_sync_id":"text","items":[{}]}`},
		step("slow"),
		{call: "POST /bulk-syncs", by: boss, body: `{"matter_ids":["m_s0","m_s1","m_s2","m_s3","m_s4","m_s5"]}`, want: 202, shape: bulkShape},
		step("settle"),
		{call: "POST /bulk-syncs/{bulk}/pause", by: boss, want: 202, shape: bulkShape},
		{call: "POST /bulk-syncs/{bulk}/resume", by: boss, want: 202, shape: bulkShape},
		{call: "DELETE /bulk-syncs/{bulk}", by: boss, want: 202, shape: bulkShape},
		step("bury"),
		{call: "GET /dead-letters", by: boss, want: 200, shape: listOfShape(`{"id":"text","reasons":[{"field":"text","reason":"text"}]}`)},
		{call: "GET /dead-letters/{dead}", by: boss, want: 200, shape: `{"id":"text","reasons":[{}],"payload":"any"}`},
		{call: "POST /dead-letters/{dead}/retry", by: boss, want: 422},
		{call: "DELETE /dead-letters/{other}", by: boss, want: 200, shape: `{"id":"text","status":"discarded"}`},
		{call: "GET /audit", by: boss, want: 200, shape: listOfShape(`{"at":"time","actor":{"sub":"text"},"action":"text","outcome":"done|refused"}`)},
		{call: "POST /matters/m_5/erase", by: boss, want: 202, shape: eraseShape},
		{call: "POST /clients/c_3/erase", by: boss, want: 202, shape: eraseShape},
		{call: "GET /erasures/{erasure}", by: boss, want: 200, shape: eraseShape},
		{call: "POST /webhooks/rotate", by: boss, want: 200},
		{call: "DELETE /webhooks", by: boss, want: 200, shape: `{"status":"none"}`},
		{call: "DELETE /connection/pending", by: boss, want: 200, shape: connectionShape},
		{call: "DELETE /connection", by: boss, want: 200, shape: connectionShape},
	}
}
