package web_test

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
)

// days is a moment some days before noon.
func days(n int) time.Time { return noon.AddDate(0, 0, -n) }

// tellPast records 200 days of a firm: connected, changed, ended, connected again.
func (e *engine) tellPast() *engine {
	connection, settings := domain.ConnectionStream(firm), domain.SettingsStream(firm)
	first := authorized("a1")
	first.ReauthorizeBy = days(20)
	folder := domain.DefaultSettings
	folder.DocumentsFolder, folder.OnMatterCreated = "Intake", true
	e.add(days(200), connection, domain.AuthorizationStarted{Attempt: "a1", By: "u_1", Expires: days(200).Add(10 * time.Minute)})
	e.add(days(200).Add(time.Minute), connection, first)
	e.add(days(199), connection, domain.WebhooksRegistered{Subscription: "sub_1", By: "u_1"})
	e.add(days(150), settings, domain.SettingsChanged{Settings: folder, By: "u_1"})
	e.add(days(140), settings, domain.MappingRevised{Mapping: domain.Mapping{ID: "map_1", CaseType: "Divorce", MatterTypeID: "t_div"}, TypeName: "Dissolution of Marriage", By: "u_1"})
	e.add(days(130), domain.WebhookStream(firm, "r1"), domain.SmokeballWebhookReceived{Type: "matter.updated"})
	e.add(days(120), domain.MatterStream(firm, "m_1"), domain.SyncSucceeded{Sync: "s_1"})
	e.add(days(110), settings, domain.MappingRemoved{ID: "map_1", By: "u_1"})
	e.add(days(100), domain.WebhookStream(firm, "r1"), domain.SmokeballWebhookReceived{Type: "matter.updated"})
	e.add(days(90), domain.MatterStream(firm, "m_2"), domain.SyncFailed{Sync: "s_2", Failure: domain.Failure{Code: domain.CodeSmokeballRefused, Message: "Refused", Remedy: "Mend it."}})
	e.add(days(10), connection, authorized("a2"))
	return e
}

// then is what tests look at of the answers with as_of.
type then struct {
	Status   string
	Account  *struct{ Name string } `json:"smokeball_account"`
	By       *string                `json:"connected_by"`
	Webhooks struct {
		Status   string
		Received int
	}
	Success  *time.Time             `json:"last_success_at"`
	Error    *struct{ Code string } `json:"last_error"`
	Rate     json.RawMessage        `json:"rate_limit"`
	Queue    json.RawMessage        `json:"queue"`
	AsOf     *time.Time             `json:"as_of"`
	Position uint64
	Proof    []struct {
		Position, Version  uint64
		Stream, Name, Hash string
		At                 time.Time
		By                 *string
	}
	Folder   string `json:"documents_folder"`
	Created  bool   `json:"auto_sync_on_matter_created"`
	Revision int
	Items    []struct {
		ID      *string
		Name    *string `json:"matter_type_name"`
		Matters *int
		Waiting *int
	}
}

func (e *engine) asOf(t *testing.T, what string, at time.Time) then {
	t.Helper()
	var got then
	query := "?" + url.Values{"as_of": {at.Format(time.RFC3339Nano)}}.Encode()
	e.call(t, call{path: "/v1/firms/f_1/" + what + query, token: "user-token"}).want(200).into(&got)
	if got.AsOf == nil || !got.AsOf.Equal(at) || got.Proof == nil {
		t.Errorf("%s as of %s has as_of %v and the proof %v", what, at, got.AsOf, got.Proof)
	}
	return got
}

