package smokeballsim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestContactAppearsLater(t *testing.T) {
	office(t, config(), func(d *desk) {
		a := d.want(202, "POST", "/contacts", `{"externalSystemId":"c_1","person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com","phone":{"areaCode":"312","number":"555-0142"}}}`)
		id := a.at("id")
		if a.at("href") != host+"/contacts/"+id {
			t.Errorf("href = %s", a.at("href"))
		}
		d.want(404, "GET", "/contacts/"+id, "")
		time.Sleep(299 * time.Millisecond)
		d.want(404, "GET", "/contacts/"+id, "")
		settle()
		got := d.want(200, "GET", "/contacts/"+id, "")
		for path, want := range map[string]string{
			"externalSystemId": "c_1", "person.firstName": "Maria", "person.email": "maria@example.com",
			"person.phone.areaCode": "312", "isDeleted": "false", "self.id": id,
		} {
			if got.at(path) != want {
				t.Errorf("%s = %q, want %q", path, got.at(path), want)
			}
		}
		if got.at("versionId") == "" || got.at("lastUpdated") == "" {
			t.Errorf("no version or time: %s", got.text)
		}
	})
}

func TestContactIsExactlyOneKind(t *testing.T) {
	office(t, config(), func(d *desk) {
		for _, body := range []string{
			`{}`, `{"person":{"lastName":"A"},"company":{"name":"B"}}`, `{"person":{}}`, `{"company":{}}`, `{"trust":{}}`,
			`{"person":{"lastName":"A","email":"no address"}}`, `{"groupOfPeople":{"peopleIds":["nobody"]}}`,
		} {
			d.want(400, "POST", "/contacts", body)
		}
		one := d.person("Ann", "Lee", "ann@example.com")
		group := d.made("/contacts", fmt.Sprintf(`{"groupOfPeople":{"peopleIds":[%q]}}`, one))
		if got := d.want(200, "GET", "/contacts/"+group, "").at("groupOfPeople.people.0.id"); got != one {
			t.Errorf("group holds %q", got)
		}
		company := d.made("/contacts", `{"company":{"name":"Apex Freight","email":"office@apex.example","companyManagedBy":1}}`)
		if got := d.want(200, "GET", "/contacts/"+company, "").at("company.companyManagedBy"); got != "Managers" {
			t.Errorf("managed by %q", got)
		}
	})
}

func TestPutReplacesTheWholeContact(t *testing.T) {
	office(t, config(), func(d *desk) {
		id := d.made("/contacts", `{"externalSystemId":"c_1","person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com"}}`)
		before := d.want(200, "GET", "/contacts/"+id, "")
		d.want(202, "PUT", "/contacts/"+id, `{"person":{"lastName":"Stone"}}`)
		if got := d.want(200, "GET", "/contacts/"+id, "").at("person.lastName"); got != "Rivera" {
			t.Errorf("the change shows at once: %q", got)
		}
		settle()
		after := d.want(200, "GET", "/contacts/"+id, "")
		if after.at("person.lastName") != "Stone" || after.at("person.email") != "" || after.at("externalSystemId") != "" {
			t.Errorf("after PUT: %s", after.text)
		}
		if after.at("versionId") == before.at("versionId") {
			t.Error("the version did not change")
		}
		d.want(404, "PUT", "/contacts/33333333-3333-4333-8333-333333333333", `{"person":{"lastName":"Stone"}}`)
	})
}

func TestDeletedContactsStayAndComeBack(t *testing.T) {
	office(t, config(), func(d *desk) {
		id := d.person("Ann", "Lee", "ann@example.com")
		d.want(202, "DELETE", "/contacts/"+id, "")
		settle()
		if got := d.want(200, "GET", "/contacts/"+id, "").at("isDeleted"); got != "true" {
			t.Errorf("isDeleted = %s", got)
		}
		if got := d.want(200, "GET", "/contacts?excludeDeletedContacts=true", "").ids(); len(got) != 0 {
			t.Errorf("without deleted ones: %v", got)
		}
		d.want(202, "PUT", "/contacts/"+id, `{"person":{"lastName":"Lee"},"isDeleted":false}`)
		settle()
		if got := d.want(200, "GET", "/contacts?ExcludeDeletedContacts=true", "").ids(); !slices.Equal(got, []string{id}) {
			t.Errorf("restored: %v", got)
		}
	})
}

