package casehug_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

const (
	clientJSON   = `{"client_id":"c_77","version":1,"first_name":"Maria","last_name":"Rivera","email":"maria@example.com","phone":"+1 312 555 0142"}`
	matterFields = `"matter_id":"m_1001","version":3,"title":"Rivera v. Apex Freight","case_number":"CH-2026-0142","case_type":"Auto Accident",
		"practice_area":"Personal Injury","jurisdiction":"IL","status":"active","opened_at":"2026-11-02T15:04:05Z","closed_at":null,
		"client":` + clientJSON + `,"other_clients":[],"responsible_email":"lee@firm.example","tags":["intake"]`
	matterJSON     = `{` + matterFields + `}`
	documentFields = `"document_id":"d_9","matter_id":"m_1001","file_name":"Signed retainer.pdf","content_type":"application/pdf","size_bytes":48213,
		"sha256":"ABCDEF00000000000000000000000000000000000000000000000000000000ff","approved_by":"u_5","approved_at":"2026-11-02T16:00:00+01:00",
		"content":{"object":"casehug-documents/d_9"},"folder":"Intake"`
	documentJSON = `{` + documentFields + `}`
)

// envelope is a structured event; action is the last two tokens of its subject.
func envelope(action, data string) []byte {
	return fmt.Appendf(nil, `{"specversion":"1.0","id":"e_1","source":"/casehug/intake","type":"com.casehug.%s",`+
		`"time":"2026-11-02T15:04:06Z","datacontenttype":"application/json","traceparent":"00-ab","data":%s}`, action, data)
}

func decode(t *testing.T, action, data string) domain.CaseHugEvent {
	t.Helper()
	e, err := casehug.Decode("casehug.f_1."+action, nil, envelope(action, data))
	if err != nil {
		t.Fatalf("Decode(%s): %v", action, err)
	}
	return e
}

func when(s string) *time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return &t
}

func wantMatter() domain.MatterData {
	return domain.MatterData{
		ID: "m_1001", Version: 3, Title: "Rivera v. Apex Freight", CaseNumber: "CH-2026-0142", CaseType: "Auto Accident",
		PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "active", OpenedAt: when("2026-11-02T15:04:05Z"),
		Client: wantClient(), ResponsibleEmail: "lee@firm.example", Tags: []string{"intake"},
	}
}

func wantClient() domain.ClientData {
	return domain.ClientData{ID: "c_77", Version: 1, FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0142"}
}

func wantDocument() domain.DocumentData {
	size := int64(48213)
	return domain.DocumentData{
		ID: "d_9", Matter: "m_1001", FileName: "Signed retainer.pdf", ContentType: "application/pdf", SizeBytes: &size,
		SHA256: "abcdef00000000000000000000000000000000000000000000000000000000ff", ApprovedBy: "u_5",
		ApprovedAt: when("2026-11-02T15:00:00Z"), Content: domain.Content{Object: "casehug-documents/d_9"}, Folder: "Intake",
	}
}

// same compares what two values look like when stored.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("%s cannot be stored: %v", what, err)
	}
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s\n got %s\nwant %s", what, g, w)
	}
}

