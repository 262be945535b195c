package smokeballsim_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// judge holds every exchange with the API against the vendor's own description.
type judge struct {
	*testing.T
	next   http.RoundTripper
	router routers.Router

	mu      sync.Mutex
	checked map[string]int // by operation
}

// RoundTrip checks the request, passes it on and checks the answer.
func (j *judge) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/_") || strings.HasPrefix(r.URL.Path, "/oauth2") {
		return j.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	in := j.described(r, body)
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	out, err := j.next.RoundTrip(r)
	if err == nil && in != nil {
		err = j.compare(in, out)
	}
	return out, err
}

// described finds the operation of a request and checks the request against it; a request
// that is meant to be wrong carries the header Wrong.
func (j *judge) described(r *http.Request, body []byte) *openapi3filter.RequestValidationInput {
	probe := r.Clone(r.Context())
	probe.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := j.router.FindRoute(probe)
	if err != nil {
		j.Errorf("%s %s is not described: %v", r.Method, r.URL.Path, err)
		return nil
	}
	in := &openapi3filter.RequestValidationInput{
		Request: probe, PathParams: params, Route: route,
		Options: options(),
	}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil && r.Header.Get("Wrong") == "" {
		j.Errorf("request %s %s: %v", r.Method, r.URL.Path, err)
	}
	return in
}

// options take date-times as the description's own examples write them: with or without
// a zone.
func options() *openapi3filter.Options {
	plain := openapi3.NewCallbackValidator(func(text string) error {
		if _, err := time.Parse(time.RFC3339, text); err == nil {
			return nil
		}
		_, err := time.Parse("2006-01-02T15:04:05", text)
		return err
	})
	return &openapi3filter.Options{
		MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.WithStringFormatValidator("date-time", plain)},
	}
}

func (j *judge) compare(in *openapi3filter.RequestValidationInput, out *http.Response) error {
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return err
	}
	out.Body = io.NopCloser(bytes.NewReader(body))
	header := out.Header.Clone()
	if in.Route.Operation.Responses.Status(out.StatusCode) != nil && out.StatusCode >= 400 {
		header.Set("Content-Type", "application/json") // described as JSON, sent as problem+json
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: out.StatusCode, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: options(),
	})
	operation := in.Route.Operation.OperationID
	if err != nil {
		j.Errorf("answer %d of %s: %v\n%s", out.StatusCode, operation, err, body)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.checked[operation]++
	return nil
}

// describedDesk starts a simulator whose every exchange is judged.
func describedDesk(t *testing.T) (*desk, *judge, *openapi3.T) {
	t.Helper()
	file := os.Getenv("SMOKEBALL_OPENAPI")
	if file == "" {
		t.Skip("to hold the simulator against Smokeball's description, run: SMOKEBALL_OPENAPI=path/to/openapi.json go test -run Contract -v ./internal/rig/smokeballsim")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: host}}
	router, err := legacy.NewRouter(doc, openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation())
	if err != nil {
		t.Fatal(err)
	}
	d := listening(t, prompt())
	j := &judge{T: t, next: d.client.Transport, router: router, checked: map[string]int{}}
	d.client.Transport = j
	return d, j, doc
}

func TestContract(t *testing.T) {
	d, j, doc := describedDesk(t)
	d.walkCatalogue()
	client := d.walkContacts()
	matter := d.walkMatters(client)
	d.walkFiles(matter)
	d.walkFolders(matter)
	d.walkDiary(matter, client)
	d.walkWebhooks()
	d.walkRefusals()
	j.report(doc)
}

// report prints what was checked and names what the description holds beyond that.
func (j *judge) report(doc *openapi3.T) {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "operation\trequests checked")
	for _, operation := range slices.Sorted(maps.Keys(j.checked)) {
		fmt.Fprintf(w, "%s\t%d\n", operation, j.checked[operation])
	}
	if err := w.Flush(); err != nil {
		j.Fatal(err)
	}
	var unserved []string
	for _, item := range doc.Paths.Map() {
		for _, o := range item.Operations() {
			if j.checked[o.OperationID] == 0 {
				unserved = append(unserved, o.OperationID)
			}
		}
	}
	slices.Sort(unserved)
	j.Logf("%d operations checked\n%snot served: %s", len(j.checked), out.String(), strings.Join(unserved, ", "))
	want := []string{"CreateFirm", "CreateStaff", "DeleteStaff", "UpdateFirm", "UpdateStaff"}
	if !slices.Equal(unserved, want) {
		j.Errorf("not checked: %v, want only %v", unserved, want)
	}
}

func (d *desk) walkCatalogue() {
	d.Helper()
	d.want(200, "GET", "/firm", "")
	staff := d.want(200, "GET", "/staff?Search=email:lee@firm.example", "").ids()[0]
	d.want(200, "GET", "/staff/"+staff, "")
	d.want(200, "GET", "/mattertypes?Location=IL&Type=0&Limit=5", "")
	d.want(200, "GET", "/mattertypes/categories", "")
	d.want(200, "GET", "/mattertypes/"+d.matterType("Divorce"), "")
}

