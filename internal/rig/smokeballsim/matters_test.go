package smokeballsim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func TestMatterTypesAreFiltered(t *testing.T) {
	c := config()
	c.Accounts[1].Location = "NSW"
	office(t, c, func(d *desk) {
		all := d.want(200, "GET", "/mattertypes", "")
		if n := len(all.ids()); n < 40 {
			t.Errorf("only %d matter types", n)
		}
		for query, want := range map[string]func(path string) bool{
			"Location=NY":            func(p string) bool { return all.at(p+".location") == "NY" },
			"Category=Family Law":    func(p string) bool { return all.at(p+".category") == "Family Law" },
			"Type=1":                 func(p string) bool { return all.at(p+".type") == "1" },
			"Name=accident":          func(p string) bool { return strings.Contains(all.at(p+".name"), "Accident") },
			"location=IL&name=adopt": func(p string) bool { return all.at(p+".name") == "Adoption" && all.at(p+".location") == "IL" },
		} {
			var ids []string
			for i, id := range all.ids() {
				if want(fmt.Sprintf("value.%d", i)) {
					ids = append(ids, id)
				}
			}
			got := d.want(200, "GET", "/mattertypes?"+strings.ReplaceAll(query, " ", "%20"), "").ids()
			if len(got) == 0 || !slices.Equal(got, ids) {
				t.Errorf("%s finds %d types, want %d", query, len(got), len(ids))
			}
		}
		d.want(400, "GET", "/mattertypes?Type=2", "")
		id := d.matterType("Adoption")
		if got := d.want(200, "GET", "/mattertypes/"+id, ""); !strings.HasSuffix(id, "_IL") || got.at("representativeOptions.0") != "Petitioner" {
			t.Errorf("type = %s", got.text)
		}
		d.want(404, "GET", "/mattertypes/nothing", "")
		if got := d.want(200, "GET", "/mattertypes/categories", "").text; !strings.Contains(got, "Immigration") {
			t.Errorf("categories = %s", got)
		}
		australian := d.as(rest).want(200, "GET", "/mattertypes", "")
		if len(australian.ids()) == 0 || slices.Contains(australian.ids(), id) || australian.at("value.0.location") != "NSW" {
			t.Errorf("in NSW: %v", australian.ids())
		}
	})
}

func TestMatterTypesAreTheSameInEveryRun(t *testing.T) {
	var seen []string
	for seed := range uint64(2) {
		c := config()
		c.Seed = seed
		office(t, c, func(d *desk) { seen = append(seen, d.matterType("Divorce")) })
	}
	if seen[0] != seen[1] {
		t.Errorf("ids differ: %v", seen)
	}
}

func TestNewMatter(t *testing.T) {
	office(t, config(), func(d *desk) {
		client := d.person("Maria", "Rivera", "maria@example.com")
		other := d.made("/contacts", `{"company":{"name":"Apex Freight"}}`)
		body := fmt.Sprintf(`{"externalSystemId":"m_1","number":"CH-1","matterTypeId":%q,"clientIds":[%q],"otherSideIds":[%q],"description":"Rivera v. Apex","status":"Pending"}`,
			d.matterType("Auto Accident"), client, other)
		id := d.make("/matters", body)
		d.want(404, "GET", "/matters/"+id, "")
		if got := d.want(200, "GET", "/matters", "").ids(); len(got) != 0 {
			t.Errorf("listed before it is there: %v", got)
		}
		settle()
		got := d.want(200, "GET", "/matters/"+id, "")
		for path, want := range map[string]string{
			"externalSystemId": "m_1", "number": "CH-1", "status": "Pending", "description": "Rivera v. Apex", "isLead": "false",
			"title": "CH-1 - Rivera - Rivera v. Apex - Apex Freight", "clients.0.id": client, "clients.0.href": host + "/contacts/" + client,
			"otherSides.0.id": other, "matterType.id": d.matterType("Auto Accident"),
		} {
			if got.at(path) != want {
				t.Errorf("%s = %q, want %q", path, got.at(path), want)
			}
		}
		if got.at("versionId") == "" || !strings.HasSuffix(got.at("openedDate"), "Z") {
			t.Errorf("matter = %s", got.text)
		}
		if s := d.sim.State().Accounts[0].Matters; len(s) != 1 || s[0].ClientRole != "Plaintiff" {
			t.Errorf("state = %+v", s)
		}
	})
}

