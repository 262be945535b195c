package casehug_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// TestChangesAreToldInCaseHugsWords tells what CaseHug reads of a change, and that the
// published schemas describe it.
func TestChangesAreToldInCaseHugsWords(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)
	matter := domain.MatterSeen{Matter: "sb-1", By: domain.ByWebhook, ChangedAt: at, Values: domain.MatterValues{Status: "Closed", Description: "Rivera v. Apex", Number: "", TypeID: "t_IL", TypeName: "Dog Bite",
		Responsible: "lee", ResponsibleName: "Jordan Lee", ResponsibleEmail: "lee@firm.example", ClientIDs: []domain.SmokeballID{"c-1"}, Opened: "2026-11-01", Closed: "2026-11-02"},
		Changed: []string{"status", "title", "case_number", "case_type", "responsible", "opened_at", "closed_at", "clients", "restored"}}
	gone := domain.MatterSeen{Matter: "sb-1", By: domain.BySweep, Values: domain.MatterValues{Status: "Deleted"}, Changed: []string{"deleted"}}
	client := domain.ClientSeen{Client: "c_77", Contact: "c-1", By: domain.ByRead, Values: domain.ContactValues{LastName: "Rivera", Email: "m@example.com"}, Changed: []string{"last_name", "email", "deleted"}}
	for _, c := range []struct {
		schema string
		data   any
		want   string
	}{
		{casehug.MatterChangedInSmokeball.Type(), casehug.ChangedMatter("m_1", matter), `{"matter_id":"m_1","smokeball_id":"sb-1","changed":{"case_number":"","case_type":"Dog Bite","client_ids":["c-1"],"closed_at":"2026-11-02","opened_at":"2026-11-01","responsible_email":"lee@firm.example","responsible_name":"Jordan Lee","responsible_staff_id":"lee","restored":true,"status":"closed","title":"Rivera v. Apex"},"known_by":"webhook","changed_at":"2026-11-02T15:04:05Z"}`},
		{casehug.MatterChangedInSmokeball.Type(), casehug.ChangedMatter("m_1", gone), `{"matter_id":"m_1","smokeball_id":"sb-1","changed":{"deleted":true},"known_by":"sweep","changed_at":null}`},
		{casehug.ContactChanged.Type(), casehug.ChangedContact(client), `{"client_id":"c_77","smokeball_id":"c-1","changed":{"deleted":true,"email":"m@example.com","last_name":"Rivera"},"known_by":"read","changed_at":null}`},
	} {
		data, err := json.Marshal(c.data)
		if err != nil || string(data) != c.want {
			t.Errorf("got %s, %v\nwant %s", data, err, c.want)
		}
		if err := valid(t, c.schema, data); err != nil {
			t.Errorf("%s does not describe %s: %v", c.schema, data, err)
		}
	}
}

func valid(t *testing.T, eventType string, data []byte) error {
	t.Helper()
	text, ok := casehug.Schema(eventType)
	if !ok {
		t.Fatalf("%s has no schema", eventType)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("urn:x", doc); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return compiler.MustCompile("urn:x").Validate(value)
}
