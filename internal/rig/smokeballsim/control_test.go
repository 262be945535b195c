package smokeballsim_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// control calls the simulator's own API, without credentials.
func (d *desk) control(method, path, body string) answer {
	d.Helper()
	return d.send(d.request(method, path, body))
}

func TestControlsReachWhatTheMethodsReach(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("CH-1")
		client := d.want(200, "GET", "/matters/"+m, "").at("clients.0.id")
		for _, c := range []struct {
			method, path, body string
			status             int
		}{
			{"POST", "/_sim/faults", `{"route":"GET /firm","kind":"status","status":500,"count":1,"delay":"1s"}`, 200},
			{"POST", "/_sim/faults", `{"kind":"explode"}`, 400},
			{"POST", "/_sim/faults", `{"kind":"drop","colour":"red"}`, 400},
			{"POST", "/_sim/faults", `{"kind":"drop","delay":"long"}`, 400},
			{"POST", "/_sim/matters/" + m, `{"description":"by hand"}`, 200},
			{"POST", "/_sim/matters/nothing", `{"description":"by hand"}`, 404},
			{"POST", "/_sim/contacts/" + client, `{"person":{"lastName":"Stone"}}`, 200},
			{"POST", "/_sim/accounts/" + firm + "/contacts", someone, 200},
			{"POST", "/_sim/accounts/nobody/contacts", someone, 400},
			{"POST", "/_sim/mattertypes/" + d.matterType("Divorce"), `{"name":"Dissolution"}`, 200},
			{"POST", "/_sim/mattertypes/nothing", `{"name":"Dissolution"}`, 404},
			{"POST", "/_sim/revoke", `{"account":"nobody"}`, 400},
		} {
			if a := d.control(c.method, c.path, c.body); a.status != c.status {
				t.Errorf("%s %s %s = %d %s, want %d", c.method, c.path, c.body, a.status, a.text, c.status)
			}
		}
		d.want(500, "GET", "/firm", "")
		state := d.control("GET", "/_sim/state", "")
		if state.at("accounts.0.matters.0.title") != "CH-1 - Stone - by hand" || state.at("accounts.0.contacts.1.name") != "Rivera" {
			t.Errorf("state = %s", state.text)
		}
		log := d.control("GET", "/_sim/requests", "")
		if log.at("counts.byStatus.500") != "1" || log.at("counts.tooMany") != "0" || log.at("requests.0.route") != "GET /mattertypes" && log.at("requests.0.route") != "POST /contacts" {
			t.Errorf("requests = %s", log.text)
		}
		if got := d.control("GET", "/_sim/deliveries", ""); got.status != 200 {
			t.Errorf("deliveries = %d", got.status)
		}
		d.control("POST", "/_sim/faults", `{"kind":"status"}`)
		d.control("DELETE", "/_sim/faults", "")
		d.want(200, "GET", "/firm", "")
		if a := d.control("POST", "/_sim/revoke", `{"account":"`+firm+`"}`); a.status != 200 {
			t.Errorf("revoke = %d %s", a.status, a.text)
		}
		d.want(401, "GET", "/firm", "")
	})
}

func TestPageShowsWhatIsThere(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("CH-1")
		if err := d.sim.EditMatter(m, []byte(`{"description":"<script>alert(1)</script>"}`)); err != nil {
			t.Fatal(err)
		}
		a := d.want(202, "POST", "/matters/"+m+"/documents/files", `{"fileName":"Retainer.pdf","folderPath":"Intake"}`)
		d.put(a.at("uploadUrl"), "x")
		time.Sleep(time.Minute)
		r := d.request("GET", "/", "")
		r.Header.Set("Accept", "text/html,*/*")
		for name, page := range map[string]answer{"root": d.send(r), "controls": d.control("GET", "/_sim/", "")} {
			for _, part := range []string{"Brown LLC", "CH-1 - Rivera", "maria@example.com", "Intake / Retainer.pdf", `content="2"`, "&lt;script&gt;"} {
				if !strings.Contains(page.text, part) {
					t.Errorf("the page at %s lacks %q", name, part)
				}
			}
			if strings.Contains(page.text, "<script>") || page.header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("the page at %s is unsafe", name)
			}
		}
	})
}

func TestThePagePlaysAPerson(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("CH-1")
		contact := d.sim.State().Accounts[0].Contacts[0]
		form := func(act string, values url.Values) answer {
			r := d.request("POST", "/_sim/play/"+act, values.Encode())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return d.send(r)
		}
		form("matter", url.Values{"id": {m}, "status": {"Closed"}, "description": {"Renamed"}})
		form("contact", url.Values{"id": {contact.ID}, "kind": {contact.Kind}, "name": {"Stone"}})
		a := d.sim.State().Accounts[0]
		if a.Matters[0].Status != "Closed" || a.Matters[0].Description != "Renamed" || !strings.Contains(a.Contacts[0].Name, "Stone") {
			t.Errorf("the forms changed nothing: %+v, %+v", a.Matters[0], a.Contacts[0])
		}
		form("outage", nil)
		d.want(503, "GET", "/firm", "")
		form("recover", nil)
		d.want(200, "GET", "/firm", "")
		form("revoke", url.Values{"account": {a.ID}})
		d.want(401, "GET", "/firm", "")
		if got := form("explode", nil); got.status != 400 {
			t.Errorf("an unknown form: %d", got.status)
		}
	})
}