func TestDecodeTakesEachShapeOfData(t *testing.T) {
	m, c, d := wantMatter(), wantClient(), wantDocument()
	cases := []struct {
		name, action, data string
		want               domain.CaseHugEvent
	}{
		{"matter", "matter.created", matterJSON, domain.CaseHugEvent{Matter: &m}},
		{"nested matter", "matter.updated", `{"matter":` + matterJSON + `}`, domain.CaseHugEvent{Matter: &m}},
		{"null beside a flat matter", "matter.updated", `{"matter":null,` + matterFields + `}`, domain.CaseHugEvent{Matter: &m}},
		{"client", "client.updated", clientJSON, domain.CaseHugEvent{Client: &c}},
		{"nested client", "client.updated", `{"client":` + clientJSON + `}`, domain.CaseHugEvent{Client: &c}},
		{"document", "document.approved", documentJSON, domain.CaseHugEvent{Documents: []domain.DocumentData{d}}},
		{"nested document", "document.approved", `{"document":` + documentJSON + `}`, domain.CaseHugEvent{Documents: []domain.DocumentData{d}}},
		{"document with null matter", "document.approved", `{` + documentFields + `,"matter":null}`,
			domain.CaseHugEvent{Documents: []domain.DocumentData{d}}},
		{"document with matter", "document.approved", `{` + documentFields + `,"matter":` + matterJSON + `}`,
			domain.CaseHugEvent{Matter: &m, Documents: []domain.DocumentData{d}}},
		{"both nested", "document.approved", `{"document":` + documentJSON + `,"matter":` + matterJSON + `}`,
			domain.CaseHugEvent{Matter: &m, Documents: []domain.DocumentData{d}}},
		{"sync request", "matter.sync_requested", `{` + matterFields + `,"requested_by":"u_5","documents":[` + documentJSON + `]}`,
			domain.CaseHugEvent{Matter: &m, RequestedBy: "u_5", Proof: domain.AskedByWord, Documents: []domain.DocumentData{d}}},
		{"nested sync request", "matter.sync_requested", `{"matter":` + matterJSON + `,"requested_by":"u_5"}`,
			domain.CaseHugEvent{Matter: &m, RequestedBy: "u_5", Proof: domain.AskedByWord}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			tc.want.Origin = domain.EventRef{Source: "/casehug/intake", ID: "e_1"}
			tc.want.Type = "com.casehug." + tc.action
			tc.want.Firm = "f_1"
			tc.want.Time = *when("2026-11-02T15:04:06Z")
			got := decode(t, tc.action, tc.data)
			tc.want.Digest = got.Digest // see TestDigest
			same(t, "event", got, tc.want)
		})
	}
}

func TestDecodeTakesEachTransport(t *testing.T) {
	body := envelope("matter.created", matterJSON)
	base64Body := fmt.Sprintf(`{"data_base64":%q,"specversion":"1.0","id":"e_1","source":"/casehug/intake","type":"com.casehug.matter.created","time":"2026-11-02T15:04:06Z"}`,
		base64.StdEncoding.EncodeToString([]byte(matterJSON)))
	headers := map[string]string{
		"Ce-Specversion": "1.0", "CE-ID": "e%5F1", "ce-source": "/casehug/intake", "Ce-Type": "com.casehug.matter.created",
		"ce-time": "2026-11-02T15:04:06Z", "Content-Type": "application/json; charset=utf-8", "Nats-Msg-Id": "x",
	}
	bare := maps.Clone(headers)
	delete(bare, "Content-Type")
	cases := []struct {
		name   string
		header map[string]string
		body   string
	}{
		{"structured", map[string]string{"Content-Type": "application/cloudevents+json; charset=UTF-8"}, string(body)},
		{"no content type", nil, string(body)},
		{"plain JSON", map[string]string{"content-type": "application/json"}, string(body)},
		{"base64", nil, base64Body},
		{"binary", headers, matterJSON},
		{"binary without content type", bare, matterJSON},
	}
	want := decode(t, "matter.created", matterJSON)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got, err := casehug.Decode("casehug.f_1.matter.created", tc.header, []byte(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "event", got, want)
		})
	}
}

func TestDecodeIsLiberal(t *testing.T) {
	least := `{"matter_id":"m_1","title":"T","case_type":"X","status":"closed","client":{"client_id":"c","company_name":"Apex"}}`
	e := decode(t, "matter.created", least)
	same(t, "least matter", e.Matter, domain.MatterData{ID: "m_1", Title: "T", CaseType: "X", Status: "closed",
		Client: domain.ClientData{ID: "c", CompanyName: "Apex"}})

	nulls := `{"matter_id":"m_1","version":null,"title":"T","case_number":null,"case_type":"X","practice_area":null,"jurisdiction":null,
		"status":"closed","opened_at":null,"closed_at":"0001-01-01T00:00:00Z","other_clients":null,"responsible_email":null,"tags":null,"extra":{"a":[1]},
		"client":{"client_id":"c","version":2.0,"first_name":null,"last_name":"","company_name":"Apex","email":null,"phone":""}}`
	e = decode(t, "matter.created", nulls)
	if e.Matter.Version != 0 || e.Matter.Client.Version != 2 || e.Matter.ClosedAt != nil || e.Matter.Client.CompanyName != "Apex" {
		t.Errorf("nulls read as %+v", e.Matter)
	}

	local := `{"document_id":"d","matter_id":"m","file_name":"a.pdf","sha256":"","content":{"object":null,"url":"https://localhost:8080/d"}}`
	e = decode(t, "document.approved", local)
	if d := e.Documents[0]; d.Content.URL != "https://localhost:8080/d" || d.SizeBytes != nil {
		t.Errorf("document reads as %+v", d)
	}
}