func TestMatterKnowsAClientThatIsNotVisibleYet(t *testing.T) {
	office(t, config(), func(d *desk) {
		client := d.make("/contacts", `{"person":{"lastName":"Rivera"}}`)
		d.want(202, "POST", "/matters", fmt.Sprintf(`{"matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Divorce"), client))
	})
}

func TestMattersAreRefused(t *testing.T) {
	office(t, config(), func(d *desk) {
		client := d.person("Maria", "Rivera", "maria@example.com")
		foreign := d.as(rest).person("Not", "Ours", "x@example.com")
		crash := d.matterType("Auto Accident")
		gone := d.matterType("Motorcycle Accident")
		if err := d.sim.EditMatterType(gone, "", true); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct{ field, body string }{
			"no type":              {"matterTypeId", `{"clientIds":["C"]}`},
			"unknown type":         {"matterTypeId", `{"matterTypeId":"x","clientIds":["C"]}`},
			"deleted type":         {"matterTypeId", `{"matterTypeId":"` + gone + `","clientIds":["C"]}`},
			"lead with a matter's": {"matterTypeId", `{"matterTypeId":"T","clientIds":["C"],"isLead":true}`},
			"matter with a lead's": {"matterTypeId", `{"matterTypeId":"` + d.matterType("Criminal Lead") + `","clientIds":["C"]}`},
			"no clients":           {"clientIds", `{"matterTypeId":"T","clientIds":[]}`},
			"unknown client":       {"clientIds", `{"matterTypeId":"T","clientIds":["x"]}`},
			"foreign client":       {"clientIds", `{"matterTypeId":"T","clientIds":["` + foreign + `"]}`},
			"status":               {"status", `{"matterTypeId":"T","clientIds":["C"],"status":"active"}`},
			"role":                 {"clientRole", `{"matterTypeId":"T","clientIds":["C"],"clientRole":"Buyer"}`},
			"same roles":           {"otherSideRole", `{"matterTypeId":"T","clientIds":["C"],"clientRole":"Plaintiff","otherSideRole":"Plaintiff"}`},
			"staff":                {"personResponsibleStaffId", `{"matterTypeId":"T","clientIds":["C"],"personResponsibleStaffId":"x"}`},
			"title":                {"$", `{"matterTypeId":"T","clientIds":["C"],"title":"mine"}`},
		} {
			body := strings.NewReplacer(`"T"`, `"`+crash+`"`, `"C"`, `"`+client+`"`).Replace(c.body)
			if a := d.call("POST", "/matters", body); a.status != 400 || a.at("errors.0.field") != c.field {
				t.Errorf("%s = %d %s, want 400 about %s", name, a.status, a.text, c.field)
			}
		}
		settle()
		if got := d.sim.State().Accounts[0].Matters; len(got) != 0 {
			t.Errorf("refused matters exist: %+v", got)
		}
	})
}

func TestPatchChangesOnlyWhatItNames(t *testing.T) {
	office(t, config(), func(d *desk) {
		id := d.matter("CH-1")
		before := d.want(200, "GET", "/matters/"+id, "")
		d.want(202, "PATCH", "/matters/"+id, `{"Description":"new","status":"Closed","closedDate":"2026-03-01T10:00:00+02:00"}`)
		settle()
		after := d.want(200, "GET", "/matters/"+id, "")
		for path, want := range map[string]string{
			"number": "CH-1", "description": "new", "status": "Closed", "closedDate": "2026-03-01T08:00:00Z",
			"clients.0.id": before.at("clients.0.id"), "openedDate": before.at("openedDate"),
		} {
			if after.at(path) != want {
				t.Errorf("%s = %q, want %q", path, after.at(path), want)
			}
		}
		if after.at("versionId") <= before.at("versionId") {
			t.Errorf("version %s follows %s", after.at("versionId"), before.at("versionId"))
		}
		d.want(202, "PATCH", "/matters/"+id, `{"closedDate":null,"status":"Open"}`)
		settle()
		if got := d.want(200, "GET", "/matters/"+id, ""); got.at("closedDate") != "" || got.at("description") != "new" {
			t.Errorf("null clears: %s", got.text)
		}
		for _, bad := range []string{
			`{"matterTypeId":"` + d.matterType("Divorce") + `"}`, `{"status":"Done"}`, `{"clientIds":[]}`, `{"isLead":true}`,
			`{"clientRole":"Defendant"}`, `{"items":{}}`, `{"title":"x"}`, `{"otherSideRole":"Defendant"}`, `[]`,
			`{"splitOriginatingStaffSettings":{"isEnabled":true}}`,
		} {
			d.want(400, "PATCH", "/matters/"+id, bad)
		}
	})
}

func TestWritesTakeEffectInOrder(t *testing.T) {
	office(t, config(), func(d *desk) {
		id := d.matter("1")
		for i := range 20 {
			d.want(202, "PATCH", "/matters/"+id, fmt.Sprintf(`{"description":"edit %d"}`, i))
		}
		settle()
		if got := d.want(200, "GET", "/matters/"+id, "").at("description"); got != "edit 19" {
			t.Errorf("the last edit is %q", got)
		}
	})
}

func TestPutReplacesAMatterButItsClients(t *testing.T) {
	office(t, config(), func(d *desk) {
		id := d.matter("CH-1")
		client := d.want(200, "GET", "/matters/"+id, "").at("clients.0.id")
		d.want(202, "PUT", "/matters/"+id, `{"description":"only this"}`)
		settle()
		got := d.want(200, "GET", "/matters/"+id, "")
		if got.at("number") != "" || got.at("description") != "only this" || got.at("clients.0.id") != client || got.at("status") != "Open" {
			t.Errorf("after PUT: %s", got.text)
		}
		stranger := d.person("Some", "Body", "some@example.com")
		d.want(400, "PUT", "/matters/"+id, fmt.Sprintf(`{"clientIds":[%q]}`, stranger))
		d.want(400, "PUT", "/matters/"+id, fmt.Sprintf(`{"matterTypeId":%q}`, d.matterType("Divorce")))
		d.want(202, "PATCH", "/matters/"+id, fmt.Sprintf(`{"clientIds":[%q]}`, stranger))
		settle()
		if got := d.want(200, "GET", "/matters/"+id, "").at("clients.0.id"); got != stranger {
			t.Errorf("PATCH left client %s", got)
		}
		d.want(202, "DELETE", "/matters/"+id, "")
		settle()
		if got := d.want(200, "GET", "/matters/"+id, "").at("status"); got != "Deleted" {
			t.Errorf("deleted matter is %s", got)
		}
	})
}

func TestLeadBecomesMatter(t *testing.T) {
	office(t, config(), func(d *desk) {
		client := d.person("Maria", "Rivera", "maria@example.com")
		lead := d.made("/matters", fmt.Sprintf(`{"isLead":true,"matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Family Law Lead"), client))
		if got := d.want(200, "GET", "/matters", "").ids(); len(got) != 0 {
			t.Errorf("leads among matters: %v", got)
		}
		for _, q := range []string{"isLead=true", "Type=Leads", "Type=Matters,Leads"} {
			if got := d.want(200, "GET", "/matters?"+q, "").ids(); !slices.Equal(got, []string{lead}) {
				t.Errorf("%s finds %v", q, got)
			}
		}
		convert := fmt.Sprintf(`{"isLead":false,"matterTypeId":%q,"clientRole":"Respondent"}`, d.matterType("Divorce"))
		d.want(400, "PATCH", "/matters/"+lead, strings.ReplaceAll(convert, `,"clientRole":"Respondent"`, ""))
		d.want(202, "PATCH", "/matters/"+lead, convert)
		settle()
		if got := d.want(200, "GET", "/matters/"+lead, ""); got.at("isLead") != "false" || got.at("matterType.id") != d.matterType("Divorce") {
			t.Errorf("converted: %s", got.text)
		}
	})
}