func TestContactSearch(t *testing.T) {
	office(t, config(), func(d *desk) {
		maria := d.made("/contacts", `{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com","phone":{"areaCode":"312","number":"555-0142"}}}`)
		mario := d.made("/contacts", `{"person":{"firstName":"Mario","lastName":"Stone","email":"mario@example.com","cell":{"areaCode":"(212)","number":"5550199"}}}`)
		apex := d.made("/contacts", `{"company":{"name":"Apex Freight","email":"office@apex.example"}}`)
		for search, want := range map[string][]string{
			"email:maria@example.com":       {maria},
			"email:MARIA@Example.com":       {maria},
			"email:mari*":                   {maria, mario},
			"email:!maria@example.com":      {mario, apex},
			"email:maria":                   {},
			"phone:3125550142":              {maria},
			"phone:(312) 555-0142":          {maria},
			"phone:555*":                    {maria, mario},
			"name:maria rivera":             {maria},
			"name:Rivera, Maria":            {maria},
			"name:apex*":                    {apex},
			"name:mar*&Search=name:*stone":  {mario},
			"name:>mario&Search=name:>=n":   {maria, mario}, // by their last names
			"email:<mario@example.com":      {maria},
			"email:<=mario@example.com":     {maria, mario},
			"email:mari*&Type=Organisation": {},
			"*":                             nil,
			"email:":                        nil,
			"shoe:9":                        nil,
			"email:*&Type=Dog":              nil,
		} {
			query := "Search=" + strings.ReplaceAll(url.QueryEscape(search), "%26", "&")
			query = strings.ReplaceAll(strings.ReplaceAll(query, "Search%3D", "search="), "Type%3D", "type=")
			a := d.call("GET", "/contacts?"+query, "")
			if want == nil {
				if a.status != 400 {
					t.Errorf("%s = %d, want 400", search, a.status)
				}
				continue
			}
			if got := a.ids(); !slices.Equal(got, want) {
				t.Errorf("%s finds %v, want %v", search, got, want)
			}
		}
	})
}

func TestContactsArePaged(t *testing.T) {
	office(t, config(), func(d *desk) {
		var all []string
		for i := range 7 {
			all = append(all, d.person("P", fmt.Sprint(i), fmt.Sprintf("p%d@example.com", i)))
		}
		var got []string
		next := "/contacts?limit=3&search=email:p*"
		for pages := 0; next != "" && pages < 5; pages++ {
			a := d.want(200, "GET", next, "")
			if a.at("size") != "7" || a.at("first.href") == "" || a.at("last.href") == "" {
				t.Fatalf("page = %s", a.text)
			}
			got = append(got, a.ids()...)
			next = a.at("next.href")
		}
		if !slices.Equal(got, all) {
			t.Errorf("pages hold %v, want %v", got, all)
		}
		a := d.want(200, "GET", "/contacts?Limit=3&Offset=6", "")
		if !slices.Equal(a.ids(), all[6:]) || a.at("next.href") != "" || !strings.Contains(a.at("previous.href"), "Offset=3") {
			t.Errorf("last page = %s", a.text)
		}
		if a := d.want(200, "GET", "/contacts", ""); a.at("limit") != "500" {
			t.Errorf("limit = %s", a.at("limit"))
		}
		for _, bad := range []string{"Limit=501", "Limit=0", "Limit=x", "Offset=-1", "Sort=asc(email)", "Sort=lastUpdated", "UpdatedSince=now"} {
			d.want(400, "GET", "/contacts?"+bad, "")
		}
	})
}

func TestContactsSinceATick(t *testing.T) {
	office(t, config(), func(d *desk) {
		d.person("Old", "One", "old@example.com")
		time.Sleep(time.Minute)
		young := d.person("Young", "One", "young@example.com")
		since := d.want(200, "GET", "/contacts/"+young, "").at("lastUpdated")
		if got := d.want(200, "GET", "/contacts?UpdatedSince="+since, "").ids(); !slices.Equal(got, []string{young}) {
			t.Errorf("since %s: %v", since, got)
		}
		if got := d.want(200, "GET", "/contacts?sort=desc(lastUpdated)", "").ids(); got[0] != young {
			t.Errorf("newest first: %v", got)
		}
	})
}

func TestContactBatchKeepsTheOrder(t *testing.T) {
	office(t, config(), func(d *desk) {
		a, b := d.person("A", "A", "a@example.com"), d.person("B", "B", "b@example.com")
		body := fmt.Sprintf(`{"ids":[%q,"nobody",%q]}`, b, a)
		if got := d.want(200, "POST", "/contacts/batch", body).ids(); !slices.Equal(got, []string{b, a}) {
			t.Errorf("batch = %v", got)
		}
		d.want(400, "POST", "/contacts/batch", `{"ids":["`+strings.Repeat(`x","`, 500)+`x"]}`)
		d.want(400, "POST", "/contacts/batch", `{"ids":[]}`)
	})
}

func TestContactTagsAreSharedByName(t *testing.T) {
	office(t, config(), func(d *desk) {
		a, b := d.person("A", "A", "a@example.com"), d.person("B", "B", "b@example.com")
		d.want(201, "POST", "/contacts/"+a+"/tags", `["intake","vip"]`)
		d.want(201, "POST", "/contacts/"+b+"/tags", `["intake"]`)
		first := d.want(200, "GET", "/contacts/"+a+"/tags", "").ids()
		second := d.want(200, "GET", "/contacts/"+b+"/tags", "").ids()
		if len(first) != 2 || len(second) != 1 || first[0] != second[0] {
			t.Fatalf("tags = %v and %v", first, second)
		}
		if got := d.want(200, "GET", "/contacts?Fields=tags", "").at("value.0.tags.0.name"); got != "intake" {
			t.Errorf("tags in the list: %q", got)
		}
		if got := d.want(200, "GET", "/contacts", "").at("value.0.tags"); got != "" {
			t.Errorf("tags in the list without being asked for: %q", got)
		}
		d.want(202, "DELETE", "/contacts/"+a+"/tags/"+first[0], "")
		d.want(404, "DELETE", "/contacts/"+a+"/tags/"+first[0], "")
		if got := d.want(200, "GET", "/contacts/"+a+"/tags", "").ids(); !slices.Equal(got, first[1:]) {
			t.Errorf("left = %v", got)
		}
	})
}
