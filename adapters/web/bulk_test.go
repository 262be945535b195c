package web_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

// theBulk is a bulk sync as the ledger tells of it.
func theBulk() []domain.Event {
	return []domain.Event{
		domain.BulkStarted{Bulk: "b_1", Scope: domain.BulkScope{All: true}, By: "u_2", ByName: "Folasade Osei"},
		domain.BulkMattersChosen{Matters: []domain.BulkMatter{{ID: "m_1001", Calls: 4}, {ID: "m_1002"}, {ID: "m_1003", Calls: 2}, {ID: "m_none"}}},
		domain.BulkEstimated{Calls: 6, Reads: 2, NewClient: 1, Documents: 1, Links: 1, Lacking: 1},
		domain.BulkAdvanced{Outcomes: []domain.BulkOutcome{{Matter: 0, Outcome: domain.BulkSucceeded, Sync: "s_done", Linked: true}, {Matter: 1, Outcome: domain.BulkSame},
			{Matter: 3, Outcome: domain.BulkFailed, Code: domain.CodeMatterUnknown}}, Weight: 43, Calls: 4},
	}
}

// tellBulk tells of a bulk sync that runs.
func (e *engine) tellBulk() *engine {
	e.add(noon.Add(-time.Minute), domain.BulkStream("f_1", "b_1"), theBulk()...)
	return e
}

func (e *engine) StartBulk(_ context.Context, by domain.User, r ports.BulkRequest) (domain.BulkID, uint64, error) {
	scope, _ := json.Marshal(r.Scope)
	return "b_1", 0, e.hear("bulk %s by %s, key %q, estimates %v, links %v", scope, by.Subject, r.Key, r.Estimates, r.LinkOnly)
}

func (e *engine) PauseBulk(_ context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return 0, e.hear("pause %s by %s", id, by.Subject)
}

func (e *engine) ResumeBulk(_ context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return 0, e.hear("resume %s by %s", id, by.Subject)
}

func (e *engine) CancelBulk(_ context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return 0, e.hear("cancel %s by %s", id, by.Subject)
}

func (e *engine) WholeBulk(context.Context, domain.FirmID, domain.BulkID) (b domain.Bulk, err error) {
	for _, fact := range theBulk() {
		b = b.Apply(fact, noon.Add(-time.Minute))
	}
	return b, e.hear("report")
}

func TestBulkSyncsOverTheAPI(t *testing.T) {
	e := newEngine(t).connect().tell().tellBulk().told(t)
	start := func(body string, status int) reply {
		return e.call(t, call{method: "POST", path: "/v1/firms/f_1/bulk-syncs", token: "admin-token", body: body}).want(status)
	}
	start(`{"filter":{"status":"not_synced","case_type":"Divorce","updated_since":"2026-11-01T00:00:00Z","differs":true},"estimate_only":true}`, 202)
	if heard := e.asked(); !strings.Contains(heard, `bulk {"filter":{"status":"not_synced","case_type":"Divorce","updated_since":"2026-11-01T00:00:00Z","differs":true}} by `) ||
		!strings.Contains(heard, `key "", estimates true`) {
		t.Errorf("the engine was asked %s", heard)
	}
	for _, body := range []string{`{}`, `{"all":true,"matter_ids":["m_1"]}`, `{"matter_ids":[]}`, `{"matter_ids":["a b"]}`, `{"filter":{"status":"odd"}}`} {
		start(body, 422)
	}
	var b struct {
		ID                           string `json:"bulk_sync_id"`
		Status                       string
		Total, Done, Skipped, Failed int
		Calls                        struct{ Estimated, Made int }
		Eta                          *int    `json:"eta_seconds"`
		Started                      string  `json:"started_at"`
		Finished                     *string `json:"finished_at"`
	}
	text := e.call(t, call{path: "/v1/firms/f_1/bulk-syncs/b_1", token: "admin-token"}).want(200).body
	if err := json.Unmarshal([]byte(text), &b); err != nil || b.ID != "b_1" || b.Status != "running" || b.Total != 4 || b.Done != 1 || b.Skipped != 1 || b.Failed != 1 ||
		b.Calls.Estimated != 8 || b.Calls.Made != 6 || b.Eta == nil || b.Finished != nil {
		t.Errorf("it is shown as %s (%v)", text, err)
	}
	e.call(t, call{path: "/v1/firms/f_1/bulk-syncs/b_none", token: "admin-token"}).want(404)
}

