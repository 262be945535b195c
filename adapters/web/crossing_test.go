package web_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// The words by which two firms with the same ids are told apart.
const oneSays, twoSays = "Alderamin", "Betelgeuse"

// tellTwins records the same story of two firms, with the same ids and other words.
func (e *engine) tellTwins() *engine {
	for f, says := range map[domain.FirmID]string{firm: oneSays, otherOne: twoSays} {
		data := domain.MatterData{ID: "m_1001", Version: 1, Title: says + " v. Apex", CaseNumber: says + "-1", CaseType: "Auto Accident", Status: "active",
			Client: domain.ClientData{ID: "c_77", FirstName: "Maria", LastName: says, Email: says + "@example.com"}}
		connected := authorized("state-" + says)
		connected.Account = domain.Account{ID: "account-" + says, Name: says + " LLP"}
		e.add(at(1), domain.ConnectionStream(f), connected)
		e.add(at(2), domain.SettingsStream(f), domain.SettingsChanged{Settings: domain.Settings{DocumentsFolder: says}, By: "u_" + says})
		e.add(at(3), domain.MatterStream(f, "m_1001"), domain.MatterCreated{Origin: origin("evt_1"), Matter: data},
			domain.SyncRequested{Sync: "s_done", Trigger: domain.TriggerManual, By: "u_" + says, Title: data.Title, CaseNumber: data.CaseNumber},
			domain.SyncStarted{Sync: "s_done", Attempt: 1}, domain.SyncFailed{Sync: "s_done", Failure: domain.Failure{Code: domain.CodeSmokeballRefused, Message: says, Remedy: says}})
		e.add(at(4), domain.DeadLetterStream(f, "dl_1"), domain.DeadLettered{Subject: "casehug.x.matter.updated", Type: domain.TypeMatterUpdated, Origin: origin("evt_2"),
			Body: []byte(`{"data":{"matter_id":"m_1001","title":"` + says + `"}}`), Faults: []domain.FieldFault{{Reason: says}}})
		e.add(at(5), domain.AuditStream(f, at(5)), domain.RequestRefused{Actor: "u_" + says, Action: "matter.read", Code: domain.CodeForbidden, Reason: says, Since: at(5), Times: 1})
	}
	return e
}

// Two firms that chose the same ids never meet: whatever is asked, by whom, under whose
// address, and after whatever was asked before, nobody is told a word of the other firm.
func TestFirmsWithTheSameIDsNeverMeet(t *testing.T) {
	e := newEngine(t).tellTwins().told(t)
	var asked []call
	for _, d := range doors() {
		if strings.HasSuffix(d.path, "/stream") {
			continue // it ends only with its reader; the tests of streams hold it to its firm
		}
		if d.method != "GET" && d.method != "" && !strings.Contains(d.path, "/sync") && !strings.Contains(d.path, "/dead-letters") && !strings.Contains(d.path, "/case-type") {
			continue // what connects or disconnects would change the story
		}
		asked = append(asked, d.call)
	}
	firms := []struct{ id, token, own, foreign string }{{"f_1", "admin-token", oneSays, twoSays}, {"f_2", "other-token", twoSays, oneSays}}
	met := map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		who := rapid.SampledFrom(firms).Draw(rt, "who")
		under := rapid.SampledFrom(firms).Draw(rt, "under")
		c := rapid.SampledFrom(asked).Draw(rt, "call")
		api := strings.HasPrefix(c.path, "/v1/")
		c.path = strings.Replace(c.path, "/firms/f_1", "/firms/"+under.id, 1)
		if api {
			c.token = who.token
		} else {
			c.cookie = who.token
		}
		r := e.call(t, c)
		if strings.Contains(r.body, who.foreign) {
			rt.Fatalf("%s %s as %s of %s shows the other firm: %s", c.method, c.path, who.token, who.id, r.body)
		}
		if strings.Contains(c.path, "/firms/") && under.id != who.id && r.status != 404 {
			rt.Fatalf("%s %s as %s is answered %d, want 404", c.method, c.path, who.id, r.status)
		}
		met[who.id] = met[who.id] || strings.Contains(r.body, who.own)
	})
	if !met["f_1"] || !met["f_2"] {
		t.Errorf("no answer told anything: %v", met)
	}
}