func TestMatterList(t *testing.T) {
	office(t, config(), func(d *desk) {
		maria := d.person("Maria", "Rivera", "maria@example.com")
		apex := d.made("/contacts", `{"company":{"name":"Apex Freight"}}`)
		crash, divorce := d.matterType("Auto Accident"), d.matterType("Divorce")
		add := func(body string) string {
			return d.made("/matters", strings.NewReplacer("MARIA", maria, "APEX", apex, "CRASH", crash, "DIVORCE", divorce).Replace(body))
		}
		one := add(`{"number":"CH-1","matterTypeId":"CRASH","clientIds":["MARIA"],"otherSideIds":["APEX"],"description":"Highway crash"}`)
		mid := time.Now()
		two := add(`{"number":"CH-2","matterTypeId":"DIVORCE","clientIds":["MARIA"],"status":"Pending"}`)
		three := add(`{"number":"X-3","matterTypeId":"CRASH","clientIds":["APEX"],"status":"Closed"}`)
		d.want(201, "POST", "/matters/"+one+"/tags", `[{"name":"intake","type":"Custom"}]`)
		whole := url.QueryEscape(mid.UTC().Truncate(time.Second).Format(time.RFC3339))
		for query, want := range map[string][]string{
			"":                             {one, two, three},
			"Search=rivera":                {one, two},
			"search=apex":                  {one, three},
			"Search=highway":               {one},
			"Search=ch-":                   {one, two},
			"Status=Pending&Status=Closed": {two, three},
			"ContactId=" + apex:            {one, three},
			"MatterTypeId=" + crash:        {one, three},
			"Search=ch-&Status=Open":       {one},
			"sort=desc(lastUpdated)":       {one, three, two}, // one was tagged last
			"Sort=asc(status)":             {three, one, two},
			"Sort=asc(LastUpdated)&LastUpdated=" + whole: {two, three, one},
			"UpdatedSince=999999999999999999":            {},
		} {
			if got := d.want(200, "GET", "/matters?"+query, "").ids(); !slices.Equal(got, want) {
				t.Errorf("%s lists %v, want %v", query, got, want)
			}
		}
		for _, bad := range []string{
			"Status=active", "LastUpdated=2026-01-01T00:00:00.5Z", "LastUpdated=yesterday", "UpdatedSince=x",
			"UpdatedSince=1&LastUpdated=2026-01-01T00:00:00Z", "Sort=asc(number)", "IsLead=maybe", "Type=Dogs",
		} {
			d.want(400, "GET", "/matters?"+bad, "")
		}
		if got := d.want(200, "GET", "/matters?Fields=tags&search=highway", "").at("value.0.tags.0.name"); got != "intake" {
			t.Errorf("tags = %q", got)
		}
		if got := d.want(200, "GET", "/matters?search=highway", "").at("value.0.tags"); got != "" {
			t.Errorf("tags without being asked for = %q", got)
		}
	})
}

