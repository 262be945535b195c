package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

var update = flag.Bool("update", false, "write the golden files again")

// golden compares JSON with a file, with the same indentation.
func golden(t *testing.T, name, got string) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(strings.TrimSpace(got)), "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	path := "testdata/" + name + ".json"
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s differs; got:\n%s", path, b.Bytes())
	}
}

func TestAnswers(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	bare := newEngine(t)
	for _, tt := range []struct {
		name string
		e    *engine
		path string
	}{
		{"connection", e, "/v1/firms/f_1/connection"}, {"connection_none", bare, "/v1/firms/f_1/connection"},
		{"entry", e, "/v1/firms/f_1/sync-history/s_done"}, {"entry_failed", e, "/v1/firms/f_1/sync-history/s_failed"},
		{"matter", e, "/v1/firms/f_1/matters/m_1001"}, {"matters", e, "/v1/firms/f_1/matters?q=cho"},
		{"settings", bare, "/v1/firms/f_1/settings"}, {"webhooks", bare, "/v1/firms/f_1/webhooks"}, {"dead_letters", e, "/v1/firms/f_1/dead-letters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, tt.e.call(t, call{path: tt.path, token: "admin-token"}).want(200).body)
		})
	}
}

func TestConnectionStatusFollowsTheClock(t *testing.T) {
	now := noon
	e := newEngine(t, func(c *web.Config) { c.Now = func() time.Time { return now } }).connect().told(t)
	for _, tt := range []struct {
		after time.Duration
		want  domain.ConnectionStatus
	}{{0, "connected"}, {131 * 24 * time.Hour, "reauthorize_soon"}, {138 * 24 * time.Hour, "reauthorization_required"}} {
		now = noon.Add(tt.after)
		var got struct{ Status domain.ConnectionStatus }
		e.call(t, call{path: "/v1/firms/f_1/connection", token: "user-token"}).want(200).into(&got)
		if got.Status != tt.want {
			t.Errorf("after %s the status is %s, want %s", tt.after, got.Status, tt.want)
		}
	}
}

func TestWebhooksAreLostWithTheSignIn(t *testing.T) {
	e := newEngine(t).connect()
	e.add(at(50), domain.ConnectionStream(firm), domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"})
	status := func() string {
		var got struct{ Webhooks struct{ Status string } }
		e.told(t).call(t, call{path: "/v1/firms/f_1/connection", token: "user-token"}).want(200).into(&got)
		return got.Webhooks.Status
	}
	if got := status(); got != "active" {
		t.Errorf("webhooks are %s, want active", got)
	}
	e.end()
	if got := status(); got != "lost" {
		t.Errorf("webhooks are %s, want lost", got)
	}
}

// changes are answered with the ledger position that has them, in a header and, where
// the answer is not the contract's own object, in the body.
func TestChangesTellTheirPosition(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	for _, tt := range []struct {
		call
		inBody bool
	}{
		{call{method: "PUT", path: "/v1/firms/f_1/settings", body: settingsJSON}, false},
		{call{method: "POST", path: "/v1/firms/f_1/matters/m_1001/sync"}, true},
		{call{method: "POST", path: "/v1/firms/f_1/sync-history/s_failed/retry"}, true},
		{call{method: "POST", path: "/v1/firms/f_1/sync-history/s_waits/cancel"}, true},
		{call{method: "POST", path: "/v1/firms/f_1/webhooks"}, true},
		{call{method: "DELETE", path: "/v1/firms/f_1/webhooks"}, true},
		{call{method: "DELETE", path: "/v1/firms/f_1/connection"}, true},
	} {
		tt.token = "admin-token"
		r := e.call(t, tt.call)
		var header, body json.Number
		if err := json.Unmarshal([]byte(r.header.Get("Ledger-Position")), &header); err != nil {
			t.Errorf("%s %s: Ledger-Position %q", tt.method, tt.path, r.header.Get("Ledger-Position"))
		}
		var got struct{ Position json.Number }
		if r.into(&got); tt.inBody {
			body = got.Position
		} else {
			body = header
		}
		if body != header {
			t.Errorf("%s %s: position %s in the body, %s in the header", tt.method, tt.path, body, header)
		}
	}
}

func TestAuthorize(t *testing.T) {
	e := newEngine(t)
	var got struct {
		URL     string    `json:"authorize_url"`
		Expires time.Time `json:"expires_at"`
	}
	e.call(t, call{method: "POST", path: "/v1/firms/f_1/connection/authorize", token: "admin-token"}).want(200).into(&got)
	if !strings.HasPrefix(got.URL, e.consent) || !got.Expires.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("got %+v", got)
	}
}

