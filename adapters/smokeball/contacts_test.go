package smokeball_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestFindContacts(t *testing.T) {
	v, c := connected(t)
	v.on("GET /contacts", "", "Limit Offset Search ExcludeDeletedContacts", replies(200, `{"value":[
		{"id":"young","lastUpdated":30,"person":{"lastName":"Rivera","email":"Maria@Example.com"}},
		{"id":"other","lastUpdated":1,"person":{"email":"xmaria@example.com"}},
		{"id":"gone","lastUpdated":2,"isDeleted":true,"person":{"email":"maria@example.com"}},
		{"id":"old","externalSystemId":"c_77","versionId":"v","lastUpdated":10,"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com","phone":{"areaCode":"312","number":"5550142"}}},
		{"id":"firm","lastUpdated":20,"company":{"name":"Rivera LLC","email":" maria@example.com","phone":{"number":"1"}}},
		{"id":"trust","lastUpdated":3,"trust":{"name":"T"}}]}`))
	got, err := c.FindContacts(t.Context(), firm, domain.ContactQuery{Email: " maria@example.com "})
	must(t, err)
	want := []domain.SmokeballContact{
		{ID: "old", Kind: domain.KindPerson, ExternalID: "c_77", VersionID: "v", FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "312 5550142", LastUpdated: 10},
		{ID: "firm", Kind: domain.KindCompany, CompanyName: "Rivera LLC", Email: " maria@example.com", Phone: "1", LastUpdated: 20},
		{ID: "young", Kind: domain.KindPerson, LastName: "Rivera", Email: "Maria@Example.com", LastUpdated: 30},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if q := v.last().Query; q.Get("Search") != "email:maria@example.com" || q.Get("ExcludeDeletedContacts") != "true" {
		t.Errorf("query %v", q)
	}
}

func TestSearchTermsHaveNoOperators(t *testing.T) {
	v, c := connected(t)
	v.on("GET /contacts", "", "Limit Offset Search ExcludeDeletedContacts", replies(200, `{"value":[
		{"id":"1","person":{"email":"!a**b@x.y"}},{"id":"2","person":{"email":"anything@x.y"}}]}`))
	got, err := c.FindContacts(t.Context(), firm, domain.ContactQuery{Email: "!a**b@x.y", Name: ">=Rivera", Phone: "312"})
	must(t, err)
	if len(got) != 1 || got[0].ID != "1" {
		t.Errorf("a wildcard matched: %+v", got)
	}
	want := []string{"email:*a*b@x.y", "name:*Rivera", "phone:312"}
	if q := v.last().Query["Search"]; !reflect.DeepEqual(q, want) {
		t.Errorf("got %q", q)
	}
}

func TestCreateContact(t *testing.T) {
	for name, tc := range map[string]struct {
		draft domain.ContactDraft
		want  string
	}{
		"person": {
			domain.ContactDraft{ExternalID: "c_77", FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0142"},
			`{"externalSystemId":"c_77","person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com","phone":{"number":"+1 312 555 0142"}}}`,
		},
		"company": {
			domain.ContactDraft{CompanyName: "Apex Freight", Email: "a@apex.example"},
			`{"company":{"name":"Apex Freight","email":"a@apex.example"}}`,
		},
		"only a last name": {domain.ContactDraft{LastName: "Rivera"}, `{"person":{"lastName":"Rivera"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			v, c := connected(t)
			v.on("POST /contacts", "externalSystemId person company", "", replies(202, `{"id":"`+uuidB+`"}`))
			id, err := c.CreateContact(t.Context(), firm, tc.draft, rid, nil)
			must(t, err)
			if id != uuidB || !reflect.DeepEqual(v.last().Body, object(t, tc.want)) {
				t.Errorf("id %s, body %v", id, v.last().Body)
			}
		})
	}
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	must(t, json.Unmarshal([]byte(text), &v))
	return v
}

const contactFields = "externalSystemId person company trust groupOfPeople isDeleted"

// updated runs UpdateContact over a shown contact and returns the body of the PUT, or
// nil where none was made.
func updated(t *testing.T, shown string, change domain.ContactChange) map[string]any {
	t.Helper()
	v, c := connected(t)
	v.on("GET /contacts/{id}", "", "", replies(200, shown))
	v.on("PUT /contacts/{id}", contactFields, "", replies(202, `{"id":"`+uuidB+`"}`))
	written, _, err := c.UpdateContact(t.Context(), firm, uuidB, domain.ContactDraft{}, change, rid)
	must(t, err)
	last := v.last()
	if some := written != (domain.ContactChange{}); some != (last.Method == http.MethodPut) {
		t.Errorf("written is %+v after a %s", written, last.Method)
	}
	return last.Body
}

func set(d domain.ContactDraft) domain.ContactChange { return domain.ContactChange{ContactDraft: d} }

func TestUpdateContactKeepsAllElse(t *testing.T) {
	got := updated(t, `{"id":"`+uuidB+`","href":"h","self":{"id":"s"},"versionId":"v","lastUpdated":637847425252027400,"isDeleted":false,
		"tags":[{"id":"t"}],"externalSystemId":"other-system","person":{
			"title":"Ms","firstName":"Maria","middleName":"J","lastName":"Rivera","email":"maria@example.com","notes":null,
			"birthDate":"1980-07-01T00:00:00.0000000Z","phone":{"areaCode":"312","number":"5550142"},"cell":{"number":"1"},
			"residentialAddress":{"addressLine1":"1 Broad St","poBox":{"city":"Chicago","secret":"x"}},
			"voiDetails":{"x":1},"passportDetails":{"passportNumber":"AB1","passportIssueDate":"2010-08-01"},
			"deathDetails":{"isDeathDateUnknown":false},"brandNew":"x"}}`,
		set(domain.ContactDraft{ExternalID: "c_77", LastName: "Rivera-Lopez", Email: "MARIA@example.com", Phone: "+1 (312) 555-0142"}))
	want := object(t, `{"externalSystemId":"other-system","isDeleted":false,"person":{
		"title":"Ms","firstName":"Maria","middleName":"J","lastName":"Rivera-Lopez","email":"maria@example.com",
		"birthDate":"1980-07-01T00:00:00Z","phone":{"areaCode":"312","number":"5550142"},"cell":{"number":"1"},
		"residentialAddress":{"addressLine1":"1 Broad St","poBox":{"city":"Chicago"}},
		"passportDetails":{"passportNumber":"AB1","passportIssueDate":"2010-08-01"},"deathDetails":{"isDeathDateUnknown":false}}}`)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestUpdateContactOfACompanyCarriesItsPeople(t *testing.T) {
	got := updated(t, `{"id":"x","company":{"name":"Apex","companyManagedBy":"Managers","firmIsRegisteredAgent":true,
		"staff":[{"id":"s1"},{"href":"https://x/contacts/s2"}],"directors":[{"id":"d1"}],"phone":{"number":"5550142000"}}}`,
		set(domain.ContactDraft{ExternalID: "c_1", CompanyName: "Apex Freight", Phone: "555 014 3000"}))
	want := object(t, `{"externalSystemId":"c_1","company":{"name":"Apex Freight","companyManagedBy":1,"firmIsRegisteredAgent":true,
		"staffIds":["s1","s2"],"directorIds":["d1"],"phone":{"number":"555 014 3000"}}}`)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestUpdateContactOfAGroupOrTrustLosesNothing(t *testing.T) {
	got := updated(t, `{"id":"x","groupOfPeople":{"people":[{"id":"p1"}],"name":"J & M","residentialAddress":{"city":"Chicago"}}}`,
		set(domain.ContactDraft{ExternalID: "c_1", LastName: "Rivera"}))
	if want := object(t, `{"externalSystemId":"c_1","groupOfPeople":{"peopleIds":["p1"],"residentialAddress":{"city":"Chicago"}}}`); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	got = updated(t, `{"id":"x","trust":{"name":"T","trustees":[{"name":"A","type":"Individual","x":1}],"contacts":[{"id":"c"}]}}`,
		set(domain.ContactDraft{ExternalID: "c_1", LastName: "Rivera"}))
	if want := object(t, `{"externalSystemId":"c_1","trust":{"name":"T","trustees":[{"name":"A","type":"Individual"}]}}`); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestUpdateContactWritesOnlyWhatIsNew(t *testing.T) {
	shown := `{"id":"x","externalSystemId":"c_1","person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com","phone":{"number":"312 555 0142"}}}`
	for name, tc := range map[string]struct {
		draft domain.ContactDraft
		put   bool
	}{
		"nothing known":              {domain.ContactDraft{}, false},
		"the same":                   {domain.ContactDraft{ExternalID: "c_1", FirstName: "Maria", LastName: "Rivera", Email: "Maria@example.com", Phone: "+13125550142"}, false},
		"another CaseHug client":     {domain.ContactDraft{ExternalID: "c_2", LastName: "Rivera"}, false},
		"a company, but it's Maria":  {domain.ContactDraft{CompanyName: "Rivera LLC"}, false},
		"a name":                     {domain.ContactDraft{FirstName: "Mary"}, true},
		"an e-mail":                  {domain.ContactDraft{Email: "m@example.com"}, true},
		"a number":                   {domain.ContactDraft{Phone: "312 555 0143"}, true},
		"a short number it ends in":  {domain.ContactDraft{Phone: "0142"}, true},
		"a company with a new phone": {domain.ContactDraft{CompanyName: "Rivera LLC", Phone: "312 555 0199"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := updated(t, shown, set(tc.draft)); (got != nil) != tc.put {
				t.Errorf("body %v", got)
			}
		})
	}
}

func TestUpdateContactThatIsNotThere(t *testing.T) {
	v, c := connected(t)
	v.on("GET /contacts/{id}", "", "", replies(404, `{}`))
	_, _, err := c.UpdateContact(t.Context(), firm, uuidB, domain.ContactDraft{}, set(domain.ContactDraft{LastName: "X"}), rid)
	if !domain.IsNotThere(err) {
		t.Errorf("got %v", err)
	}
	_, err = c.Contact(t.Context(), firm, uuidB)
	if !domain.IsNotThere(err) {
		t.Errorf("got %v", err)
	}
}

// TestUpdateContactThatPeopleHaveDeleted: nothing is written to a contact that Smokeball
// still shows, as deleted: a write would bring it back.
func TestUpdateContactThatPeopleHaveDeleted(t *testing.T) {
	v, c := connected(t)
	v.on("GET /contacts/{id}", "", "", replies(200, `{"id":"`+uuidB+`","isDeleted":true,"person":{"lastName":"X","phone":{"number":"1"}}}`))
	written, _, err := c.UpdateContact(t.Context(), firm, uuidB, domain.ContactDraft{}, set(domain.ContactDraft{Phone: "2"}), rid)
	if !domain.IsNotThere(err) || written != (domain.ContactChange{}) || v.last().Method != http.MethodGet {
		t.Errorf("written is %+v after a %s, and the error %v", written, v.last().Method, err)
	}
}

func TestAContactsNameSuffixIsRead(t *testing.T) {
	v, c := connected(t)
	v.on("GET /contacts/{id}", "", "", replies(200, `{"id":"`+uuidB+`","person":{"firstName":"John","lastName":"Stone","nameSuffix":"Jr."}}`))
	got, err := c.Contact(t.Context(), firm, uuidB)
	must(t, err)
	if got.Name().String() != "John Stone Jr." {
		t.Errorf("it is called %q", got.Name())
	}
}

// TestUpdateContactTellsWhatItWrote: what was left as it is does not count as written.
func TestUpdateContactTellsWhatItWrote(t *testing.T) {
	const shown = `{"id":"x","externalSystemId":"c_1","person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com","phone":{"areaCode":"312","number":"5550142"},"cell":{"number":"1"}}}`
	removed := func(d domain.ContactDraft) domain.ContactChange { return domain.ContactChange{Removed: d} }
	for name, tc := range map[string]struct {
		change, written domain.ContactChange
		kept            []string
		person          string // of the body
	}{
		"a phone that differs by the country code only": {
			set(domain.ContactDraft{LastName: "Rivera-Lopez", Phone: "+1 312 555 0142"}), set(domain.ContactDraft{LastName: "Rivera-Lopez"}), nil,
			`{"firstName":"Maria","lastName":"Rivera-Lopez","email":"maria@example.com","phone":{"areaCode":"312","number":"5550142"},"cell":{"number":"1"}}`},
		"a company's name for a person": {
			set(domain.ContactDraft{CompanyName: "Rivera LLC", Email: "m@example.com"}), set(domain.ContactDraft{Email: "m@example.com"}), []string{"company name"},
			`{"firstName":"Maria","lastName":"Rivera","email":"m@example.com","phone":{"areaCode":"312","number":"5550142"},"cell":{"number":"1"}}`},
		"a phone that is no longer there": {
			removed(domain.ContactDraft{Phone: "+1 312 555 0142"}), removed(domain.ContactDraft{Phone: "312 5550142"}), nil,
			`{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com","cell":{"number":"1"}}`},
		"an address and a first name that are no longer there": {
			removed(domain.ContactDraft{FirstName: "Maria", Email: "Maria@example.com"}), removed(domain.ContactDraft{FirstName: "Maria", Email: "maria@example.com"}), nil,
			`{"lastName":"Rivera","phone":{"areaCode":"312","number":"5550142"},"cell":{"number":"1"}}`},
		"a phone that people have changed": {removed(domain.ContactDraft{Phone: "+1 312 555 9999"}), domain.ContactChange{}, []string{"phone number"}, ""},
		"digits of another script": {
			set(domain.ContactDraft{Phone: "٣١٢ ٥٥٥ ٠١٤٣"}), set(domain.ContactDraft{Phone: "٣١٢ ٥٥٥ ٠١٤٣"}), nil,
			`{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com","phone":{"number":"٣١٢ ٥٥٥ ٠١٤٣"},"cell":{"number":"1"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			v, c := connected(t)
			v.on("GET /contacts/{id}", "", "", replies(200, shown))
			v.on("PUT /contacts/{id}", contactFields, "", replies(202, `{"id":"`+uuidB+`"}`))
			written, kept, err := c.UpdateContact(t.Context(), firm, uuidB, domain.ContactDraft{}, tc.change, rid)
			must(t, err)
			if written != tc.written || !slices.Equal(kept, tc.kept) {
				t.Errorf("written %+v, kept %q", written, kept)
			}
			if last := v.last(); tc.person != "" && !reflect.DeepEqual(last.Body["person"], any(object(t, tc.person))) {
				t.Errorf("the person is %v", last.Body["person"])
			}
		})
	}
}