func TestConnectionAsItWas(t *testing.T) {
	e := newEngine(t).tellPast().told(t)
	for _, tt := range []struct {
		at                 time.Time
		status, webhooks   string
		received, position int
		failure            string
	}{
		{days(300), "disconnected", "none", 0, 0, ""},
		{days(200), "authorizing", "none", 0, 1, ""},
		{days(200).Add(time.Minute), "connected", "none", 0, 2, ""},
		{days(199), "connected", "active", 0, 3, ""},
		{days(130), "connected", "active", 1, 3, ""},
		{days(90).Add(-time.Second), "connected", "active", 2, 3, ""},
		{days(90), "connected", "active", 2, 3, "smokeball_refused"},
		{days(25), "reauthorize_soon", "active", 2, 3, "smokeball_refused"},
		{days(20), "reauthorization_required", "lost", 2, 3, "smokeball_refused"},
		{days(10), "connected", "lost", 2, 11, ""}, // until the subscription is restored
	} {
		got := e.asOf(t, "connection", tt.at)
		failure := ""
		if got.Error != nil {
			failure = got.Error.Code
		}
		if got.Status != tt.status || got.Webhooks.Received != tt.received || got.Position != uint64(tt.position) || failure != tt.failure {
			t.Errorf("as of %s it is %s with %d webhooks at %d, failure %q; want %+v", tt.at, got.Status, got.Webhooks.Received, got.Position, failure, tt)
		}
		if got.Webhooks.Status != tt.webhooks {
			t.Errorf("as of %s webhooks are %s, want %s", tt.at, got.Webhooks.Status, tt.webhooks)
		}
		if string(got.Rate) != "null" || string(got.Queue) != "null" {
			t.Errorf("as of %s it has the allowance %s and the queue %s", tt.at, got.Rate, got.Queue)
		}
	}
}

func TestConnectionAsItWasIsProven(t *testing.T) {
	e := newEngine(t).tellPast().told(t)
	got := e.asOf(t, "connection", days(130))
	if len(got.Proof) != 3 || got.Success != nil || got.Account == nil || got.Account.Name != "Hartwell & Osei LLP" {
		t.Fatalf("it is %+v", got)
	}
	p := got.Proof[2]
	if p.Name != "connection.webhooks.v1" || p.Position != 3 || p.Stream != "connection.f_1" || !p.At.Equal(days(199)) || p.By == nil || *p.By != "u_1" || len(p.Hash) != 64 {
		t.Errorf("the proof of the webhooks is %+v", p)
	}
	if later := e.asOf(t, "connection", days(100)); later.Success == nil || !later.Success.Equal(days(120)) {
		t.Errorf("the last success was %v", later.Success)
	}
}

func TestSettingsAndMappingsAsTheyWere(t *testing.T) {
	e := newEngine(t).tellPast().told(t)
	if got := e.asOf(t, "settings", days(160)); got.Folder != "" || got.Created || got.Position != 0 || len(got.Proof) != 0 {
		t.Errorf("before the change the settings are %+v", got)
	}
	if got := e.asOf(t, "settings", days(150)); got.Folder != "Intake" || !got.Created || got.Position != 4 || len(got.Proof) != 1 || got.Proof[0].Name != "settings.changed.v1" {
		t.Errorf("after the change the settings are %+v", got)
	}
	if got := e.asOf(t, "case-type-mappings", days(145)); got.Revision != 0 || len(got.Items) != 0 || len(got.Proof) != 0 {
		t.Errorf("before the mapping there are %+v", got)
	}
	got := e.asOf(t, "case-type-mappings", days(140))
	if got.Revision != 1 || len(got.Items) != 1 || *got.Items[0].ID != "map_1" || *got.Items[0].Name != "Dissolution of Marriage" || got.Items[0].Matters != nil || got.Items[0].Waiting != nil || got.Position != 5 {
		t.Errorf("with the mapping there are %+v", got)
	}
	if got := e.asOf(t, "case-type-mappings", days(110)); got.Revision != 2 || len(got.Items) != 0 || len(got.Proof) != 2 {
		t.Errorf("after its removal there are %+v", got)
	}
}

// The present by as_of is the present.
func TestNowIsAsOfNow(t *testing.T) {
	e := newEngine(t).tellPast().tell().told(t)
	whole := func(query string) map[string]any {
		var body map[string]any
		e.call(t, call{path: "/v1/firms/f_1/connection" + query, token: "user-token"}).want(200).into(&body)
		for _, other := range []string{"rate_limit", "queue", "position", "as_of", "proof", "sweep", "drift"} {
			delete(body, other)
		}
		delete(body["webhooks"].(map[string]any), "missed")
		return body
	}
	now, then := whole(""), whole("?as_of="+noon.Format(time.RFC3339))
	a, errA := json.Marshal(now)
	b, errB := json.Marshal(then)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("now it is\n%s\nas of now\n%s", a, b)
	}
	e.call(t, call{path: "/v1/firms/f_1/connection", token: "user-token"}).want(200).lacks(`"proof"`)
	e.call(t, call{path: "/v1/firms/f_1/settings", token: "user-token"}).want(200).lacks(`"proof"`, `"position"`)
}