func TestSettingsAreTakenWhole(t *testing.T) {
	e := newEngine(t)
	put := func(body string) reply {
		return e.call(t, call{method: "PUT", path: "/v1/firms/f_1/settings", token: "admin-token", body: body})
	}
	withTags := func(on string) string {
		return strings.TrimSuffix(settingsJSON, "}") + `,"sync_tags":` + on + "," + ownersJSON + "}"
	}
	r := put(settingsJSON).want(200)
	if strings.TrimSpace(r.body) != withTags("false") {
		t.Errorf("answered %s, want %s", r.body, withTags("false"))
	}
	e.told(t).call(t, call{path: "/v1/firms/f_1/settings?min_position=" + r.header.Get("Ledger-Position"), token: "user-token"}).want(200).contains(withTags("false"))
	put(withTags("true")).want(200).contains(withTags("true"))
	put(settingsJSON).want(200).contains(withTags("true")) // left out, it stays as it is

	p := put(`{"auto_sync_on_document_approved":true}`).problem(422, "invalid_request")
	if len(p.Errors) != 5 {
		t.Errorf("%d faults, want one for each of 5 missing fields: %+v", len(p.Errors), p.Errors)
	}
	for body, field := range map[string]string{
		strings.Replace(settingsJSON, `"Intake"`, `7`, 1):              "/documents_folder",
		strings.Replace(settingsJSON, `{`, `{"x":1,`, 1):               "/x",
		strings.Replace(settingsJSON, `"Intake"`, `"../elsewhere"`, 1): "/documents_folder",
	} {
		p := put(body).problem(422, "invalid_request")
		if len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: faults %+v, want one at %s", body, p.Errors, field)
		}
	}
}

func TestSyncCarriesMatterAndDocuments(t *testing.T) {
	e := newEngine(t)
	sync := func(body string) reply {
		return e.call(t, call{method: "POST", path: "/v1/firms/f_1/matters/m_7/sync", token: "user-token", body: body})
	}
	const matter = `"matter":{"matter_id":"m_7","title":"T","case_type":"Divorce","status":"active","closed_at":null,"something_new":1,"client":{"client_id":"c_1","last_name":"Doe","phone":null}}`
	const document = `{"document_id":"d_1","matter_id":"m_7","file_name":"a.pdf","content":{"object":"casehug-documents/d_1"}}`
	var got struct {
		ID, Status string
		Sync       string `json:"sync_id"`
		Position   int
	}
	sync(`{` + matter + `,"documents":[` + document + `]}`).want(202).into(&got)
	if got.ID == "" || got.ID != got.Sync || got.Status != "queued" || got.Position == 0 {
		t.Errorf("got %+v", got)
	}
	if want := "request m_7 by u_5, matter true, 1 documents"; e.asked() != want {
		t.Errorf("asked %q, want %q", e.asked(), want)
	}
	sync(`{}`).want(202)
	sync(`{"matter":null}`).want(202)
	for body, field := range map[string]string{
		`{` + strings.Replace(matter, `"m_7"`, `"m_8"`, 1) + `}`:                                "/matter/matter_id",
		`{` + strings.Replace(matter, `"last_name":"Doe"`, `"last_name":" "`, 1) + `}`:          "/matter/client/last_name",
		`{` + strings.Replace(matter, `"title":"T",`, ``, 1) + `}`:                              "/matter",
		`{` + strings.Replace(matter, `"active"`, `"archived"`, 1) + `}`:                        "/matter/status",
		`{"documents":[` + strings.Replace(document, `"m_7"`, `"m_8"`, 1) + `]}`:                "/documents/0/matter_id",
		`{"documents":[` + strings.Replace(document, `"casehug-documents/d_1"`, `""`, 1) + `]}`: "/documents/0/content",
	} {
		p := sync(body).problem(422, "invalid_request")
		if len(p.Errors) == 0 || p.Errors[0].Field != field || p.Errors[0].Message == "" {
			t.Errorf("%s: faults %+v, want one at %s", body, p.Errors, field)
		}
	}
	e.call(t, call{method: "POST", path: "/v1/firms/f_1/matters/m.7/sync", token: "user-token"}).problem(422, "invalid_request")
}