// Go's decoder takes a field under any case of its name; ours reads only what the
// schema has checked.
func TestDecodeReadsOnlyWhatTheSchemaChecked(t *testing.T) {
	e := decode(t, "client.updated", `{"client_id":"c_1","last_name":"R","Client_ID":"../x","cliEnt_id":"no good","Email":5,"ver\u017fion":9}`)
	same(t, "client", e.Client, domain.ClientData{ID: "c_1", LastName: "R"})
}

// invalid decodes an event that must fail and gives its faults as lines.
func invalid(t *testing.T, subject string, header map[string]string, body []byte) (*casehug.InvalidEvent, []string) {
	t.Helper()
	_, err := casehug.Decode(subject, header, body)
	var ie *casehug.InvalidEvent
	if !errors.As(err, &ie) {
		t.Fatalf("Decode = %v, want *InvalidEvent", err)
	}
	var lines []string
	for _, f := range ie.Faults {
		lines = append(lines, f.Field+": "+f.Reason)
	}
	return ie, lines
}

func TestDecodeNamesEachFault(t *testing.T) {
	const id = "must be 1 to 64 of the characters A-Z a-z 0-9 _ -"
	const blank = "must be a text that is not blank"
	const moment = "must be a time as in RFC 3339, such as 2026-11-02T15:04:05Z"
	cases := []struct {
		name, action, data string
		want               []string
	}{
		{"everything is missing", "matter.created", `{}`, []string{
			"/case_type: is missing", "/client: is missing", "/matter_id: is missing", "/status: is missing", "/title: is missing"}},
		{"nested", "matter.created", `{"matter":{"matter_id":"m","title":" \u00a0","case_type":"","status":"open","client":{}}}`, []string{
			"/matter/case_type: " + blank, "/matter/client/client_id: is missing",
			"/matter/client/last_name: is missing; give last_name or company_name",
			"/matter/status: must be one of active, pending, closed", "/matter/title: " + blank}},
		{"null stands for missing where a value is required", "client.updated", `{"client_id":null,"last_name":null}`, []string{
			"/client_id: must be a text, not null", "/last_name: must be a text, not null; give last_name or company_name"}},
		{"blank names", "client.updated", `{"client_id":"a b","last_name":" ","company_name":"\t","version":-1}`, []string{
			"/client_id: " + id, "/last_name: " + blank + "; give last_name or company_name", "/version: must be at least 0"}},
		{"types and times", "matter.updated", `{"matter_id":7,"version":1.5,"title":"T","case_type":"X","status":"active","opened_at":"2026-11-02",
			"closed_at":"0000-01-01T00:00:00+23:59","client":{"client_id":"c","last_name":"R"},"other_clients":[{"client_id":"c/2","last_name":"R"}],"tags":"a"}`, []string{
			"/closed_at: " + moment, "/matter_id: must be a text, not a number", "/opened_at: " + moment, "/other_clients/0/client_id: " + id,
			"/tags: must be a list or null, not a text", "/version: must be a whole number or null, not a number"}},
		{"document", "document.approved", `{"document_id":"d","matter_id":"m","file_name":"` + strings.Repeat("n", 257) + `","sha256":"abc","size_bytes":-5,"content":{}}`, []string{
			"/content/url: is missing; give either object or url", "/file_name: has 257 characters; at most 256 are taken",
			"/sha256: must be 64 hexadecimal digits, or null", "/size_bytes: must be at least 0"}},
		{"both sources", "document.approved", `{"document_id":"d","matter_id":"m","file_name":"f","content":{"object":"casehug-documents/d","url":"https://a.example/d"}}`,
			[]string{"/content/url: must be left out here; give either object or url"}},
		{"other bucket", "document.approved", `{"document_id":"d","matter_id":"m","file_name":"f","content":{"object":"secrets/d"}}`,
			[]string{"/content/object: must be casehug-documents/ and the object's name, or null"}},
		{"plain http", "document.approved", `{"document_id":"d","matter_id":"m","file_name":"f","content":{"url":"http://a.example/d"}}`,
			[]string{"/content/url: must be an https URL, or null; give either object or url"}},
		{"http to a look-alike of localhost", "document.approved", `{"document_id":"d","matter_id":"m","file_name":"f","content":{"url":"http://localhost@a.example/d"}}`,
			[]string{"/content/url: must be an https URL, or null; give either object or url"}},
		{"document of another matter", "document.approved", `{` + strings.Replace(documentFields, "m_1001", "m_2", 1) + `,"matter":` + matterJSON + `}`,
			[]string{"/matter_id: must be the matter_id of the matter in the same event"}},
		{"nested document of another matter", "document.approved", `{"document":` + strings.Replace(documentJSON, "m_1001", "m_2", 1) + `,"matter":` + matterJSON + `}`,
			[]string{"/document/matter_id: must be the matter_id of the matter in the same event"}},
		{"broken matter beside a document", "document.approved", `{` + documentFields + `,"matter":{"matter_id":"m_1001"}}`, []string{
			"/matter/case_type: is missing", "/matter/client: is missing", "/matter/status: is missing", "/matter/title: is missing"}},
		{"requested documents", "matter.sync_requested", `{` + matterFields + `,"documents":[` + documentJSON + `,` + strings.Replace(documentJSON, "m_1001", "m_2", 1) + `]}`,
			[]string{"/documents/1/matter_id: must be the matter_id of the matter in the same event"}},
		{"no object", "matter.created", `[1]`, []string{": must be an object, not a list"}},
		{"null", "matter.created", `null`, []string{": must be an object, not null"}},
		{"a number beyond reason", "matter.created", `{"version":1e999999999}`, []string{": has data that is not JSON, or a number in it that is too large"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			ie, lines := invalid(t, "casehug.f_1."+tc.action, nil, envelope(tc.action, tc.data))
			if !slices.Equal(lines, tc.want) {
				t.Errorf("faults\n got %q\nwant %q", lines, tc.want)
			}
			if ie.Firm != "f_1" || ie.Origin != (domain.EventRef{Source: "/casehug/intake", ID: "e_1"}) || ie.Type != "com.casehug."+tc.action {
				t.Errorf("the error tells %+v", ie)
			}
		})
	}
}