// TestAMisspeltMemberChangesNothing: without the word it would stand for all matters, or for any value.
func TestAMisspeltMemberChangesNothing(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	for path, bodies := range map[string][]string{
		"bulk-syncs":                          {`{"all":true,"estimate_onyl":true}`, `{"filter":{"stat":"closed"}}`},
		"drift/check":                         {`{"matter":"m_1001"}`},
		"matters/m_1001/fields/status/accept": {`{"sen":"Open"}`},
		"matters/m_1001/fields/status/repair": {`{"sen":"Open"}`},
	} {
		for _, body := range bodies {
			e.call(t, call{method: "POST", path: "/v1/firms/f_1/" + path, token: "admin-token", body: body}).want(422)
		}
	}
}

func TestTheReportOfABulkSync(t *testing.T) {
	e := newEngine(t).connect().tell().tellBulk().told(t)
	report := func(accept string) reply {
		return e.call(t, call{path: "/v1/firms/f_1/bulk-syncs/b_1/report", token: "admin-token", header: map[string]string{"Accept": accept}}).want(200)
	}
	text := report("text/csv").body
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], "matter_id,case_number,outcome,") || !strings.Contains(lines[4], "m_none,,failed,,,matter_unknown") || !strings.Contains(lines[3], "m_1003,") {
		t.Errorf("the spreadsheet is\n%s", text)
	}
	var got struct {
		Items []struct{ Outcome, Code string }
	}
	if err := json.Unmarshal([]byte(report("application/json").body), &got); err != nil || len(got.Items) != 4 || got.Items[2].Outcome != "" {
		t.Errorf("the report is %+v (%v)", got, err)
	}
}

// TestTheReportTellsOfSyncsThatNoOutcomeTellsOf has a matter's sync that ended after the bulk sync was
// cancelled, and a restart: it is not one that was not started.
func TestTheReportTellsOfSyncsThatNoOutcomeTellsOf(t *testing.T) {
	e := newEngine(t).connect().tell().tellBulk()
	late := domain.SyncIDFor("f_1", "m_1003", domain.Bulk{ID: "b_1"}.Origin())
	e.add(noon, domain.MatterStream("f_1", "m_1003"), domain.SyncRequested{Sync: late, Trigger: domain.TriggerBulk}, domain.SyncStarted{Sync: late, Attempt: 1}, domain.SyncSucceeded{Sync: late})
	e.told(t)
	r := e.call(t, call{path: "/v1/firms/f_1/bulk-syncs/b_1/report", token: "admin-token"}).want(200)
	var got struct {
		Items []struct {
			Matter string `json:"matter_id"`
			Sync   string `json:"sync_id"`
			Status string
		}
	}
	if err := json.Unmarshal([]byte(r.body), &got); err != nil || len(got.Items) != 4 || got.Items[2].Sync != string(late) || got.Items[2].Status != "succeeded" {
		t.Errorf("the report is %+v (%v)", got, err)
	}
}

func TestBulkSyncPages(t *testing.T) {
	e := newEngine(t).connect().tell().tellBulk().told(t)
	show := func(path string) reply {
		t.Helper()
		r := e.call(t, call{path: path, cookie: "admin-token", html: true}).want(200)
		checkPage(t, path, r.body)
		return r
	}
	show("/bulk-syncs?which=").contains("Sync matters", "Estimate", "Rivera", "Folasade Osei", `name="only"`)
	show("/bulk-syncs?which=not_synced&case_type=No+such+type").contains("No matter fits")
	show("/bulk-syncs/b_1").contains("3 of 4", "<progress", "Running", "Pause", "Cancel…", "Report (CSV)", "CaseHug has not announced this matter")
	show("/bulk-syncs/b_1/cancel").contains("Cancel this bulk sync?", "Go on", "Cancel the rest")
	send := func(path, form, next, heard string) {
		t.Helper()
		r := e.call(t, call{method: "POST", path: path, body: form, kind: "application/x-www-form-urlencoded", cookie: "admin-token", html: true}).want(303)
		if to := r.header.Get("Location"); to != next || !strings.Contains(e.asked(), heard) {
			t.Errorf("%s leads to %s, and the engine was asked %s", path, to, e.asked())
		}
	}
	send("/bulk-syncs", "which=not_synced&do=estimate", "/bulk-syncs/b_1", `bulk {"filter":{"status":"not_synced"}} by u_`)
	send("/bulk-syncs", "only=1&m=m_1001&m=m_1002&do=sync", "/bulk-syncs/b_1", `bulk {"matters":["m_1001","m_1002"]} by u_`)
	send("/bulk-syncs", "which=&do=link", "/bulk-syncs/b_1", `bulk {"all":true} by`)
	send("/bulk-syncs/b_1/pause", "", "/bulk-syncs/b_1", "pause b_1")
	send("/bulk-syncs/b_1/resume", "", "/bulk-syncs/b_1", "resume b_1")
	send("/bulk-syncs/b_1/cancel", "", "/bulk-syncs/b_1", "cancel b_1")
}