func TestAsOfNeedsATimeThatWas(t *testing.T) {
	e := newEngine(t).tellPast().told(t)
	for _, what := range []string{"connection", "settings", "case-type-mappings"} {
		for typed, says := range map[string]string{"yesterday": "RFC 3339", "2026-11-24": "RFC 3339", "2026-11-24T20:00:00+01:00": "%2B", "2026-11-24T21:00:00Z": "in the future"} {
			p := e.call(t, call{path: "/v1/firms/f_1/" + what + "?as_of=" + typed, token: "user-token"}).problem(422, "invalid_request")
			if len(p.Errors) != 1 || p.Errors[0].Field != "query.as_of" || !strings.Contains(p.Errors[0].Message, says) {
				t.Errorf("%s as of %s: %+v; want %q", what, typed, p.Errors, says)
			}
		}
		e.call(t, call{path: "/v1/firms/f_1/" + what + "?as_of=2026-11-24T20:00:00%2B01:00", token: "user-token"}).want(200)
		e.call(t, call{path: "/v1/firms/f_1/" + what + "?as_of=2026-11-24T20:42:20Z", token: "user-token"}).want(200) // clocks differ a little
		e.call(t, call{path: "/v1/firms/f_1/" + what + "?as_of=2026-01-01T00:00:00Z", token: "other-token"}).want(404)
	}
}

func TestAsOfWithMinPosition(t *testing.T) {
	e := newEngine(t).tellPast()
	list, _ := e.since(0)
	got := e.call(t, call{path: "/v1/firms/f_1/settings?as_of=" + noon.Format(time.RFC3339) + "&min_position=" + strconv.Itoa(len(list)), token: "user-token"}).want(200)
	got.contains(`"documents_folder":"Intake"`)
	slow := newEngine(t, func(c *web.Config) { c.Views.Progress = behind{c.Views.Progress} })
	slow.call(t, call{path: "/v1/firms/f_1/settings?as_of=" + noon.Format(time.RFC3339) + "&min_position=9", token: "user-token"}).problem(503, "not_caught_up")
}

func TestPastPage(t *testing.T) {
	e := newEngine(t).tellPast().told(t)
	open := func(query string, status int) reply {
		return e.call(t, call{path: "/integrations/as-of" + query, cookie: "user-token", html: true}).want(status)
	}
	href := func(at time.Time) string {
		return "/integrations/as-of?as_of=" + url.QueryEscape(at.Format(time.RFC3339Nano))
	}
	open("", 200).contains("Connected", ">now</span>", `href="`+href(days(110))+`"`, "Mapping removed", "“Divorce”, by Folasade Osei", "folder: top level → Intake", "connection.authorized.v1 · 11").
		lacks("data-now", `class="later"`)
	past := open("?as_of="+url.QueryEscape(days(150).Format(time.RFC3339)), 200)
	past.contains("Revision 2, 0 custom", `<li class="at" aria-current="true">`, `<li class="later">`,
		`id="pv" href="`+href(days(199))+`"`, `id="nx" href="`+href(days(140))+`"`)
	open("?as_of=2026-06-01T10:00", 200).contains(`value="2026-06-01T10:00:00"`)
	open("?as_of=tomorrow", 422).contains("The moment is not a time", `aria-invalid="true"`, "This is how things stand now.")
	open("?as_of=2027-01-01T00:00:00Z", 422).contains("The moment is in the future")
	newEngine(t).call(t, call{path: "/integrations/as-of", cookie: "admin-token", html: true}).want(200).contains("No event yet", `aria-disabled="true"`)
	for _, token := range []string{"admin-token", "user-token"} {
		e.call(t, call{path: "/integrations", cookie: token, html: true}).want(200).contains(`href="/integrations/as-of"`)
		newEngine(t).call(t, call{path: "/integrations", cookie: token, html: true}).want(200).contains(`href="/integrations/as-of"`)
	}
}