func TestDecodeNamesEachFaultOfTheEnvelope(t *testing.T) {
	good := string(envelope("client.updated", clientJSON))
	swap := func(old, with string) []byte {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s to swap", old)
		}
		return []byte(strings.Replace(good, old, with, 1))
	}
	cases := []struct {
		name, subject string
		header        map[string]string
		body          []byte
		want          []string
	}{
		{"wrong subject", "sync.f_1.matter.synced", nil, []byte(good),
			[]string{": is on a wrong subject; publish it on casehug.{firm}.{entity}.{action}"}},
		{"bad firm", "casehug.f 1.client.updated", nil, []byte(good),
			[]string{": is on a subject whose firm is not 1 to 64 of the characters A-Z a-z 0-9 _ -"}},
		{"unknown subject", "casehug.f_1.client.deleted", nil, []byte(good),
			[]string{": is on a subject that belongs to no event of CaseHug; see the bus's table of subjects"}},
		{"type disagrees", "casehug.f_1.matter.created", nil, []byte(good), []string{"/type: must be com.casehug.matter.created on this subject"}},
		{"no id, no source", "casehug.f_1.client.updated", nil, []byte(strings.Replace(string(swap(`"id":"e_1",`, "")), `"source":"/casehug/intake"`, `"source":" "`, 1)), []string{
			"/id: is missing; give each event of a source its own id",
			"/source: is missing or no URI reference; name the service that sends the event"}},
		{"long id", "casehug.f_1.client.updated", nil, swap("e_1", strings.Repeat("e", 300)), []string{"/id: has 300 bytes; at most 256 are taken"}},
		{"control characters", "casehug.f_1.client.updated", nil, swap("e_1", `e\n1`), []string{"/id: must not hold control characters"}},
		{"id is a number", "casehug.f_1.client.updated", nil, swap(`"e_1"`, "5"), []string{"/id: must be a text"}},
		{"old version", "casehug.f_1.client.updated", nil, swap(`"1.0"`, `"0.3"`), []string{"/specversion: must be 1.0; send a CloudEvent of that version"}},
		{"time", "casehug.f_1.client.updated", nil, swap("2026-11-02T15:04:06Z", "yesterday"), []string{"/time: must be a time as in RFC 3339, such as 2026-11-02T15:04:05Z"}},
		{"media", "casehug.f_1.client.updated", nil, swap("application/json", "text/xml"), []string{"/datacontenttype: must be application/json"}},
		{"no media", "casehug.f_1.client.updated", nil, swap("application/json", "a b c"), []string{"/datacontenttype: is no media type; send application/json or leave it out"}},
		{"no data", "casehug.f_1.client.updated", nil, []byte(`{"specversion":"1.0","id":"1","source":"s","type":"com.casehug.client.updated"}`), []string{": has no data"}},
		{"bad base64", "casehug.f_1.client.updated", nil, []byte(`{"specversion":"1.0","id":"1","source":"s","type":"com.casehug.client.updated","data_base64":"%"}`), []string{"/data_base64: is not base64"}},
		{"no JSON", "casehug.f_1.client.updated", nil, []byte(good + "x"), []string{": is not a JSON object; send a CloudEvent as JSON"}},
		{"empty", "casehug.f_1.client.updated", nil, nil, []string{": is not a JSON object; send a CloudEvent as JSON"}},
		{"no UTF-8", "casehug.f_1.client.updated", nil, []byte{0xff}, []string{": is not written in UTF-8"}},
		{"too large", "casehug.f_1.client.updated", nil, make([]byte, casehug.MaxEventBytes+1), []string{": has 1048577 bytes; at most 1048576 are taken"}},
		{"batch", "casehug.f_1.client.updated", map[string]string{"content-type": "application/cloudevents-batch+json"}, []byte("[]"),
			[]string{": has a content-type that is not taken; send application/cloudevents+json, or ce- headers with application/json"}},
		{"binary without data", "casehug.f_1.client.updated", map[string]string{"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "com.casehug.client.updated"}, nil,
			[]string{": has no data"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			_, lines := invalid(t, tc.subject, tc.header, tc.body)
			slices.Sort(lines)
			if !slices.Equal(lines, tc.want) {
				t.Errorf("faults\n got %q\nwant %q", lines, tc.want)
			}
		})
	}
}