// appears posts, waits until the resource is visible and returns its id.
func (d *desk) appears(path, body string) string {
	d.Helper()
	id := d.make(path, body)
	d.eventually(path + "/" + id)
	return id
}

func (d *desk) walkContacts() (client string) {
	d.Helper()
	full := `{"externalSystemId":"c_1","person":{"title":"Ms","firstName":"Maria","lastName":"Rivera","email":"maria@example.com",
	  "phone":{"areaCode":"312","number":"5550142"},"phone2":{"number":"1","extension":"9"},"birthDate":"1990-01-02T00:00:00Z",
	  "residentialAddress":{"addressLine1":"1 Main St","city":"Chicago","state":"IL","poBox":{"poBoxNumber":"4"}},
	  "passportDetails":{"passportNumber":"x"},"deathDetails":{"isDeathDateUnknown":true},"citizenshipDetails":{"nationality":"US"},
	  "utbmsDetails":{"ledesClientId":"l"},"executionOptions":{"poaType":"None"},"identificationDetails":{"alienNumber":"1"}}}`
	client = d.appears("/contacts", full)
	company := d.appears("/contacts", `{"company":{"name":"Apex Freight","email":"office@apex.example","companyManagedBy":0,
	  "businessAddress":{"city":"Chicago","dxAddress":{"number":"1"}},"executionOptions":{"attorneyNames":["A"],"person1":{"name":"B"}}}}`)
	d.appears("/contacts", `{"trust":{"name":"Rivera Trust","trustees":[{"name":"A","type":"Individual"}]}}`)
	d.appears("/contacts", fmt.Sprintf(`{"groupOfPeople":{"peopleIds":[%q]}}`, client))
	d.want(200, "GET", "/contacts?Search=email:maria*&ExcludeDeletedContacts=true&Type=Person&Sort=asc(lastUpdated)&Limit=1&Fields=tags,passportDetails", "")
	d.want(200, "POST", "/contacts/batch", fmt.Sprintf(`{"ids":[%q,%q]}`, company, client))
	d.want(202, "PUT", "/contacts/"+company, `{"company":{"name":"Apex Freight Inc."},"isDeleted":false}`)
	d.want(201, "POST", "/contacts/"+client+"/tags", `["intake"]`)
	tag := d.want(200, "GET", "/contacts/"+client+"/tags", "").ids()[0]
	d.want(202, "DELETE", "/contacts/"+client+"/tags/"+tag, "")
	d.want(202, "DELETE", "/contacts/"+company, "")
	return client
}

