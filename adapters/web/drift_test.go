package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

const (
	driftMatter  = domain.SmokeballID("9d3c0a11-0006-4000-8000-00000000a001")
	driftContact = domain.SmokeballID("9d3c0a11-0006-4000-8000-00000000a002")
)

// tellDrift tells of a linked matter whose name and status people changed in Smokeball, and of its
// client, whose phone number they changed.
func (e *engine) tellDrift() *engine {
	stream := domain.MatterStream(firm, "m_1006")
	m := rivera()
	m.ID, m.Version, m.Title, m.CaseNumber, m.OpenedAt = "m_1006", 1, "Whitfield estate", "CH-2026-0144", nil
	m.Client = domain.ClientData{ID: "c_86", Version: 1, FirstName: "Joan", LastName: "Whitfield", Email: "joan@example.com", Phone: "+1 312 555 0180"}
	draft := domain.MatterDraft{ExternalID: "m_1006", Number: m.CaseNumber, Description: m.Title, MatterTypeID: "t_1", ClientIDs: []domain.SmokeballID{driftContact}, Status: "Open"}
	values := draft.Values()
	e.add(at(80), domain.ClientStream(firm, "c_86"), domain.ClientUpdated{Client: m.Client, Matter: m.ID},
		domain.ClientLinked{Matter: m.ID, Contact: driftContact, Key: "k_86"})
	e.add(at(80), stream, domain.MatterCreated{Origin: origin("evt_60"), Matter: m},
		domain.SyncRequested{Sync: "s_whitfield", Trigger: domain.TriggerManual, By: "u_5", Title: m.Title, CaseNumber: m.CaseNumber},
		domain.SyncStarted{Sync: "s_whitfield", Attempt: 1, Title: m.Title, CaseNumber: m.CaseNumber},
		domain.MatterTypeResolved{Sync: "s_whitfield", CaseType: m.CaseType, PracticeArea: m.PracticeArea, Jurisdiction: m.Jurisdiction, TypeID: "t_1", TypeName: "Motor Vehicle Accident", How: domain.HowCustom, Mapping: "map_estate", MappingRevision: 3},
		domain.ContactResolved{Sync: "s_whitfield", Client: "c_86", Contact: driftContact, Key: "k_86", Outcome: domain.OutcomeAccepted, Request: "r-61"},
		domain.MatterAccepted{Sync: "s_whitfield", Matter: driftMatter, Request: "r-62", Sent: draft},
		domain.MatterConfirmed{Sync: "s_whitfield", Matter: driftMatter, By: domain.ByWebhook, Request: "r-62"},
		domain.SyncSucceeded{Sync: "s_whitfield"},
		domain.MatterSeen{Matter: driftMatter, Values: values, By: domain.ByRead})
	values.Status, values.Description = "Pending", "Estate of Whitfield"
	e.add(at(40), stream, domain.MatterSeen{Matter: driftMatter, Values: values, By: domain.ByWebhook, ChangedAt: at(41), Changed: []string{"status", "title"}})
	is := domain.ContactValues{FirstName: "Joan", LastName: "Whitfield", Email: "joan@example.com", Phone: "+1 312 555 0180"}
	e.add(at(70), domain.ClientStream(firm, "c_86"), domain.ClientSeen{Client: "c_86", Contact: driftContact, Values: is, By: domain.ByRead, Writes: 1})
	is.Phone = "+1 312 555 0199"
	e.add(at(30), domain.ClientStream(firm, "c_86"), domain.ClientSeen{Client: "c_86", Contact: driftContact, Values: is, By: domain.ByWebhook, Writes: 1, ChangedAt: at(31), Changed: []string{"phone"}})
	for _, id := range []domain.SmokeballID{driftMatter, driftContact} {
		e.add(at(29), domain.HintStream(firm, id), domain.HintsRead{By: domain.ByRead})
	}
	return e
}

// ownersJSON are the settings about differences, as a firm begins with them.
const ownersJSON = `"field_owners":{"status":"smokeball","title":"casehug","case_number":"casehug","case_type":"ask","responsible":"smokeball","opened_at":"casehug","closed_at":"smokeball",` +
	`"client.name":"ask","client.email":"ask","client.phone":"ask"},"settle_differences_by_owner":false`

type driftList struct {
	Items []struct {
		Matter      string    `json:"matter_id"`
		Client      *string   `json:"client_id"`
		Field       string    `json:"field"`
		CaseHug     string    `json:"casehug"`
		Smokeball   string    `json:"smokeball"`
		State       string    `json:"state"`
		ChangedAt   time.Time `json:"changed_there_at"`
		Since       time.Time `json:"since"`
		Owner       string    `json:"owner"`
		LastChanged struct {
			By string    `json:"by"`
			At time.Time `json:"at"`
		} `json:"last_changed"`
		Repairing *string `json:"repairing"`
	}
	rest string // what the link to the rest asks for; "": there is none
}