func TestSyncThatIsOnItsWayTellsItsStatus(t *testing.T) {
	e := newEngine(t)
	e.add(at(1), domain.MatterStream(firm, "m_7"), domain.SyncRequested{Sync: "s_asked_m_7"}, domain.SyncStarted{Sync: "s_asked_m_7", Attempt: 1})
	e.told(t)
	var got struct{ Status string }
	r := e.call(t, call{method: "POST", path: "/v1/firms/f_1/matters/m_7/sync", token: "user-token"}).want(202).into(&got)
	if got.Status != "running" && got.Status != "queued" {
		t.Errorf("status %q: %s", got.Status, r.body)
	}
}

func TestRetryNeedsAnEndedSync(t *testing.T) {
	e := newEngine(t).tell().told(t)
	retry := func(id string) reply {
		return e.call(t, call{method: "POST", path: "/v1/firms/f_1/sync-history/" + id + "/retry", token: "user-token"})
	}
	retry("s_failed").want(202).contains(`"id":"s_again_s_failed"`)
	retry("s_waits").problem(409, "not_retryable")
	retry("s_nope").problem(404, "not_found")
}

func TestCancelNeedsASyncThatIsNotAtWork(t *testing.T) {
	e := newEngine(t).tell().told(t)
	cancel := func(id, token string) reply {
		return e.call(t, call{method: "POST", path: "/v1/firms/f_1/sync-history/" + id + "/cancel", token: token})
	}
	cancel("s_waits", "other-token").want(404)
	cancel("s_waits", "user-token").want(200).contains(`"id":"s_waits"`, `"status":"cancelled"`)
	e.told(t)
	cancel("s_waits", "user-token").problem(409, "not_cancellable")
	cancel("s_done", "user-token").problem(409, "not_cancellable")
	cancel("s_nope", "user-token").problem(404, "not_found")
	e.call(t, call{path: "/v1/firms/f_1/sync-history?status=cancelled", token: "user-token"}).want(200).contains(`"id":"s_waits"`, `"cancelled_by":"u_`)
}

func TestUnknownThings(t *testing.T) {
	e := newEngine(t)
	for _, path := range []string{"/v1/firms/f_1/matters/m_9", "/v1/firms/f_1/sync-history/s_9"} {
		e.call(t, call{path: path, token: "user-token"}).problem(404, "not_found")
	}
}

func TestHistoryFilters(t *testing.T) {
	e := newEngine(t).tell().told(t)
	for query, want := range map[string]string{
		"":                             "s_running s_failed s_waits s_done",
		"status=failed":                "s_failed",
		"status=failed,waiting":        "s_failed s_waits",
		"status=failed&status=waiting": "s_failed s_waits",
		"status=cancelled":             "",
		"trigger=manual":               "s_running s_failed",
		"trigger=bulk":                 "",
		"matter_id=m_1001":             "s_done",
		"q=becker":                     "s_failed",
		"from=2026-11-24T20:00:00Z":    "s_running s_failed",
		"to=2026-11-24T20:00:00Z":      "s_waits s_done",
		"from=2026-11-24T19:20:00%2B00:00&to=2026-11-24T20:00:00Z": "s_waits",
	} {
		var got struct {
			Items []struct{ ID string }
			Next  *string `json:"next_cursor"`
		}
		e.call(t, call{path: "/v1/firms/f_1/sync-history?" + query, token: "user-token"}).want(200).contains(`"next_cursor":null`).into(&got)
		ids := []string{}
		for _, i := range got.Items {
			ids = append(ids, i.ID)
		}
		if strings.Join(ids, " ") != want {
			t.Errorf("%q finds %v, want %s", query, ids, want)
		}
	}
}

