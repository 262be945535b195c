package casehug_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// published compiles a schema as another service would: from its text alone.
func published(t *testing.T, eventType string) *jsonschema.Schema {
	t.Helper()
	text, ok := casehug.Schema(eventType)
	if !ok {
		t.Fatalf("no schema for %s", eventType)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // loads nothing
	if err := c.AddResource("https://else.example/schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("https://else.example/schema.json")
	if err != nil {
		t.Fatalf("schema of %s does not stand alone: %v", eventType, err)
	}
	return schema
}

func value(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemasStandAlone(t *testing.T) {
	const entry = `{"id":"s_1","firm_id":"f_1","matter_id":"m_1","trigger":"manual","status":"succeeded","error":null,"steps":[{"name":"matter","outcome":"created"}]}`
	cases := map[string]struct{ good, bad string }{
		domain.TypeMatterCreated:                {matterJSON, `{}`},
		domain.TypeMatterUpdated:                {matterJSON, strings.Replace(matterJSON, `"active"`, `"gone"`, 1)},
		domain.TypeMatterSyncRequested:          {matterJSON, `{"matter":{}}`},
		domain.TypeDocumentApproved:             {documentJSON, strings.Replace(documentJSON, "casehug-documents", "other", 1)},
		domain.TypeClientUpdated:                {clientJSON, `{"client_id":"c"}`},
		domain.TypeWebhookReceived:              {`{}`, `[]`},
		casehug.MatterSynced.Type():             {entry, strings.Replace(entry, "created", "wished", 1)},
		casehug.MatterSyncFailed.Type():         {entry, strings.Replace(entry, `"error":null`, `"error":{}`, 1)},
		casehug.MatterChangedInSmokeball.Type(): {`{"matter_id":"m_1","smokeball_id":"sb","changed":{"status":"closed"}}`, `{"matter_id":"m_1","smokeball_id":"sb","changed":{"status":"Closed"}}`},
		casehug.ContactChanged.Type():           {`{"client_id":"c_1","smokeball_id":"sb","changed":{"email":"a@b.example"}}`, `{"client_id":"c_1"}`},
		casehug.ConnectionChanged.Type():        {`{"firm_id":"f_1","status":"revoked"}`, `{"firm_id":"f_1","status":"gone"}`},
	}
	for eventType, tc := range cases {
		t.Run(eventType, func(t *testing.T) {
			schema := published(t, eventType)
			if err := schema.Validate(value(t, tc.good)); err != nil {
				t.Errorf("good data: %v", err)
			}
			if schema.Validate(value(t, tc.bad)) == nil {
				t.Errorf("bad data passes: %s", tc.bad)
			}
		})
	}
}

func TestSchemasHoldWhatTheyNeedAndNoMore(t *testing.T) {
	text, _ := casehug.Schema(domain.TypeClientUpdated)
	if strings.Contains(string(text), "matter_id") || !strings.Contains(string(text), "company_name") {
		t.Errorf("schema of a client:\n%s", text)
	}
	text[0] = 'x'
	if again, _ := casehug.Schema(domain.TypeClientUpdated); again[0] != '{' {
		t.Error("a caller can change the schema")
	}
	if _, ok := casehug.Schema("com.casehug.matter.lost"); ok {
		t.Error("a schema for a type that is not on the bus")
	}
	if _, ok := casehug.Schema("matter"); ok {
		t.Error("a part is served as an event's schema")
	}
}