func TestMatterTags(t *testing.T) {
	office(t, config(), func(d *desk) {
		a, b := d.matter("1"), d.matter("2")
		staff := d.want(200, "GET", "/staff", "").at("value.0.id")
		d.want(201, "POST", "/matters/"+a+"/tags", `[{"name":"intake","type":"Custom"},{"id":"`+staff+`","type":"Staff"}]`)
		d.want(201, "POST", "/matters/"+b+"/tags", `[{"name":"intake","type":"Custom","color":"Red"}]`)
		first, second := d.want(200, "GET", "/matters/"+a+"/tags", ""), d.want(200, "GET", "/matters/"+b+"/tags", "")
		if len(first.ids()) != 2 || first.ids()[0] != second.ids()[0] || first.at("value.0.color") != "Brown" || first.at("value.1.staff.id") != staff {
			t.Errorf("tags = %s and %s", first.text, second.text)
		}
		for _, bad := range []string{`[{"type":"Custom"}]`, `[{"id":"x","type":"Staff"}]`, `[{"name":"x","type":"Dog"}]`, `{}`} {
			d.want(400, "POST", "/matters/"+a+"/tags", bad)
		}
		d.want(202, "DELETE", "/matters/"+a+"/tags/"+first.ids()[0], "")
		d.want(404, "DELETE", "/matters/"+a+"/tags/"+first.ids()[0], "")
		if got := d.want(200, "GET", "/matters/"+a, "").at("tags.0.type"); got != "Staff" {
			t.Errorf("left is %q", got)
		}
	})
}

func TestSmokeballNumbersMattersWhereAskedTo(t *testing.T) {
	c := config()
	c.Accounts = []smokeballsim.Account{{ID: firm, AutoNumber: true}}
	office(t, c, func(d *desk) {
		year := time.Now().Year()
		for i, given := range []string{"", "CH-7", ""} {
			want := []string{fmt.Sprintf("%d-0001", year), "CH-7", fmt.Sprintf("%d-0002", year)}[i]
			if got := d.want(200, "GET", "/matters/"+d.matter(given), "").at("number"); got != want {
				t.Errorf("number = %q, want %q", got, want)
			}
		}
	})
}