func TestListsRefuseWrongValues(t *testing.T) {
	e := newEngine(t)
	for path, field := range map[string]string{
		"sync-history?limit=0": "query.limit", "sync-history?limit=501": "query.limit", "sync-history?limit=many": "query.limit",
		"sync-history?cursor=%21": "query.cursor", "sync-history?cursor=0": "query.cursor", "sync-history?cursor=garbage": "query.cursor", "sync-history?status=broken": "query.status",
		"sync-history?trigger=moon": "query.trigger", "sync-history?from=yesterday": "query.from",
		"matters?status=broken": "query.status", "matters?cursor=-1": "query.cursor", "dead-letters?cursor=.": "query.cursor", "dead-letters?status=lost": "query.status",
		"connection?min_position=-1": "query.min_position",
	} {
		p := e.call(t, call{path: "/v1/firms/f_1/" + path, token: "admin-token"}).problem(422, "invalid_request")
		if len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: faults %+v, want one at %s", path, p.Errors, field)
		}
	}
}

// Paging through a list meets everything once, in order, at every size of page.
func TestPaging(t *testing.T) {
	e := newEngine(t).tell().told(t)
	for path, total := range map[string]int{"sync-history": 4, "matters": 4, "dead-letters": 5} {
		for limit := 1; limit <= 5; limit++ {
			ids := e.page(t, path, limit)
			seen := map[string]bool{}
			for _, id := range ids {
				seen[id] = true
			}
			if len(ids) != total || len(seen) != total {
				t.Errorf("%s by %d: %v, want %d different ones", path, limit, ids, total)
			}
		}
	}
}

// page follows the cursors of a list to its end.
func (e *engine) page(t *testing.T, path string, limit int) []string {
	t.Helper()
	var ids []string
	cursor := ""
	for range 10 {
		var got struct {
			Items []struct {
				ID     string `json:"id"`
				Matter string `json:"matter_id"`
			}
			Next *string `json:"next_cursor"`
		}
		e.call(t, call{path: "/v1/firms/f_1/" + path + "?limit=" + string(rune('0'+limit)) + "&cursor=" + cursor, token: "admin-token"}).want(200).into(&got)
		for _, i := range got.Items {
			ids = append(ids, i.ID+i.Matter)
		}
		if got.Next == nil {
			return ids
		}
		cursor = *got.Next
	}
	t.Fatalf("%s by %d does not end", path, limit)
	return nil
}

func TestMinPositionWaits(t *testing.T) {
	e := newEngine(t)
	asked := make(chan reply)
	go func() {
		asked <- e.call(t, call{path: "/v1/firms/f_1/settings?min_position=1", token: "user-token"})
	}()
	e.add(noon, domain.SettingsStream(firm), domain.SettingsChanged{Settings: domain.Settings{DocumentsFolder: "Late"}, By: "u_1"})
	(<-asked).want(200).contains(`"documents_folder":"Late"`)
}

// behind are views that never reach a position.
type behind struct{ ports.Progress }

func (behind) Wait(context.Context, uint64) error { return context.DeadlineExceeded }

func TestMinPositionThatNeverComes(t *testing.T) {
	e := newEngine(t, func(c *web.Config) { c.Views.Progress = behind{c.Views.Progress} }).tell().told(t)
	for _, path := range []string{"connection", "settings", "matters", "matters/m_1001", "sync-history", "sync-history/s_done", "dead-letters", "webhooks"} {
		r := e.call(t, call{path: "/v1/firms/f_1/" + path + "?min_position=99", token: "admin-token"})
		r.problem(503, "not_caught_up")
		if r.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
		e.call(t, call{path: "/v1/firms/f_1/" + path, token: "admin-token"}).want(200)
	}
	// A change is made whether or not the views are that far.
	e.call(t, call{method: "DELETE", path: "/v1/firms/f_1/connection", token: "admin-token"}).want(200)
}

func TestOperatorListsFirms(t *testing.T) {
	e := newEngine(t).connect().tell()
	e.add(noon, domain.ConnectionStream(otherOne), authorized("a2"))
	var got struct {
		Items []struct {
			Firm   string `json:"firm_id"`
			Status string
			Queue  struct{ Waiting, Running int }
		}
	}
	e.told(t).call(t, call{path: "/v1/operator/firms", header: map[string]string{"Authorization": "Operator " + operator}}).want(200).into(&got)
	if len(got.Items) != 2 || got.Items[0].Firm != "f_1" || got.Items[0].Queue.Running != 1 || got.Items[1].Status != "connected" {
		t.Errorf("got %+v", got.Items)
	}
}
