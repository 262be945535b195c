package smokeball_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

func TestCreateMatter(t *testing.T) {
	v, c := connected(t)
	v.on("POST /matters", matterFields, "", replies(202, `{"id":"`+uuidA+`","href":"https://api.smokeball.com/matters/`+uuidA+`"}`))
	opened := time.Date(2026, 11, 2, 10, 4, 5, 999_999_999, time.FixedZone("", -5*3600))
	id, err := c.CreateMatter(t.Context(), firm, domain.MatterDraft{
		ExternalID: "m_1001", Number: "CH-2026-0142", Description: "Rivera v. Apex Freight", MatterTypeID: "x_IL",
		ClientIDs: []domain.SmokeballID{uuidA, uuidB}, ClientRole: "Plaintiff", Status: "Open", OpenedDate: &opened,
	}, rid, nil)
	must(t, err)
	want := map[string]any{
		"externalSystemId": "m_1001", "number": "CH-2026-0142", "description": "Rivera v. Apex Freight", "matterTypeId": "x_IL",
		"clientIds": []any{uuidA, uuidB}, "clientRole": "Plaintiff", "status": "Open", "openedDate": "2026-11-02T15:04:05Z",
	}
	if got := v.last(); id != uuidA || !reflect.DeepEqual(got.Body, want) || got.Header.Get("RequestId") != string(rid) {
		t.Errorf("id %s, body %v", id, got.Body)
	}
}

func TestALinkWithoutAnIdStillLeadsSomewhere(t *testing.T) {
	v, c := connected(t)
	v.on("POST /contacts", "person externalSystemId", "", replies(202, `{"href":"https://api.smokeball.com/contacts/`+uuidB+`?x=1"}`))
	id, err := c.CreateContact(t.Context(), firm, domain.ContactDraft{LastName: "Rivera"}, rid, nil)
	must(t, err)
	if id != uuidB {
		t.Errorf("got %s", id)
	}
}

func TestPatchMatterNamesOnlyWhatChanges(t *testing.T) {
	v, c := connected(t)
	v.on("PATCH /matters/{id}", "number description status closedDate clientIds", "", replies(202, `{"id":"`+uuidA+`"}`))
	must(t, c.PatchMatter(t.Context(), firm, uuidA, domain.MatterChange{}, rid))
	if len(v.seen()) != 0 {
		t.Fatal("an empty change made a call")
	}
	status, number := "Closed", ""
	closed := time.Date(2026, 12, 1, 0, 0, 0, 5, time.UTC)
	must(t, c.PatchMatter(t.Context(), firm, uuidA, domain.MatterChange{Status: &status, Number: &number, ClosedDate: &closed}, rid))
	want := map[string]any{"status": "Closed", "number": "", "closedDate": "2026-12-01T00:00:00Z"}
	if got := v.last(); !reflect.DeepEqual(got.Body, want) || got.Path != "/matters/"+uuidA {
		t.Errorf("%s: got %v", got.Path, got.Body)
	}
}

const shownMatter = `{"id":"` + uuidA + `","externalSystemId":"m_1","versionId":"637","number":"N-1","title":"N-1 - Rivera","description":"Rivera",
	"status":"Closed","closedDate":"2026-12-01T00:00:00.123Z","matterType":{"id":"x_IL","href":"h"},
	"clients":[{"id":"` + uuidB + `"},{"href":"https://api.smokeball.com/contacts/` + uuidC + `"}],"isLead":false,"brandNew":1}`