func (d *desk) walkMatters(client string) (matter string) {
	d.Helper()
	staff := d.want(200, "GET", "/staff", "").ids()
	full := fmt.Sprintf(`{"externalSystemId":"m_1","number":"CH-1","matterTypeId":%q,"clientIds":[%q],"clientRole":"Plaintiff","description":"d",
	  "status":"Open","openedDate":"2026-11-02T15:04:05Z","personResponsibleStaffId":%q,"personAssistingStaffId":%q,"originatingStaffId":%q,
	  "originatingStaffIds":[%q],"referrerId":%q,"referralAgreementFee":1.5,"clientCode":"c","branchId":"b",
	  "splitOriginatingStaffSettings":{"isEnabled":true,"splitMethod":"SplitEvenly","splitMatterStaffs":[{"matterStaffId":%q,"matterStaffRatio":1}]}}`,
		d.matterType("Auto Accident"), client, staff[0], staff[1], staff[0], staff[1], client, staff[0])
	matter = d.appears("/matters", full)
	d.want(200, "GET", "/matters?Search=CH-1&Status=Open&ContactId="+client+"&LastUpdated=2020-01-01T00:00:00Z&Sort=asc(LastUpdated)&Fields=tags&Limit=1", "")
	d.want(202, "PATCH", "/matters/"+matter, `{"status":"Pending","closedDate":null}`)
	d.want(202, "PUT", "/matters/"+matter, `{"number":"CH-1","description":"e","status":"Open"}`)
	d.want(201, "POST", "/matters/"+matter+"/tags", fmt.Sprintf(`[{"name":"intake","type":"Custom"},{"id":%q,"type":"Staff"}]`, staff[0]))
	tag := d.want(200, "GET", "/matters/"+matter+"/tags", "").ids()[0]
	d.want(200, "GET", "/matters/"+matter, "")
	d.want(202, "DELETE", "/matters/"+matter+"/tags/"+tag, "")
	d.want(202, "POST", "/matters/"+matter+"/memos", `{"title":"t","text":"x"}`)
	d.want(200, "GET", "/matters/"+matter+"/memos", "")
	lead := d.appears("/matters", fmt.Sprintf(`{"isLead":true,"matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Criminal Lead"), client))
	d.want(200, "GET", "/matters?Type=Leads", "")
	d.want(202, "DELETE", "/matters/"+lead, "")
	return matter
}

func (d *desk) walkFiles(matter string) {
	d.Helper()
	files := "/matters/" + matter + "/documents/files"
	a := d.want(202, "POST", files, `{"fileName":"Retainer.pdf","folderPath":"Intake","fileAdditionalData":{"document":"d_9"},"dateCreated":"2026-01-02T03:04:05Z"}`)
	one := files + "/" + a.at("fileId")
	d.put(a.at("uploadUrl"), "bytes")
	d.eventually(one + "/download")
	d.want(200, "GET", one, "")
	d.want(200, "GET", files+"?Search=query:retainer&Sort=asc(dateCreated)", "")
	d.want(200, "GET", one+"/upload", "")
	d.want(202, "PATCH", one, `{"fileName":"Renamed.pdf"}`)
	d.want(202, "PUT", one, `{"fileName":"Renamed.pdf","isFavorite":true}`)
	d.want(202, "POST", files+"/bulk", `[{"fileName":"a.pdf"}]`)
	d.want(202, "DELETE", one, "")
}

func (d *desk) walkFolders(matter string) {
	d.Helper()
	folders := "/matters/" + matter + "/documents/folders"
	folder := d.appears(folders, `{"name":"Intake"}`)
	d.want(202, "POST", "/matters/"+matter+"/documents/files", fmt.Sprintf(`{"fileName":"b.pdf","folderId":%q}`, folder))
	d.want(200, "GET", folders, "")
	d.want(202, "PUT", folders+"/"+folder, `{"name":"Later"}`)
	d.want(202, "PATCH", folders+"/"+folder, `{"name":"Latest"}`)
	d.want(202, "DELETE", folders+"/"+folder, "")
}

func (d *desk) walkDiary(matter, client string) {
	d.Helper()
	staff := d.want(200, "GET", "/staff", "").ids()[0]
	task := fmt.Sprintf(`{"staffId":%q,"matterId":%q,"subject":"Review","dueDateOnly":"2026-12-24T00:00:00","isCompleted":true,"completedByStaffId":%q,"categories":["a"]}`, staff, matter, staff)
	id := d.appears("/tasks", task)
	d.want(200, "GET", "/tasks?MatterId="+matter+"&IsCompleted=true", "")
	d.want(202, "PUT", "/tasks/"+id, task)
	d.want(202, "DELETE", "/tasks/"+id, "")
	event := fmt.Sprintf(`{"matterId":%q,"subject":"Hearing","startTime":"2099-01-01T09:00:00","endTime":"2099-01-01T10:00:00","timeZone":"UTC",
	  "type":"Normal","attendees":[%q],"externalAttendees":[%q],"additionalData":{"a":"b"}}`, matter, staff, client)
	id = d.appears("/events", event)
	d.want(200, "GET", "/events?MatterId="+matter, "")
	d.want(202, "PUT", "/events/"+id, event)
	d.want(202, "DELETE", "/events/"+id, "")
}

func (d *desk) walkWebhooks() {
	d.Helper()
	body := `{"key":"k","name":"app","eventTypes":["error"],"eventNotificationUrl":"http://127.0.0.1:9/hook"}`
	id := d.want(200, "POST", "/webhooks", body).at("id")
	d.want(200, "GET", "/webhooks", "")
	d.want(200, "GET", "/webhooks/types", "")
	d.want(200, "GET", "/webhooks/"+id, "")
	d.want(200, "PUT", "/webhooks/"+id, body)
	d.want(200, "POST", "/webhooks/"+id+"/notify", "")
	d.want(200, "DELETE", "/webhooks/"+id, "")
}

// walkRefusals checks that refusals are problem documents of the described shape.
func (d *desk) walkRefusals() {
	d.Helper()
	wrong := &desk{d.T, d.sim, d.token, http.Header{"Wrong": {"yes"}}, d.client, d.config}
	const nobody = "33333333-3333-4333-8333-333333333333"
	wrong.want(400, "POST", "/matters", `{"title":"x"}`)
	wrong.want(400, "POST", "/contacts", `{"shoe":1}`)
	wrong.want(400, "GET", "/matters?LastUpdated=2026-01-01T00:00:00.5Z", "")
	wrong.want(400, "POST", "/webhooks", `{"eventTypes":["x"]}`)
	for _, path := range []string{"/matters/", "/contacts/", "/tasks/", "/events/", "/mattertypes/"} {
		wrong.want(404, "GET", path+nobody, "")
	}
	other := d.as(rest, "contacts/read")
	other.header.Set("Wrong", "yes")
	other.want(403, "GET", "/matters/"+nobody, "")
}
