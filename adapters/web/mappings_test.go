package web_test

import (
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
)

const mappingsPath = "/v1/firms/f_1/case-type-mappings"

// mappingRow is a row of the list as callers read it.
type mappingRow struct {
	ID           *string
	CaseType     string  `json:"case_type"`
	TypeID       *string `json:"matter_type_id"`
	TypeName     *string `json:"matter_type_name"`
	Kind         string
	Flagged      *string
	RevisedBy    *string `json:"revised_by"`
	Matters      int
	Waiting      int
	Nearest      []string
	ClientRole   string `json:"client_role"`
	PracticeArea string `json:"practice_area"`
}

type mappingList struct {
	Items    []mappingRow
	Revision int
	Trouble  *struct{ Code, Remedy string } `json:"matter_types_error"`
}

func (e *engine) mappings(t *testing.T) (l mappingList) {
	t.Helper()
	e.told(t).call(t, call{path: mappingsPath, token: "user-token"}).want(200).contains(`"next_cursor":null`).into(&l)
	return l
}

// row is the one row of a case type.
func (l mappingList) row(t *testing.T, caseType string) mappingRow {
	t.Helper()
	var found []mappingRow
	for _, r := range l.Items {
		if r.CaseType == caseType {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d rows: %+v", caseType, len(found), l.Items)
	}
	return found[0]
}

func TestMappingsAnswer(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings().told(t)
	golden(t, "mappings", e.call(t, call{path: mappingsPath, token: "user-token"}).want(200).body)
	golden(t, "matter_types", e.call(t, call{path: "/v1/firms/f_1/smokeball/matter-types", token: "user-token"}).want(200).body)
}

// TestMappingsList checks what the list says of each kind of case type: the firm's own
// choice, one whose type is gone, a default, and one that has none.
func TestMappingsList(t *testing.T) {
	l := newEngine(t).connect().tell().tellMappings().mappings(t)
	if l.Revision != 2 || l.Trouble != nil || len(l.Items) != 5 {
		t.Fatalf("the list is %+v", l)
	}
	if r := l.row(t, "Divorce"); r.Kind != "custom" || text(r.ID) != "map_divorce" || text(r.TypeName) != "Dissolution" || r.Flagged != nil || r.Matters != 1 || text(r.RevisedBy) != "u_1" {
		t.Errorf("Divorce is %+v", r)
	}
	if r := l.row(t, "Dust Disease"); r.Kind != "custom" || text(r.Flagged) != "deleted in Smokeball" || text(r.TypeName) != "Asbestos Claim" || r.Matters != 0 {
		t.Errorf("Dust Disease is %+v", r)
	}
	if r := l.row(t, "Auto Accident"); r.Kind != "default" || r.ID != nil || text(r.TypeID) != "t_1" || r.Matters != 1 || r.Waiting != 0 {
		t.Errorf("Auto Accident is %+v", r)
	}
	if r := l.row(t, "Pedestrian Accident"); r.Kind != "unmapped" || r.TypeID != nil || r.Waiting != 1 || len(r.Nearest) == 0 {
		t.Errorf("Pedestrian Accident is %+v", r)
	}
	if first := l.Items[0]; first.Kind != "unmapped" && first.Flagged == nil {
		t.Errorf("what has to be looked at does not come first: %+v", l.Items)
	}
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// TestOneRowForACaseType checks that spelling does not make a second row, and that a
// matter counts for the mapping that applies to it.
func TestOneRowForACaseType(t *testing.T) {
	e := newEngine(t).connect()
	for id, m := range map[domain.MatterID]domain.MatterData{
		"m_1": {CaseType: "Truck Crash", PracticeArea: "Injury", Jurisdiction: "IL"}, "m_2": {CaseType: " TRUCK crash", PracticeArea: "injury", Jurisdiction: "Illinois"},
		"m_3": {CaseType: "Truck Crash", PracticeArea: "Injury", Jurisdiction: "NY"}, "m_4": {CaseType: "truck crash"},
	} {
		m.ID, m.Version = id, 1
		e.add(at(9), domain.MatterStream(firm, id), domain.MatterCreated{Origin: origin(string(id)), Matter: m})
	}
	if l := e.mappings(t); len(l.Items) != 3 {
		t.Errorf("the rows are %+v", l.Items)
	}
	e.add(at(8), domain.SettingsStream(firm), domain.MappingRevised{Mapping: domain.Mapping{ID: "a", CaseType: "Truck Crash", PracticeArea: "Injury", MatterTypeID: "t_1"}},
		domain.MappingRevised{Mapping: domain.Mapping{ID: "b", CaseType: "truck crash", PracticeArea: "Injury", Jurisdiction: "IL", MatterTypeID: "t_2"}})
	got := map[string]int{}
	for _, r := range e.mappings(t).Items {
		got[text(r.ID)] = r.Matters
	}
	if len(got) != 3 || got["a"] != 1 || got["b"] != 2 || got[""] != 1 {
		t.Errorf("matters are counted as %v", got)
	}
}

// TestMappingsWithoutSmokeball checks that the firm's own mappings are shown when the
// account's types can't be had, and that nothing is claimed of the rest.
func TestMappingsWithoutSmokeball(t *testing.T) {
	bare := newEngine(t).tell().tellMappings()
	away := newEngine(t).connect().tell().tellMappings()
	away.keepAway(callError(domain.Retryable, 0))
	for code, e := range map[string]*engine{"not_connected": bare, "smokeball_unavailable": away} {
		l := e.mappings(t)
		if l.Trouble == nil || l.Trouble.Code != code || l.Trouble.Remedy == "" || len(l.Items) != 2 {
			t.Errorf("%s: the list is %+v", code, l)
		}
		if r := l.row(t, "Dust Disease"); r.Flagged != nil || text(r.TypeName) != "Asbestos Claim" {
			t.Errorf("%s: Dust Disease is %+v", code, r)
		}
		page := e.call(t, call{path: "/integrations/mappings?id=map_dust", cookie: "admin-token", html: true}).want(200)
		page.contains("Dust Disease", "/integrations/mappings/remove", "Try again").lacks("Pedestrian", `name="matter_type_id"`)
	}
	bare.call(t, call{path: "/v1/firms/f_1/smokeball/matter-types", token: "user-token"}).problem(409, "not_connected")
	away.call(t, call{path: "/v1/firms/f_1/smokeball/matter-types", token: "user-token"}).problem(503, "smokeball_unavailable")
	away.keepAway(errBroken)
	away.call(t, call{path: mappingsPath, token: "user-token"}).problem(500, "internal")
}

func TestMatterTypesAreFound(t *testing.T) {
	e := newEngine(t).connect().told(t)
	for q, want := range map[string]string{"": "t_1 t_2 t_3 t_4 t_old t_lead", "vehicle": "t_1", "FAMILY": "t_3", "personal injury": "t_1 t_2 t_old t_lead", "moon": ""} {
		var got struct{ Items []struct{ ID string } }
		e.call(t, call{path: "/v1/firms/f_1/smokeball/matter-types?q=" + url.QueryEscape(q), token: "user-token"}).want(200).into(&got)
		var ids []string
		for _, i := range got.Items {
			ids = append(ids, i.ID)
		}
		if strings.Join(ids, " ") != want {
			t.Errorf("%q finds %v, want %s", q, ids, want)
		}
	}
}

func TestPutMapping(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings().told(t)
	put := func(id, body string) reply {
		return e.call(t, call{method: "PUT", path: mappingsPath + "/" + id, token: "admin-token", body: body})
	}
	r := put("map_new", mappingJSON).want(200).contains(`"id":"map_new"`, `"kind":"custom"`, `"matter_type_name":"Motor Vehicle Accident"`, `"revised_by":"u_1"`, `"revision":3`, `"flagged":null`)
	if want := "mapping by u_1: {ID:map_new CaseType:Truck Crash PracticeArea:Personal Injury Jurisdiction: MatterTypeID:t_1 ClientRole:Defendant}"; e.asked() != want {
		t.Errorf("asked %q, want %q", e.asked(), want)
	}
	e.call(t, call{path: mappingsPath + "?min_position=" + r.header.Get("Ledger-Position"), token: "user-token"}).want(200).contains("map_new")
	put("map_new", mappingJSON).want(200).contains(`"revision":3`)
	e.call(t, call{method: "PUT", path: mappingsPath, token: "admin-token", body: mappingJSON}).want(200).contains(`"id":"map_new"`, `"revision":3`) // the same matters
	other := strings.Replace(mappingJSON, "Truck Crash", "Bus Crash", 1)
	e.call(t, call{method: "PUT", path: mappingsPath, token: "admin-token", body: other}).want(200).contains(`"id":"map_`, `"revision":4`)
	e.told(t)
	e.call(t, call{method: "PUT", path: mappingsPath, token: "admin-token", body: other}).want(200).contains(`"revision":4`)
	put("map_other", mappingJSON).problem(409, "mapping_taken")
	put("map_other", `{"case_type":"X","practice_area":null,"matter_type_id":"t_1"}`).want(200)
	for body, field := range map[string]string{
		strings.Replace(mappingJSON, `"t_1"`, `"moon"`, 1):  "/matter_type_id",
		strings.Replace(mappingJSON, `Truck Crash`, ` `, 1): "/case_type",
		`{"case_type":"X"}`: "",
		strings.Replace(mappingJSON, `practice_area`, `area`, 1):   "/area",
		strings.Replace(mappingJSON, `"Defendant"`, `["Both"]`, 1): "/client_role",
	} {
		if p := put("map_x", body).problem(422, "invalid_request"); len(p.Errors) == 0 || p.Errors[0].Field != field {
			t.Errorf("%s: faults %+v, want one at %s", body, p.Errors, field)
		}
	}
	if p := put("map.x", mappingJSON).problem(422, "invalid_request"); p.Errors[0].Field != "path.id" {
		t.Errorf("faults %+v", p.Errors)
	}
}

func TestDeleteMapping(t *testing.T) {
	e := newEngine(t).connect().tellMappings().told(t)
	drop := call{method: "DELETE", path: mappingsPath + "/map_divorce", token: "admin-token"}
	var got struct{ Position int }
	r := e.call(t, drop).want(200).into(&got)
	if got.Position == 0 {
		t.Errorf("answered %s", r.body)
	}
	if l := e.mappings(t); len(l.Items) != 1 || l.Revision != 3 {
		t.Errorf("the list is %+v", l)
	}
	e.call(t, drop).problem(404, "not_found")
}

func TestMappingsPage(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings().told(t)
	open := func(query string) reply {
		r := e.call(t, call{path: "/integrations/mappings" + query, cookie: "admin-token", html: true}).want(200)
		checkPage(t, query, r.body)
		return r
	}
	open("").contains("Revision 2, since", "Divorce", "Dissolution", "client is Petitioner", "revision 1", "by Folasade Osei", "Unmapped", "Deleted in Smokeball", "nearest: Motor Vehicle Accident, Pedestrian Injury",
		"2 defaults, 2 custom, 1 unmapped", "/integrations/mappings?case_type=Auto&#43;Accident&amp;jurisdiction=IL&amp;practice_area=Personal&#43;Injury#edit").lacks("<form method=\"post\" action=\"/integrations/mappings\"")
	open("?add=1").contains("Add a mapping", `<optgroup label="Family Law">`, "Motor Vehicle Accident, IL").lacks("t_old", "t_lead")
	open("?case_type=pedestrian+accident").contains(`<tr role="row" class="open" id="edit">`, `value="pedestrian accident"`)
	open("?case_type=Sailing+Accident&jurisdiction=IL").contains(`<section class="card" id="edit"`, `value="Sailing Accident"`)
	open("?id=map_divorce").contains(`<option value="t_3" data-roles="Petitioner`, `selected>Dissolution, IL`, `<option value="Petitioner" selected>`, "/integrations/mappings/remove")
	open("?case_type=DIVORCE").contains(`name="id" value="map_divorce"`)
	open("?id=map_unknown").lacks(`id="edit"`)
}

func TestMappingForms(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings().told(t)
	post := func(path string, in url.Values) reply {
		return e.call(t, call{method: "POST", path: path, body: in.Encode(), kind: form, cookie: "admin-token", html: true})
	}
	typed := url.Values{"id": {"map_x"}, "case_type": {" Truck Crash "}, "practice_area": {""}, "jurisdiction": {"IL"}, "matter_type_id": {"t_1"}, "client_role": {"Defendant"}}
	for range 2 { // a form that is sent twice makes one mapping
		if got := post("/integrations/mappings", typed).want(303).header.Get("Location"); got != "/integrations/mappings?saved=1" {
			t.Errorf("saving leads to %s", got)
		}
	}
	if l := e.mappings(t); l.Revision != 3 || l.row(t, "Truck Crash").ClientRole != "Defendant" {
		t.Errorf("the list is %+v", l)
	}
	post("/integrations/mappings", url.Values{"id": {"map_p"}, "case_type": {"Pedestrian Accident"}, "matter_type_id": {"t_2"}}).want(303).leads("/integrations/mappings?saved=1&released=1")
	post("/integrations/mappings/remove", url.Values{"id": {"map_p"}}).want(303).leads("/integrations/mappings?removed=1")
	e.call(t, call{path: "/integrations/mappings?saved=1&released=3", cookie: "admin-token", html: true}).want(200).contains("The mapping is saved. 3 matters go on.")
	e.call(t, call{path: "/integrations/mappings?saved=1", cookie: "admin-token", html: true}).want(200).contains("The mapping is saved.")

	typed.Set("matter_type_id", "moon")
	r := post("/integrations/mappings", typed).want(422).contains(`value="Truck Crash"`, `id="mp-type-e">Is not a matter type of the Smokeball account.`, `id="mp-role-e"`, `aria-invalid="true"`, `<option value="Defendant" selected>`)
	checkPage(t, "a form that is not valid", r.body)
	typed.Set("matter_type_id", "t_1")
	typed.Set("id", "map_y")
	post("/integrations/mappings", typed).want(409).contains("Mapping map_x is for “Truck Crash” (IL) already", `role="alert"`)

	if got := post("/integrations/mappings/remove", url.Values{"id": {"map_x"}}).want(303).header.Get("Location"); got != "/integrations/mappings?removed=1" {
		t.Errorf("removing leads to %s", got)
	}
	post("/integrations/mappings/remove", url.Values{"id": {"map_x"}}).want(404)
	e.failWith(rejection(domain.Conflict, domain.CodeNotConnected, "The firm is not connected to Smokeball"))
	e.add(noon, domain.ConnectionStream(firm), domain.Disconnected{By: "u_1"})
	e.told(t)
	r = post("/integrations/mappings", typed).want(409).contains("The firm is not connected to Smokeball", "Your mapping is not saved", "/integrations/mappings?try=save&amp;case_type=Truck&#43;Crash", "matter_type_id=t_1")
	checkPage(t, "a form without a connection", r.body)
}

// TestTypedMappingOutlivesTrouble checks that what was typed is there again once Smokeball
// answers.
func TestTypedMappingOutlivesTrouble(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	e.failWith(callError(domain.Retryable, 0))
	e.keepAway(callError(domain.Retryable, 0))
	typed := url.Values{"id": {"map_x"}, "case_type": {"Truck Crash"}, "matter_type_id": {"t_2"}, "client_role": {"Defendant"}}
	r := e.call(t, call{method: "POST", path: "/integrations/mappings", body: typed.Encode(), kind: form, cookie: "admin-token", html: true}).want(503).contains("Your mapping is not saved")
	_, rest, _ := strings.Cut(r.body, `<a class="btn" href="/integrations/mappings?try=save`)
	link, _, _ := strings.Cut(rest, `#edit"`)
	again := call{path: "/integrations/mappings?try=save" + html.UnescapeString(link), cookie: "admin-token", html: true}
	e.call(t, again).want(200).contains("Your mapping is not saved", "Try again")
	e.keepAway(nil)
	e.call(t, again).want(200).contains(`value="Truck Crash"`, `value="map_x"`, "selected>Pedestrian Injury, IL", `<option value="Defendant" selected>`)
}

// TestWaitsLeadToTheMapping checks that a firm admin gets from what waits to where the
// matter type is chosen, and that a user, who may not choose, is not led there.
func TestWaitsLeadToTheMapping(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	const link = `<a class="btn sm" href="/integrations/mappings?matter=m_1002#edit">Choose a matter type`
	for _, path := range []string{"/matters/m_1002", "/history/s_waits", "/history"} {
		e.call(t, call{path: path, cookie: "admin-token", html: true}).want(200).contains(link)
		e.call(t, call{path: path, cookie: "user-token", html: true}).want(200).lacks("Choose a matter type").contains("Folasade Osei or another firm admin")
	}
	e.call(t, call{path: "/integrations/mappings?matter=m_1002", cookie: "admin-token", html: true}).want(200).contains(`name="case_type" type="text" required maxlength="1000" value="Pedestrian Accident"`)
	for _, path := range []string{"/matters/m_1003", "/matters/m_1001", "/history/s_failed"} {
		e.call(t, call{path: path, cookie: "admin-token", html: true}).want(200).lacks("Choose a matter type")
	}
	e.call(t, call{path: "/integrations", cookie: "admin-token", html: true}).want(200).contains(`<a href="/integrations/mappings">Case Type Mappings`)
	for _, path := range []string{"/integrations/settings", "/integrations/advanced"} {
		e.call(t, call{path: path, cookie: "admin-token", html: true}).want(200).contains(`<a href="/integrations/mappings">Case Type Mappings`)
	}
}

func TestMappingsAreNeeded(t *testing.T) {
	_, err := web.New(web.Config{})
	if err == nil || !strings.Contains(err.Error(), "Mappings is missing") {
		t.Errorf("without them: %v", err)
	}
}

// A firm admin gets from a matter that waits to a mapping, and the roles on offer are
// those of the chosen type.
func TestBrowserMapping(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.open("/matters/m_1002")
	b.click(`.note a[href^="/integrations/mappings"]`, "#edit form")
	choose := func(id string) {
		b.Helper()
		_ = value(b, chromedp.Evaluate[chromedp.Void](`{const s=document.getElementById("mp-type");s.value="`+id+`";s.dispatchEvent(new Event("change",{bubbles:true}))}0`))
	}
	offered := func() string {
		b.Helper()
		return value(b, chromedp.Evaluate[string](`[...document.querySelectorAll("#mp-role option:not([disabled])")].map(o=>o.value).join(" ")`))
	}
	choose("t_3")
	if got := offered(); got != " Petitioner Respondent" {
		t.Errorf("the roles on offer are %q", got)
	}
	choose("t_2")
	if got := offered(); got != " Defendant Plaintiff" {
		t.Errorf("the roles on offer are %q", got)
	}
	b.do(chromedp.WaitVisible(chromedp.CSS("#dry .dry ins")))
	if got := b.text("#dry .dry ins"); got != "Pedestrian Injury" {
		t.Errorf("it would become %q", got)
	}
	b.accessible("the dry run")
	b.at("/integrations/mappings?matter=m_1002")
	b.click("#edit .btn.go", ".note.info")
	b.at("/integrations/mappings?saved=1&released=1")
	if got := b.text(".note.info"); got != "The mapping is saved. 1 matter goes on." {
		t.Errorf("it is said %q", got)
	}
	b.quiet("the mapping")
	if l := e.mappings(t); l.row(t, "Pedestrian Accident").Kind != "custom" {
		t.Errorf("the list is %+v", l)
	}
}

// TestAMappingsAreaAndPlaceAreTicked where the matter has them: without a tick the mapping is for
// any, and the form still offers it.
func TestAMappingsAreaAndPlaceAreTicked(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	open := func(query string) reply {
		t.Helper()
		return e.call(t, call{path: "/integrations/mappings?" + query, cookie: "admin-token", html: true}).want(200)
	}
	open("case_type=Auto+Accident&practice_area=Personal+Injury&jurisdiction=IL").contains(
		`name="practice_area" value="Personal Injury" checked`, "Only Personal Injury", `name="jurisdiction" value="IL" checked`, "Only IL")
	open("try=save&case_type=Auto+Accident&area=Personal+Injury&place=IL&jurisdiction=IL&matter_type_id=t_1").contains(
		`name="practice_area" value="Personal Injury">`, `name="jurisdiction" value="IL" checked`)
	open("add=1").contains("Only this practice area", "Only this jurisdiction")
}

// TestTheCardsShowTheDay: webhooks of the last 24 hours, the last test and the next sweep.
func TestTheCardsShowTheDay(t *testing.T) {
	e := newEngine(t).connect()
	e.add(at(80), domain.ConnectionStream(firm), domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"}, domain.WebhooksTested{Subscription: "sub-1", By: "u_1"})
	e.add(at(79), domain.WebhookStream(firm, "test"), domain.SmokeballWebhookReceived{Origin: origin("w_1"), Type: domain.WebhookTest})
	e.told(t)
	e.call(t, call{path: "/integrations", cookie: "admin-token", html: true}).want(200).contains("1 received in 24 hours")
	e.call(t, call{path: "/integrations/advanced", cookie: "admin-token", html: true}).want(200).contains("Last 24 hours", "1 received", "Next sweep", "Passed</span>", "back after 1 min 0 s", "by Folasade Osei")
}

// TestWholeListsArePagedIfAsked asks for mappings and matter types whole, and one by one.
func TestWholeListsArePagedIfAsked(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	type page struct {
		Items []json.RawMessage
		Next  *string `json:"next_cursor"`
	}
	for _, path := range []string{mappingsPath, "/v1/firms/f_1/smokeball/matter-types"} {
		ask := func(query string) (p page) {
			e.call(t, call{path: path + query, token: "user-token"}).want(200).into(&p)
			return p
		}
		whole, single := ask(""), []json.RawMessage{}
		if len(whole.Items) < 2 || whole.Next != nil {
			t.Fatalf("%s has %d items and goes on at %v", path, len(whole.Items), whole.Next)
		}
		for query := "?limit=1"; query != ""; {
			p := ask(query)
			single, query = append(single, p.Items...), ""
			if len(p.Items) != 1 {
				t.Fatalf("%s: a part has %d items", path, len(p.Items))
			}
			if p.Next != nil {
				query = "?limit=1&cursor=" + *p.Next
			}
		}
		if !slices.EqualFunc(whole.Items, single, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Errorf("%s is %s whole, and %s one by one", path, whole.Items, single)
		}
		for _, query := range []string{"?limit=0", "?limit=501", "?cursor=x"} {
			e.call(t, call{path: path + query, token: "user-token"}).problem(422, "invalid_request")
		}
	}
}

// TestPeopleAreNamedWhereTheyActed names who revised mappings: by the name of their token, or in words
// where the ledger has none.
func TestPeopleAreNamedWhereTheyActed(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings()
	e.add(at(3), domain.SettingsStream(firm), domain.MappingRevised{Mapping: domain.Mapping{ID: "map_new", CaseType: "Fence Row", MatterTypeID: "t_1"}, TypeName: "Motor Vehicle Accident", By: "u_7", ByName: "Dana Cole"})
	page := e.told(t).call(t, call{path: "/integrations/mappings", cookie: "admin-token", html: true}).want(200)
	page.contains("<small>by Dana Cole</small>", "<small>by a colleague (u_2)</small>").lacks("u_7", "by u_2")
}