func TestMatterIsRead(t *testing.T) {
	v, c := connected(t)
	v.on("GET /matters/{id}", "", "", replies(200, shownMatter))
	got, err := c.Matter(t.Context(), firm, uuidA)
	must(t, err)
	closed := time.Date(2026, 12, 1, 0, 0, 0, 123_000_000, time.UTC)
	want := domain.SmokeballMatter{
		ID: uuidA, ExternalID: "m_1", VersionID: "637", Number: "N-1", Description: "Rivera", Title: "N-1 - Rivera",
		Status: "Closed", ClientIDs: []domain.SmokeballID{uuidB, uuidC}, MatterTypeID: "x_IL", ClosedDate: &closed,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// paged answers n entries in pages, made by entry, in one of the ways that `size` may
// be meant.
func paged(n int, sizeIsTotal, links bool, entry func(int) string) func(http.ResponseWriter, recorded) {
	return func(w http.ResponseWriter, r recorded) {
		offset, _ := strconv.Atoi(r.Query.Get("Offset"))
		limit, _ := strconv.Atoi(r.Query.Get("Limit"))
		var entries []string
		for i := offset; i < min(offset+limit, n); i++ {
			entries = append(entries, entry(i))
		}
		size, next := len(entries), "null"
		if sizeIsTotal {
			size = n
		}
		if links && offset+limit < n {
			next = `{"href":"https://evil.example/steal"}`
		}
		reply(w, 200, fmt.Sprintf(`{"value":[%s],"offset":%d,"limit":%d,"size":%d,"next":%s}`, strings.Join(entries, ","), offset, limit, size, next))
	}
}

func TestAllPagesAreRead(t *testing.T) {
	for name, tc := range map[string]struct {
		n                  int
		sizeIsTotal, links bool
		calls              int
	}{
		"none":               {0, true, true, 1},
		"one page":           {499, true, true, 1},
		"exactly one page":   {500, false, true, 1},
		"links":              {1201, false, true, 3},
		"a total, no links":  {1201, true, false, 3},
		"a total and links":  {1000, true, true, 2},
		"as many as allowed": {10000, true, true, 20},
	} {
		t.Run(name, func(t *testing.T) {
			v, c := connected(t)
			v.on("GET /matters", "", "Limit Offset Search ContactId", paged(tc.n, tc.sizeIsTotal, tc.links, func(i int) string {
				return fmt.Sprintf(`{"id":"m-%d"}`, i)
			}))
			got, err := c.FindMatters(t.Context(), firm, domain.MatterQuery{Text: "CH-1", Contact: uuidB})
			must(t, err)
			if len(got) != tc.n || len(v.seen()) != tc.calls {
				t.Errorf("%d matters in %d calls, want %d in %d", len(got), len(v.seen()), tc.n, tc.calls)
			}
			if q := v.last().Query; q.Get("Search") != "CH-1" || q.Get("ContactId") != uuidB || q.Get("Limit") != "500" {
				t.Errorf("query %v", q)
			}
		})
	}
}

func TestAListWithoutEndIsGivenUp(t *testing.T) {
	v, c := connected(t)
	v.on("GET /matters", "", "Limit Offset", paged(1_000_000, true, true, func(i int) string { return fmt.Sprintf(`{"id":"m-%d"}`, i) }))
	_, err := c.FindMatters(t.Context(), firm, domain.MatterQuery{})
	if ce := fault(t, err); ce.Class != domain.Permanent || len(v.seen()) > 20 {
		t.Errorf("got %+v after %d calls", ce, len(v.seen()))
	}
}

func TestAnEntryOnTwoPagesCountsOnce(t *testing.T) {
	v, c := connected(t)
	v.on("GET /matters", "", "Limit Offset", paged(600, true, true, func(i int) string {
		return fmt.Sprintf(`{"id":"m-%d"}`, min(i, 550))
	}))
	got, err := c.FindMatters(t.Context(), firm, domain.MatterQuery{})
	must(t, err)
	if len(got) != 551 {
		t.Errorf("got %d", len(got))
	}
}

func TestAnAnswerWithoutAListIsNoEmptyList(t *testing.T) {
	for body, empty := range map[string]bool{`{}`: false, `null`: false, `[]`: false, `{"value":null}`: true, `{"value":[]}`: true} {
		v, c := connected(t)
		v.on("GET /contacts", "", "Limit Offset Search ExcludeDeletedContacts", replies(200, body))
		_, err := c.FindContacts(t.Context(), firm, domain.ContactQuery{Email: "a@b.c"})
		if (err == nil) != empty {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestMatterTypesAreRemembered(t *testing.T) {
	v, c := connected(t)
	v.on("GET /mattertypes", "", "Limit Offset", replies(200, `{"value":[
		{"id":"a_IL","versionId":"1","name":"Auto Accident","category":"Personal Injury","type":0,"representativeOptions":["Plaintiff"],"location":"IL","isDeleted":false},
		{"id":"b","name":"New lead","category":"Leads","type":1,"isDeleted":true},
		{"id":"c","name":"New lead","category":"Leads","type":"LeadType"}]}`))
	for range 3 {
		got, err := c.MatterTypes(t.Context(), firm)
		must(t, err)
		want := []domain.MatterType{
			{ID: "a_IL", Name: "Auto Accident", Category: "Personal Injury", Location: "IL", Roles: []string{"Plaintiff"}},
			{ID: "b", Name: "New lead", Category: "Leads", Lead: true, Deleted: true},
			{ID: "c", Name: "New lead", Category: "Leads", Lead: true},
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v", got)
		}
		got[0].Name = "scribbled"
	}
	if len(v.seen()) != 1 {
		t.Errorf("%d calls", len(v.seen()))
	}
	c.ForgetMatterTypes(firm)
	_, err := c.MatterTypes(t.Context(), firm)
	must(t, err)
	if len(v.seen()) != 2 {
		t.Errorf("%d calls after forgetting", len(v.seen()))
	}
}

func TestAFailedReadOfMatterTypesIsNotRemembered(t *testing.T) {
	v, c := connected(t)
	broken := true
	v.on("GET /mattertypes", "", "Limit Offset", func(w http.ResponseWriter, _ recorded) {
		if broken {
			reply(w, 503, "")
			return
		}
		reply(w, 200, `{"value":[{"id":"a"}]}`)
	})
	if _, err := c.MatterTypes(t.Context(), firm); err == nil {
		t.Fatal("got types")
	}
	broken = false
	got, err := c.MatterTypes(t.Context(), firm)
	must(t, err)
	if len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestStaffIsFoundByEmail(t *testing.T) {
	v, c := connected(t)
	v.on("GET /staff", "", "Limit Offset Search", replies(200, `{"value":[
		{"id":"1","email":"LEE@firm.example","enabled":true},{"id":"2","email":"lee@firm.example","former":true},{"id":"3","email":"leeann@firm.example"}]}`))
	for range 2 {
		id, err := c.StaffByEmail(t.Context(), firm, " Lee@firm.example ")
		must(t, err)
		if id != "1" || v.last().Query.Get("Search") != "email:lee@firm.example" {
			t.Errorf("got %q with %v", id, v.last().Query)
		}
	}
	if n := len(v.seen()); n != 1 {
		t.Errorf("%d calls: the answer is not remembered", n)
	}
	if id, err := c.StaffByEmail(t.Context(), firm, "nobody@firm.example"); id != "" || err != nil {
		t.Errorf("nobody is %q, %v", id, err)
	}
}

// TestManyWhoAskForOnePersonCostOneCall: syncs which need the same person at once,
// as after a takeover, make one call.
func TestManyWhoAskForOnePersonCostOneCall(t *testing.T) {
	v := newVendor(t)
	v.on("GET /staff", "", "Limit Offset Search", replies(200, `{"value":[{"id":"`+uuidA+`","email":"lee@firm.example","enabled":true}],"size":1}`))
	c := newClient(t, config(v, signedIn()))
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if id, err := c.StaffByEmail(t.Context(), firm, "lee@firm.example"); id != uuidA || err != nil {
				t.Errorf("got %q, %v", id, err)
			}
		})
	}
	all.Wait()
	if n := len(v.seen()); n != 1 {
		t.Errorf("Smokeball was asked %d times", n)
	}
}