func (e *engine) drift(t *testing.T, query string) (l driftList) {
	t.Helper()
	e.told(t)
	r := e.call(t, call{path: "/v1/firms/f_1/drift" + query, token: "admin-token"}).want(200)
	r.into(&l.Items)
	if link := r.header.Get("Link"); link != "" {
		rest, linked := strings.CutSuffix(strings.TrimPrefix(link, "</v1/firms/f_1/drift"), `>; rel="next"`)
		if !linked {
			t.Errorf("the link is %s", link)
		}
		l.rest = rest
	}
	return l
}

func TestDriftIsListedFieldByField(t *testing.T) {
	e := newEngine(t).connect().tell().tellDrift().told(t)
	all := e.drift(t, "")
	var got []string
	for _, d := range all.Items {
		got = append(got, d.Matter+" "+d.Field+": "+d.CaseHug+" / "+d.Smokeball+", "+d.State+", "+d.Owner+", by "+d.LastChanged.By)
	}
	want := []string{"m_1006 status: active / Pending, differs, smokeball, by smokeball", "m_1006 title: Whitfield estate / Estate of Whitfield, differs, casehug, by smokeball",
		"m_1006 client.phone: +1 312 555 0180 / +1 312 555 0199, differs, ask, by smokeball"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("these differ:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d := all.Items[0]; !d.ChangedAt.Equal(at(41)) || !d.Since.Equal(at(40)) || d.Client != nil || *all.Items[2].Client != "c_86" {
		t.Errorf("the first is %+v, the last %+v", d, all.Items[2])
	}
	part := e.drift(t, "?limit=2&matter_id=m_1006")
	if len(part.Items) != 2 || !strings.Contains(part.rest, "limit=2&matter_id=m_1006") {
		t.Fatalf("the first two are %+v", part)
	}
	if rest := e.drift(t, part.rest); len(rest.Items) != 1 || rest.Items[0].Field != "client.phone" || rest.rest != "" {
		t.Errorf("the rest is %+v", rest)
	}
	if of := e.drift(t, "?matter_id=m_1001"); of.Items == nil || len(of.Items) != 0 {
		t.Errorf("of another matter there are %+v", of)
	}
	e.call(t, call{path: "/v1/firms/f_1/drift?cursor=x", token: "admin-token"}).problem(422, "invalid_request")
}

func TestADecisionConcernsTheValueThatWasSeen(t *testing.T) {
	e := newEngine(t).connect().tell().tellDrift().told(t)
	decide := func(field, what, body string) reply {
		return e.call(t, call{method: "POST", path: "/v1/firms/f_1/matters/m_1006/fields/" + field + "/" + what, token: "admin-token", body: body})
	}
	decide("status", "accept", `{"seen":"Closed"}`).problem(409, "changed_meanwhile")
	decide("case_number", "accept", "").problem(409, "no_difference")
	decide("status", "accept", `{"seen":"Pending"}`).want(202)
	decide("title", "repair", `{"seen":"Estate of Whitfield"}`).want(202)
	if l := e.drift(t, ""); len(l.Items) != 2 || l.Items[0].Field != "title" || l.Items[0].Repairing == nil {
		t.Errorf("these differ: %+v", l.Items)
	}
	body := e.call(t, call{path: "/v1/firms/f_1/matters/m_1006", token: "user-token"}).want(200).body
	if !strings.Contains(body, `"state":"accepted"`) {
		t.Errorf("the matter is %s", body)
	}
}

func TestOwnersAreChosenFieldByField(t *testing.T) {
	e := newEngine(t).connect().tell().tellDrift().told(t)
	put := func(more string) reply {
		return e.call(t, call{method: "PUT", path: "/v1/firms/f_1/settings", token: "admin-token", body: strings.TrimSuffix(settingsJSON, "}") + "," + more + "}"})
	}
	put(`"field_owners":{"status":"casehug"}`).want(200).contains(`"status":"casehug"`)
	e.told(t)
	put(`"field_owners":{"client.phone":"smokeball"}`).want(200).contains(`"status":"casehug"`)
	if l := e.drift(t, ""); l.Items[0].Owner != "casehug" || l.Items[2].Owner != "smokeball" {
		t.Errorf("the owners are %+v", l.Items)
	}
	put(`"field_owners":{"case_type":"casehug"}`).problem(422, "invalid_request")
}