func TestInvalidEventRepeatsNoValue(t *testing.T) {
	data := `{"matter_id":"canary 1","version":"canary 2","title":{"canary3":1},"case_type":["canary 4"],"status":"canary 5","opened_at":"canary 6",
		"client":{"client_id":"canary 7","last_name":" ","email":"canary` + strings.Repeat("8", 400) + `","phone":["canary 9"]},"canary10":1,"tags":["canary",5]}`
	body := strings.Replace(string(envelope("matter.created", data)), "2026-11-02T15:04:06Z", "canary", 1)
	ie, _ := invalid(t, "casehug.f_1.matter.created", nil, []byte(body))
	if len(ie.Faults) < 10 {
		t.Errorf("only %d faults: %v", len(ie.Faults), ie)
	}
	if strings.Contains(ie.Error(), "canary") {
		t.Errorf("the error repeats a value: %v", ie)
	}
	if !strings.HasPrefix(ie.Error(), "event on casehug.f_1.matter.created is invalid: /time must be a time") {
		t.Errorf("the error begins differently: %v", ie)
	}
}

func TestDecodeBoundsTheListOfFaults(t *testing.T) {
	tags := strings.TrimSuffix(strings.Repeat("1,", 150), ",")
	data := strings.Replace(matterJSON, `["intake"]`, "["+tags+"]", 1)
	ie, lines := invalid(t, "casehug.f_1.matter.created", nil, envelope("matter.created", data))
	if len(ie.Faults) != 101 || lines[100] != ": has 50 more faults that are not listed" {
		t.Errorf("%d faults, the last is %q", len(ie.Faults), lines[len(lines)-1])
	}
}
