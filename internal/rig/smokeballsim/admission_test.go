package smokeballsim_test

import (
	"strings"
	"testing"
	"time"
)

func TestCallsNeedBothCredentials(t *testing.T) {
	office(t, config(), func(d *desk) {
		for name, c := range map[string]struct {
			header, value string
			status        int
		}{
			"no key":       {"X-Api-Key", "", 403},
			"wrong key":    {"X-Api-Key", "x", 403},
			"no token":     {"Authorization", "", 401},
			"not a bearer": {"Authorization", "Basic x", 401},
			"wrong token":  {"Authorization", "Bearer x", 401},
		} {
			d.header = map[string][]string{c.header: {c.value}}
			a := d.call("GET", "/firm", "")
			if a.status != c.status || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s = %d %s, want %d", name, a.status, a.header.Get("Content-Type"), c.status)
			}
			if _, isArray := a.json["errors"].([]any); !isArray || a.at("title") == "" || a.at("status") == "" {
				t.Errorf("%s is no problem document: %s", name, a.text)
			}
		}
	})
}

func TestRequestIDComesBack(t *testing.T) {
	office(t, config(), func(d *desk) {
		if a := d.want(200, "GET", "/firm", ""); len(a.header.Get("RequestId")) != 36 {
			t.Errorf("made-up id = %q", a.header.Get("RequestId"))
		}
		d.header = map[string][]string{"Requestid": {"mine"}}
		for _, path := range []string{"/firm", "/matters/nothing"} {
			if a := d.call("GET", path, ""); a.header.Get("RequestId") != "mine" {
				t.Errorf("%s echoes %q", path, a.header.Get("RequestId"))
			}
		}
	})
}

func TestScopesAreEnforcedPerRoute(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("1")
		for _, c := range []struct {
			scopes, method, path, body string
			status                     int
		}{
			{"matters/read", "GET", "/matters", "", 200},
			{"matters/write", "GET", "/matters", "", 403},
			{"matters/read", "PATCH", "/matters/" + m, `{"status":"Open"}`, 403},
			{"documents/write", "POST", "/matters/" + m + "/documents/files", `{"fileName":"a.pdf"}`, 403},
			{"matters/write", "POST", "/matters/" + m + "/documents/files", `{"fileName":"a.pdf"}`, 403},
			{"documents/write matters/write", "POST", "/matters/" + m + "/documents/files", `{"fileName":"a.pdf"}`, 202},
			{"contacts/read", "GET", "/staff", "", 403},
		} {
			if a := d.as(firm, strings.Fields(c.scopes)...).call(c.method, c.path, c.body); a.status != c.status {
				t.Errorf("%s %s with %s = %d, want %d", c.method, c.path, c.scopes, a.status, c.status)
			}
		}
	})
}

func TestFirmsShareOneBucket(t *testing.T) {
	c := config()
	c.Rate, c.Burst = 0, 0 // the defaults: 5 and 5
	office(t, c, func(d *desk) {
		other := d.as(rest)
		for range 5 {
			d.want(200, "GET", "/firm", "")
		}
		a := other.want(429, "GET", "/firm", "")
		if a.header.Get("Retry-After") != "" || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("429 carries %v", a.header)
		}
		time.Sleep(200 * time.Millisecond)
		other.want(200, "GET", "/firm", "")
		d.want(429, "GET", "/firm", "")
		time.Sleep(time.Minute)
		for range 5 {
			d.want(200, "GET", "/firm", "")
		}
		d.want(429, "GET", "/firm", "")
		if n := d.sim.Counts(); n.TooMany != 3 || n.Total != 14 || n.ByStatus[200] != 11 || n.ByRoute["GET /firm"] != 14 {
			t.Errorf("counts = %+v", n)
		}
	})
}

func TestBodiesAreReadStrictly(t *testing.T) {
	office(t, config(), func(d *desk) {
		for name, body := range map[string]string{
			"unknown field": `{"person":{"lastName":"A","shoeSize":9}}`,
			"wrong type":    `{"person":{"lastName":7}}`,
			"two values":    `{"person":{"lastName":"A"}} {}`,
			"broken":        `{"person":`,
			"not a date":    `{"person":{"lastName":"A","birthDate":"yesterday"}}`,
		} {
			if a := d.want(400, "POST", "/contacts", body); a.at("errors.0.message") == "" {
				t.Errorf("%s is refused without a reason: %s", name, a.text)
			}
		}
		d.want(400, "POST", "/contacts", "")
		d.header = map[string][]string{"Content-Type": {"text/plain"}}
		d.want(415, "POST", "/contacts", `{"person":{"lastName":"A"}}`)
	})
}

func TestUnknownPathsAreProblems(t *testing.T) {
	office(t, config(), func(d *desk) {
		for _, c := range [][2]string{{"GET", "/nothing"}, {"POST", "/firm"}, {"GET", "/"}} {
			if a := d.want(404, c[0], c[1], ""); a.at("status") != "404" {
				t.Errorf("%v answers %s", c, a.text)
			}
		}
	})
}

func TestResourcesOfOtherFirmsAreForbidden(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("1")
		other := d.as(rest)
		other.want(403, "GET", "/matters/"+m, "")
		other.want(403, "PATCH", "/matters/"+m, `{"status":"Closed"}`)
		other.want(404, "GET", "/matters/33333333-3333-4333-8333-333333333333", "")
		if a := other.want(200, "GET", "/matters", ""); len(a.ids()) != 0 {
			t.Errorf("the other firm sees %v", a.ids())
		}
	})
}
