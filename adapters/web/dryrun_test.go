package web_test

import (
	"fmt"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

const dryRunPath = mappingsPath + "/dry-run"

// tried is what a dry run answers, as callers read it.
type tried struct {
	Counts struct{ Matters, Concerned, Changed, Released, Stopped, Kept int }
	Items  []struct {
		ID                        string `json:"matter_id"`
		Now, Then                 triedType
		Changes, Released, Stops  bool
		Keeps                     bool    `json:"keeps_type"`
		Has                       *string `json:"smokeball_matter_type_id"`
		CaseType, Title, CaseArea string
		Calls                     *int
		Message                   string
	}
	Estimate *struct {
		Syncs, Calls int
		Seconds      float64
		Rough        bool
	}
	Next     *string `json:"next_cursor"`
	Revision int
}

type triedType struct {
	TypeID  *string `json:"matter_type_id"`
	How     string
	Nearest []string
	Mapping *struct{ ID *string }
}

func (e *engine) try(t *testing.T, query, body string) reply {
	t.Helper()
	return e.told(t).call(t, call{method: "POST", path: dryRunPath + query, token: "admin-token", body: body})
}

func TestDryRunAnswer(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings()
	golden(t, "dry_run", e.try(t, "", `{"case_type":"pedestrian accident","matter_type_id":"t_2","client_role":"Plaintiff"}`).want(200).body)
}

// TestDryRun checks what each kind of change would do, and that nothing is recorded.
func TestDryRun(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings().told(t)
	before, _ := e.since(0)
	for _, c := range []struct {
		name, body string
		counts     [6]int // matters, concerned, changed, released, stopped, kept
		ids        string
	}{
		{"a case type that waits", `{"case_type":"Pedestrian Accident","matter_type_id":"t_2"}`, [6]int{4, 1, 1, 1, 0, 0}, "m_1002"},
		{"narrower than the matter", `{"case_type":"Pedestrian Accident","jurisdiction":"NY","matter_type_id":"t_2"}`, [6]int{4, 0, 0, 0, 0, 0}, ""},
		{"a matter in Smokeball", `{"case_type":"Auto Accident","practice_area":null,"matter_type_id":"t_2"}`, [6]int{4, 1, 0, 0, 0, 1}, "m_1001"},
		{"a change by id", `{"id":"map_divorce","case_type":"Divorce","matter_type_id":"t_1"}`, [6]int{4, 1, 1, 0, 0, 0}, "m_1003"},
		{"a change without id", `{"case_type":"DIVORCE","matter_type_id":"t_1"}`, [6]int{4, 1, 1, 0, 0, 0}, "m_1003"},
		{"removing", `{"remove":"map_divorce"}`, [6]int{4, 1, 1, 0, 1, 0}, "m_1003"},
		{"removing what no matter needs", `{"remove":"map_dust"}`, [6]int{4, 0, 0, 0, 0, 0}, ""},
		{"no mapping at all", `{"mappings":[]}`, [6]int{4, 1, 1, 0, 1, 0}, "m_1003"},
		{"the whole list", `{"mappings":[{"case_type":"Divorce","matter_type_id":"t_1"},{"id":"p","case_type":"Pedestrian Accident","matter_type_id":"t_2"}]}`, [6]int{4, 2, 2, 1, 0, 0}, "m_1003 m_1002"},
	} {
		var got tried
		e.try(t, "", c.body).want(200).into(&got)
		n := got.Counts
		if counts := [6]int{n.Matters, n.Concerned, n.Changed, n.Released, n.Stopped, n.Kept}; counts != c.counts || got.Revision != 2 {
			t.Errorf("%s: the counts are %v at revision %d, want %v at 2", c.name, counts, got.Revision, c.counts)
		}
		ids := ""
		for i, m := range got.Items {
			if i > 0 {
				ids += " "
			}
			ids += m.ID
		}
		if ids != c.ids {
			t.Errorf("%s: it lists %q, want %q", c.name, ids, c.ids)
		}
	}
	want := "preview m_1002 by u_1 of f_1\npreview m_1002 by u_1 of f_1"
	if after, _ := e.since(0); len(after) != len(before) || e.asked() != want {
		t.Errorf("a dry run recorded %d events and asked %q", len(after)-len(before), e.asked())
	}
}

// TestADryRunTellsWhatAChangeTakes counts the calls of the syncs that would go on: none, one, more
// than are gone through, and where Smokeball does not answer.
func TestADryRunTellsWhatAChangeTakes(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings()
	cost := func(body, query string) (got tried) {
		e.try(t, query, body).want(200).into(&got)
		return got
	}
	if got := cost(`{"remove":"map_dust"}`, ""); got.Estimate == nil || got.Estimate.Calls != 0 || got.Estimate.Seconds != 0 || got.Estimate.Syncs != 0 || got.Estimate.Rough {
		t.Errorf("a change of nothing takes %+v", got.Estimate)
	}
	if got := cost(`{"case_type":"Auto Accident","matter_type_id":"t_2"}`, ""); got.Estimate.Calls != 0 || got.Items[0].Calls == nil || *got.Items[0].Calls != 0 {
		t.Errorf("a matter in Smokeball takes %+v, and of its own %v", got.Estimate, got.Items[0].Calls)
	}
	const waits = `{"case_type":"Pedestrian Accident","matter_type_id":"t_2"}`
	if got := cost(waits, ""); got.Estimate.Syncs != 1 || got.Estimate.Calls != 1 || got.Estimate.Seconds != 0.2 || *got.Items[0].Calls != 1 {
		t.Errorf("one that waits takes %+v", got.Estimate)
	}
	for i := range 5 {
		m := cho()
		m.ID = domain.MatterID(fmt.Sprintf("m_2%02d", i))
		sync := domain.SyncID("s_" + string(m.ID))
		e.add(at(10), domain.MatterStream(firm, m.ID), domain.MatterCreated{Origin: origin("evt_" + string(m.ID)), Matter: m}, domain.SyncRequested{Sync: sync, Trigger: domain.TriggerManual},
			domain.SyncStarted{Sync: sync, Attempt: 1}, domain.SyncDeferred{Sync: sync, Step: domain.StepMatterType, Failure: domain.Failure{Code: domain.CodeMatterTypeUnmapped}})
	}
	got := cost(waits, "?limit=5")
	if got.Estimate.Syncs != 6 || got.Estimate.Calls != 6 || got.Estimate.Seconds != 1.2 || !got.Estimate.Rough || *got.Items[3].Calls != 1 || got.Items[4].Calls != nil {
		t.Errorf("six that wait take %+v, the fifth %v", got.Estimate, got.Items[4].Calls)
	}
	if rest := cost(waits, "?limit=5&cursor="+*got.Next); rest.Estimate != nil || len(rest.Items) != 1 {
		t.Errorf("the rest takes %+v", rest.Estimate)
	}
	page := func() reply {
		return e.call(t, call{path: "/integrations/mappings?try=save&id=map_new&case_type=Pedestrian+Accident&matter_type_id=t_2", cookie: "admin-token", html: true}).want(200)
	}
	page().contains("That takes about 6 calls to Smokeball, about 2 s with the allowance to itself.", "goes on at once. That takes 1 call.")
	e.call(t, call{path: "/integrations/mappings?try=remove&id=map_dust", cookie: "admin-token", html: true}).want(200).contains("That takes no calls to Smokeball.")
	e.failWith(callError(domain.Retryable, 0))
	if got := cost(waits, ""); got.Estimate != nil || got.Counts.Released != 6 || got.Items[0].Calls != nil {
		t.Errorf("without Smokeball it takes %+v", got.Estimate)
	}
	page().contains("How many calls to Smokeball that takes is not known: Smokeball does not answer.").lacks("no calls")
}

func TestDryRunOfAMatterInSmokeball(t *testing.T) {
	var got tried
	newEngine(t).connect().tell().try(t, "", `{"case_type":"Auto Accident","matter_type_id":"t_2"}`).want(200).contains("Smokeball does not change the type").into(&got)
	if len(got.Items) != 1 {
		t.Fatalf("answered %+v", got)
	}
	m := got.Items[0]
	if !m.Keeps || m.Changes || text(m.Has) != "t_1" || m.Now.How != "normalised" || text(m.Now.TypeID) != "t_1" || m.Now.Mapping != nil ||
		m.Then.How != "custom" || text(m.Then.TypeID) != "t_2" || m.Then.Mapping == nil || m.Then.Mapping.ID != nil {
		t.Errorf("it is told as %+v", m)
	}
}

func TestDryRunIsRefused(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings().told(t)
	for body, want := range map[string]struct {
		status      int
		code, field string
	}{
		`{}`:                           {422, "invalid_request", ""},
		`{"remove":"a","mappings":[]}`: {422, "invalid_request", ""},
		`{"remove":"a","case_type":"Divorce","matter_type_id":"t_1"}`:                                      {422, "invalid_request", ""},
		`{"case_type":"Divorce"}`:                                                                          {422, "invalid_request", "/matter_type_id"},
		`{"matter_type_id":"t_1"}`:                                                                         {422, "invalid_request", "/case_type"},
		`{"case_type":"X","matter_type_id":"t_old"}`:                                                       {422, "invalid_request", "/matter_type_id"},
		`{"case_type":"X","matter_type_id":"t_lead"}`:                                                      {422, "invalid_request", "/matter_type_id"},
		`{"case_type":"X","matter_type_id":"t_3","client_role":"Executor"}`:                                {422, "invalid_request", "/client_role"},
		`{"case_type":"X","matter_type_id":"t_1","area":"Y"}`:                                              {422, "invalid_request", "/area"},
		`{"id":"map_x","case_type":"divorce","matter_type_id":"t_1"}`:                                      {409, "mapping_taken", ""},
		`{"remove":"map_x"}`:                                                                               {404, "not_found", ""},
		`{"mappings":[{"case_type":"X","matter_type_id":"t_1"},{"case_type":"x","matter_type_id":"t_2"}]}`: {422, "invalid_request", "/mappings/1/case_type"},
	} {
		p := e.try(t, "", body).problem(want.status, want.code)
		if want.status == 422 && (len(p.Errors) == 0 || p.Errors[0].Field != want.field) {
			t.Errorf("%s: the faults are %+v, want one at %q", body, p.Errors, want.field)
		}
	}
	newEngine(t).try(t, "", mappingJSON).problem(409, "not_connected")
	e.try(t, "?cursor=%21", mappingJSON).problem(422, "invalid_request")
}

// TestDryRunPages checks that the counts are exact however long the list is, and that its
// parts make the whole.
func TestDryRunPages(t *testing.T) {
	e := newEngine(t).connect()
	for i := range 7 {
		id := domain.MatterID(fmt.Sprintf("m_%d", i))
		e.add(at(60-i), domain.MatterStream(firm, id), domain.MatterCreated{Origin: origin(string(id)), Matter: domain.MatterData{ID: id, Version: 1, CaseType: "Truck Crash", Status: "active"}})
	}
	told, query := "", "?limit=3"
	for range 3 {
		var got tried
		e.try(t, query, `{"case_type":"Truck Crash","matter_type_id":"t_1"}`).want(200).into(&got)
		if got.Counts.Changed != 7 || got.Counts.Matters != 7 {
			t.Fatalf("the counts are %+v", got.Counts)
		}
		for _, m := range got.Items {
			told += m.ID + " "
		}
		if got.Next == nil {
			break
		}
		query = "?limit=3&cursor=" + *got.Next
	}
	if told != "m_6 m_5 m_4 m_3 m_2 m_1 m_0 " {
		t.Errorf("the parts tell of %s", told)
	}
}

// TestDryRunOnThePage checks that the form shows what would change before it is saved,
// with what was typed, and that nothing is saved by looking.
func TestDryRunOnThePage(t *testing.T) {
	e := newEngine(t).connect().tell().tellMappings().told(t)
	open := func(query string, status int) reply {
		r := e.call(t, call{path: "/integrations/mappings?" + query, cookie: "admin-token", html: true}).want(status)
		checkPage(t, query, r.body)
		return r
	}
	open("try=save&id=map_p&case_type=Pedestrian+Accident&matter_type_id=t_2&client_role=Plaintiff", 200).contains("What would change", "A dry run over 4 matters. Nothing is saved or sent.",
		"Cho v. Northline Transit", "<del>waiting</del><ins>Pedestrian Injury, client is Plaintiff</ins>", "Its sync waits and goes on at once.", "1 goes on.",
		`selected>Pedestrian Injury, IL`, "Save as revision 3", `name="id" value="map_p"`)
	open("try=save&case_type=Auto+Accident&matter_type_id=t_2", 200).contains("stays Motor Vehicle Accident", "keeps its type", "1 stays as it is in Smokeball.")
	open("try=save&case_type=Sailing&matter_type_id=t_2", 200).contains("No matter changes.", "New matters of this case type")
	open("try=remove&id=map_divorce", 200).contains("What removing would change", "<del>Dissolution, client is Petitioner</del><ins>no matter type</ins>", "1 waits from then on.").lacks("New matters of this case type")
	open("try=save&case_type=X&matter_type_id=t_old", 422).contains(`id="mp-type-e">Is deleted in Smokeball.`, "Smokeball matter type: Is deleted in Smokeball.", "autofocus")
	open("try=save&id=map_p&case_type=divorce&matter_type_id=t_1", 409).contains("Mapping map_divorce is for “Divorce” already")
	open("id=map_dust", 200).contains("What was chosen is deleted in Smokeball.", `aria-invalid="true"`)
	if e.asked() != "preview m_1002 by u_1 of f_1" {
		t.Errorf("it asked %s", e.asked())
	}
	e.call(t, call{path: "/integrations/mappings?try=save&case_type=X&matter_type_id=t_1", cookie: "user-token", html: true}).want(403)
}
